/* What all tests of the tool share. */
#ifndef BYNAME_TOOL_SUPPORT_H
#define BYNAME_TOOL_SUPPORT_H

#include <stddef.h>

#include "peer.h"
#include "test.h"

#include <byname/byname.h>

/* Runs the tool; the arguments are strings. */
#define TOOL(output_, ...)                                                                         \
    tool_run(((const char *const[]){TOOL_PATH, __VA_ARGS__, NULL}), (output_), __FILE__, __LINE__)
int tool_run(const char *const *arguments, const test_output **output, const char *file, int line);

/*
 * What the tool printed is written down for schema_test.py, if it is JSON. TOOL() and TOOL_READS() do so.
 * json_notes.c
 */
void json_note(const char *const *arguments, const char *out);

/* The same, with a text that it reads from its input. */
#define TOOL_READS(input_, output_, ...)                                                           \
    tool_reads((input_), ((const char *const[]){TOOL_PATH, __VA_ARGS__, NULL}), (output_))
int tool_reads(const char *input, const char *const *arguments, const test_output **output);

/* A command that is a peer of this program, behind options of the tool. */
#define COMMAND(...) "--", test_executable(), "--peer", __VA_ARGS__

/* The tool as a command of the tool. */
#define TOOL_COMMAND(...) "--", TOOL_PATH, __VA_ARGS__

/*
 * A command that holds the mutex `lock_`, sets the event `said_` when it does, and does not end by itself
 * for long. The tool once more, since a peer ends with its parent anyway, and that is what is tested.
 */
#define LONG_COMMAND(lock_, said_)                                                                 \
    TOOL_COMMAND("run", "-l", lock_, COMMAND("holds_for_ever", fresh_name(), said_))

#define PATIENCE ((byn_timeout)1000 * test_patience())

/* Is the text one JSON value, and nothing else? json_check.c */
bool json_is_valid(const char *text);

/* Starts the tool and does not wait for its end. */
#define START(...) command_start((const char *const[]){TOOL_PATH, __VA_ARGS__, NULL})
byn_process *command_start(const char *const *argv);

/* Waits for the end of what was started. @return its exit code */
int command_end(byn_process *process);

/* Returns when somebody has the name open. */
void until_open(const char *name);

/* Returns when `is` says true; fails the case if it does not in time. */
void until(bool (*is)(void *context), void *context);

/*
 * Returns when no object is left, for the end of a case that killed: what the killed had open is removed
 * while looking, and some of them may die later than others.
 */
void until_all_is_gone(void);

/* A command line of the shell that the system has; "byname" in it is the tool. */
byn_process *script_start(const char *sh, const char *cmd);

/*
 * What `noun action name` answers if nobody has it open: an error that names it and says what to do, and
 * nothing is made.
 */
void check_nobody_has_it(const char *noun, const char *action, const char *remedy);

/* What the tool made to be kept is removed. */
void remove_kept(const char *name);

/* The peers, all of them in the table. */
extern const peer_entry tool_peers[];
int exits_with(peer_self *self, int argc, char **argv);
int says_its_arguments(peer_self *self, int argc, char **argv);
int holds_mutex(peer_self *self, int argc, char **argv);
int adds_slowly(peer_self *self, int argc, char **argv);
int holds_for_ever(peer_self *self, int argc, char **argv);

#endif
