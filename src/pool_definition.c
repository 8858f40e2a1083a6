/*
 * What a pool is made of: from the options, and compared with them. See pool_state.h.
 */
#include "pool_state.h"

#include <stdlib.h>

enum { INITIALIZER_DATA_MOST = 4096 };

const char *byni_definition_text(const byni_pool_definition *definition, uint32_t offset)
{
    return offset != 0 ? (const char *)definition + offset : NULL;
}

/* ---- Check ------------------------------------------------------------------------------------------- */

static bool is_task_name(const char *name)
{
    size_t length = strlen(name);

    return length >= 1 && length <= BYN_TASK_NAME_MAX;
}

_Static_assert(BYN_POOL_MEMBERS_MAX == 256, "as it is told");

/* NULL, or what is wrong. */
static const char *wrong_worker(const byn_pool_options *o)
{
    if (o->no_workers && (o->workers != 0 || o->program != NULL || o->library != NULL))
        return "no_workers together with workers, program or library";
    if (o->program != NULL && o->library != NULL)
        return "program together with library";
    if (o->program != NULL && (o->program[0] == NULL || o->program[0][0] == '\0'))
        return "the program has no name";
    if (o->library != NULL && o->library[0] == '\0')
        return "the library's path is empty";
    if (o->workers > BYN_POOL_MEMBERS_MAX)
        return "more workers than BYN_POOL_MEMBERS_MAX, which is 256";
    if (o->initializer != NULL && !is_task_name(o->initializer))
        return "the initializer's name is empty or too long";
    if (o->initializer_size > INITIALIZER_DATA_MOST)
        return "the initializer's argument has more than 4096 bytes";
    if (o->initializer_size > 0 && (o->initializer_data == NULL || o->initializer == NULL))
        return "a size of the initializer's argument, without argument or initializer";
    return NULL;
}

static const char *wrong_number(const byn_pool_options *o)
{
    if (o->orphans < BYN_POOL_KILL || o->orphans > BYN_POOL_DRAIN)
        return "the option `orphans` is none of byn_pool_orphans";
    if (o->attempts > BYNI_TASK_ATTEMPTS)
        return "more than 255 attempts";
    if (o->task_timeout < 0 || o->task_timeout > UINT32_MAX)
        return "the task_timeout is negative or longer than 49 days; 0 is none";
    if (o->capacity > BYNI_POOL_CAPACITY_MOST)
        return "a capacity of more than 65,536 tasks";
    return NULL;
}

byn_status byni_definition_check(const byn_pool_options *options)
{
    const char *wrong = wrong_worker(options);

    if (options->keep)
        return byni_fail(BYN_E_UNSUPPORTED, "a pool does not outlive its users: keep it open");
    if (wrong == NULL)
        wrong = wrong_number(options);
    return wrong != NULL ? byni_fail(BYN_E_INVALID, "%s", wrong) : BYN_OK;
}

/* ---- Make -------------------------------------------------------------------------------------------- */

/* Counts first, then writes: the same calls, with and without a place. */
typedef struct writer {
    char *to; /* NULL: only count */
    uint64_t size;
} writer;

static uint32_t put_bytes(writer *w, const void *bytes, size_t size)
{
    uint64_t at = w->size;

    if (w->to != NULL && size > 0)
        memcpy(w->to + at, bytes, size);
    w->size += size;
    return (uint32_t)at;
}

static uint32_t put_text(writer *w, const char *text)
{
    return text != NULL ? put_bytes(w, text, strlen(text) + 1) : 0;
}

static void put_all(writer *w, const byn_pool_options *o, char *const *argv,
                    byni_pool_definition *d)
{
    w->size = sizeof *d;
    d->program_count = 0;
    d->program = argv != NULL ? put_text(w, argv[0]) : 0;
    for (; argv != NULL && argv[d->program_count] != NULL; d->program_count++)
        if (d->program_count > 0)
            (void)put_text(w, argv[d->program_count]);
    d->library = put_text(w, o->library);
    d->initializer = put_text(w, o->initializer);
    d->initializer_data =
        o->initializer_size > 0 ? put_bytes(w, o->initializer_data, o->initializer_size) : 0;
    (void)put_bytes(w, "", 1); /* ends whatever is last */
    d->size = (uint32_t)w->size;
}

