#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>

typedef struct failure {
    struct failure *next;
    const char *file;
    int line;
    char *text;
} failure;

struct check_sink {
    apr_thread_mutex_t *mutex;
    failure *first;
    failure **end;
    void (*leave)(void *); /* ends the peer's thread */
    void *leave_argument;
};

/* The sink of the calling thread: CUnit's own records may be written by the cases' thread only. */
static apr_threadkey_t *thread_sink;

static const char *process_role;
static bool process_failed;

char *copied(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    if (copy == NULL)
        abort();
    return memcpy(copy, text, size);
}

check_sink *check_sink_create(apr_pool_t *pool)
{
    check_sink *sink = apr_pcalloc(pool, sizeof *sink);

    if (thread_sink == NULL)
        apr_threadkey_private_create(&thread_sink, NULL, runner_pool());
    apr_thread_mutex_create(&sink->mutex, APR_THREAD_MUTEX_DEFAULT, pool);
    sink->end = &sink->first;
    return sink;
}

void check_use_sink(check_sink *sink, void (*leave)(void *), void *leave_argument)
{
    sink->leave = leave;
    sink->leave_argument = leave_argument;
    apr_threadkey_private_set(sink, thread_sink);
}

static check_sink *current_sink(void)
{
    void *sink = NULL;

    if (thread_sink != NULL)
        apr_threadkey_private_get(&sink, thread_sink);
    return sink;
}

void check_use_process(const char *role)
{
    process_role = role;
}

bool check_process_failed(void)
{
    return process_failed;
}

static void record_in_sink(check_sink *sink, const char *file, int line, const char *text)
{
    failure *f = calloc(1, sizeof *f);

    if (f == NULL)
        abort();
    f->file = file;
    f->line = line;
    f->text = copied(text);
    apr_thread_mutex_lock(sink->mutex);
    *sink->end = f;
    sink->end = &f->next;
    apr_thread_mutex_unlock(sink->mutex);
}

void check_move_failures(check_sink *sink)
{
    failure *next;

    apr_thread_mutex_lock(sink->mutex);
    next = sink->first;
    sink->first = NULL;
    sink->end = &sink->first;
    apr_thread_mutex_unlock(sink->mutex);

    while (next != NULL) {
        failure *f = next;

        next = f->next;
        CU_assertImplementation(CU_FALSE, (unsigned)f->line, f->text, f->file, "", CU_FALSE);
        free(f->text);
        free(f);
    }
}

static void record(bool fatal, const char *file, int line, const char *text)
{
    check_sink *sink = current_sink();

    if (sink != NULL) {
        record_in_sink(sink, file, line, text);
        if (fatal)
            sink->leave(sink->leave_argument);
    } else if (process_role != NULL) {
        fprintf(stderr, "in %s: %s:%d: %s\n", process_role, file, line, text);
        fflush(stderr);
        process_failed = true;
        if (fatal)
            exit(EXIT_CHECK_FAILED);
    } else {
        CU_assertImplementation(CU_FALSE, (unsigned)line, text, file, "",
                                fatal ? CU_TRUE : CU_FALSE);
    }
}

bool test_check(bool holds, bool fatal, const char *text, const char *file, int line)
{
    if (!holds)
        record(fatal, file, line, text);
    return holds;
}

void test_fail(bool fatal, const char *file, int line, const char *format, ...)
{
    char text[4000];
    va_list arguments;

    va_start(arguments, format);
    apr_vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    record(fatal, file, line, text);
}

bool test_check_int(long long actual, long long expected, bool fatal, const char *text,
                    const char *file, int line)
{
    if (actual != expected)
        test_fail(fatal, file, line, "%s is %" APR_INT64_T_FMT ", expected %" APR_INT64_T_FMT, text,
                  (apr_int64_t)actual, (apr_int64_t)expected);
    return actual == expected;
}

static const char *shown(const char *s)
{
    return s != NULL ? s : "(NULL)";
}

bool test_check_str(const char *actual, const char *expected, const char *text, const char *file,
                    int line)
{
    bool equal =
        actual == expected || (actual != NULL && expected != NULL && strcmp(actual, expected) == 0);

    if (!equal)
        test_fail(false, file, line, "%s is \"%s\", expected \"%s\"", text, shown(actual),
                  shown(expected));
    return equal;
}

bool test_check_contains(const char *haystack, const char *needle, const char *text,
                         const char *file, int line)
{
    bool found = haystack != NULL && needle != NULL && strstr(haystack, needle) != NULL;

    if (!found)
        test_fail(false, file, line, "%s does not contain \"%s\", it is \"%s\"", text,
                  shown(needle), shown(haystack));
    return found;
}
