/* byname dict: values by their keys. */
#include "dict.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *remedy(const contents *c)
{
    return format_text(c->held.line->pool, "byname dict set \"%s\" KEY VALUE makes it", c->name);
}

bool dict_open(const contents *c, bool makes, byn_dict **dict, int *result)
{
    byn_status status = byn_dict_open(
        dict, c->name, &BYN_OPTIONS(byn_dict_options, .limit = c->limit, .open = BYN_OPEN_ONLY));

    if (status == BYN_E_NOTFOUND && makes)
        status = byn_dict_open(dict, c->name,
                               &BYN_OPTIONS(byn_dict_options, .limit = c->limit, .keep = true,
                                            .mode = rights_for(c->name)));
    if (status < 0)
        *result = open_failed(c->held.line, c->name, status, remedy(c));
    return status >= 0;
}

/* Reads the command line and opens what is there. False: *result is the exit code. */
static bool begin(contents *c, command_line *line, int least, int most, const char *what,
                  byn_dict **dict, int *result)
{
    if (contents_begin(c, line, least, most, what))
        return dict_open(c, false, dict, result);
    *result = line->result;
    return false;
}

static const char which_key[] = "which key? It is";

/* ---- One entry ----------------------------------------------------------------------------------- */

static int dict_set(command_line *line)
{
    byn_dict *dict = NULL;
    const char *data;
    stream in;
    size_t size;
    contents c;
    int result = EXIT_BAD;

    if (!contents_begin(&c, line, 1, 2, which_key))
        return line->result;
    if (!dict_open(&c, true, &dict, &result))
        return result;
    result = EXIT_BAD;
    if (contents_value(&c, c.count > 1 ? c.words[1] : NULL, &in, &data, &size)) {
        byn_status status = byn_dict_put(dict, c.words[0], strlen(c.words[0]), data, size);

        result = status < 0 ? call_failed(line) : EXIT_GOOD;
    }
    stream_end(&in);
    byn_dict_close(dict);
    return result;
}

byn_status dict_read(byn_dict *dict, const char *key, bytes *value)
{
    byn_status status;

    do {
        value->size = value->room;
        status = byn_dict_get(dict, key, strlen(key), value->at, &value->size);
    } while (status == BYN_E_TOOBIG && bytes_reserve(value, value->size));
    return status;
}

static int dict_get(command_line *line)
{
    bytes value = {NULL, 0, 0};
    byn_dict *dict = NULL;
    byn_status status;
    contents c;
    int result;

    if (!begin(&c, line, 1, 1, which_key, &dict, &result))
        return result;
    status = dict_read(dict, c.words[0], &value);
    result = status < 0 ? call_failed(line) : contents_print(&c, &value);
    bytes_free(&value);
    byn_dict_close(dict);
    return result;
}

static int dict_has(command_line *line)
{
    byn_dict *dict = NULL;
    byn_status status;
    contents c;
    int result;

    if (!begin(&c, line, 1, 1, which_key, &dict, &result))
        return result;
    status = byn_dict_contains_key(dict, c.words[0]);
    result = status >= 0 ? EXIT_GOOD : status == BYN_E_NOTFOUND ? EXIT_BAD : call_failed(line);
    byn_dict_close(dict);
    return result;
}

static int dict_rm(command_line *line)
{
    byn_dict *dict = NULL;
    contents c;
    int result, i;

    if (!begin(&c, line, 1, INT32_MAX, which_key, &dict, &result))
        return result;
    result = EXIT_GOOD;
    for (i = 0; i < c.count; i++) {
        if (byn_dict_remove_key(dict, c.words[i]) < 0)
            result = call_failed(line);
    }
    byn_dict_close(dict);
    return result;
}

/* ---- All of it ----------------------------------------------------------------------------------- */

static int dict_count(command_line *line)
{
    byn_dict *dict = NULL;
    uint64_t count = 0;
    contents c;
    int result;

    if (!begin(&c, line, 0, 0, "", &dict, &result))
        return result;
    result = byn_dict_count(dict, &count) < 0 ? call_failed(line) : contents_count(&c, count);
    byn_dict_close(dict);
    return result;
}

static int by_key(const void *a, const void *b)
{
    const byn_dict_entry *one = a, *other = b;
    size_t common = one->key_size < other->key_size ? one->key_size : other->key_size;
    int order = common > 0 ? memcmp(one->key, other->key, common) : 0;

    if (order != 0)
        return order;
    return (one->key_size > other->key_size) - (one->key_size < other->key_size);
}

