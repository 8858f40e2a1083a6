#include "records.h"

#include "json.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* ---- Write --------------------------------------------------------------------------------------- */

static bool add_base64(bytes *b, const unsigned char *data, size_t size)
{
    size_t i;

    for (i = 0; i < size; i += 3) {
        uint32_t three = (uint32_t)data[i] << 16;
        char four[4];

        if (i + 1 < size)
            three |= (uint32_t)data[i + 1] << 8;
        if (i + 2 < size)
            three |= data[i + 2];
        four[0] = digits[three >> 18];
        four[1] = digits[three >> 12 & 63];
        four[2] = i + 1 < size ? digits[three >> 6 & 63] : '=';
        four[3] = i + 2 < size ? digits[three & 63] : '=';
        if (!bytes_add(b, four, sizeof four))
            return false;
    }
    return true;
}

static bool add_string(bytes *b, const char *data, size_t size)
{
    char escape[8];
    size_t i, done = 0;

    for (i = 0; i < size; i++) {
        unsigned char c = (unsigned char)data[i];

        if (c != '"' && c != '\\' && c >= 0x20 && c != 0x7f)
            continue;
        snprintf(escape, sizeof escape, c == '"' || c == '\\' ? "\\%c" : "\\u%04x", c);
        if (!bytes_add(b, data + done, i - done) || !bytes_add_text(b, escape))
            return false;
        done = i + 1;
    }
    return bytes_add(b, data + done, size - done);
}

bool record_member(bytes *b, const char *name, const void *data, size_t size)
{
    bool text = json_is_text(data, size);

    return bytes_add_text(b, "\"") && bytes_add_text(b, name) &&
           bytes_add_text(b, text ? "\":\"" : "64\":\"") &&
           (text ? add_string(b, data, size) : add_base64(b, data, size)) &&
           bytes_add_text(b, "\"");
}

bool record_write(bytes *line, const void *key, size_t key_size, const void *value,
                  size_t value_size)
{
    return bytes_add_text(line, "{") &&
           (key == NULL ||
            (record_member(line, "key", key, key_size) && bytes_add_text(line, ","))) &&
           record_member(line, "value", value, value_size) && bytes_add_text(line, "}\n");
}

/* ---- Read ---------------------------------------------------------------------------------------- */

static const char no_memory[] = "there is no memory for it";

/* What is read, and how far. */
typedef struct reading {
    const char *at;
    const char *end;
} reading;

