#include "name.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "kernel.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* Length of the UTF-8 character at text: 0 if it is none, or overlong, or a surrogate. */
static size_t utf8_length(const unsigned char *text)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code;
    size_t length, i;

    if (text[0] < 0x80)
        return 1;
    if (text[0] >= 0xf8 || text[0] < 0xc0)
        return 0;
    length = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
    code = text[0] & (0x7fu >> length);
    for (i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3fu);
    }
    if (code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    return length;
}

static bool is_control(const unsigned char *text)
{
    return text[0] < 0x20 || text[0] == 0x7f || (text[0] == 0xc2 && text[1] < 0xa0);
}

/* Length of a prefix `word:` with its colon, or 0. */
static size_t prefix_length(const char *text)
{
    size_t length = strchr(text, ':') != NULL ? strspn(text, letters) : 0;

    if (length == 0)
        return 0;
    length +=
        strspn(text + length, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_");
    return text[length] == ':' ? length + 1 : 0;
}

static byn_status check_characters(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    while (*at != '\0') {
        unsigned offset = (unsigned)(at - (const unsigned char *)text);
        size_t length;

        if (*at >= 0x20 && *at < 0x7f) { /* most are */
            at++;
            continue;
        }
        length = utf8_length(at);
        if (length == 0)
            return byni_fail(BYN_E_NAME, "the name is not UTF-8 at byte %u (0x%02x)", offset, *at);
        if (is_control(at))
            return byni_fail(BYN_E_NAME, "the name has a control character at byte %u (0x%02x)",
                             offset, *at);
        at += length;
    }
    return BYN_OK;
}

byn_status byni_name_check(const char *text)
{
    size_t length = strlen(text);

    if (length == 0)
        return byni_fail(BYN_E_NAME, "the name is empty: give it 1 to 255 bytes");
    if (length > BYN_NAME_MAX)
        return byni_fail(BYN_E_NAME, "the name has %llu bytes: %d are allowed",
                         (unsigned long long)length, BYN_NAME_MAX);
    return check_characters(text);
}

byn_status byni_name_parse(byni_name *name, const char *text)
{
    size_t prefix = prefix_length(text);
    byn_status status;

    memset(name, 0, sizeof *name); /* all of it goes into shared memory */
    name->machine = prefix == BYNI_PREFIX_LENGTH && strncmp(text, BYNI_MACHINE_PREFIX, prefix) == 0;
    if (prefix > 0 && !name->machine)
        return byni_fail(
            BYN_E_NAME,
            "\"%.*s\" is not a scope: use \"machine:\", or no prefix for your own objects",
            (int)(prefix > 40 ? 40 : prefix), text);
    status = byni_name_check(text + prefix);
    if (status == BYN_OK)
        memcpy(name->full, text, strlen(text) + 1);
    return status;
}

byn_status byni_name_fresh(byni_name *name)
{
    uint64_t random[2];
    byn_status status = bynk_random(random, sizeof random);

    if (status < 0)
        return status;
    memset(name, 0, sizeof *name);
    (void)snprintf(name->full, sizeof name->full, "anonymous-%016llx%016llx",
                   (unsigned long long)random[0], (unsigned long long)random[1]);
    return BYN_OK;
}

uint64_t byni_name_hash(const char *full)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *full != '\0'; full++)
        hash = (hash ^ (unsigned char)*full) * UINT64_C(1099511628211);
    return hash != 0 ? hash : 1;
}

const char *byni_name_text(const byni_name *name)
{
    return name->full + (name->machine ? BYNI_PREFIX_LENGTH : 0);
}

/* FNV-1a, with a last mixing step; two of different seeds make the 128 bits. */
static uint64_t hash(const char *text, uint64_t seed)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325) ^ seed;

    for (; *text != '\0'; text++)
        value = (value ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    value ^= value >> 32;
    value *= UINT64_C(0x9e3779b97f4a7c15);
    return value ^ value >> 29;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/* Spell as much as fits; whether all did. */
static bool spell(const char *text, char *spelled, size_t size)
{
    size_t used = 0;

    for (; *text != '\0'; text++) {
        size_t need = is_plain(*text) ? 1 : 3;

        if (used + need >= size)
            break;
        if (need == 1)
            spelled[used] = *text;
        else
            (void)snprintf(spelled + used, 4, "%%%02X", (unsigned char)*text);
        used += need;
    }
    spelled[used] = '\0';
    return *text == '\0';
}

void byni_name_spell(const byni_name *name, char *spelled, size_t size)
{
    enum { HASH_LENGTH = 33 };
    const char *text = byni_name_text(name);

    if (spell(text, spelled, size))
        return;
    (void)spell(text, spelled, size - HASH_LENGTH);
    (void)snprintf(spelled + strlen(spelled), HASH_LENGTH + 1, "~%016llx%016llx",
                   (unsigned long long)hash(text, 0),
                   (unsigned long long)hash(text, UINT64_C(0x5bd1e995a7c3f10b)));
}
