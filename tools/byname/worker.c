/* byname worker: runs the tasks of a library for a pool. */
#include "output.h"
#include "tool.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <apr_dso.h>

#include <byname/byname.h>

typedef struct settings {
    const char *pool;
    const char *library;
    int tasks;
} settings;

/* NULL: said why. */
#if APR_HAS_DSO
/* APR takes the words of Windows with their line's end, and makes blanks of it. */
static const char *why_not_loaded(apr_dso_handle_t *library, char *text, size_t size)
{
    size_t length;

    if (library == NULL)
        return "out of memory";
    apr_dso_error(library, text, size);
    for (length = strlen(text); length > 0 && text[length - 1] == ' ';)
        text[--length] = '\0';
    return text;
}

static const byn_task *load(const char *path, apr_pool_t *pool)
{
    apr_dso_handle_t *library = NULL;
    apr_dso_handle_sym_t tasks = NULL;
    char text[400];

    if (apr_dso_load(&library, path, pool) != APR_SUCCESS) {
        complain("byname worker: cannot load \"%s\": %s\n", path,
                 why_not_loaded(library, text, sizeof text));
        return NULL;
    }
    if (apr_dso_sym(&tasks, library, "byn_tasks") == APR_SUCCESS && tasks != NULL)
        return (const byn_task *)tasks;
    complain("byname worker: \"%s\" has no table of tasks: it begins with BYN_TASK_LIBRARY, see "
             "byname/task.h\n",
             path);
    return NULL;
}
#else /* a static program */
static const byn_task *load(const char *path, apr_pool_t *pool)
{
    (void)pool;
    complain("byname worker: cannot load \"%s\": this byname is a static program\n", path);
    return NULL;
}
#endif

static int join(const settings *s, const byn_task *tasks)
{
    byn_status status = byn_worker_join(
        s->pool, tasks, &BYN_OPTIONS(byn_worker_options, .tasks = (uint32_t)s->tasks));

    if (status >= 0)
        return EXIT_GOOD;
    complain("byname worker: %s\n", byn_last_error());
    return EXIT_BAD;
}

static bool set_option(void *context, int letter, const char *argument)
{
    settings *s = context;

    if (letter == 'p')
        s->pool = argument;
    else if (letter == 'l')
        s->library = argument;
    else if (letter == 't')
        return parse_number(argument, 1, INT_MAX, &s->tasks);
    return true;
}

static int worker(command_line *line)
{
    settings s = {NULL, NULL, 0};
    const char *const *words;
    const byn_task *tasks;
    int count, code;

    if (!command_line_options(line, set_option, &s))
        return line->result;
    words = command_line_words(line, &count);
    if (count > 0)
        return command_line_wrong(line, "it takes no argument (\"%s\")", words[0]);
    if (s.library == NULL)
        return command_line_wrong(line, "which tasks? --library FILE is missing");
    tasks = load(s.library, line->pool);
    if (tasks == NULL)
        return EXIT_BAD;
    if (byn_worker_main(tasks, &code))
        return code;
    if (s.pool == NULL)
        return command_line_wrong(line, "for which pool? --pool NAME is missing");
    return join(&s, tasks);
}

static const apr_getopt_option_t options[] = {
    {"pool", 'p', 1, "NAME the pool, which is open somewhere"},
    {"library", 'l', 1, "FILE the tasks: a library that exports a table, see byname/task.h"},
    {"tasks", 't', 1, "N leave after so many tasks; without it: serve until the pool ends"},
    OPTION_HELP,
    OPTION_END};

const verb verb_worker = {
    .name = "worker",
    .line = "run tasks of a library for a pool",
    .arguments = "--pool NAME --library FILE [OPTION...]",
    .text =
        "A pool that was opened with a library starts its workers itself, by this program. By "
        "hand\n"
        "it joins one more worker, which nobody replaces if it dies. Exit code 0 when the pool\n"
        "has ended, or the tasks are done.\n",
    .options = options,
    .usage_code = EXIT_USAGE,
    .run = worker,
};
