/*
 * The children of the process tests: `<program> --child NAME ARGUMENT`. Not peers: a peer of a process dies
 * with the thread that started it, by itself, and tests nothing.
 */
#ifndef PROCESS_CHILD_H
#define PROCESS_CHILD_H

#include <byname/process.h>

#include "probe.h"
#include "test.h"

/** Of main(): whether this process is a child, and then its exit code. */
bool child_main(int argc, char **argv, int *code);

/** What a child does: a row of a table in one of the two sources. */
typedef struct child_entry {
    const char *name;
    int (*function)(const char *argument);
} child_entry;

#define CHILD(function_)                                                                           \
    {                                                                                              \
#function_, function_                                                                      \
    }

/** Its part in process_stream_child.c. */
bool child_with_streams(const char *name, const char *argument, int *code);

/** So many processes the child "tree" becomes; each says its number, or 0 if the system cannot make it. */
enum { PROCESS_TREE = 10 };

typedef struct child_arguments {
    const char *argv[5];
} child_arguments;

child_arguments child_arguments_of(const char *name, const char *argument);

/** Starts a child; ends the case if that fails. */
byn_process *start_child(const char *name, const char *argument,
                         const byn_process_options *options);

/** Starts a child, waits for its end and closes it; what it returned. */
int child_result(const char *name, const char *argument, const byn_process_options *options);

/** Waits for an end that is bound to come. */
byn_exit end_of(byn_process *process);

/**
 * A file that children of the names "lives" and "tree" live by: they end when it is gone, and after a
 * minute.
 */
const char *life_begin(void);
void life_end(void);

/** Waits until a process does not run any more; false if it is late. */
bool process_is_gone(long pid);

#endif
