/*
 * The demo: four processes count the words of many files together. They are told nothing but four names.
 *
 *   event   set when the work begins
 *   value   the number of files that were handed out; who adds 1 to it has a file
 *   mutex   guards the totals and the results
 *   memory  a demo_shared: the list of files, the results, the totals
 *
 * The truth is in demo_file.state: a file is counted when it is, which is one store. Totals are derived,
 * and so can be computed again by whoever is told that the mutex was abandoned.
 */
#ifndef BYNAME_TOOL_DEMO_H
#define BYNAME_TOOL_DEMO_H

#include <stdbool.h>
#include <stdint.h>

#include <apr_pools.h>
#include <apr_tables.h>

#include <byname/byname.h>

enum {
    DEMO_WORKERS = 4,
    DEMO_ROWS = DEMO_WORKERS + 1, /* the last row is the parent's */
    DEMO_PATIENCE = 30000         /* ms; longer is no wait */
};

typedef enum demo_state { DEMO_OPEN = 0, DEMO_COUNTED = 1, DEMO_UNREADABLE = 2 } demo_state;

typedef struct demo_file {
    uint64_t path;  /* offset of its name; constant */
    uint64_t words; /* written before `state` */
    uint32_t row;   /* who counted it; written before `state` */
    uint32_t state; /* demo_state; written under the mutex, as the last */
} demo_file;

typedef struct demo_row {
    uint32_t pid;        /* written once, under the mutex */
    uint32_t heir_of;    /* pid of the dead owner whose work it repaired; 0 if none */
    uint64_t file;       /* the file it works on, counted from 1; 0 if none yet */
    uint64_t again;      /* the file that it counted again, counted from 1; 0 if none */
    uint64_t bytes_read; /* shows that it goes on */
} demo_row;

typedef struct demo_totals {
    uint64_t counted;
    uint64_t unreadable;
    uint64_t words;
} demo_totals;

typedef struct demo_shared {
    uint64_t file_count; /* constant */
    uint64_t stop_after; /* constant: who adds the next file after so many stops half-way */
    uint32_t joined;     /* rows taken */
    uint32_t stopped;    /* row of the worker that stopped, counted from 1; never 0 again */
    demo_totals totals;  /* derived */
    demo_row rows[DEMO_ROWS];
    demo_file files[]; /* then the names, each with its \0 */
} demo_shared;

/* One process's view. volatile: others write, and the order of our own stores matters to who survives us. */
typedef struct demo_part {
    apr_pool_t *pool;
    byn_event *start;
    byn_value *next;
    byn_mutex *mutex;
    byn_memory *memory;
    volatile demo_shared *shared;
    uint32_t row;
    uint64_t again; /* a dead owner's file, counted from 1, that is to be counted again */
} demo_part;

/* The parent's: makes the objects, with fresh names, and writes the list of files (const char *). */
byn_status demo_make(demo_part *part, const apr_array_header_t *files);

void demo_close(demo_part *part);

/* The parent's, the last of all: closes. @return true if the names are free then. */
bool demo_unmake(demo_part *part);

/* Name of a file, counted from 0. */
const char *demo_path(const demo_part *part, uint64_t file);

/*
 * Locks the mutex. If its owner died, the totals are computed again, and the dead owner's file is put down
 * in part->again if it was not counted. @return as byn_mutex_lock().
 */
byn_status demo_lock(demo_part *part);

/* Counts a file, counted from 0, and what demo_lock() has put down meanwhile. */
byn_status demo_count(demo_part *part, uint64_t file);

/* The table at the end; demo_report.c. @return true if the sums are equal. */
typedef struct demo_end {
    const char *fate[DEMO_WORKERS]; /* of each worker's row */
    demo_totals alone;              /* one after another, in one process */
} demo_end;
bool demo_report(const demo_part *part, const demo_end *end);

/* A bar on a terminal, now and then a line elsewhere. */
typedef struct demo_progress {
    bool terminal;
    bool drawn;     /* the bar stands in the line of the cursor */
    uint64_t shown; /* last number of files, or quarter */
} demo_progress;
void demo_show_progress(demo_progress *progress, uint64_t done, uint64_t all);
/* A line that the bar gives way to. */
void demo_say(demo_progress *progress, const char *format, ...);

#endif
