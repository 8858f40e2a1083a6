/* byname pool: what there is to ask of pools from outside. */
#include "nouns.h"
#include "show.h"
#include "stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

typedef struct settings {
    held held;
    const char *name;
    int attempts;
    bool now;
    bool as_json;
} settings;

enum { OPTION_ATTEMPTS = 256, OPTION_NOW };

enum { DYING = 5000 }; /* milliseconds that a killed worker has to be told of */

static bool set_option(void *context, int letter, const char *argument)
{
    settings *s = context;

    switch (letter) {
    case OPTION_ATTEMPTS:
        return parse_number(argument, 1, 1000, &s->attempts);
    case OPTION_NOW:
        s->now = true;
        return true;
    case 'j':
        s->as_json = true;
        return true;
    default:
        return held_option(&s->held, letter, argument);
    }
}

static byn_status open_existing(byn_pool **pool, const char *name)
{
    return byn_pool_open(pool, name, &BYN_OPTIONS(byn_pool_options, .open = BYN_OPEN_ONLY));
}

/* This process does not count. */
byn_status pool_ask(const char *name, byn_pool_state *state)
{
    byn_pool *pool;
    byn_status status = open_existing(&pool, name);

    if (status < 0)
        return status;
    memset(state, 0, sizeof *state);
    state->struct_size = sizeof *state;
    status = byn_pool_progress(pool, state);
    if (status >= 0 && state->submitters > 0)
        state->submitters--;
    byn_pool_close(pool);
    return status;
}

const char *pool_stage(const byn_pool_state *state)
{
    if (state->is_broken)
        return "broken";
    return state->is_closed ? "closed" : "open";
}

/* ---- ls */

typedef struct row {
    const char *name;
    uint64_t age_ms;
    byn_pool_state state;
} row;

typedef struct listing {
    apr_pool_t *pool;
    apr_array_header_t *rows;
} listing;

static bool collect(const byn_object_info *info, void *context)
{
    listing *l = context;
    row *r;

    if (info->state != BYN_OBJECT_IN_USE || strcmp(info->kind, "pool") != 0)
        return true;
    r = apr_array_push(l->rows);
    r->name = apr_pstrdup(l->pool, info->name);
    r->age_ms = info->age_ms;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const row *)a)->name, ((const row *)b)->name);
}

/* Those that have gone meanwhile go from the list. */
static byn_status ask_all(listing *l)
{
    int i, kept = 0;

    for (i = 0; i < l->rows->nelts; i++) {
        row r = APR_ARRAY_IDX(l->rows, i, row);
        byn_status status = pool_ask(r.name, &r.state);

        if (status == BYN_E_NOTFOUND)
            continue;
        if (status < 0)
            return status;
        APR_ARRAY_IDX(l->rows, kept++, row) = r;
    }
    l->rows->nelts = kept;
    return BYN_OK;
}

static void print_table(const listing *l)
{
    table *t = table_create(8, l->pool);
    int i;

    if (l->rows->nelts == 0)
        return;
    for (i = 2; i < 7; i++)
        table_align_right(t, i);
    table_row(t, "NAME", "STATE", "WORKERS", "RUNNING", "WAITING", "DONE", "FAILED", "AGE");
    for (i = 0; i < l->rows->nelts; i++) {
        const row *r = &APR_ARRAY_IDX(l->rows, i, row);
        const byn_pool_state *s = &r->state;

        table_row(t, shown(r->name, l->pool), pool_stage(s), number_text(s->workers, l->pool),
                  number_text(s->running, l->pool), number_text(s->waiting, l->pool),
                  number_text(s->done, l->pool), number_text(s->failed, l->pool),
                  age_text(r->age_ms, l->pool));
    }
    table_print(t);
}

static void print_json(const listing *l)
{
    picture p = {.pool = l->pool, .json = {stdout, 0, true}, .as_json = true};
    int i;

    json_open(&p.json, NULL, '[');
    for (i = 0; i < l->rows->nelts; i++) {
        const row *r = &APR_ARRAY_IDX(l->rows, i, row);

        json_open(&p.json, NULL, '{');
        json_text(&p.json, "name", r->name);
        json_unsigned(&p.json, "age_ms", r->age_ms);
        show_pool_state(&p, &r->state);
        json_close(&p.json, '}');
    }
    json_close(&p.json, ']');
}

