/*
 * process_state.h - the handle of a started process, and what its sources share.
 *
 *   process.c            start, wait, end
 *   process_stream.c     standard streams that lead to this process
 *   process_children.c   which there are; names; what this process may use
 */
#ifndef BYNI_PROCESS_STATE_H
#define BYNI_PROCESS_STATE_H

#include "object.h"

/* Under the library's lock. */
typedef struct byni_process_stream {
    bool is_pipe;
    bool closed;    /* no more calls; the last one that is in a transfer closes it */
    unsigned users; /* calls that are in a transfer */
} byni_process_stream;

/* What came of one output, for byn_process_communicate(). */
typedef struct byni_collected {
    char *bytes; /* room bytes; NULL: none yet */
    size_t size, room;
    bool whole; /* its end was found */
} byni_collected;

struct byn_process {
    byni_handle handle;
    bynk_process *native;
    const char *name;
    const char *called;           /* for messages: the name if it was given, else argv[0] */
    byn_process *previous, *next; /* of all that are open; under the library's lock */

    byni_process_stream stream[BYNK_STREAMS];
    bool communicates; /* a thread is in it; under the library's lock */
    /* Of the one that is: */
    byni_collected collected[BYNK_STREAMS]; /* not of the input */
    size_t sent;

    char text[]; /* what `called` and `name` point to */
};

static inline bool byni_process_usable(const byn_process *process)
{
    return process != NULL && process->handle.token == bynk_token();
}

/* ---- process.c ---- */

/* The failure of a call with one that is not usable. */
byn_status byni_process_unusable(const byn_process *process, const char *operation);

/* The failure of any call: a timeout needs no cause, others have stated theirs. */
byn_status byni_process_failed(const byn_process *process, byn_status status,
                               const char *operation);

/* ---- process_stream.c ---- */

/* NULL, or what is wrong with where the streams shall lead. */
const char *byni_process_wrong_stream(const byn_process_options *options);

void byni_process_streams_begin(byn_process *process, const byn_process_options *options);
void byni_process_streams_end(byn_process *process);

/* ---- process_children.c ---- */

void byni_process_enlist(byn_process *process);
void byni_process_delist(byn_process *process);

/* The file name in a path. */
const char *byni_process_file_name(const char *path);

#endif
