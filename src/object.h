/*
 * object.h - what every named object has in common: it is opened by a name, it is one segment, and it
 * is open once in a process, however often it is opened there.
 */
#ifndef BYNI_OBJECT_H
#define BYNI_OBJECT_H

#include "error.h"
#include "kernel.h"

typedef struct byni_object byni_object;
typedef struct byni_kind byni_kind;

/* How every handle begins, that of a process too. */
typedef struct byni_handle {
    uint64_t token; /* bynk_token() of the process that opened it */
    const byni_kind *kind;
    const char *name; /* the full one of its object; NULL: it has none */
} byni_handle;

/* What a kind is made of. */
struct byni_kind {
    uint32_t id;
    const char *open;                        /* "byn_mutex_open", for messages */
    size_t handle_size;                      /* of what begins with a byni_object */
    const char *parameters[BYNI_PARAMETERS]; /* what they are called; NULL: not used */

    /* Whether a header can be this kind's; a copy, which byni_header_check() found sound. */
    bool (*is_sound)(const byni_header *header);
    /* Fill the state of a new object; the options are the caller's. */
    void (*initialise)(void *state, const uint64_t parameters[BYNI_PARAMETERS],
                       const void *options);
    /* Make and unmake this process' part. detach: false if the memory must stay mapped, see
     * bynk_segment_leave(). */
    byn_status (*attach)(byni_object *object);
    bool (*detach)(byni_object *object);

    const struct byni_waitable *waitable; /* NULL: it cannot be waited for together with others */
};

/* Begins every handle, but for those of kinds that have several for one object. Changed under the library's
 * lock only. */
struct byni_object {
    uint64_t token; /* as a byni_handle */
    const byni_kind *kind;
    const char *handle_name;
    bynk_segment *segment;
    byni_header *header;
    uint32_t references; /* opens in this process */
    /* The header's, as checked: what others write there later changes nothing here. */
    uint64_t limit;
    uint64_t parameters[BYNI_PARAMETERS];
    byni_object *next; /* in the table of this process */
    uint64_t hash;     /* byni_name_hash() */
    byni_name name;
};

_Static_assert(offsetof(byni_object, token) == offsetof(byni_handle, token) &&
                   offsetof(byni_object, kind) == offsetof(byni_handle, kind) &&
                   offsetof(byni_object, handle_name) == offsetof(byni_handle, name),
               "an object's handle begins as all do");

/* What open was asked for. */
typedef struct byni_opening {
    const char *name;
    byn_open_mode open;
    uint32_t mode;
    bool keep;
    uint64_t size;      /* bytes of the segment, header included; 0: not to be created, */
    const char *needed; /* since this option was not said */
    uint64_t limit;
    uint64_t parameters[BYNI_PARAMETERS]; /* to compare: the creator's, or 0 */
    uint64_t created[BYNI_PARAMETERS];    /* to create with: the same, defaults filled in */
    const void *options;
} byni_opening;

/*
 * Copy a caller's options, which may be those of an older or newer header, or NULL. false: struct_size
 * is not set, or says something that this version does not know; the cause is stated.
 */
bool byni_options_copy(void *copy, size_t size, const void *options);

/* How the options of every kind of object begin. */
typedef struct byni_common_options {
    size_t struct_size;
    byn_open_mode open;
    uint32_t mode;
    bool keep;
} byni_common_options;

/*
 * What all opens do first: look at the place for the handle, copy the options to *chosen, fill *opening
 * with what is common. A failure has its sentence.
 */
byn_status byni_opening_begin(byni_opening *opening, const byni_kind *kind, const void *place,
                              const char *name, void *chosen, size_t size, const void *options);

/* Open, and on success count one more reference. */
byn_status byni_object_open(byni_object **object, const byni_kind *kind,
                            const byni_opening *opening);

/* Keep it open, as one more open would, until a close. */
void byni_object_keep(byni_object *object);

/* Undo one open. NULL is ignored. */
void byni_object_close(byni_object *object);

/* Whether it is a handle of this process. */
static inline bool byni_object_usable(const byni_object *object)
{
    return object != NULL && object->token == bynk_token();
}

/* The failure of a call with one that is not. */
byn_status byni_object_unusable(const byni_object *object, const char *operation);

/* The failure of any call: one that is frequent needs no cause, others have stated theirs. */
byn_status byni_object_call_failed(const byni_object *object, byn_status status,
                                   const char *operation);

static inline void *byni_object_state(const byni_object *object)
{
    return (char *)object->header + BYNI_STATE_OFFSET;
}

#endif
