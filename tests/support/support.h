/*
 * Inside the harness only: what its files share, and what each platform provides (posix_*.c,
 * win32_*.c).
 */
#ifndef BYNAME_TEST_SUPPORT_H
#define BYNAME_TEST_SUPPORT_H

#include "step.h"
#include "test.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <apr_file_io.h>
#include <apr_pools.h>

/* Exit codes of this program as a child. Far from what peers return themselves. */
enum {
    EXIT_HANG = 3,
    EXIT_CHECK_FAILED = 98, /* a check in a peer or victim failed, and was printed */
    EXIT_NO_SUCH_PEER = 97,
    EXIT_NO_STEPS = 96 /* this system does not let a victim be stepped */
};

/* ---- runner.c */
const char *runner_name(void);
const char *runner_case(void);      /* the running case, or NULL */
apr_pool_t *runner_pool(void);      /* lives as long as the program */
apr_pool_t *runner_case_pool(void); /* lives as long as the case */
unsigned runner_failures(void);     /* so far, in all cases */
const peer_entry *runner_peer(const char *name);
const step_operation *runner_operation(const char *name);
/* Calls `function`; false if a REQUIRE in it ended it. */
bool runner_guarded(void (*function)(void *context, long k), void *context, long k);

char *copied(const char *text); /* malloc'ed */

/*
 * ---- check.c: a failure is recorded where the calling thread says: case, peer process, or peer
 * thread.
 */
typedef struct check_sink check_sink; /* the failures of a peer thread */
check_sink *check_sink_create(apr_pool_t *pool);
void check_use_sink(check_sink *sink, void (*leave)(void *), void *leave_argument);
void check_move_failures(check_sink *sink); /* to the running case */
void check_use_process(const char *role);   /* this process is a peer or a victim */
bool check_process_failed(void);

/* ---- watchdog.c */
void watchdog_start(int seconds);
void watchdog_set(int seconds);
void watchdog_stop(void);

/* ---- directory.c */
void directory_create(void);
size_t directory_count(void (*show)(const char *path)); /* regular files; show may be NULL */
void directory_remove(void);

/* ---- junit.c */
typedef struct junit junit;
junit *junit_create(const char *path, const char *suite);
void junit_case(junit *report, const char *name, double seconds);
void junit_failure(junit *report, const char *file, unsigned line, const char *text);
void junit_skipped(junit *report, const char *reason);
bool junit_close(junit *report);

/* ---- peer.c, step.c */
int peer_process_main(const peer_entry *entry, int argc, char **argv);
void peer_end_all(void);

/* ---- channel.c: a queue of lines between two threads. */
typedef struct channel channel;
channel *channel_create(apr_pool_t *pool);
void channel_put(channel *c, const char *line);
/*
 * malloc'ed line; NULL when closed and empty, or late (then *late). timeout in ms, < 0: for ever.
 */
char *channel_get(channel *c, int timeout, bool *late);
void channel_close(channel *c);

/* ---- Platform: this process. */
void platform_start(int *argc, char ***argv); /* error dialogs off, UTF-8 arguments */
long platform_pid(void);
const char *platform_executable(void);
const char *platform_memory_directory(void); /* NULL: use the temporary directory */
int64_t platform_milliseconds(void);         /* monotonic */
void platform_die_with_parent(void);
bool platform_is_wine(void);               /* each name costs it as much as there are names */
bool platform_allow_files(unsigned count); /* that so many may be open at a time */
extern const bool platform_ends_lines_with_cr;

/*
 * ---- Platform: children. The streams of `child_start` are the child's; NULL: the null device,
 * stderr: ours.
 */
typedef struct child child;
typedef struct child_end {
    bool killed;
    int code; /* exit code, or the signal */
} child_end;
child *child_start(const char *const *arguments, const char *const *environment, apr_file_t *in,
                   apr_file_t *out, apr_file_t *err, apr_pool_t *pool, const char **error);
long child_pid(const child *c);
bool child_wait(child *c, int timeout,
                child_end *end); /* ms; false: still running; end may be NULL */
void child_kill_soon(child *c);  /* it runs no more, but may still be there */
void child_kill(child *c);       /* returns when it is gone */
bool child_stop(child *c);
bool child_continue(child *c);

/* ---- Platform: stepping. */
typedef enum step_result {
    STEP_KILLED,   /* after k instructions */
    STEP_FINISHED, /* before that */
    STEP_HUNG,
    STEP_FAILED,     /* the victim ended, or a check in it failed */
    STEP_STRAYED,    /* it went another way than those before, to its end; the next one will not */
    STEP_NOT_ALLOWED /* by the system */
} step_result;

typedef struct step_run {
    const step_operation *operation;
    const char *arg;
    long k;
    void (*during)(void *context, long k); /* not NULL: do not kill but go on to the end */
    void *context;
    long instructions; /* out, if finished */
    bool blocked;      /* out */
    long waited;       /* the platform's own, ms */
    char error[200];   /* out, if failed or not allowed */
} step_run;

/* NULL, or why this build cannot be stepped. */
const char *step_unsupported(bool switching);
step_result step_victim(step_run *run);
/* The victim's side; k as `step_victim` passed it. */
int step_victim_main(const step_operation *operation, const char *k, const char *arg);

#endif
