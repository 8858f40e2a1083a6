/* What the files of this test share. */
#ifndef BYNAME_TOOL_MAP_TEST_H
#define BYNAME_TOOL_MAP_TEST_H

#include "tool_support.h"

enum { SOME_FAILED = 123 };

/* One worker, unless the arguments say more: to start them takes the most of the time. */
#define MAP_READS(input_, output_, ...) TOOL_READS((input_), (output_), "map", "-j1", __VA_ARGS__)

/* Makes the file "input" in the test's directory. @return its path */
const char *write_input(const char *data, size_t size);

/* An environment in which temporary files are in the test's directory; for until(): whether map has left none there. */
const char *const *temporary_here(void);
bool no_files_are_left(void *unused);

/* For until(): whether the file at this path has a byte. */
bool has_something(void *path);

/* Commands; and the cases of map_failure_test.c. */
int fails_at_first(peer_self *self, int argc, char **argv);
int fails_until_halted(peer_self *self, int argc, char **argv);
int prints_much(peer_self *self, int argc, char **argv);
int prints_much_and_holds(peer_self *self, int argc, char **argv);
int says_and_holds(peer_self *self, int argc, char **argv);
int says_where_it_is(peer_self *self, int argc, char **argv);

#define MAP_FAILURE_CASES(X)                                                                       \
    X(failures_are_told_at_the_end)                                                                \
    X(what_fails_is_tried_again)                                                                   \
    X(halt_begins_no_more)                                                                         \
    X(what_takes_too_long_is_ended)                                                                \
    X(a_killed_worker_fails_its_command_only)                                                      \
    X(a_command_that_cannot_run_is_told_once)                                                      \
    X(wrong_command_lines_are_told)                                                                \
    X(interrupted_it_ends_its_commands)                                                            \
    X(interrupted_commands_may_clean_up)                                                           \
    X(killed_it_leaves_nothing)                                                                    \
    X(killed_it_leaves_no_files)                                                                   \
    X(killed_with_its_workers_the_next_one_removes_its_files)                                      \
    X(a_shared_pool_runs_the_commands_of_several)                                                  \
    X(the_pool_of_others_is_told)                                                                  \
    X(an_input_may_be_endless)

#define MAP_DECLARE(case_) void case_(void);
MAP_FAILURE_CASES(MAP_DECLARE)

#endif
