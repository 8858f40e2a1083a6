/* byname dict add, compare-exchange: an entry becomes what it was makes of it, and nobody comes between. */
#include "dict.h"
#include "json.h"
#include "output.h"
#include "typed.h"

#include <stdio.h>
#include <string.h>

/* ---- add ----------------------------------------------------------------------------------------- */

enum { DIGITS = 24 };

typedef struct sum {
    int64_t difference, result;
    char text[DIGITS];
    bool is_wrong; /* what is there is no number */
} sum;

/* What is there is text; a line end behind it may have come with a file. */
static bool parse(const char *value, size_t size, int64_t *number)
{
    typed n = {.type = BYN_I64};
    char text[DIGITS];

    while (size > 0 && (value[size - 1] == '\n' || value[size - 1] == '\r'))
        size--;
    if (size >= sizeof text)
        return false;
    memcpy(text, value, size);
    text[size] = '\0';
    if (strlen(text) != size || !typed_parse(text, &n))
        return false;
    *number = n.integer;
    return true;
}

static const void *add(const void *value, size_t *size, void *context)
{
    sum *s = context;
    int64_t number = 0;

    s->is_wrong = value != NULL && !parse(value, *size, &number);
    if (s->is_wrong)
        return value;
    s->result = (int64_t)((uint64_t)number + (uint64_t)s->difference);
    *size = (size_t)snprintf(s->text, sizeof s->text, "%lld", (long long)s->result);
    return s->text;
}

static int print_sum(const contents *c, int64_t number)
{
    json j = {stdout, 0, true};

    if (!c->json) {
        printf("%lld\n", (long long)number);
        return EXIT_GOOD;
    }
    json_open(&j, NULL, '{');
    json_text(&j, "name", c->name);
    json_text(&j, "key", c->words[0]);
    json_signed(&j, "number", number);
    json_close(&j, '}');
    return EXIT_GOOD;
}

static int add_to(const contents *c, byn_dict *dict, int64_t difference)
{
    const char *key = c->words[0];
    sum s = {.difference = difference};

    if (c->binary) {
        if (byn_dict_add_int64(dict, key, difference, &s.result) < 0)
            return call_failed(c->held.line);
    } else if (byn_dict_update(dict, key, strlen(key), add, &s) < 0) {
        return call_failed(c->held.line);
    }
    if (!s.is_wrong)
        return print_sum(c, s.result);
    complain("byname %s: \"%s\" of \"%s\" is no whole number%s\n", c->held.line->verb->name, key,
             c->name, "; if a program stored it as one: --binary");
    return EXIT_BAD;
}

static int dict_add(command_line *line)
{
    typed difference = {.type = BYN_I64, .integer = 1};
    byn_dict *dict = NULL;
    contents c;
    int result;

    if (!contents_begin(&c, line, 1, 2, "which key? It is") ||
        (c.count > 1 && !typed_argument(line, c.words[1], &difference)))
        return line->result;
    if (!dict_open(&c, true, &dict, &result))
        return result;
    result = add_to(&c, dict, difference.integer);
    byn_dict_close(dict);
    return result;
}

/* ---- compare-exchange ---------------------------------------------------------------------------- */

/* Prints what is there, if there is something. */
static int is_another(const contents *c, byn_dict *dict)
{
    bytes value = {NULL, 0, 0};
    byn_status status = dict_read(dict, c->words[0], &value);
    int result = EXIT_BAD;

    if (status >= 0)
        (void)contents_print(c, &value);
    else if (status != BYN_E_NOTFOUND)
        result = call_failed(c->held.line);
    bytes_free(&value);
    return result;
}

static int dict_compare_exchange(command_line *line)
{
    const char *expected = NULL, *desired = NULL;
    byn_dict *dict = NULL;
    byn_status status;
    contents c;
    int result;

    if (!contents_begin(&c, line, 2, 3, "the key, or what is expected, is"))
        return line->result;
    if (c.is_new && c.removes)
        return command_line_wrong(line, "--new or --remove, not both");
    if (c.count != (c.is_new || c.removes ? 2 : 3))
        return command_line_wrong(line, c.count == 2
                                            ? "the new value is missing; or say --new or --remove"
                                            : "with --new or --remove there is one value");
    if (!c.is_new)
        expected = c.words[1];
    if (!c.removes)
        desired = c.words[c.count - 1];
    if (!dict_open(&c, c.is_new, &dict, &result))
        return result;
    status = byn_dict_compare_exchange(dict, c.words[0], strlen(c.words[0]), expected,
                                       expected != NULL ? strlen(expected) : 0, desired,
                                       desired != NULL ? strlen(desired) : 0);
    if (status == BYN_E_MISMATCH)
        result = is_another(&c, dict);
    else
        result = status < 0 ? call_failed(line) : EXIT_GOOD;
    byn_dict_close(dict);
    return result;
}

/* ---- The command lines --------------------------------------------------------------------------- */

static const apr_getopt_option_t add_options[] = {
    {"binary", 'b', 0, "the number is 8 bytes, as byn_dict_add_int64() has it, not text"},
    CONTENTS_OPTION_LIMIT,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_END};

static const apr_getopt_option_t compare_options[] = {
    {"new", OPTION_NEW, 0, "store VALUE if there is no such key; EXPECTED is not said"},
    {"remove", OPTION_REMOVE, 0, "remove the key if it has EXPECTED; VALUE is not said"},
    CONTENTS_OPTION_AS_IT_IS,
    CONTENTS_OPTION_LIMIT,
    OPTION_HELP,
    OPTION_END};

const verb dict_action_add = {
    .name = "dict add",
    .line = "add to the number under a key, and print what it is then",
    .arguments = "NAME KEY [NUMBER] [OPTION...]",
    .text = "Without a NUMBER 1 is added; a key that is not there counts as 0. A key that begins\n"
            "with \"-\" stands behind \"--\". The dictionary is made as by \"dict set\".\n"
            "Exit code 1 if what is there is no whole number of 64 bits.\n",
    .example = "byname dict add hits index.html",
    .options = add_options,
    .usage_code = EXIT_USAGE,
    .takes_numbers = true,
    .run = dict_add,
};

const verb dict_action_compare_exchange = {
    .name = "dict compare-exchange",
    .line = "change the value of a key if it is what is expected",
    .arguments = "NAME KEY EXPECTED VALUE [OPTION...]",
    .text = "Exit code 1 if it was something else, which is printed, or if there is no such key.\n"
            "With --new the dictionary is made as by \"dict set\".\n",
    .example = "byname dict compare-exchange jobs build free taken && ./build.sh",
    .options = compare_options,
    .usage_code = EXIT_USAGE,
    .run = dict_compare_exchange,
};
