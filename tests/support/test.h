/*
 * What a test program is made of.
 *
 *     static void lock_is_busy_for_others(void) { ... CHECK_STATUS(..., BYN_E_BUSY); }
 *
 *     static const test_case cases[] = {TEST(lock_is_busy_for_others), TEST_END};
 *     static const peer_entry peers[] = {PEER(locks_then_waits), PEER_END};
 *
 *     int main(int argc, char **argv) { return test_main(argc, argv, "mutex", cases, peers); }
 *
 * The program runs all cases; `-t CASE` only one (may be repeated), `-l` lists them, `-j FILE`
 * writes a JUnit report as well. `--peer NAME ARG...` runs a peer by hand, which then talks with
 * the terminal. Exit code: 0 if something ran and nothing failed, 1 if not, 2 for a wrong command
 * line, 3 for a hang.
 */
#ifndef BYNAME_TEST_H
#define BYNAME_TEST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct peer_entry peer_entry; /* peer.h */

typedef struct test_case {
    const char *name;
    void (*function)(void);
} test_case;

#define TEST(function_)                                                                            \
    {                                                                                              \
#function_, function_                                                                      \
    }
#define TEST_END                                                                                   \
    {                                                                                              \
        NULL, NULL                                                                                 \
    }

/** @param peers  may be NULL. */
int test_main(int argc, char **argv, const char *name, const test_case *cases,
              const peer_entry *peers);

/*
 * Checks. A failed CHECK lets the case go on, a failed REQUIRE ends it. Both also work in peers,
 * processes and threads: the failure is then printed by the peer and fails the case that started
 * it, when it is finished (see peer_finish). Threads that a case starts by other means must not
 * check.
 */
#define CHECK(condition_) test_check((condition_), false, #condition_, __FILE__, __LINE__)
#define REQUIRE(condition_) test_check((condition_), true, #condition_, __FILE__, __LINE__)

/** Compares two values of byn_status; a failure shows their names and byn_last_error(). */
#define CHECK_STATUS(actual_, expected_)                                                           \
    test_check_status((actual_), (expected_), false, #actual_, __FILE__, __LINE__)
#define REQUIRE_STATUS(actual_, expected_)                                                         \
    test_check_status((actual_), (expected_), true, #actual_, __FILE__, __LINE__)

#define CHECK_INT(actual_, expected_)                                                              \
    test_check_int((long long)(actual_), (long long)(expected_), false, #actual_, __FILE__,        \
                   __LINE__)
#define REQUIRE_INT(actual_, expected_)                                                            \
    test_check_int((long long)(actual_), (long long)(expected_), true, #actual_, __FILE__, __LINE__)

/** NULL equals only NULL. */
#define CHECK_STR(actual_, expected_)                                                              \
    test_check_str((actual_), (expected_), #actual_, __FILE__, __LINE__)
#define CHECK_CONTAINS(haystack_, needle_)                                                         \
    test_check_contains((haystack_), (needle_), #haystack_, __FILE__, __LINE__)

/** Ends the case here. It counts as skipped, unless a check failed before. Not for peers. */
void test_skip(const char *format, ...);

/** Fails the case, with a sentence instead of a condition. */
#define FAIL(...) test_fail(false, __FILE__, __LINE__, __VA_ARGS__)

/**
 * From now the running case has so many seconds; a program that is late kills itself and names the
 * case. Without this call all cases together have 100 s.
 */
void test_deadline(int seconds);

/** How long the harness waits for what should happen at once: 30 s, or BYNAME_TEST_PATIENCE. */
int test_patience(void);

/** A directory of this run, empty when it starts; BYNAME_DIR. A file left in it fails the run. */
const char *test_directory(void);

/** A name that no other run uses. The last 64 of them are valid. */
const char *fresh_name(void);

/** What a program answered; valid until the case ends. Line ends are "\n" on every system. */
typedef struct test_output {
    int exit_code;
    const char *out;
    size_t out_size;
    const char *err;
    size_t err_size;
} test_output;

typedef struct test_command {
    const char *const *arguments;   /**< UTF-8, NULL at the end; the first is the program's path. */
    const char *input;              /**< What it reads from stdin, or NULL. */
    const char *const *environment; /**< More variables, "NAME=value", NULL at the end; or NULL. */
    int deadline;                   /**< Seconds; 0 is test_patience(). */
} test_command;

/**
 * Runs a program to its end. The arguments arrive as they are, on Windows too.
 *
 * A program that cannot be started, is killed by a signal or does not end in time fails and ends
 * the case.
 *
 * @param[out] output  may be NULL
 * @return its exit code.
 */
#define test_run(arguments_, output_) test_run_at((arguments_), (output_), __FILE__, __LINE__)
#define test_run_command(command_, output_)                                                        \
    test_run_command_at((command_), (output_), __FILE__, __LINE__)

/** Whether a sanitizer is built into this program: it makes system calls and steps of its own. */
bool test_sanitized(void);

bool test_on_windows(void);

/** The path of this program. */
const char *test_executable(void);

/* What the macros call. */
bool test_check(bool holds, bool fatal, const char *text, const char *file, int line);
bool test_check_status(int actual, int expected, bool fatal, const char *text, const char *file,
                       int line);
bool test_check_int(long long actual, long long expected, bool fatal, const char *text,
                    const char *file, int line);
bool test_check_str(const char *actual, const char *expected, const char *text, const char *file,
                    int line);
bool test_check_contains(const char *haystack, const char *needle, const char *text,
                         const char *file, int line);
void test_fail(bool fatal, const char *file, int line, const char *format, ...);
int test_run_at(const char *const *arguments, const test_output **output, const char *file,
                int line);
int test_run_command_at(const test_command *command, const test_output **output, const char *file,
                        int line);

#endif
