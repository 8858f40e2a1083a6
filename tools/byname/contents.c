#include "contents.h"

#include "json.h"
#include "output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PORTION = 1 << 16 };

bool parse_size(const char *text, uint64_t *size)
{
    static const char units[] = "KMGT";
    const char *unit;
    uint64_t number = 0;

    if (*text < '0' || *text > '9')
        return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (number > UINT64_C(1000000000000000))
            return false;
        number = number * 10 + (uint64_t)(*text - '0');
    }
    unit = *text != '\0' ? strchr(units, *text) : NULL;
    if (unit != NULL) {
        if (number > UINT64_C(1) << 20)
            return false;
        number <<= 10 * (unit - units + 1);
        text++;
    }
    *size = number;
    return *text == '\0' && number > 0;
}

static bool set_option(void *context, int letter, const char *argument)
{
    contents *c = context;

    if (letter >= '0' && letter <= '9') {
        c->from_end = true;
        c->index = c->index * 10 + (letter - '0');
        return c->index < INT64_C(1000000000000);
    }
    switch (letter) {
    case 'f':
        c->file = argument;
        return true;
    case 'r':
        c->whole = true;
        return true;
    case 'j':
        c->json = true;
        return true;
    case OPTION_LIMIT:
        return parse_size(argument, &c->limit);
    default:
        c->binary = c->binary || letter == 'b';
        c->is_new = c->is_new || letter == OPTION_NEW;
        c->removes = c->removes || letter == OPTION_REMOVE;
        return held_option(&c->held, letter, argument);
    }
}

bool contents_begin(contents *c, command_line *line, int least, int most, const char *what)
{
    memset(c, 0, sizeof *c);
    c->held = held_begin(line);
    if (!command_line_options(line, set_option, c))
        return false;
    c->words = command_line_words(line, &c->count);
    if (c->count == 0) {
        command_line_wrong(line, "which object? The name is missing");
        return false;
    }
    c->name = *c->words++;
    c->count--;
    if (c->count < least)
        command_line_wrong(line, "%s missing", what);
    else if (c->count > most)
        command_line_wrong(line, "\"%s\" is one too many", c->words[most]);
    return !line->over && command_line_check_command(line);
}

/* ---- Values -------------------------------------------------------------------------------------- */

bool contents_open(const contents *c, stream *s)
{
    return stream_open(s, c->file, c->held.line->pool);
}

bool contents_value(const contents *c, const char *word, stream *s, const char **data, size_t *size)
{
    memset(s, 0, sizeof *s);
    if (word == NULL)
        return contents_open(c, s) && stream_all(s, data, size);
    *data = word;
    *size = strlen(word);
    return true;
}

int contents_print(const contents *c, bytes *value)
{
    apr_file_t *out = NULL;

    if (apr_file_open_stdout(&out, c->held.line->pool) != APR_SUCCESS)
        return EXIT_BAD;
    if (!c->whole) {
        if (!bytes_reserve(value, value->size + 1))
            return EXIT_BAD;
        value->at[value->size++] = '\n';
    }
    return write_out(out, value->at, value->size) ? EXIT_GOOD : EXIT_BAD;
}

int contents_count(const contents *c, uint64_t count)
{
    json j = {stdout, 0, true};

    if (!c->json) {
        printf("%" PRIu64 "\n", count);
        return EXIT_GOOD;
    }
    json_open(&j, NULL, '{');
    json_text(&j, "name", c->name);
    json_unsigned(&j, "count", count);
    json_close(&j, '}');
    return EXIT_GOOD;
}

/* ---- Records ------------------------------------------------------------------------------------- */

static bool is_blank(const char *line, size_t size)
{
    while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t' || line[size - 1] == '\r'))
        size--;
    return size == 0;
}

/* One line. False: it is wrong, or was refused; said. */
static bool load_line(const contents *c, bool keys, record *r, const char *line, size_t size,
                      uint64_t number, byn_status (*put)(void *object, const record *r),
                      void *object)
{
    const char *wrong = record_read(r, line, size);

    if (wrong == NULL && r->has_key != keys)
        wrong = keys ? "there is no \"key\"" : "a list has no keys";
    if (wrong == NULL && put(object, r) < 0)
        wrong = byn_last_error();
    if (wrong != NULL)
        complain("byname %s: line %" PRIu64 ": %s\n", c->held.line->verb->name, number, wrong);
    return wrong == NULL;
}

int contents_load(const contents *c, bool keys, byn_status (*put)(void *object, const record *r),
                  void *object)
{
    record r;
    stream in;
    const char *line;
    size_t size;
    uint64_t number = 0;
    bool good = true;

    if (!contents_open(c, &in))
        return EXIT_BAD;
    memset(&r, 0, sizeof r);
    while (good && stream_line(&in, &line, &size)) {
        number++;
        good = is_blank(line, size) || load_line(c, keys, &r, line, size, number, put, object);
    }
    good = good && !in.failed;
    record_free(&r);
    stream_end(&in);
    return good ? EXIT_GOOD : EXIT_BAD;
}

void dump_begin(dump *d, const contents *c)
{
    memset(d, 0, sizeof *d);
    d->failed = apr_file_open_stdout(&d->out, c->held.line->pool) != APR_SUCCESS;
}

static void flush(dump *d)
{
    d->failed = d->failed || !write_out(d->out, d->lines.at, d->lines.size);
    d->lines.size = 0;
}

static void flush_if_much(dump *d)
{
    if (d->lines.size >= PORTION)
        flush(d);
}

void dump_record(dump *d, const void *key, size_t key_size, const void *value, size_t value_size)
{
    if (!d->failed)
        d->failed = !record_write(&d->lines, key, key_size, value, value_size);
    flush_if_much(d);
}

void dump_line(dump *d, const void *data, size_t size)
{
    d->failed = d->failed || !bytes_reserve(&d->lines, d->lines.size + size + 1);
    if (d->failed)
        return;
    if (size > 0)
        memcpy(d->lines.at + d->lines.size, data, size);
    d->lines.size += size;
    d->lines.at[d->lines.size++] = '\n';
    flush_if_much(d);
}

int dump_end(dump *d)
{
    flush(d);
    bytes_free(&d->lines);
    return d->failed ? EXIT_BAD : EXIT_GOOD;
}
