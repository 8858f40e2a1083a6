/*
 * byname map: a command for each line of an input, several at a time, in workers of a pool.
 *
 * map.c has the command line, and what is done in which order; map_jobs.c submits and takes what has ended;
 * map_input.c reads the lines, in a thread of its own, for lines may come slowly; map_output.c prints what the
 * commands have printed, and tells of failures; map_progress.c draws the bar. What runs in the workers is
 * map_command.c.
 */
#ifndef BYNAME_TOOL_MAP_H
#define BYNAME_TOOL_MAP_H

#include "map_message.h"
#include "tool.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_time.h>

typedef struct map_state map_state;

/* A line, and what becomes of it. */
typedef struct map_job {
    struct map_job *next;  /* in whatever list it is */
    struct map_job *after; /* in the order of the lines, if that is kept */
    map_state *map;
    uint64_t number; /* from 1 */
    char *input;
    size_t size;
    uint32_t attempts;
    byn_future *future;
    size_t place; /* among those that are submitted */
    enum { MAP_WAITS, MAP_ENDS_WELL, MAP_FAILS, MAP_NEVER_RAN } outcome;
    bool answered;       /* else the failure is the pool's, or `failure` */
    map_answer answer;   /* in the future's result */
    const char *failure; /* what was wrong with it from the beginning; or NULL */
} map_job;

typedef struct map_list {
    map_job *first, *last;
} map_list;

void map_list_add(map_list *list, map_job *job);
map_job *map_list_take(map_list *list); /* NULL: it is empty */

typedef struct map_settings {
    const char *const *words; /* the command */
    int word_count;
    const char *pool; /* NULL: one of its own */
    const char *input;
    int jobs; /* 0: as many as there are processors */
    int retries;
    byn_timeout timeout; /* 0: none */
    char separator;
    bool keep_order, halt, as_json;
    enum { MAP_BAR_IF_TERMINAL, MAP_BAR, MAP_NO_BAR } bar;
} map_settings;

/* Why it goes on with what runs, at most. */
typedef enum map_stop { MAP_GOES_ON, MAP_HALTED, MAP_INTERRUPTED, MAP_CANNOT } map_stop;

typedef struct map_counts {
    uint64_t read, done, failed, retried;
    bool all_read; /* there is no more than was read */
} map_counts;

/* Failures to be told at the end. */
enum { MAP_TOLD_MOST = 20 };

struct map_state {
    const command_line *line;
    apr_pool_t *pool;
    map_settings settings;
    map_counts counts;
    map_stop stop;
    int result; /* exit code of MAP_CANNOT */

    /* Between the threads: the reader's, the library's, and the first one. */
    apr_thread_mutex_t *mutex;
    apr_thread_cond_t *changed;
    map_list ended; /* by the library's thread */

    struct map_input *input;
    struct map_progress *progress;

    /* map_jobs.c */
    byn_pool *workers;
    byn_mutex *leash;
    map_request request; /* but for the words */
    bytes argument;
    map_list again; /* to be tried once more */
    map_job **submitted;
    size_t count, window;
    bool is_leashed;

    /* map_output.c */
    apr_file_t *out, *err;
    map_job *kept, *last_kept; /* in the order of the lines: not printed yet */
    size_t kept_count;
    const char *failures[MAP_TOLD_MOST];
    bytes json;
    apr_pool_t *scratch; /* cleared with each job */
};

/* ---- map.c: says it, for the end */

/* It cannot go on: said already. Nothing more begins. */
void map_cannot(map_state *map, int exit_code);

/* ---- map_jobs.c */

/* Opens the pool. False: it cannot; said. */
bool map_jobs_begin(map_state *map);
void map_jobs_end(map_state *map);

/* Submits as many as the window has room for. */
void map_jobs_submit(map_state *map);

/* Handles those that have ended. */
void map_jobs_take(map_state *map);

/* What waits is not begun. */
void map_jobs_cancel(map_state *map);

/* Commands are asked to end; or they are killed. */
void map_jobs_unleash(map_state *map);
void map_jobs_kill(map_state *map);

/* Whether it can take one more line. */
bool map_jobs_has_room(const map_state *map);

uint32_t map_jobs_running(const map_state *map);

/* ---- map_input.c */

bool map_input_begin(map_state *map);
void map_input_end(map_state *map);

/* The next line; NULL: none is there now. With the mutex. */
map_job *map_input_take(map_state *map);

/* Whether one is there. With the mutex. */
bool map_input_has_one(const map_state *map);

/* Whether no more will come; *failed: since it cannot be read. With the mutex. */
bool map_input_is_over(const map_state *map, bool *failed);

void map_job_free(map_job *job);

/* ---- map_output.c */

bool map_output_begin(map_state *map);

/* A job begins, for the order. */
void map_output_expect(map_state *map, map_job *job);

/* It has come to its outcome. It is freed when it is printed. */
void map_output_ended(map_state *map, map_job *job);

/* The rest of what is kept, and what failed. */
void map_output_end(map_state *map);

/* The files of what shall not be printed. */
void map_answer_drop(const map_state *map, const map_job *job);

/* "12: \"file.txt\"", and why it failed. */
const char *map_job_text(const map_job *job, apr_pool_t *pool);
const char *map_failure_text(const map_state *map, const map_job *job, apr_pool_t *pool);

/* ---- map_progress.c */

void map_progress_begin(map_state *map);
void map_progress_draw(map_state *map);
void map_progress_hide(map_state *map); /* before something is printed */
void map_progress_end(map_state *map);

#endif
