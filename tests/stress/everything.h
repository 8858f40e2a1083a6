/*
 * Everything at once: what the two halves of the test share, locks and data.
 */
#ifndef STRESS_EVERYTHING_H
#define STRESS_EVERYTHING_H

#include "herd.h"

/* What goes in and out of an object that holds data: how many began, were refused, were done. */
enum { IN_BEGUN, IN_REFUSED, IN_DONE, OUT_BEGUN, OUT_REFUSED, OUT_DONE, LEDGER_WORDS };

/* Words of the board. */
enum {
    ABANDONED = HERD_WORDS,
    VIOLATIONS,
    PAIR_A, /* under the mutex */
    PAIR_B,
    SHEET_A, /* under the rwlock */
    SHEET_B,
    ITEMS, /* under the condition's mutex */
    ROUNDS,
    ONCE_NUMBER,
    DONE_COUNT,
    CONVERSATIONS,
    MESSAGES,
    VALUE_LEDGER,
    QUEUE_LEDGER = VALUE_LEDGER + LEDGER_WORDS,
    TRIAL_LEDGER = QUEUE_LEDGER + LEDGER_WORDS,
    LIST_LEDGER = TRIAL_LEDGER + LEDGER_WORDS,
    DICT_LEDGER = LIST_LEDGER + LEDGER_WORDS,
    LEDGERS_END = DICT_LEDGER + LEDGER_WORDS
};

typedef struct data_objects data_objects;

typedef struct objects {
    board *b;
    const char *name;
    unsigned index, random;
    byn_mutex *mutex, *items;
    byn_rwlock *sheet;
    byn_semaphore *permits, *plain;
    byn_condition *some;
    byn_barrier *barrier;
    byn_event *event;
    data_objects *data;
} objects;

typedef void (*deed)(objects *o);

void violation(objects *o, const char *what);
/* BYN_OK or BYN_ABANDONED, which is counted; anything else is a failure. */
bool held(objects *o, const char *what, byn_status status);
bool one_of(objects *o, const char *what, byn_status status, byn_status a, byn_status b);
const char *called(char name[300], const char *base, const char *what);

/* ---- everything_data.c */
extern const deed data_deeds[];
extern const unsigned data_deed_count;

void data_open(objects *o);
void data_close(objects *o);
void data_reset(board *b);

#endif
