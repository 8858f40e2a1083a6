/* byname list: elements in an order. */
#include "contents.h"
#include "output.h"

#include <stdio.h>
#include <string.h>

static const char *remedy(const contents *c)
{
    return format_text(c->held.line->pool, "byname list append \"%s\" VALUE makes it", c->name);
}

/*
 * Opens it. If it may it makes it, to be kept; one that others made stays theirs. False: it cannot, and
 * *result is the exit code.
 */
static bool open_list(const contents *c, bool makes, byn_list **list, int *result)
{
    byn_status status = byn_list_open(
        list, c->name, &BYN_OPTIONS(byn_list_options, .limit = c->limit, .open = BYN_OPEN_ONLY));

    if (status == BYN_E_NOTFOUND && makes)
        status = byn_list_open(list, c->name,
                               &BYN_OPTIONS(byn_list_options, .limit = c->limit, .keep = true,
                                            .mode = rights_for(c->name)));
    if (status < 0)
        *result = open_failed(c->held.line, c->name, status, remedy(c));
    return status >= 0;
}

/* An action on all of a list that is there. False: *result is the exit code. */
static bool begin(contents *c, command_line *line, byn_list **list, int *result)
{
    if (contents_begin(c, line, 0, 0, ""))
        return open_list(c, false, list, result);
    *result = line->result;
    return false;
}

/* The first word, which is taken off; or one that looked like an option. */
static bool read_index(contents *c, int64_t *index)
{
    const char *word = c->words[0];
    uint64_t number = 0;

    if (c->from_end) {
        *index = -c->index;
        return true;
    }
    if (strcmp(word, "0") != 0 &&
        (!parse_size(word, &number) || word[strspn(word, "0123456789")] != '\0')) {
        command_line_wrong((command_line *)c->held.line, "\"%s\" is no index", word);
        return false;
    }
    *index = (int64_t)number;
    c->words++;
    c->count--;
    return true;
}

/*
 * An action with an index, which may be missing if there is a default, and up to so many words behind it.
 * False: the line is over.
 */
static bool begin_at(contents *c, command_line *line, int words, const int64_t *fallback,
                     int64_t *index)
{
    static const char what[] = "which element? The index is";

    if (!contents_begin(c, line, 0, words + 1, what))
        return false;
    if (c->from_end && c->count > words) {
        command_line_wrong(line, "\"%s\" is one too many", c->words[words]);
        return false;
    }
    if (c->from_end || c->count > 0)
        return read_index(c, index);
    if (fallback == NULL) {
        command_line_wrong(line, "%s missing", what);
        return false;
    }
    *index = *fallback;
    return true;
}

/* ---- Put in -------------------------------------------------------------------------------------- */

/* The words, or the lines of the input, or all of it. */
static byn_status append_lines(const contents *c, byn_list *list, bool *good)
{
    byn_status status = BYN_OK;
    const char *data;
    stream in;
    size_t size;

    *good = contents_open(c, &in);
    while (*good && status >= 0 && stream_line(&in, &data, &size))
        status = byn_list_append(list, data, size);
    *good = *good && !in.failed;
    stream_end(&in);
    return status;
}

static byn_status append_all(const contents *c, byn_list *list, bool *good)
{
    byn_status status = BYN_OK;
    const char *data;
    stream in;
    size_t size;

    *good = contents_value(c, NULL, &in, &data, &size);
    if (*good)
        status = byn_list_append(list, data, size);
    stream_end(&in);
    return status;
}

/* In one step. */
static byn_status append_words(const contents *c, apr_pool_t *pool, byn_list *list)
{
    size_t *sizes = apr_palloc(pool, (size_t)c->count * sizeof *sizes), used = 0;
    char *data;
    int i;

    for (i = 0; i < c->count; i++)
        used += sizes[i] = strlen(c->words[i]);
    data = apr_palloc(pool, used + 1);
    for (i = 0, used = 0; i < c->count; used += sizes[i++])
        memcpy(data + used, c->words[i], sizes[i]);
    return byn_list_append_many(list, data, sizes, (size_t)c->count);
}