static int pool_ls(command_line *line)
{
    listing l = {line->pool, apr_array_make(line->pool, 8, sizeof(row))};
    settings s = {.held = held_begin(line)};
    const char *const *words;
    int count;

    if (!command_line_options(line, set_option, &s))
        return line->result;
    words = command_line_words(line, &count);
    if (count > 0)
        return command_line_wrong(line, "it takes no argument (\"%s\"); one pool: byname pool show",
                                  *words);
    if (byn_objects_visit(collect, &l) < 0 || ask_all(&l) < 0)
        return call_failed(line);
    qsort(l.rows->elts, (size_t)l.rows->nelts, sizeof(row), by_name);
    if (s.as_json)
        print_json(&l);
    else
        print_table(&l);
    return EXIT_GOOD;
}

/* ---- Of one pool */

/* NULL: the line is over. *rest: the words behind the name, *count of them, at most `most`. */
static const char *read_line(settings *s, command_line *line, int most, const char *const **rest,
                             int *count)
{
    const char *const *words;

    memset(s, 0, sizeof *s);
    s->held = held_begin(line);
    if (!command_line_options(line, set_option, s))
        return NULL;
    words = command_line_words(line, count);
    if (*count == 0) {
        command_line_wrong(line, "which pool? The name is missing");
        return NULL;
    }
    if (*count > most + 1) {
        command_line_wrong(line, "there is a word too many (\"%s\")", words[most + 1]);
        return NULL;
    }
    *count -= 1;
    *rest = words + 1;
    s->name = words[0];
    return s->name;
}

static int not_open(const settings *s, byn_status status)
{
    return open_failed(s->held.line, s->name, status, "a pool lives while a program uses it");
}

static int pool_show(command_line *line)
{
    const char *const *rest;
    byn_pool_state state;
    byn_status status;
    settings s;
    int count;

    if (read_line(&s, line, 0, &rest, &count) == NULL)
        return line->result;
    status = pool_ask(s.name, &state);
    return status < 0 ? not_open(&s, status) : show_one(s.name, s.as_json, line->pool);
}

/* ---- submit */

static int print_result(const command_line *line, byn_future *future)
{
    apr_file_t *out;
    const void *data;
    size_t size;

    if (byn_future_result(future, &data, &size) < 0)
        return call_failed(line);
    if (apr_file_open_stdout(&out, line->pool) != APR_SUCCESS || !write_out(out, data, size))
        return EXIT_BAD;
    return EXIT_GOOD;
}

/* What takes too long is not wanted any more. */
static int wait_for(const settings *s, byn_future *future)
{
    byn_task_error error = {.struct_size = sizeof error};
    byn_status status = byn_future_wait(future, s->held.timeout);

    if (status >= 0)
        return print_result(s->held.line, future);
    if (status != BYN_E_TIMEDOUT)
        return call_failed(s->held.line);
    if (byn_future_kill(future) >= 0 && byn_future_wait(future, DYING) >= 0)
        (void)byn_future_error(future, &error); /* it was looked at */
    return held_late(&s->held, quoted(s->held.line, s->name), ": the task was canceled");
}

static int submit(const settings *s, const char *task, const char *data, size_t size)
{
    byn_future *future;
    byn_pool *pool;
    byn_status status = open_existing(&pool, s->name);
    int result;

    if (status < 0)
        return not_open(s, status);
    status = byn_pool_submit(pool, &future, task, data, size,
                             &BYN_OPTIONS(byn_submit_options, .attempts = (uint32_t)s->attempts),
                             s->held.timeout);
    if (status >= 0) {
        result = wait_for(s, future);
        byn_future_close(future);
    } else if (status == BYN_E_TIMEDOUT) {
        result = held_late(&s->held, quoted(s->held.line, s->name), ": it is full");
    } else {
        result = call_failed(s->held.line);
    }
    byn_pool_close(pool);
    return result;
}