static void skip_space(reading *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

/* This character comes next, after white space. */
static bool take(reading *r, char c)
{
    skip_space(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* Four hexadecimal digits; -1: they are none. */
static int32_t read_hex(reading *r)
{
    static const char hex[] = "0123456789abcdef0123456789ABCDEF";
    int32_t number = 0;
    int i;

    for (i = 0; i < 4; i++) {
        const char *digit = r->at < r->end && *r->at != '\0' ? strchr(hex, *r->at) : NULL;

        if (digit == NULL)
            return -1;
        number = number * 16 + (int32_t)((digit - hex) % 16);
        r->at++;
    }
    return number;
}

static bool add_character(bytes *b, uint32_t c)
{
    char utf8[4];
    size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

    for (i = size; i-- > 1; c >>= 6)
        utf8[i] = (char)(0x80 | (c & 63));
    utf8[0] = (char)(size == 1 ? c : (0xf00u >> size & 0xff) | c);
    return bytes_add(b, utf8, size);
}

/* Behind "\u": one character, which may need a second escape. */
static const char *read_unicode(reading *r, bytes *to)
{
    static const char wrong[] = "there is a \\u without its number";
    int32_t c = read_hex(r), low;

    if (c < 0)
        return wrong;
    if (c >= 0xd800 && c < 0xe000) {
        if (c >= 0xdc00 || r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
            return wrong;
        r->at += 2;
        low = read_hex(r);
        if (low < 0xdc00 || low >= 0xe000)
            return wrong;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    return add_character(to, (uint32_t)c) ? NULL : no_memory;
}

static const char *read_escape(reading *r, bytes *to)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *letter;

    if (r->at == r->end)
        return "a string does not end";
    if (*r->at == 'u') {
        r->at++;
        return read_unicode(r, to);
    }
    letter = *r->at != '\0' ? strchr(letters, *r->at) : NULL;
    if (letter == NULL)
        return "there is no such escape in JSON";
    r->at++;
    return bytes_add(to, &meant[letter - letters], 1) ? NULL : no_memory;
}

static const char *read_string(reading *r, bytes *to)
{
    const char *wrong = NULL;

    to->size = 0;
    if (!take(r, '"'))
        return "a string was expected";
    while (wrong == NULL) {
        const char *from = r->at;

        while (r->at < r->end && *r->at != '"' && *r->at != '\\')
            r->at++;
        if (!bytes_add(to, from, (size_t)(r->at - from)))
            return no_memory;
        if (r->at == r->end)
            return "a string does not end";
        if (*r->at++ == '"')
            return NULL;
        wrong = read_escape(r, to);
    }
    return wrong;
}

/* In its place. */
static const char *decode_base64(bytes *b)
{
    static const char wrong[] = "that is no base64";
    size_t from, to = 0, padding = 0;
    uint32_t four = 0;

    if (b->size % 4 != 0)
        return wrong;
    while (padding < 2 && b->size > padding && b->at[b->size - 1 - padding] == '=')
        padding++;
    for (from = 0; from < b->size; from++) {
        bool padded = from >= b->size - padding;
        const char *digit = padded                ? digits
                            : b->at[from] != '\0' ? strchr(digits, b->at[from])
                                                  : NULL;

        if (digit == NULL)
            return wrong;
        four = four << 6 | (uint32_t)(digit - digits);
        if (from % 4 == 3) {
            b->at[to++] = (char)(four >> 16);
            b->at[to++] = (char)(four >> 8);
            b->at[to++] = (char)four;
        }
    }
    b->size = to - padding;
    return NULL;
}

/* "key": "...", and so on. */
static const char *read_member(record *r, reading *at, bool *has_value)
{
    bytes name = {NULL, 0, 0};
    const char *wrong = read_string(at, &name);
    bool in_64 = name.size > 2 && memcmp(name.at + name.size - 2, "64", 2) == 0;
    size_t length = in_64 ? name.size - 2 : name.size;
    bytes *to = NULL;

    if (wrong == NULL && length == 3 && memcmp(name.at, "key", 3) == 0 && !r->has_key)
        to = &r->key;
    else if (wrong == NULL && length == 5 && memcmp(name.at, "value", 5) == 0 && !*has_value)
        to = &r->value;
    else if (wrong == NULL)
        wrong = "only \"key\" and \"value\" belong here, or \"key64\" and \"value64\", each once";
    if (wrong == NULL && !take(at, ':'))
        wrong = "a \":\" was expected";
    if (wrong == NULL)
        wrong = read_string(at, to);
    if (wrong == NULL && in_64)
        wrong = decode_base64(to);
    r->has_key = r->has_key || to == &r->key;
    *has_value = *has_value || to == &r->value;
    bytes_free(&name);
    return wrong;
}

const char *record_read(record *r, const char *line, size_t size)
{
    reading at = {line, line + size};
    bool has_value = false;
    const char *wrong = NULL;

    r->has_key = false;
    if (!take(&at, '{'))
        return "it does not begin with \"{\"";
    do
        wrong = read_member(r, &at, &has_value);
    while (wrong == NULL && take(&at, ','));
    if (wrong != NULL)
        return wrong;
    if (!take(&at, '}'))
        return "a \"}\" was expected";
    skip_space(&at);
    if (at.at != at.end)
        return "there is more behind the \"}\"";
    return has_value ? NULL : "there is no \"value\"";
}

void record_free(record *r)
{
    bytes_free(&r->key);
    bytes_free(&r->value);
}
