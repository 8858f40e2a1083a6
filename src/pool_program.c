/*
 * What is started as a worker of a pool: it is found when the pool is made, by the creator, and its path is absolute
 * from then on, for another process may have to start it.
 */
#include "pool_state.h"

#include <stdlib.h>
#include <string.h>

static byn_status no_memory(void)
{
    return byni_fail(BYN_E_NOMEM, "no memory for the worker's program");
}

void byni_worker_argv_free(char **argv)
{
    size_t i;

    for (i = 0; argv != NULL && argv[i] != NULL; i++)
        free(argv[i]);
    free(argv);
}

static char *copied(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

/* Copies of all but the first, which has been found. */
static byn_status copy_rest(char **to, const char *const *argv)
{
    size_t i;

    for (i = 1; argv[i] != NULL; i++) {
        to[i] = copied(argv[i]);
        if (to[i] == NULL)
            return no_memory();
    }
    return BYN_OK;
}

static byn_status find_program(const char *const *argv, char **words)
{
    byn_status status;

    if (argv[0] == NULL || argv[0][0] == '\0')
        return byni_fail(BYN_E_INVALID, "the option `program` names none");
    status = bynk_program_find(argv[0], &words[0]);
    return status < 0 ? status : copy_rest(words, argv);
}

/* A program that was replaced while it runs has no path any more. */
static byn_status find_own(char **words)
{
    char *own = NULL;
    byn_status status = bynk_program_own(&own);

    if (status >= 0)
        status = bynk_program_find(own, &words[0]);
    free(own);
    return status;
}

static byn_status find_library(const char *library, char **words)
{
    static const char *const rest[] = {"byname", "worker", "--library", NULL};
    byn_status status = bynk_file_find(library, &words[3]);

    if (status < 0)
        return status;
    status = bynk_tool_find("a library of tasks is run by the program byname", &words[0]);
    return status < 0 ? status : copy_rest(words, rest);
}

/* A gap would hide what stands behind it from who frees them. */
static void close_gaps(char **words, size_t count)
{
    size_t i, kept = 0;

    for (i = 0; i < count; i++)
        if (words[i] != NULL)
            words[kept++] = words[i];
    words[kept] = NULL;
}

byn_status byni_worker_argv(const byn_pool_options *options, char ***argv)
{
    enum { WORDS = 4 };
    size_t count = WORDS;
    byn_status status;
    char **words;

    if (options->program != NULL && options->library != NULL)
        return byni_fail(BYN_E_INVALID, "a program and a library: which shall be the worker?");
    if (options->program != NULL)
        for (count = 0; options->program[count] != NULL;)
            count++;
    words = calloc(count + 1, sizeof *words);
    if (words == NULL)
        return no_memory();
    if (options->library != NULL)
        status = find_library(options->library, words);
    else
        status = options->program != NULL ? find_program(options->program, words) : find_own(words);
    if (status < 0) {
        close_gaps(words, count);
        byni_worker_argv_free(words);
    } else {
        *argv = words;
    }
    return status;
}

byn_status byni_worker_check(void)
{
    char *told = bynk_environment_copy(BYNI_WORKER_VARIABLE);
    const char *pool = told != NULL ? strchr(told, ';') : NULL;
    byn_status status = BYN_OK;

    if (told != NULL)
        status = byni_fail(BYN_E_INVALID,
                           "this process was started as a worker of the pool \"%.255s\": call "
                           "byn_worker_main() in the first lines of main()",
                           pool != NULL ? pool + 1 : "?");
    free(told);
    return status;
}
