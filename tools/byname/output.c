#include "output.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

const char *format_text(apr_pool_t *pool, const char *format, ...)
{
    va_list arguments;
    char *text;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return "?";
    text = apr_palloc(pool, (apr_size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

const char *age_text(uint64_t milliseconds, apr_pool_t *pool)
{
    uint64_t seconds = milliseconds / 1000;

    if (seconds < 120)
        return format_text(pool, "%" PRIu64 " s", seconds);
    if (seconds < 7200)
        return format_text(pool, "%" PRIu64 " min", seconds / 60);
    if (seconds < 172800)
        return format_text(pool, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600,
                           seconds / 60 % 60);
    return format_text(pool, "%" PRIu64 " days", seconds / 86400);
}

const char *number_text(uint64_t number, apr_pool_t *pool)
{
    if (number < 1000)
        return format_text(pool, "%u", (unsigned)number);
    return format_text(pool, "%s,%03u", number_text(number / 1000, pool),
                       (unsigned)(number % 1000));
}

size_t utf8_length(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t length = s[0] < 0x80   ? 1
                    : s[0] < 0xc2 ? 0
                    : s[0] < 0xe0 ? 2
                    : s[0] < 0xf0 ? 3
                    : s[0] < 0xf5 ? 4
                                  : 0;
    size_t i;

    for (i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return length;
}

/* Those of ASCII, and U+0080 to U+009F. */
static bool is_control(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

/* In place; `kept` may stay. */
static void make_harmless(char *text, char kept)
{
    char *to = text;

    while (*text != '\0') {
        size_t length = utf8_length(text);

        if (*text != kept && (length == 0 || is_control(text))) {
            *to++ = '?';
            text += length == 0 ? 1 : length;
            continue;
        }
        memmove(to, text, length);
        to += length;
        text += length;
    }
    *to = '\0';
}

const char *shown(const char *text, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, text);

    make_harmless(copy, '\0');
    return copy;
}

void complain(const char *format, ...)
{
    char text[4096];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    make_harmless(text, '\n');
    fputs(text, stderr);
}

struct table {
    int columns;
    int *widest;    /* of each column */
    unsigned right; /* a bit for each column */
    apr_array_header_t *cells;
};

table *table_create(int columns, apr_pool_t *pool)
{
    table *t = apr_pcalloc(pool, sizeof *t);

    t->columns = columns;
    t->widest = apr_pcalloc(pool, (apr_size_t)columns * sizeof *t->widest);
    t->cells = apr_array_make(pool, 8 * columns, sizeof(const char *));
    return t;
}

void table_align_right(table *t, int column)
{
    t->right |= 1u << column;
}

/* In characters: bytes that do not go on with one. */
static int width_of(const char *text)
{
    int width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

void table_row(table *t, ...)
{
    va_list texts;
    int column;

    va_start(texts, t);
    for (column = 0; column < t->columns; column++) {
        const char *text = va_arg(texts, const char *);
        int width = width_of(text);

        APR_ARRAY_PUSH(t->cells, const char *) = text;
        t->widest[column] = width > t->widest[column] ? width : t->widest[column];
    }
    va_end(texts);
}

static const char *cell(const table *t, int row, int column)
{
    return APR_ARRAY_IDX(t->cells, row * t->columns + column, const char *);
}

/* Columns behind it are empty in this row. */
static int last_column(const table *t, int row)
{
    int column = t->columns - 1;

    while (column > 0 && *cell(t, row, column) == '\0')
        column--;
    return column;
}

void table_print(const table *t)
{
    int row;
    int column;

    for (row = 0; row < t->cells->nelts / t->columns; row++) {
        int last = last_column(t, row);

        for (column = 0; column <= last; column++) {
            const char *text = cell(t, row, column);
            int padding = t->widest[column] - width_of(text);
            bool right = (t->right >> column & 1u) != 0;

            printf("%*s%s", right ? padding : 0, "", text);
            if (column < last)
                printf("%*s  ", right ? 0 : padding, "");
        }
        putchar('\n');
    }
}