/* All entries in the order of their keys' bytes; NULL: there is no memory, said. */
static byn_dict_entry *sorted(byn_dict_iterator *iterator, size_t *count)
{
    byn_dict_entry *entries, entry;

    *count = 0;
    entries = malloc((size_t)byn_dict_iterator_count(iterator) * sizeof *entries + 1);
    if (entries == NULL) {
        fputs("byname: no memory to sort the keys\n", stderr);
        return NULL;
    }
    while (byn_dict_iterator_next(iterator, &entry) >= 0)
        entries[(*count)++] = entry;
    qsort(entries, *count, sizeof *entries, by_key);
    return entries;
}

/* Hands all entries to `add`, sorted. @return the exit code */
static int write_all(const contents *c, byn_dict *dict,
                     void (*add)(dump *d, const byn_dict_entry *entry))
{
    byn_dict_iterator *iterator = NULL;
    byn_dict_entry *entries;
    size_t count, i;
    dump d;
    int result = EXIT_BAD;

    if (byn_dict_iterator_open(&iterator, dict) < 0)
        return call_failed(c->held.line);
    entries = sorted(iterator, &count);
    if (entries != NULL) {
        dump_begin(&d, c);
        for (i = 0; i < count; i++)
            add(&d, &entries[i]);
        result = dump_end(&d);
    }
    free(entries);
    byn_dict_iterator_close(iterator);
    return result;
}

static void add_record(dump *d, const byn_dict_entry *entry)
{
    dump_record(d, entry->key, entry->key_size, entry->value, entry->value_size);
}

static void add_key(dump *d, const byn_dict_entry *entry)
{
    dump_line(d, entry->key, entry->key_size);
}

static int with_all(command_line *line, void (*add)(dump *d, const byn_dict_entry *entry))
{
    byn_dict *dict = NULL;
    contents c;
    int result;

    if (!begin(&c, line, 0, 0, "", &dict, &result))
        return result;
    result = write_all(&c, dict, add);
    byn_dict_close(dict);
    return result;
}

static int dict_dump(command_line *line)
{
    return with_all(line, add_record);
}

static int dict_keys(command_line *line)
{
    return with_all(line, add_key);
}

static byn_status put_record(void *dict, const record *r)
{
    return byn_dict_put(dict, r->key.at, r->key.size, r->value.at, r->value.size);
}

static int dict_load(command_line *line)
{
    byn_dict *dict = NULL;
    contents c;
    int result;

    if (!contents_begin(&c, line, 0, 0, ""))
        return line->result;
    if (!dict_open(&c, true, &dict, &result))
        return result;
    result = contents_load(&c, true, put_record, dict);
    byn_dict_close(dict);
    return result;
}

static int dict_clear(command_line *line)
{
    byn_dict *dict = NULL;
    contents c;
    int result;

    if (!begin(&c, line, 0, 0, "", &dict, &result))
        return result;
    result = byn_dict_clear(dict) < 0 ? call_failed(line) : EXIT_GOOD;
    byn_dict_close(dict);
    return result;
}

static int dict_hold(command_line *line)
{
    byn_dict *dict = NULL;
    contents c;
    int result;

    if (!contents_begin(&c, line, 0, 0, ""))
        return line->result;
    if (byn_dict_open(
            &dict, c.name,
            &BYN_OPTIONS(byn_dict_options, .limit = c.limit, .mode = rights_for(c.name))) < 0)
        return call_failed(line);
    result = held_run(&c.held, quoted(line, c.name), &held_open, dict);
    byn_dict_close(dict);
    return result;
}

/* ---- The command lines --------------------------------------------------------------------------- */

static const apr_getopt_option_t set_options[] = {CONTENTS_OPTION_FILE, CONTENTS_OPTION_LIMIT,
                                                  OPTION_HELP, OPTION_END};

static const apr_getopt_option_t get_options[] = {CONTENTS_OPTION_AS_IT_IS, OPTION_HELP,
                                                  OPTION_END};

static const apr_getopt_option_t hold_options[] = {CONTENTS_OPTION_LIMIT, OPTION_HELP, OPTION_END};

#define NOBODY "Exit code 1 if there is no such dictionary.\n"

