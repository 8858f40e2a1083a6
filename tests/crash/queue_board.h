/*
 * A queue whose users are killed at every instruction: what its cases, its victims and its sleepers share. Each
 * message that was in it is there exactly once and in its place, but for the one that the dead has got; what the dead
 * was putting is there whole, or not at all; and nobody sleeps on while there is something for him.
 *
 * Each round has a new queue, which the sleepers open when they are told to sleep.
 */
#ifndef TEST_QUEUE_BOARD_H
#define TEST_QUEUE_BOARD_H

#include "sleepers.h"

/* All are written and read in place. */
#ifndef CRASH_PLACES
#define CRASH_PLACES 0
#endif

enum { EXPENSIVE = 149, MOST = 4, MANY = 16, BATCH = 4, NEW = 100, RECORD = 40 };
/* Words. HELD: the sleepers wait until the victim has received what is there. GOT: what each sleeper got, 0:
 * nothing. */
enum { SLEEPERS, ROLE, HELD, GOT };
enum { GETTER, PUTTER, JOINER };

typedef struct setting {
    unsigned items, start; /* messages 1 to start are in it when a round begins */
    bool tight;            /* and fill it */
    bool acknowledge;
    bool wraps;          /* the first of the victim lies across the end of the ring */
    bool done;           /* all but one of them have been got and reported done */
    const char *broken;  /* a crash point in a put of a peer: who comes next inherits the guard */
    bool broken_get;     /* in a get */
    bool broken_first;   /* before the messages are put */
    unsigned broken_out; /* messages that this peer has got nevertheless */
    unsigned role, sleepers;
    unsigned puts, gets; /* by the victim, if it comes to its end */
    bool closes;         /* the victim shuts it down */
    bool comes_back;     /* what the victim has got comes back, for it is dead */
} setting;

typedef struct subject {
    const setting *is;
    board *b;
    const char *name;
    byn_queue *queue;
    peer *sleepers[MOST];
    unsigned added, removed; /* by the case, when the victim slept */
    unsigned before, after, late, lost;
} subject;

/* ---- Victims: queue_victim.c */

byn_queue *opened(const char *name);
byn_status put(byn_queue *queue, unsigned number, byn_timeout timeout);
byn_status get(byn_queue *queue, unsigned *number, byn_timeout timeout);

/* Peers that die in it. */
int puts_once(peer_self *self, int argc, char **argv);
int gets_once(peer_self *self, int argc, char **argv);

extern const step_operation putting, putting_many, putting_waits, reserving, abandoning,
    closing_held, getting, getting_many, getting_waits, looking, reporting, closing_down, receiving,
    receiving_waits, getting_for_good, acknowledging, giving_back, closing;

/* ---- Sleepers and the case: queue_round.c */

int sleeper(peer_self *self, int argc, char **argv);

/* All that each program has beside its cases. */
extern const peer_entry queue_peers[];

/* When the victim sleeps: a message more, or less. */
void add_one(void *context, long k);
void remove_one(void *context, long k);

void begin(subject *s, const setting *is);

/* The victim is killed at each instruction. */
void sweep(const step_operation *operation, setting is, long stride);

/* ---- Cases that several programs have: queue_cases.c */

void put_with_3_getters(void);
void put_many_with_2_getters(void);
void put_that_waits_for_room(void);
void get_with_1_putter(void);
void get_many_with_2_putters(void);
void get_that_waits(void);

#endif
