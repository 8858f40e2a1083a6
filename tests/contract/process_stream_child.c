/* The children of the process tests that use their standard streams: byte by byte, on Windows too. */
#include "process_child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_time.h>

enum { CHUNK = 10000, LOOK_MS = 5, WRITE_FAILED = 5, READ_FAILED = 6 };

static apr_file_t *input, *output, *error;

static void open_streams(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    apr_file_open_stdin(&input, pool);
    apr_file_open_stdout(&output, pool);
    apr_file_open_stderr(&error, pool);
}

static bool put(apr_file_t *file, const char *bytes, size_t size)
{
    return apr_file_write_full(file, bytes, size, NULL) == APR_SUCCESS;
}

/* 0 at the end. */
static size_t get(char *bytes, size_t size)
{
    apr_size_t got = size;

    return apr_file_read(input, bytes, &got) == APR_SUCCESS ? got : 0;
}

static int copy(bool to_error_too)
{
    char bytes[CHUNK];
    size_t size;

    while ((size = get(bytes, sizeof bytes)) > 0) {
        if (!put(output, bytes, size) || (to_error_too && !put(error, bytes, size)))
            return WRITE_FAILED;
    }
    return 0;
}

/* What comes in goes out. */
static int echoes(const char *unused)
{
    (void)unused;
    return copy(false);
}

/* At both outputs. */
static int echoes_twice(const char *unused)
{
    (void)unused;
    return copy(true);
}

/* When a file is gone. */
static int echoes_later(const char *path)
{
    FILE *file;

    while ((file = fopen(path, "r")) != NULL) {
        fclose(file);
        apr_sleep(apr_time_from_msec(LOOK_MS));
    }
    return copy(false);
}

/* Reads so many bytes, and no more. */
static int takes(const char *count)
{
    long left = atol(count);
    char bytes[CHUNK];

    while (left > 0) {
        size_t size = get(bytes, left < CHUNK ? (size_t)left : CHUNK);

        if (size == 0)
            return READ_FAILED;
        left -= (long)size;
    }
    return 0;
}

/* Writes so many bytes, or for ever. */
static int pours(const char *count)
{
    long left = atol(count);
    bool endless = left == 0;
    char bytes[CHUNK];

    memset(bytes, 'x', sizeof bytes);
    while (endless || left > 0) {
        size_t size = endless || left > CHUNK ? CHUNK : (size_t)left;

        if (!put(output, bytes, size))
            return WRITE_FAILED;
        left -= (long)size;
    }
    return 0;
}

/* At both outputs in turn. */
static int alternates(const char *unused)
{
    (void)unused;
    return put(output, "one ", 4) && put(error, "two ", 4) && put(output, "three ", 6) &&
                   put(error, "four", 4)
               ? 0
               : WRITE_FAILED;
}

/* Of what asks no more than to read one byte of a million. 0: as it should be. */
static int breaks_a_pipe(const char *program)
{
    const char *const argv[] = {program, "--child", "takes", "1", NULL};
    static char million[1000000];
    byn_process *process = NULL;
    size_t written = 0;
    byn_status status;

    if (byn_process_start(&process, argv,
                          &BYN_OPTIONS(byn_process_options, .standard_input = BYN_STDIO_PIPE)) < 0)
        return 1;
    do
        status = byn_process_write(process, million, sizeof million, &written, BYN_FOREVER);
    while (status == BYN_OK);
    byn_process_close(process);
    return status == BYN_E_CLOSED ? 0 : 2;
}

/* Where this process has no standard streams itself. */
static int talks_without_streams(const char *program)
{
    const char *const argv[] = {program, "--child", "echoes", NULL};
    const byn_process_options options =
        BYN_OPTIONS(byn_process_options, .standard_input = BYN_STDIO_PIPE,
                    .standard_output = BYN_STDIO_PIPE, .standard_error = BYN_STDIO_PIPE);
    byn_process_output result;
    byn_process *process = NULL;

    fclose(stdin);
    fclose(stdout);
    fclose(stderr);
    if (byn_process_start(&process, argv, &options) < 0)
        return 1;
    if (byn_process_communicate(process, "hello", 5, 0, &result, BYN_FOREVER) < 0)
        return 2;
    if (result.exit.code != 0 || result.error_size != 0 || strcmp(result.output, "hello") != 0)
        return 3;
    byn_process_close(process);
    return 0;
}

static int tells_name(const char *unused)
{
    const char *name = byn_process_self_name();

    (void)unused;
    return put(output, name, strlen(name)) && put(output, "\n", 1) ? 0 : WRITE_FAILED;
}

/* A child of this child; whether all was well with it. */
static bool start_inner(const char *program, const char *name, const char *argument)
{
    const char *const argv[] = {program, "--child", name, argument, NULL};
    byn_process *process = NULL;
    byn_exit end = {.code = 1};
    bool ended = byn_process_start(&process, argv, NULL) >= 0 &&
                 byn_process_wait(process, BYN_FOREVER, &end) >= 0;

    byn_process_close(process);
    return ended && end.code == 0;
}

/* The C library of Windows has a copy of its own, which goes to no child. */
static bool is_taken_out(void)
{
    return test_on_windows() || getenv("BYNAME_NAME") == NULL;
}

/* Its own child's, which has none; then its own; then its child's again. */
static int tells_names(const char *program)
{
    return start_inner(program, "has_variable", "BYNAME_NAME") &&
                   start_inner(program, "tells_name", NULL) && tells_name(NULL) == 0 &&
                   is_taken_out() && start_inner(program, "tells_name", NULL)
               ? 0
               : 1;
}

/* That of a program that was started by other means, while our own name is still in the environment. */
static int lets_a_stranger_tell(const char *program)
{
    char line[2000];

    snprintf(line, sizeof line, "\"%s\" --child tells_name", program);
    return system(line);
}

static const child_entry children[] = {
    CHILD(echoes),
    CHILD(echoes_twice),
    CHILD(echoes_later),
    CHILD(takes),
    CHILD(pours),
    CHILD(alternates),
    CHILD(breaks_a_pipe),
    CHILD(talks_without_streams),
    CHILD(tells_name),
    CHILD(tells_names),
    CHILD(lets_a_stranger_tell),
};

bool child_with_streams(const char *name, const char *argument, int *code)
{
    size_t i;

    for (i = 0; i < sizeof children / sizeof children[0]; i++) {
        if (strcmp(children[i].name, name) != 0)
            continue;
        open_streams();
        *code = children[i].function(argument);
        return true;
    }
    return false;
}
