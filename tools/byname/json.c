#include "json.h"
#include "output.h"

#include <inttypes.h>
#include <string.h>

bool json_is_text(const void *bytes, size_t size)
{
    const char *s = bytes;
    char last[4] = {0}; /* the end, with a 0 behind it */
    size_t at = 0, length = 1;

    for (; length > 0 && at + sizeof last <= size; at += length)
        length = utf8_length(s + at);
    if (length == 0 || at >= size)
        return length > 0;
    memcpy(last, s + at, size - at);
    for (s = last, size -= at, at = 0; length > 0 && at < size; at += length)
        length = utf8_length(s + at);
    return length > 0;
}

static void write_string(FILE *stream, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    fputc('"', stream);
    while (*s != '\0') {
        size_t length = utf8_length((const char *)s);

        if (length == 0)
            fputs("\\ufffd", stream);
        else if (*s == '"' || *s == '\\')
            fprintf(stream, "\\%c", *s);
        else if (*s < 0x20 || *s == 0x7f)
            fprintf(stream, "\\u%04x", *s);
        else
            fwrite(s, 1, length, stream);
        s += length == 0 ? 1 : length;
    }
    fputc('"', stream);
}

/* Comma, line break, indentation, key. */
static void begin(json *j, const char *key)
{
    if (j->depth > 0)
        fprintf(j->stream, "%s\n%*s", j->empty ? "" : ",", 2 * j->depth, "");
    j->empty = false;
    if (key != NULL) {
        write_string(j->stream, key);
        fputs(": ", j->stream);
    }
}

void json_open(json *j, const char *key, char bracket)
{
    begin(j, key);
    fputc(bracket, j->stream);
    j->depth++;
    j->empty = true;
}

void json_close(json *j, char bracket)
{
    j->depth--;
    if (!j->empty)
        fprintf(j->stream, "\n%*s", 2 * j->depth, "");
    fputc(bracket, j->stream);
    j->empty = false;
    if (j->depth == 0)
        fputc('\n', j->stream);
}

void json_text(json *j, const char *key, const char *text)
{
    begin(j, key);
    if (text != NULL)
        write_string(j->stream, text);
    else
        fputs("null", j->stream);
}

void json_unsigned(json *j, const char *key, uint64_t number)
{
    begin(j, key);
    fprintf(j->stream, "%" PRIu64, number);
}

void json_signed(json *j, const char *key, int64_t number)
{
    begin(j, key);
    fprintf(j->stream, "%" PRId64, number);
}

void json_number(json *j, const char *key, const char *number)
{
    begin(j, key);
    fputs(number, j->stream);
}

void json_bool(json *j, const char *key, bool value)
{
    begin(j, key);
    fputs(value ? "true" : "false", j->stream);
}
