/*
 * Runs a program to its end. Files, not pipes: nothing can fill up, and nobody else can hold them
 * open.
 */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

static apr_file_t *temporary_file(const char *file, int line)
{
    apr_pool_t *pool = runner_case_pool();
    const char *directory = ".";
    apr_file_t *temporary = NULL;
    char *path;

    apr_temp_dir_get(&directory, pool);
    path = apr_psprintf(pool, "%s/byname-run-XXXXXX", directory);
    if (apr_file_mktemp(&temporary, path, 0, pool) != APR_SUCCESS)
        test_fail(true, file, line, "no temporary file in %s", directory);
    apr_file_inherit_unset(temporary);
    return temporary;
}

static apr_file_t *file_with(const char *input, const char *file, int line)
{
    apr_file_t *temporary = temporary_file(file, line);
    apr_off_t start = 0;

    if (apr_file_write_full(temporary, input, strlen(input), NULL) != APR_SUCCESS ||
        apr_file_seek(temporary, APR_SET, &start) != APR_SUCCESS)
        test_fail(true, file, line, "cannot write a temporary file");
    return temporary;
}

static size_t without_cr(char *text, size_t size)
{
    size_t from;
    size_t to = 0;

    for (from = 0; from < size; from++) {
        if (text[from] != '\r' || from + 1 == size || text[from + 1] != '\n')
            text[to++] = text[from];
    }
    text[to] = '\0';
    return to;
}

static const char *content(apr_file_t *temporary, size_t *size)
{
    apr_off_t end = 0;
    apr_off_t start = 0;
    apr_size_t got = 0;
    char *text;

    apr_file_seek(temporary, APR_END, &end);
    apr_file_seek(temporary, APR_SET, &start);
    text = apr_palloc(runner_case_pool(), (apr_size_t)end + 1);
    apr_file_read_full(temporary, text, (apr_size_t)end, &got);
    text[got] = '\0';
    *size = platform_ends_lines_with_cr ? without_cr(text, got) : got;
    apr_file_close(temporary);
    return text;
}

int test_run_command_at(const test_command *command, const test_output **output, const char *file,
                        int line)
{
    apr_pool_t *pool = runner_case_pool();
    int seconds = command->deadline > 0 ? command->deadline : test_patience();
    apr_file_t *in = command->input != NULL ? file_with(command->input, file, line) : NULL;
    apr_file_t *out = temporary_file(file, line);
    apr_file_t *err = temporary_file(file, line);
    test_output *result = apr_pcalloc(pool, sizeof *result);
    const char *error = NULL;
    child_end end = {false, 0};
    bool late;
    child *c;

    c = child_start(command->arguments, command->environment, in, out, err, pool, &error);
    if (c == NULL)
        test_fail(true, file, line, "%s cannot be started: %s", command->arguments[0], error);
    late = !child_wait(c, 1000 * seconds, &end);
    if (late)
        child_kill(c);
    if (in != NULL)
        apr_file_close(in);
    result->exit_code = end.code;
    result->out = content(out, &result->out_size);
    result->err = content(err, &result->err_size);
    if (late || end.killed)
        test_fail(true, file, line, "%s %s %d%s; stdout: \"%s\", stderr: \"%s\"",
                  command->arguments[0], late ? "did not end within" : "was killed by",
                  late ? seconds : end.code, late ? " s" : "", result->out, result->err);
    if (output != NULL)
        *output = result;
    return result->exit_code;
}

int test_run_at(const char *const *arguments, const test_output **output, const char *file,
                int line)
{
    test_command command = {arguments, NULL, NULL, 0};

    return test_run_command_at(&command, output, file, line);
}
