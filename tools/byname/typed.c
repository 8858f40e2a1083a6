#include "typed.h"

#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {NULL,  "i8",  "i16", "i32", "i64",  "u8",   "u16",
                                    "u32", "u64", "f32", "f64", "bool", "bytes"};

enum { TYPES = sizeof names / sizeof names[0] };

const char *typed_name(byn_value_type type)
{
    return (size_t)type < TYPES && type != BYN_ANY ? names[type] : "?";
}

bool typed_parse_type(const char *text, byn_value_type *type)
{
    int i;

    for (i = 1; i < TYPES; i++) {
        if (strcmp(names[i], text) == 0) {
            *type = (byn_value_type)i;
            return true;
        }
    }
    return false;
}

bool typed_is_real(byn_value_type type)
{
    return type == BYN_F32 || type == BYN_F64;
}

static bool parse_integer(const char *text, typed *n)
{
    bool is_signed = n->type >= BYN_I8 && n->type <= BYN_I64, negative = *text == '-';
    const char *digits = text + (*text == '-' || *text == '+');
    int base = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') ? 16 : 10;
    unsigned long long number;
    char *end;

    if (*digits < '0' || *digits > '9' || (negative && !is_signed))
        return false;
    errno = 0;
    number = strtoull(digits, &end, base);
    if (*end != '\0' || errno != 0)
        return false;
    if (is_signed && number > (unsigned long long)INT64_MAX + negative)
        return false;
    n->integer = (int64_t)(negative ? 0 - number : number);
    return true; /* what is too much for a smaller type, the library says */
}

bool typed_parse(const char *text, typed *n)
{
    char *end;

    n->integer = 0;
    n->real = 0;
    if (typed_is_real(n->type)) {
        n->real = strtod(text, &end);
        return *text != '\0' && *text != ' ' && *end == '\0';
    }
    if (n->type == BYN_BOOL && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
        n->integer = *text == 't';
        return true;
    }
    return n->type != BYN_BYTES && parse_integer(text, n);
}

static const char *real_text(const typed *n, apr_pool_t *pool)
{
    const char *text = "";
    int digits;

    for (digits = 1; digits <= 17; digits++) {
        double again;

        text = format_text(pool, "%.*g", digits, n->real);
        again = strtod(text, NULL);
        if (again == n->real || (n->type == BYN_F32 && (float)again == (float)n->real))
            return text;
    }
    return text; /* not a number */
}

const char *typed_text(const typed *n, apr_pool_t *pool)
{
    if (typed_is_real(n->type))
        return real_text(n, pool);
    if (n->type == BYN_U64)
        return format_text(pool, "%" PRIu64, (uint64_t)n->integer);
    return format_text(pool, "%" PRId64, n->integer);
}

void typed_json(json *j, const char *key, const typed *n, apr_pool_t *pool)
{
    if (typed_is_real(n->type) && (n->real - n->real != 0))
        json_text(j, key, typed_text(n, pool));
    else if (n->type == BYN_BOOL)
        json_bool(j, key, n->integer != 0);
    else
        json_number(j, key, typed_text(n, pool));
}

void typed_print(const typed *n, const char *name, const uint64_t *index, bool as_json,
                 apr_pool_t *pool)
{
    json j = {stdout, 0, true};

    if (!as_json) {
        printf("%s\n", typed_text(n, pool));
        return;
    }
    json_open(&j, NULL, '{');
    json_text(&j, "name", name);
    json_text(&j, "type", typed_name(n->type));
    if (index != NULL)
        json_unsigned(&j, "index", *index);
    typed_json(&j, "number", n, pool);
    json_close(&j, '}');
}

bool typed_argument(command_line *line, const char *text, typed *n)
{
    if (typed_parse(text, n))
        return true;
    command_line_wrong(line, "\"%s\" is no %s", text, typed_name(n->type));
    return false;
}

const char *const *typed_words(command_line *line, int least, int most, int *count)
{
    const char *const *words = command_line_words(line, count);

    if (*count == 0)
        command_line_wrong(line, "which object? The name is missing");
    else if (*count < least + 1)
        command_line_wrong(line, "something is missing behind the name");
    else if (*count > most + 1)
        command_line_wrong(line, "\"%s\" is one word too many", words[most + 1]);
    *count -= 1;
    return line->over || !command_line_check_command(line) ? NULL : words;
}

bool making_option(making *m, int letter, const char *argument, bool *wrong)
{
    *wrong = false;
    switch (letter) {
    case 't':
        *wrong = !typed_parse_type(argument, &m->type);
        return true;
    case 's':
        *wrong = !parse_number(argument, 1, BYN_VALUE_SIZE_MAX, &m->size);
        return true;
    default:
        return false;
    }
}
