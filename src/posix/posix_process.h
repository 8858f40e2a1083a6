/*
 * posix_process.h - what the files about processes share. Private.
 *
 *   posix_command.c    what to run: the program's path and the child's environment
 *   posix_spawn.c      start it, without fork
 *   posix_stream.c     where its standard streams lead: files, and pipes to this process
 *   posix_starter.c    by which thread children are started that are to end with this process
 *   posix_process.c    the handle: wait, end, close
 *   posix_tree.c       end all descendants
 *   posix_liveness.c   what the system knows of a process
 */
#ifndef POSIX_PROCESS_H
#define POSIX_PROCESS_H

#include "posix.h"

#include <sys/types.h>

/* ---- posix_command.c ---- */

/*
 * A child's environment says of which trees it is: BYNAME_TREE=<mark>:<mark>..., the outermost first.
 * Each start adds a mark to those that this process was given, so that a process belongs to the tree of
 * each of its ancestors. Callers cannot change the variable through the options.
 */
#define BYNP_TREE_VARIABLE "BYNAME_TREE"

/*
 * What it is called: BYNAME_NAME=<its number>;<name>. The child itself writes its number, in which a program
 * that it starts sees that the name is not its own. Callers cannot change this one either.
 */
#define BYNP_NAME_VARIABLE "BYNAME_NAME"

enum {
    BYNP_MARK_SIZE = 17, /* 64 random bits in hexadecimal, and a 0 */
    BYNP_PID_DIGITS = 10,
    BYNP_MARKS_MOST = 64 /* the outermost are dropped: a program may restart itself for ever */
};

typedef struct bynp_command {
    char *path;               /* of the program; absolute if the child runs in another directory */
    const char **environment; /* NULL-ended; the marks come first, then the name */
    char *marks;
    char *name;                /* the variable; NULL: it has none */
    char *pid;                 /* in it, BYNP_PID_DIGITS */
    char mark[BYNP_MARK_SIZE]; /* of this start alone */
} bynp_command;

/*
 * The program is looked for as the caller sees it: a relative path begins where the caller is, not in
 * options->directory. PATH is that of the child's environment.
 */
byn_status bynp_command_make(bynp_command *command, const char *program,
                             const byn_process_options *options);
void bynp_command_free(bynp_command *command);

/* ---- posix_stream.c ---- */

enum { BYNP_INHERIT = -1, BYNP_NULL = -2, BYNP_MERGED = -3 };

typedef struct bynp_streams {
    int theirs[BYNK_STREAMS]; /* what the child gets: a descriptor, or one of the above */
    int ours[BYNK_STREAMS];   /* our ends of pipes; -1: none */
} bynp_streams;

/* If it fails both sides are to be closed. */
byn_status bynp_streams_open(bynp_streams *streams, const byn_process_options *options);
void bynp_streams_close_theirs(bynp_streams *streams);
void bynp_streams_close_ours(bynp_streams *streams);
void bynp_stream_close(bynp_streams *streams, bynk_stream stream);

/* As bynk_process_transfer(). */
byn_status bynp_streams_transfer(const bynp_streams *streams, bynk_transfer *transfers, size_t n,
                                 bynk_deadline deadline);

/* ---- posix_spawn.c ---- */

typedef enum bynp_step {
    BYNP_STEP_NONE, /* nothing failed */
    BYNP_STEP_CLONE,
    BYNP_STEP_GROUP,
    BYNP_STEP_PARENT,
    BYNP_STEP_DIRECTORY,
    BYNP_STEP_NULL,
    BYNP_STEP_STREAM,
    BYNP_STEP_DESCRIPTORS,
    BYNP_STEP_EXECUTE
} bynp_step;

/* One start. The child reads and writes it in the same memory while the parent's thread stands still. */
typedef struct bynp_start {
    const bynp_command *command;
    const char *const *argv;
    const byn_process_options *options;
    const int *streams; /* as bynp_streams.theirs */
    pid_t parent;
    /* What came of it. */
    pid_t pid;
    int pidfd;
    bynp_step step;
    int error;
} bynp_start;

/* Start it by the calling thread. */
void bynp_start_here(bynp_start *start);

/* The status of a start, with its cause. */
byn_status bynp_start_status(const bynp_start *start);

/* ---- posix_starter.c ---- */

/* Start it by a thread that lives as long as the process: the main one, or one of the library. A failure: there is no
 * such thread. */
byn_status bynp_start_bound(bynp_start *start);

/* ---- posix_liveness.c ---- */

/* A line of /proc/PID/stat. */
typedef struct bynp_stat {
    uint32_t pid, parent, group, session, threads;
    char state;
    uint64_t started; /* ticks since the system's start */
} bynp_stat;

/* 0, or errno: ENOENT or ESRCH, there is none. */
int bynp_stat_read(uint32_t pid, bynp_stat *stat);

/* Whether it has ended and waits for its parent to ask. */
bool bynp_stat_ended(const bynp_stat *stat);

/* -1 and errno. */
int bynp_pidfd_open(uint32_t pid);
int bynp_pidfd_signal(int pidfd, int signal, unsigned flags);

/* Whether the process has ended, after at most so many nanoseconds: 1, 0, or -1 and errno. */
int bynp_pidfd_ended(int pidfd, uint64_t nanoseconds);

/* ---- posix_process.c ---- */

int bynp_process_pidfd(const bynk_process *process);

/* ---- posix_tree.c ---- */

/* The root is a child of this process. Nobody else reaps it meanwhile, but for the host itself. */
byn_status bynp_tree_kill(uint32_t root, int pidfd, const char *mark);

#endif
