/*
 * What remote.c and the files of its nouns, remote_<noun>.c, share: the far side of remote.h.
 */
#ifndef BYNAME_CONTRACT_REMOTE_NOUN_H
#define BYNAME_CONTRACT_REMOTE_NOUN_H

#include "remote.h"

/* One object of each kind. */
typedef struct remote_handles {
    byn_array *array;
    byn_mutex *mutex;
    byn_event *event;
    byn_semaphore *semaphore;
    byn_rwlock *rwlock;
    byn_memory *memory;
    byn_value *value;
    byn_condition *condition;
    byn_once *once;
    byn_barrier *barrier;
    byn_list *list;
    byn_pipe *pipe;
    byn_queue *queue;
    uint64_t ticket;       /* of the last message received from it */
    byn_queue_place place; /* the last one in it */
    uint32_t mode;         /* for what is opened */
    bool keep;
    char text[1000]; /* what came with a call that succeeded */
} remote_handles;

typedef struct remote_command {
    const char *name; /* NULL ends a table */
    byn_status (*run)(remote_handles *h, const char *arguments, long long *number);
} remote_command;

typedef struct remote_noun {
    const char *name;
    const remote_command *commands;
    void (*drop)(remote_handles *h, bool close); /* closes its object, or forgets it */
} remote_noun;

extern const remote_noun remote_array;
extern const remote_noun remote_mutex;
extern const remote_noun remote_event;
extern const remote_noun remote_semaphore;
extern const remote_noun remote_rwlock;
extern const remote_noun remote_memory;
extern const remote_noun remote_value;
extern const remote_noun remote_condition;
extern const remote_noun remote_once;
extern const remote_noun remote_barrier;
extern const remote_noun remote_list;
extern const remote_noun remote_pipe;
extern const remote_noun remote_queue;
extern const remote_noun remote_wait;

/** Reads the numbers that arguments begin with; what follows them is the name. */
const char *remote_parse(const char *arguments, int count, long long *numbers);

#endif
