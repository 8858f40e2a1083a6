/* Runs the cases of a program with CUnit, or one of its peers. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>
#include <CUnit/TestRun.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>

/* Seconds, for each case: a program that goes on, however slowly, does not hang. */
enum { DEADLINE = 300 };

static struct {
    const char *name;
    const test_case *cases;
    const peer_entry *peers;
    apr_pool_t *pool;
    apr_pool_t *case_pool;
    junit *report;

    const char *running; /* case */
    int64_t started;
    bool skipped;
    char reason[500];
    const char *left_by; /* the first case after which there were files */

    unsigned passed, failed, skips;
} runner;

const char *runner_name(void)
{
    return runner.name;
}

const char *runner_case(void)
{
    return runner.running;
}

apr_pool_t *runner_pool(void)
{
    return runner.pool;
}

apr_pool_t *runner_case_pool(void)
{
    return runner.case_pool;
}

unsigned runner_failures(void)
{
    return CU_get_number_of_failure_records();
}

const peer_entry *runner_peer(const char *name)
{
    const peer_entry *entry = runner.peers;

    for (; entry != NULL && (entry->function != NULL || entry->operation != NULL); entry++) {
        if (entry->function != NULL && strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

const step_operation *runner_operation(const char *name)
{
    const peer_entry *entry = runner.peers;

    for (; entry != NULL && (entry->function != NULL || entry->operation != NULL); entry++) {
        if (entry->operation != NULL && strcmp(entry->operation->name, name) == 0)
            return entry->operation;
    }
    return NULL;
}

bool runner_guarded(void (*function)(void *context, long k), void *context, long k)
{
    CU_pTest test = CU_get_current_test();
    jmp_buf *const outer = test->pJumpBuf;
    jmp_buf inner;
    volatile bool ended = true;

    test->pJumpBuf = &inner;
    if (setjmp(inner) == 0) {
        function(context, k);
        ended = false;
    }
    test->pJumpBuf = outer;
    /* A skip inside ends the case, not only this call. */
    if (runner.skipped)
        longjmp(*outer, 1);
    return !ended;
}

void test_skip(const char *format, ...)
{
    CU_pTest test = CU_get_current_test();
    va_list arguments;

    if (test == NULL) {
        fprintf(stderr, "test_skip outside of a case\n");
        exit(EXIT_CHECK_FAILED);
    }
    va_start(arguments, format);
    apr_vsnprintf(runner.reason, sizeof runner.reason, format, arguments);
    va_end(arguments);
    runner.skipped = true;
    longjmp(*test->pJumpBuf, 1);
}

void test_deadline(int seconds)
{
    watchdog_set(seconds);
}

int test_patience(void)
{
    const char *set = getenv("BYNAME_TEST_PATIENCE");
    int seconds = set != NULL ? atoi(set) : 0;

    return seconds > 0 ? seconds : 30;
}

const char *test_executable(void)
{
    return platform_executable();
}

/* ---- Handlers of CUnit */

static void on_start(const CU_pTest test, const CU_pSuite suite)
{
    (void)suite;
    runner.running = test->pName;
    runner.skipped = false;
    runner.started = platform_milliseconds();
    apr_pool_create(&runner.case_pool, runner.pool);
}

/* After the case, also if it was ended early; failures of peers still count for it. */
static void on_teardown(void)
{
    peer_end_all();
    if (runner.left_by == NULL && directory_count(NULL) > 0)
        runner.left_by = runner.running;
    apr_pool_destroy(runner.case_pool);
    runner.case_pool = NULL;
}

static void on_complete(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord first)
{
    CU_pFailureRecord failure = first;

    (void)suite;
    junit_case(runner.report, test->pName,
               (double)(platform_milliseconds() - runner.started) / 1000.0);
    if (failure != NULL) {
        printf("FAILED   %s\n", test->pName);
        runner.failed++;
    } else if (runner.skipped) {
        printf("SKIPPED %s: %s\n", test->pName, runner.reason);
        junit_skipped(runner.report, runner.reason);
        runner.skips++;
    } else {
        printf("ok       %s\n", test->pName);
        runner.passed++;
    }
    for (; failure != NULL; failure = failure->pNext) {
        printf("    %s:%u: %s\n", failure->strFileName, failure->uiLineNumber,
               failure->strCondition);
        junit_failure(runner.report, failure->strFileName, failure->uiLineNumber,
                      failure->strCondition);
    }
    fflush(stdout);
    runner.running = NULL;
    watchdog_set(DEADLINE);
}

/* ---- After the cases */

static void show_left_behind(const char *path)
{
    printf("    %s\n", path);
    junit_failure(runner.report, path, 0, "left behind");
}

static void check_nothing_left_behind(void)
{
    if (directory_count(NULL) > 0) {
        printf("FAILED   nothing_left_behind: files that were left, the first by %s\n",
               runner.left_by != NULL ? runner.left_by : "the end of the program");
        junit_case(runner.report, "nothing_left_behind", 0);
        directory_count(show_left_behind);
        runner.failed++;
    }
    directory_remove();
}

static int run_cases(void)
{
    bool report_written;

    directory_create();
    watchdog_start(DEADLINE);
    CU_set_test_start_handler(on_start);
    CU_set_test_complete_handler(on_complete);
    CU_set_error_action(CUEA_IGNORE);
    if (CU_run_all_tests() != CUE_SUCCESS) {
        fprintf(stderr, "%s: %s\n", runner.name, CU_get_error_msg());
        runner.failed++;
    }
    watchdog_stop();
    check_nothing_left_behind();

    report_written = junit_close(runner.report);
    if (!report_written)
        fprintf(stderr, "%s: the JUnit report could not be written\n", runner.name);
    printf("%s: %u passed, %u failed, %u skipped\n", runner.name, runner.passed, runner.failed,
           runner.skips);
    fflush(stdout);
    return report_written && runner.failed == 0 && runner.passed + runner.skips > 0 ? 0 : 1;
}

/* ---- The command line */

static bool register_case(CU_pSuite suite, const char *name)
{
    const test_case *entry;
    bool found = false;

    for (entry = runner.cases; entry->name != NULL; entry++) {
        if (name == NULL || strcmp(entry->name, name) == 0)
            found = CU_add_test(suite, entry->name, entry->function) != NULL || found;
    }
    return found;
}

static void list_cases(void)
{
    const test_case *entry;

    for (entry = runner.cases; entry->name != NULL; entry++)
        puts(entry->name);
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "%s: %s%s\nusage: [-l] [-t CASE]... [-j JUNIT_FILE] | --peer NAME [ARG...]\n",
            runner.name, problem, argument);
    return 2;
}

static int run_command_line(int argc, char **argv)
{
    CU_pSuite suite;
    bool chosen = false;
    int i;

    if (CU_initialize_registry() != CUE_SUCCESS)
        return usage(CU_get_error_msg(), "");
    suite = CU_add_suite_with_setup_and_teardown(runner.name, NULL, NULL, NULL, on_teardown);
    if (suite == NULL)
        return usage(CU_get_error_msg(), "");

    for (i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-l") == 0) {
            list_cases();
            return 0;
        } else if (strcmp(argv[i], "-t") == 0 && i + 1 < argc) {
            if (!register_case(suite, argv[++i]))
                return usage("no case ", argv[i]);
            chosen = true;
        } else if (strcmp(argv[i], "-j") == 0 && i + 1 < argc && runner.report == NULL) {
            runner.report = junit_create(argv[++i], runner.name);
            if (runner.report == NULL)
                return usage("cannot write ", argv[i]);
        } else {
            return usage("not understood: ", argv[i]);
        }
    }
    if (!chosen)
        register_case(suite, NULL);
    return run_cases();
}

static int run_peer(int argc, char **argv)
{
    const peer_entry *entry = runner_peer(argv[2]);

    if (entry == NULL) {
        fprintf(stderr, "%s: no peer %s\n", runner.name, argv[2]);
        return EXIT_NO_SUCH_PEER;
    }
    return peer_process_main(entry, argc - 3, argv + 3);
}

static int run_victim(char **argv)
{
    const step_operation *operation = runner_operation(argv[2]);

    if (operation == NULL) {
        fprintf(stderr, "%s: no operation %s; it must stand among the peers\n", runner.name,
                argv[2]);
        return EXIT_NO_SUCH_PEER;
    }
    check_use_process(operation->name);
    return step_victim_main(operation, argv[3], argv[4]);
}

int test_main(int argc, char **argv, const char *name, const test_case *cases,
              const peer_entry *peers)
{
    int result;

    runner.name = name;
    runner.cases = cases;
    runner.peers = peers;
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&runner.pool, NULL) != APR_SUCCESS)
        return EXIT_FAILURE;
    platform_start(&argc, &argv);

    if (argc >= 3 && strcmp(argv[1], "--peer") == 0)
        return run_peer(argc, argv);
    if (argc == 5 && strcmp(argv[1], "--step") == 0)
        return run_victim(argv);

    result = run_command_line(argc, argv);
    CU_cleanup_registry();
    apr_terminate();
    return result;
}