static const verb action_set = {
    .name = "dict set",
    .line = "store a value under a key, in place of what was there",
    .arguments = "NAME KEY [VALUE] [OPTION...]",
    .text = "Without a VALUE it is all of standard input, byte for byte. A word that begins with "
            "\"-\"\n"
            "stands behind \"--\". If there is no such dictionary it is made, and kept when the "
            "command\n"
            "ends, until \"byname rm\".\n",
    .example = "byname dict set config host example.org",
    .options = set_options,
    .usage_code = EXIT_USAGE,
    .run = dict_set,
};

static const verb action_get = {
    .name = "dict get",
    .line = "print the value of a key",
    .arguments = "NAME KEY [OPTION...]",
    .text = "Exit code 1 if there is no such key.\n",
    .example = "byname dict get config host",
    .options = get_options,
    .usage_code = EXIT_USAGE,
    .run = dict_get,
};

static const verb action_has = {
    .name = "dict has",
    .line = "whether there is such a key: exit code 0 or 1",
    .arguments = "NAME KEY",
    .text = "It prints nothing, unless it fails for another reason.\n",
    .example = "if byname dict has config proxy; then ./with-proxy.sh; fi",
    .options = name_only_options,
    .usage_code = EXIT_USAGE,
    .run = dict_has,
};

static const verb action_rm = {
    .name = "dict rm",
    .line = "remove keys and their values",
    .arguments = "NAME KEY...",
    .text = "Exit code 1 if one of them was not there.\n",
    .example = "byname dict rm config proxy",
    .options = name_only_options,
    .usage_code = EXIT_USAGE,
    .run = dict_rm,
};

static const verb action_count = {
    .name = "dict count",
    .line = "print how many keys there are",
    .arguments = "NAME [--json]",
    .text = NOBODY,
    .example = "byname dict count config",
    .options = name_and_json_options,
    .usage_code = EXIT_USAGE,
    .run = dict_count,
};

static const verb action_keys = {
    .name = "dict keys",
    .line = "print all keys of one moment, sorted, a line for each",
    .arguments = "NAME",
    .text =
        "For keys that have line ends in them, or are no text, \"dict dump\" is better.\n" NOBODY,
    .example = "byname dict keys config",
    .options = name_only_options,
    .usage_code = EXIT_USAGE,
    .run = dict_keys,
};

static const verb action_dump = {
    .name = "dict dump",
    .line = "write all entries of one moment, sorted, a line of JSON for each",
    .arguments = "NAME",
    .text = "A line is {\"key\":\"...\",\"value\":\"...\"}; what is not UTF-8 stands in base64 "
            "under \"key64\" or\n"
            "\"value64\".\n" NOBODY,
    .example = "byname dict dump config > config.jsonl",
    .options = name_only_options,
    .usage_code = EXIT_USAGE,
    .run = dict_dump,
};

static const verb action_load = {
    .name = "dict load",
    .line = "store what \"dict dump\" wrote",
    .arguments = "NAME [OPTION...]",
    .text =
        "It ends at the first line that is wrong; those before it are stored. Other keys stay.\n"
        "The dictionary is made as by \"dict set\".\n",
    .example = "byname dict load config < config.jsonl",
    .options = set_options,
    .usage_code = EXIT_USAGE,
    .run = dict_load,
};

static const verb action_clear = {
    .name = "dict clear",
    .line = "remove all keys",
    .arguments = "NAME",
    .text = NOBODY,
    .example = "byname dict clear config",
    .options = name_only_options,
    .usage_code = EXIT_USAGE,
    .run = dict_clear,
};

static const verb action_hold = {
    .name = "dict hold",
    .line = "keep it open while a command runs; if this makes it, it goes with its last user",
    .arguments = "NAME [OPTION...] -- COMMAND [ARGUMENT...]",
    .text = "Exit codes: as \"byname run\".\n",
    .example = "byname dict hold results -- ./all-workers.sh",
    .options = hold_options,
    .command = COMMAND_NEEDED,
    .usage_code = EXIT_RUN_FAILED,
    .run = dict_hold,
};

static const verb *const actions[] = {
    &action_set,   &action_get,   &action_has,  &dict_action_add, &dict_action_compare_exchange,
    &action_rm,    &action_count, &action_keys, &action_dump,     &action_load,
    &action_clear, &action_hold,  NULL};

const verb verb_dict = {
    .name = "dict",
    .line = "values by their keys: set, get, add, dump",
    .arguments = "ACTION NAME [ARGUMENT...] [OPTION...]",
    .text = "A dictionary that these commands make is kept until \"byname rm\".\n"
            "Exit codes: 0 done, 1 failed, 2 command line.\n",
    .usage_code = EXIT_USAGE,
    .actions = actions,
};
