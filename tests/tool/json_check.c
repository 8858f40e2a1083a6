/* Is it JSON (RFC 8259)? In ASCII and UTF-8; the bytes of a string are not looked at further. */
#include "tool_support.h"

#include <string.h>

static const char *skip_value(const char *s);

static const char *skip_space(const char *s)
{
    return s + strspn(s, " \t\r\n");
}

/* NULL is passed on, so that a wrong part makes the whole wrong. */
static const char *skip_string(const char *s)
{
    if (*s != '"')
        return NULL;
    for (s++; *s != '"'; s++) {
        if ((unsigned char)*s < 0x20)
            return NULL;
        if (*s != '\\')
            continue;
        s++;
        if (*s == 'u') {
            if (strspn(s + 1, "0123456789abcdefABCDEF") < 4)
                return NULL;
            s += 4;
        } else if (*s == '\0' || strchr("\"\\/bfnrt", *s) == NULL) {
            return NULL;
        }
    }
    return s + 1;
}

static const char *skip_digits(const char *s)
{
    size_t count = strspn(s, "0123456789");

    return count > 0 ? s + count : NULL;
}

static const char *skip_number(const char *s)
{
    if (*s == '-')
        s++;
    s = *s == '0' ? s + 1 : skip_digits(s);
    if (s != NULL && *s == '.')
        s = skip_digits(s + 1);
    if (s != NULL && (*s == 'e' || *s == 'E')) {
        s++;
        if (*s == '+' || *s == '-')
            s++;
        s = skip_digits(s);
    }
    return s;
}

static const char *skip_members(const char *s, char end, bool keys)
{
    s = skip_space(s + 1);
    if (*s == end)
        return s + 1;
    for (;;) {
        if (keys) {
            s = skip_string(s);
            if (s == NULL || *(s = skip_space(s)) != ':')
                return NULL;
            s = skip_space(s + 1);
        }
        s = skip_value(s);
        if (s == NULL)
            return NULL;
        s = skip_space(s);
        if (*s == end)
            return s + 1;
        if (*s != ',')
            return NULL;
        s = skip_space(s + 1);
    }
}

static const char *skip_value(const char *s)
{
    static const char *const words[] = {"true", "false", "null"};
    size_t i;

    if (*s == '{')
        return skip_members(s, '}', true);
    if (*s == '[')
        return skip_members(s, ']', false);
    if (*s == '"')
        return skip_string(s);
    for (i = 0; i < 3; i++) {
        if (strncmp(s, words[i], strlen(words[i])) == 0)
            return s + strlen(words[i]);
    }
    return skip_number(s);
}

bool json_is_valid(const char *text)
{
    const char *end = skip_value(skip_space(text));

    return end != NULL && *skip_space(end) == '\0';
}
