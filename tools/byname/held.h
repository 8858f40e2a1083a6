/*
 * What the verbs share that wait for something and hold it while a command runs: their options, what is
 * said meanwhile, signals, and the command's result.
 */
#ifndef BYNAME_TOOL_HELD_H
#define BYNAME_TOOL_HELD_H

#include "tool.h"

#include <byname/byname.h>

typedef struct held {
    const command_line *line;
    byn_timeout timeout;
    int late_code; /* exit code if it was not to be had in time */
    bool verbose;
    bool detects;                   /* mutexes look for circles of waits */
    const char *const *command;     /* NULL: none, and what was taken stays taken */
    const char *const *environment; /* of the command, besides byname's own; NULL: nothing */
} held;

/* How one kind of object is taken and given back. What is NULL is not done. */
typedef struct held_kind {
    byn_status (*take)(void *object, byn_timeout timeout);
    byn_status (*give)(void *object);
    /* Who has it now: ", held by make (pid 12)"; "" if that is not known. */
    const char *(*holder)(void *object, apr_pool_t *pool);
    /* What taking found if it said BYN_ABANDONED: "the last owner (make, pid 12) died holding \"a\"". */
    const char *(*dead)(void *object, apr_pool_t *pool);
    /* What was taken, if that is not all that was asked for. */
    const char *(*taken)(void *object, apr_pool_t *pool);
} held_kind;

/* A byn_mutex; its owner is the calling thread. run_locks.c. */
extern const held_kind held_mutex;

/* A byn_rwlock. rwlock_verbs.c. */
extern const held_kind held_to_read;
extern const held_kind held_to_write;

/* Some permits. semaphore_verbs.c. */
typedef struct permits {
    byn_semaphore *semaphore;
    uint32_t count;
} permits;
extern const held_kind held_permits;

/* For the tables of options of these verbs. */
#define HELD_OPTION_NONBLOCK                                                                       \
    {                                                                                              \
        "nonblock", 'n', 0, "do not wait"                                                          \
    }
#define HELD_OPTION_TIMEOUT                                                                        \
    {                                                                                              \
        "timeout", 'w', 1, "SECONDS wait no longer; 0.25 is a quarter of a second"                 \
    }
#define HELD_OPTION_CODE                                                                           \
    {                                                                                              \
        "conflict-exit-code", 'E', 1, "N exit code if that was too long (124)"                     \
    }
#define HELD_OPTION_VERBOSE                                                                        \
    {                                                                                              \
        "verbose", 'v', 0, "tell on stderr what is waited for, and when it was got"                \
    }

/* Nothing said yet: wait for ever, for the command of the line. */
held held_begin(const command_line *line);

/* Takes one of the options above; others are none of its business. False: it cannot have that argument. */
bool held_option(held *h, int letter, const char *argument);

/* What is left of its timeout, for one of several waits; `began` is when the first one did. */
byn_timeout held_left(const held *h, int64_t began);

/*
 * Takes it, runs the command if there is one, and gives it back.
 *
 * @param what    for what is said: "\"name\"".
 * @param object  handed to the functions of `kind`.
 * @return the exit code
 */
int held_run(const held *h, const char *what, const held_kind *kind, void *object);

/*
 * Takes it, with all that there is to say. False: it was not taken, and *result is the exit code.
 */
bool held_take(const held *h, const char *what, const held_kind *kind, void *object, int *result);

/* Says that taking said BYN_ABANDONED. */
void held_warn(const held *h, const held_kind *kind, void *object);

/*
 * Runs the command alone. If byname is killed it is killed as well.
 *
 * @param[out] ran  whether it was begun; may be NULL.
 * @return the exit code
 */
int held_command(const held *h, bool *ran);

/*
 * Between two commands: what signals did before the first of them they do again. False: a
 * SIGTERM came that no command was told of.
 */
bool held_restore_signals(void);

/* Says that the last call failed. @return the exit code */
int held_failed(const held *h);

/* Says that it was not to be had in time. @param tail  behind that. @return the exit code */
int held_late(const held *h, const char *what, const char *tail);

#endif