static int list_append(command_line *line)
{
    byn_list *list = NULL;
    byn_status status;
    bool good = true;
    contents c;
    int result = EXIT_GOOD;

    if (!contents_begin(&c, line, 0, INT32_MAX, ""))
        return line->result;
    if (!open_list(&c, true, &list, &result))
        return result;
    if (c.count > 0)
        status = append_words(&c, line->pool, list);
    else
        status = c.whole ? append_all(&c, list, &good) : append_lines(&c, list, &good);
    if (status < 0)
        result = call_failed(line);
    byn_list_close(list);
    return good ? result : EXIT_BAD;
}

static int put_at(command_line *line, bool makes,
                  byn_status (*put)(byn_list *list, int64_t index, const void *data, size_t size))
{
    byn_list *list = NULL;
    const char *data;
    stream in;
    size_t size;
    int64_t index;
    contents c;
    int result = EXIT_BAD;

    if (!begin_at(&c, line, 1, NULL, &index))
        return line->result;
    if (!open_list(&c, makes, &list, &result))
        return result;
    if (contents_value(&c, c.count > 0 ? c.words[0] : NULL, &in, &data, &size))
        result = put(list, index, data, size) < 0 ? call_failed(line) : EXIT_GOOD;
    stream_end(&in);
    byn_list_close(list);
    return result;
}

static int list_set(command_line *line)
{
    return put_at(line, false, byn_list_set);
}

static int list_insert(command_line *line)
{
    return put_at(line, true, byn_list_insert);
}

/* ---- Take out ------------------------------------------------------------------------------------ */

static int take_at(command_line *line, const int64_t *fallback,
                   byn_status (*take)(byn_list *list, int64_t index, void *buffer, size_t *size))
{
    bytes value = {NULL, 0, 0};
    byn_list *list = NULL;
    byn_status status;
    int64_t index;
    contents c;
    int result;

    if (!begin_at(&c, line, 0, fallback, &index))
        return line->result;
    if (!open_list(&c, false, &list, &result))
        return result;
    do {
        value.size = value.room;
        status = take(list, index, value.at, &value.size);
    } while (status == BYN_E_TOOBIG && bytes_reserve(&value, value.size));
    result = status < 0 ? call_failed(line) : contents_print(&c, &value);
    bytes_free(&value);
    byn_list_close(list);
    return result;
}

static int list_get(command_line *line)
{
    return take_at(line, NULL, byn_list_get);
}

static int list_pop(command_line *line)
{
    static const int64_t last = -1;

    return take_at(line, &last, byn_list_pop);
}

static int list_rm(command_line *line)
{
    byn_list *list = NULL;
    int64_t index;
    contents c;
    int result;

    if (!begin_at(&c, line, 0, NULL, &index))
        return line->result;
    if (!open_list(&c, false, &list, &result))
        return result;
    result = byn_list_remove(list, index) < 0 ? call_failed(line) : EXIT_GOOD;
    byn_list_close(list);
    return result;
}

/* ---- All of it ----------------------------------------------------------------------------------- */

static int list_count(command_line *line)
{
    byn_list *list = NULL;
    uint64_t count = 0;
    contents c;
    int result;

    if (!begin(&c, line, &list, &result))
        return result;
    result = byn_list_count(list, &count) < 0 ? call_failed(line) : contents_count(&c, count);
    byn_list_close(list);
    return result;
}

static int list_dump(command_line *line)
{
    byn_list_iterator *iterator = NULL;
    byn_list_element element;
    byn_list *list = NULL;
    contents c;
    dump d;
    int result;

    if (!begin(&c, line, &list, &result))
        return result;
    if (byn_list_iterator_open(&iterator, list) < 0) {
        result = call_failed(line);
    } else {
        dump_begin(&d, &c);
        while (byn_list_iterator_next(iterator, &element) >= 0)
            dump_record(&d, NULL, 0, element.data, element.size);
        result = dump_end(&d);
        byn_list_iterator_close(iterator);
    }
    byn_list_close(list);
    return result;
}