static int pool_submit(command_line *line)
{
    const char *const *rest;
    const char *data;
    size_t size;
    stream input;
    settings s;
    int count, result = EXIT_BAD;

    if (read_line(&s, line, 2, &rest, &count) == NULL)
        return line->result;
    if (count == 0)
        return command_line_wrong(line, "which task? Its name is missing");
    if (count < 2 || strcmp(rest[1], "-") != 0)
        return submit(&s, rest[0], rest[1], count > 1 ? strlen(rest[1]) : 0);
    if (!stream_begin(&input, line->pool))
        return EXIT_BAD;
    if (stream_all(&input, &data, &size))
        result = submit(&s, rest[0], data, size);
    stream_end(&input);
    return result;
}

/* ---- close */

static int pool_close(command_line *line)
{
    const char *const *rest;
    byn_pool *pool;
    byn_status status;
    settings s;
    int count;

    if (read_line(&s, line, 0, &rest, &count) == NULL)
        return line->result;
    status = open_existing(&pool, s.name);
    if (status < 0)
        return not_open(&s, status);
    status = s.now ? byn_pool_terminate(pool) : byn_pool_shutdown(pool);
    if (status >= 0)
        status = byn_pool_join(pool, s.held.timeout);
    byn_pool_close(pool);
    if (status == BYN_E_TIMEDOUT)
        return held_late(&s.held, quoted(line, s.name), ": tasks or workers are left");
    return status < 0 ? call_failed(line) : EXIT_GOOD;
}

/* ---- The command lines */

static const apr_getopt_option_t submit_options[] = {
    HELD_OPTION_TIMEOUT,
    {"attempts", OPTION_ATTEMPTS, 1, "N begin it so often if its worker dies (as the pool says)"},
    OPTION_HELP,
    OPTION_END};

static const apr_getopt_option_t close_options[] = {
    {"now", OPTION_NOW, 0, "cancel what waits, and kill the workers"},
    HELD_OPTION_NONBLOCK,
    HELD_OPTION_TIMEOUT,
    HELD_OPTION_CODE,
    OPTION_HELP,
    OPTION_END};

static const verb verb_pool_ls = {
    .name = "pool ls",
    .line = "list the pools",
    .arguments = "[--json]",
    .text = "Exit code 1 if they cannot be listed.\n",
    .example = "byname pool ls",
    .options = name_and_json_options,
    .usage_code = EXIT_USAGE,
    .run = pool_ls,
};

static const verb verb_pool_show = {
    .name = "pool show",
    .line = "tell how far a pool is, and who looks after its workers, as byname show",
    .arguments = "NAME [--json]",
    .text = "Exit code 1 if there is no such pool.\n",
    .example = "byname pool show resize",
    .options = name_and_json_options,
    .usage_code = EXIT_USAGE,
    .run = pool_show,
};

static const verb verb_pool_submit = {
    .name = "pool submit",
    .line = "have a task run, and print its result as it is",
    .arguments = "NAME TASK [DATA | -] [OPTION...]",
    .text =
        "DATA is the task's argument, byte for byte; \"-\": all of stdin; none: it is empty.\n"
        "Exit codes: 0 done, 1 failed: stderr tells why, 2 command line, 124 too long: the task\n"
        "was canceled, or its worker killed.\n",
    .example = "byname pool submit resize thumbnail photo.jpg -w 10",
    .options = submit_options,
    .usage_code = EXIT_USAGE,
    .takes_numbers = true,
    .run = pool_submit,
};

static const verb verb_pool_close = {
    .name = "pool close",
    .line = "no more tasks: those that are there are run, then the workers leave",
    .arguments = "NAME [OPTION...]",
    .text =
        "Waits until they have. Exit codes: 0 done, 1 failed, 2 command line, 124 too long: it\n"
        "goes on.\n",
    .example = "byname pool close resize -w 60",
    .options = close_options,
    .usage_code = EXIT_USAGE,
    .run = pool_close,
};

static const verb *const actions[] = {&verb_pool_ls, &verb_pool_show, &verb_pool_submit,
                                      &verb_pool_close, NULL};

const verb verb_pool = {
    .name = "pool",
    .line = "pools of workers that programs have open: ls, show, submit, close",
    .arguments = "ACTION [NAME] [OPTION...]",
    .text = "Exit codes: 0 done, 1 failed, 2 command line, 124 too long.\n",
    .usage_code = EXIT_USAGE,
    .actions = actions,
};
