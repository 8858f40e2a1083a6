/* What the files of this test share. */
#ifndef BYNAME_TOOL_TEST_H
#define BYNAME_TOOL_TEST_H

#include "tool_support.h"

/* The cases, for the table in tool_test.c. */
#define TOOL_CASES(X)                                                                              \
    X(help_lists_the_verbs)                                                                        \
    X(help_of_each_verb_is_there)                                                                  \
    X(help_of_topics_is_there)                                                                     \
    X(manual_pages_that_cannot_be_written_are_told)                                                \
    X(completion_tells_what_may_stand_next)                                                        \
    X(completion_tells_names)                                                                      \
    X(version_is_the_librarys)                                                                     \
    X(nothing_to_do_is_told)                                                                       \
    X(unknown_verb_is_answered_with_the_nearest)                                                   \
    X(unknown_option_is_answered_with_the_nearest)                                                 \
    X(missing_and_superfluous_arguments_are_told)                                                  \
    X(run_passes_the_exit_code_on)                                                                 \
    X(run_passes_arguments_as_they_are)                                                            \
    X(run_finds_options_only_before_the_command)                                                   \
    X(run_tells_the_signal_that_ended_the_command)                                                 \
    X(run_leaves_ctrl_c_to_the_command)                                                            \
    X(run_tells_a_missing_and_an_unrunnable_command)                                               \
    X(run_without_lock_or_command_is_wrong)                                                        \
    X(run_refuses_bad_numbers)                                                                     \
    X(run_refuses_a_name_of_another_kind)                                                          \
    X(run_does_not_wait_if_told_so)                                                                \
    X(run_waits_no_longer_than_told)                                                               \
    X(run_waits_for_the_lock)                                                                      \
    X(run_is_verbose)                                                                              \
    X(run_lets_one_command_in_at_a_time)                                                           \
    X(run_killed_frees_the_lock_and_ends_the_command)                                              \
    X(run_terminated_ends_the_command)                                                             \
    X(run_takes_several_locks_in_one_order)                                                        \
    X(run_takes_all_locks_or_none)                                                                 \
    X(run_shares_a_lock)                                                                           \
    X(run_lets_so_many_commands_in)                                                                \
    X(run_sets_an_event_when_done)                                                                 \
    X(run_gives_a_line_to_the_shell)                                                               \
    X(run_refuses_what_does_not_go_together)                                                       \
    X(run_passes_signals_on)                                                                       \
    X(ls_of_nothing_is_empty)                                                                      \
    X(ls_shows_objects)                                                                            \
    X(ls_json_is_json)                                                                             \
    X(ls_reports_what_it_reclaimed)                                                                \
    X(show_tells_a_free_and_a_held_mutex)                                                          \
    X(show_tells_who_died)                                                                         \
    X(show_tells_an_event)                                                                         \
    X(show_tells_a_semaphore)                                                                      \
    X(show_tells_a_condition_and_a_once)                                                           \
    X(show_tells_a_rwlock)                                                                         \
    X(show_tells_a_semaphore_with_undo)                                                            \
    X(show_tells_values)                                                                           \
    X(show_tells_reals_bytes_and_arrays)                                                           \
    X(show_tells_memory)                                                                           \
    X(show_json_is_json)                                                                           \
    X(show_fails_for_nothing)                                                                      \
    X(show_and_ls_tell_machine_objects)                                                            \
    X(repair_takes_the_marks_of_the_dead_away)                                                     \
    X(repair_makes_a_barrier_whole)                                                                \
    X(gc_removes_what_the_killed_left)                                                             \
    X(rm_takes_patterns)                                                                           \
    X(top_tells_who_holds_and_waits)                                                               \
    X(top_and_watch_refuse_wrong_numbers)                                                          \
    X(rm_removes_what_the_killed_left)                                                             \
    X(rm_removes_only_what_nobody_uses)                                                            \
    X(ls_show_and_rm_know_what_is_kept)                                                            \
    X(rm_all_removes_what_nobody_uses)                                                             \
    X(keeper_is_one_or_not_needed)                                                                 \
    X(json_check_knows_wrong_json)                                                                 \
    X(demo_counts_and_survives)                                                                    \
    X(demo_of_one_file_and_of_none)                                                                \
    X(demo_counts_bytes_of_any_encoding)                                                           \
    X(demo_skips_what_it_cannot_read)                                                              \
    X(demo_refuses_a_missing_path)                                                                 \
    X(demo_without_arguments_finds_files)                                                          \
    X(demo_worker_alone_is_wrong)

#define TOOL_CASE_DECLARE(name_) void name_(void);
TOOL_CASES(TOOL_CASE_DECLARE)

/* The peers. */
int opens_all_kinds(peer_self *self, int argc, char **argv);
int holds_all_locks(peer_self *self, int argc, char **argv);

#endif