static byn_status append_record(void *list, const record *r)
{
    return byn_list_append(list, r->value.at, r->value.size);
}

static int list_load(command_line *line)
{
    byn_list *list = NULL;
    contents c;
    int result;

    if (!contents_begin(&c, line, 0, 0, ""))
        return line->result;
    if (!open_list(&c, true, &list, &result))
        return result;
    result = contents_load(&c, false, append_record, list);
    byn_list_close(list);
    return result;
}

static int list_clear(command_line *line)
{
    byn_list *list = NULL;
    contents c;
    int result;

    if (!begin(&c, line, &list, &result))
        return result;
    result = byn_list_clear(list) < 0 ? call_failed(line) : EXIT_GOOD;
    byn_list_close(list);
    return result;
}

static int list_hold(command_line *line)
{
    byn_list *list = NULL;
    contents c;
    int result;

    if (!contents_begin(&c, line, 0, 0, ""))
        return line->result;
    if (byn_list_open(
            &list, c.name,
            &BYN_OPTIONS(byn_list_options, .limit = c.limit, .mode = rights_for(c.name))) < 0)
        return call_failed(line);
    result = held_run(&c.held, quoted(line, c.name), &held_open, list);
    byn_list_close(list);
    return result;
}

/* ---- The command lines --------------------------------------------------------------------------- */

static const apr_getopt_option_t append_options[] = {
    {"whole", 'r', 0, "all of the input is one element"},
    CONTENTS_OPTION_FILE,
    CONTENTS_OPTION_LIMIT,
    OPTION_HELP,
    OPTION_END};

static const apr_getopt_option_t put_options[] = {CONTENTS_OPTION_FILE, CONTENTS_OPTION_LIMIT,
                                                  OPTION_HELP, CONTENTS_OPTION_DIGITS, OPTION_END};

static const apr_getopt_option_t take_options[] = {CONTENTS_OPTION_AS_IT_IS, OPTION_HELP,
                                                   CONTENTS_OPTION_DIGITS, OPTION_END};

static const apr_getopt_option_t rm_options[] = {OPTION_HELP, CONTENTS_OPTION_DIGITS, OPTION_END};

static const apr_getopt_option_t load_options[] = {CONTENTS_OPTION_FILE, CONTENTS_OPTION_LIMIT,
                                                   OPTION_HELP, OPTION_END};

static const apr_getopt_option_t hold_options[] = {CONTENTS_OPTION_LIMIT, OPTION_HELP, OPTION_END};

#define NOBODY "Exit code 1 if there is no such list.\n"

static const verb action_append = {
    .name = "list append",
    .line = "put elements behind the last one: words, all in one step, or lines of the input",
    .arguments = "NAME [VALUE...] [OPTION...]",
    .text =
        "A word that begins with \"-\" stands behind \"--\". If there is no such list it is made,\n"
        "and kept when the command ends, until \"byname rm\".\n",
    .example = "byname list append hosts alpha beta",
    .options = append_options,
    .usage_code = EXIT_USAGE,
    .run = list_append,
};

static const verb action_get = {
    .name = "list get",
    .line = "print an element; -1 is the last one",
    .arguments = "NAME INDEX [OPTION...]",
    .text = "Exit code 1 if there is no such element.\n",
    .example = "byname list get hosts -1",
    .options = take_options,
    .usage_code = EXIT_USAGE,
    .run = list_get,
};

static const verb action_set = {
    .name = "list set",
    .line = "put another element in the place of one",
    .arguments = "NAME INDEX [VALUE] [OPTION...]",
    .text = "Without a VALUE it is all of standard input, byte for byte.\n"
            "Exit code 1 if there is no such element.\n",
    .example = "byname list set hosts 0 gamma",
    .options = put_options,
    .usage_code = EXIT_USAGE,
    .run = list_set,
};