static void put_numbers(const byn_pool_options *o, byni_pool_definition *d)
{
    d->initializer_size = (uint32_t)o->initializer_size;
    d->orphans = (uint32_t)o->orphans;
    d->no_workers = o->no_workers;
    d->workers = o->workers;
    d->attempts = o->attempts != 0 ? o->attempts : 1;
    d->tasks_per_worker = o->tasks_per_worker;
    d->task_timeout = o->task_timeout;
}

static byni_pool_definition *make(const byn_pool_options *options, char *const *argv,
                                  byn_status *status)
{
    byni_pool_definition head = {0}, *made;
    writer w = {NULL, 0};

    put_all(&w, options, argv, &head);
    if (w.size > BYNI_DEFINITION_MOST) {
        *status = byni_fail(BYN_E_TOOBIG,
                            "program, library and initializer have %llu bytes, the most is %d",
                            (unsigned long long)w.size, BYNI_DEFINITION_MOST);
        return NULL;
    }
    made = calloc(1, (size_t)w.size);
    if (made == NULL) {
        *status = byni_fail(BYN_E_NOMEM, "out of memory");
        return NULL;
    }
    w.to = (char *)made;
    put_all(&w, options, argv, made);
    put_numbers(options, made);
    *status = BYN_OK;
    return made;
}

byni_pool_definition *byni_definition_make(const byn_pool_options *options, byn_status *status)
{
    byni_pool_definition *made = NULL;
    char **argv = NULL;

    *status = options->no_workers ? BYN_OK : byni_worker_argv(options, &argv);
    if (*status >= 0)
        made = make(options, argv, status);
    byni_worker_argv_free(argv);
    return made;
}

/* ---- Compare ----------------------------------------------------------------------------------------- */

static byn_status differs(const char *what)
{
    return byni_fail(BYN_E_MISMATCH, "%s is another one there: pass the creator's, or none", what);
}

static bool is_text(const byni_pool_definition *there, uint32_t offset,
                    const byni_pool_definition *mine, uint32_t my_offset)
{
    const char *found = byni_definition_text(there, offset);
    const char *text = byni_definition_text(mine, my_offset);

    return text == NULL || (found != NULL && strcmp(found, text) == 0);
}

static bool is_program(const byni_pool_definition *there, const byni_pool_definition *mine)
{
    const char *found = byni_definition_text(there, there->program);
    const char *text = byni_definition_text(mine, mine->program);
    uint32_t i;

    for (i = 0; i < there->program_count && i < mine->program_count; i++) {
        if (strcmp(found, text) != 0)
            return false;
        found += strlen(found) + 1;
        text += strlen(text) + 1;
    }
    return there->program_count == mine->program_count;
}

static bool is_data(const byni_pool_definition *there, const byni_pool_definition *mine)
{
    const char *found = byni_definition_text(there, there->initializer_data);
    const char *data = byni_definition_text(mine, mine->initializer_data);

    return mine->initializer_size == 0 ||
           (mine->initializer_size == there->initializer_size && found != NULL &&
            memcmp(found, data, mine->initializer_size) == 0);
}

byn_status byni_definition_compare(const byni_pool_definition *there,
                                   const byni_pool_definition *mine, const byn_pool_options *o)
{
    if ((o->program != NULL || o->library != NULL) && !is_program(there, mine))
        return differs("the program, or the library,");
    if (!is_text(there, there->initializer, mine, mine->initializer) || !is_data(there, mine))
        return differs("initializer");
    if (o->no_workers && there->no_workers == 0)
        return differs("no_workers");
    if (o->orphans != 0 && (uint32_t)o->orphans != there->orphans)
        return differs("orphans");
    if (o->attempts != 0 && o->attempts != there->attempts)
        return differs("attempts");
    if (o->task_timeout != 0 && o->task_timeout != there->task_timeout)
        return differs("task_timeout");
    return BYN_OK;
}
