/* What the tests of nouns and actions share: "byname event wait" and so on. */
#ifndef BYNAME_NOUNS_TEST_H
#define BYNAME_NOUNS_TEST_H

#include "tool_peers.h"

#include <byname/byname.h>

/* Starts the tool and does not wait for its end. */
#define START(...) command_start((const char *const[]){TOOL_PATH, __VA_ARGS__, NULL})
byn_process *command_start(const char *const *argv);

/* Waits for the end of what was started. @return its exit code */
int command_end(byn_process *process);

/* Returns when somebody has the name open. */
void until_open(const char *name);

/* Returns when `is` says true; fails the case if it does not in time. */
void until(bool (*is)(void *context), void *context);

/* A command line of the shell that the system has; "byname" in it is the tool. */
byn_process *script_start(const char *sh, const char *cmd);

/*
 * What `noun action name` answers if nobody has it open: an error that names it and says what to do, and
 * nothing is made.
 */
void check_nobody_has_it(const char *noun, const char *action, const char *remedy);

#define NOUN_CASES(X)                                                                              \
    X(noun_help_tells_each_action)                                                                 \
    X(noun_without_action_tells_them)                                                              \
    X(unknown_action_is_answered_with_the_nearest)                                                 \
    X(action_needs_one_name)                                                                       \
    X(action_needs_its_command)                                                                    \
    X(action_refuses_bad_options)                                                                  \
    X(event_wait_gives_up)                                                                         \
    X(event_set_lets_one_waiter_through)                                                           \
    X(event_wait_makes_the_event)                                                                  \
    X(event_of_manual_reset_stays_set)                                                             \
    X(event_get_tells_by_output_and_code)                                                          \
    X(event_of_nobody_is_an_error)                                                                 \
    X(event_hold_keeps_it_open)                                                                    \
    X(event_hold_killed_ends_its_command)                                                          \
    X(event_refuses_another_kind)                                                                  \
    X(event_lets_two_scripts_meet)                                                                 \
    X(semaphore_acquire_holds_while_the_command_runs)                                              \
    X(semaphore_acquire_makes_it_if_told_how)                                                      \
    X(semaphore_acquire_gives_up)                                                                  \
    X(semaphore_acquire_waits_for_a_release)                                                       \
    X(semaphore_acquire_without_command_takes_for_good)                                            \
    X(semaphore_lets_one_command_in_at_a_time)                                                     \
    X(semaphore_release_stays_below_the_maximum)                                                   \
    X(semaphore_value_is_printed)                                                                  \
    X(semaphore_of_nobody_is_an_error)                                                             \
    X(semaphore_hold_keeps_it_open)                                                                \
    X(semaphore_permits_of_the_killed_come_back)                                                   \
    X(semaphore_with_undo_is_not_taken_without_a_command)

#define NOUN_CASE_DECLARE(name_) void name_(void);
NOUN_CASES(NOUN_CASE_DECLARE)

#endif