static const verb action_insert = {
    .name = "list insert",
    .line = "put an element in front of one; 0 is in front of all",
    .arguments = "NAME INDEX [VALUE] [OPTION...]",
    .text = "Without a VALUE it is all of standard input, byte for byte. The list is made as by\n"
            "\"list append\".\n",
    .example = "byname list insert hosts 0 first",
    .options = put_options,
    .usage_code = EXIT_USAGE,
    .run = list_insert,
};

static const verb action_rm = {
    .name = "list rm",
    .line = "remove an element",
    .arguments = "NAME INDEX",
    .text = "Exit code 1 if there is no such element.\n",
    .example = "byname list rm hosts 0",
    .options = rm_options,
    .usage_code = EXIT_USAGE,
    .run = list_rm,
};

static const verb action_pop = {
    .name = "list pop",
    .line = "print an element and remove it, in one step; the last one if no INDEX is said",
    .arguments = "NAME [INDEX] [OPTION...]",
    .text = "Exit code 1 if there is no such element.\n",
    .example = "byname list pop hosts 0",
    .options = take_options,
    .usage_code = EXIT_USAGE,
    .run = list_pop,
};

static const verb action_count = {
    .name = "list count",
    .line = "print how many elements there are",
    .arguments = "NAME [--json]",
    .text = NOBODY,
    .example = "byname list count hosts",
    .options = name_and_json_options,
    .usage_code = EXIT_USAGE,
    .run = list_count,
};

static const verb action_dump = {
    .name = "list dump",
    .line = "write all elements of one moment, a line of JSON for each",
    .arguments = "NAME",
    .text =
        "A line is {\"value\":\"...\"}, or {\"value64\":\"...\"} in base64 if it is not UTF-8.\n",
    .example = "byname list dump hosts > hosts.jsonl",
    .options = name_only_options,
    .usage_code = EXIT_USAGE,
    .run = list_dump,
};

static const verb action_load = {
    .name = "list load",
    .line = "append what \"list dump\" wrote",
    .arguments = "NAME [OPTION...]",
    .text =
        "It ends at the first line that is wrong; those before it are in the list. The list is\n"
        "made as by \"list append\".\n",
    .example = "byname list load hosts < hosts.jsonl",
    .options = load_options,
    .usage_code = EXIT_USAGE,
    .run = list_load,
};

static const verb action_clear = {
    .name = "list clear",
    .line = "remove all elements",
    .arguments = "NAME",
    .text = NOBODY,
    .example = "byname list clear hosts",
    .options = name_only_options,
    .usage_code = EXIT_USAGE,
    .run = list_clear,
};

static const verb action_hold = {
    .name = "list hold",
    .line = "keep it open while a command runs; if this makes it, it goes with its last user",
    .arguments = "NAME [OPTION...] -- COMMAND [ARGUMENT...]",
    .text = "Exit codes: as \"byname run\".\n",
    .example = "byname list hold hosts -- ./all-workers.sh",
    .options = hold_options,
    .command = COMMAND_NEEDED,
    .usage_code = EXIT_RUN_FAILED,
    .run = list_hold,
};

static const verb *const actions[] = {&action_append, &action_get,   &action_set,   &action_insert,
                                      &action_rm,     &action_pop,   &action_count, &action_dump,
                                      &action_load,   &action_clear, &action_hold,  NULL};

const verb verb_list = {
    .name = "list",
    .line = "elements in an order: append, get, pop, dump",
    .arguments = "ACTION NAME [ARGUMENT...] [OPTION...]",
    .text = "An INDEX counts from 0, or from the end: -1 is the last element. A list that these\n"
            "commands make is kept until \"byname rm\".\n"
            "Exit codes: 0 done, 1 failed, 2 command line.\n",
    .usage_code = EXIT_USAGE,
    .actions = actions,
};
