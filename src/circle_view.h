/*
 * circle_view.h - one look at all that somebody holds and somebody waits for, and the circles in it.
 */
#ifndef BYNI_CIRCLE_VIEW_H
#define BYNI_CIRCLE_VIEW_H

#include "parties.h"
#include "waiters.h"

/* An object that somebody holds. */
typedef struct byni_node {
    uint64_t incarnation;
    uint32_t kind;
    size_t first_hold, holders; /* of the view's holds these are its */
    char name[BYNI_NAME_SIZE];
} byni_node;

typedef struct byni_node_wait {
    size_t node;
    byni_wait wait;
    /* The processes that wait for the end of the one that waits: it was started by the first of them, which was
     * started by the next. The first `sure` of them do wait, each for the one before it alone, and the thread that
     * waits is the one with whose end its process ends; of the others it is likely. */
    size_t runners, sure;
    uint32_t runner[BYNI_RUNNERS];
} byni_node_wait;

typedef struct byni_sequence {
    void *items;
    size_t count, room;
} byni_sequence;

/* One look. */
typedef struct byni_view {
    byni_sequence nodes, holds, waits;
    uint64_t effort; /* of all searches in it, see byni_circle_find() */
    bool failed;     /* no memory */
} byni_view;

static inline const byni_node *byni_node_at(const byni_view *v, size_t i)
{
    return &((const byni_node *)v->nodes.items)[i];
}

static inline const byni_hold *byni_hold_at(const byni_view *v, size_t i)
{
    return &((const byni_hold *)v->holds.items)[i];
}

static inline const byni_node_wait *byni_wait_at(const byni_view *v, size_t i)
{
    return &((const byni_node_wait *)v->waits.items)[i];
}

/* ---- circle_view.c */

/* Of all objects. To be let go, whatever it answers; as one of zeros may be. */
byn_status byni_view_look(byni_view *v);

/* One object more, of a copy of its memory. false: no memory. */
bool byni_view_add(byni_view *v, const byni_header *copy, size_t size);

/* A wait more, for an object of the view; none that others do not depend on, nor more than can be searched. */
void byni_view_add_wait(byni_view *v, size_t node, const byni_wait *found);

void byni_view_let_go(byni_view *v);

/* ---- circle_find.c */

/* Some of the waits of a view, each for what the next holds. */
typedef struct byni_circle {
    size_t *at;
    size_t count;
} byni_circle;

/*
 * The shortest in which this wait is. false: there is none, or no memory; or the view's effort is spent, so that
 * memory that somebody has filled on purpose keeps nobody for long. To be freed: found->at.
 */
bool byni_circle_find(byni_view *v, size_t start, byni_circle *found);

/* Whether all of it is in the second look too, and they live. */
bool byni_circle_is_confirmed(const byni_view *first, const byni_circle *c,
                              const byni_view *second);

/* The process that has what the wait before the i-th is for. */
uint32_t byni_circle_holder(const byni_view *v, const byni_circle *c, size_t i);

#endif
