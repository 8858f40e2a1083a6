/* name.c: parsing and spelling, without any object. */
#include <stdio.h>
#include <string.h>

#include "name.h"
#include "peer.h"
#include "test.h"

#include <byname/status.h>

static byni_name parsed(const char *text)
{
    byni_name name;

    memset(&name, 0x55, sizeof name);
    REQUIRE_STATUS(byni_name_parse(&name, text), BYN_OK);
    return name;
}

static const char *spelled(const char *text, size_t size)
{
    static char buffer[1024];
    byni_name name = parsed(text);

    memset(buffer, 0x55, sizeof buffer);
    byni_name_spell(&name, buffer, size);
    CHECK(strlen(buffer) < size);
    CHECK_INT(buffer[size], 0x55);
    return buffer;
}

static void prefix_decides_the_scope(void)
{
    byni_name name = parsed("a");

    CHECK(!name.machine);
    CHECK_STR(name.full, "a");
    CHECK_STR(byni_name_text(&name), "a");
    name = parsed("machine:a");
    CHECK(name.machine);
    CHECK_STR(name.full, "machine:a");
    CHECK_STR(byni_name_text(&name), "a");
    name = parsed("machine:machine:a");
    CHECK(name.machine);
    CHECK_STR(byni_name_text(&name), "machine:a");
    name = parsed("machine");
    CHECK(!name.machine);
    name = parsed("1machine:a");
    CHECK(!name.machine);
}

static void longest_name_fits(void)
{
    char text[BYNI_NAME_SIZE + 10];
    byni_name name;

    memset(text, 'x', sizeof text);
    memcpy(text, BYNI_MACHINE_PREFIX, BYNI_PREFIX_LENGTH);
    text[BYNI_PREFIX_LENGTH + BYN_NAME_MAX] = '\0';
    name = parsed(text);
    CHECK_STR(name.full, text);
    text[BYNI_PREFIX_LENGTH + BYN_NAME_MAX] = 'x';
    text[BYNI_PREFIX_LENGTH + BYN_NAME_MAX + 1] = '\0';
    CHECK_STATUS(byni_name_parse(&name, text), BYN_E_NAME);
}

/* All code points, at all lengths, against a decoder that is written differently. */
static size_t encode(unsigned long code, unsigned char *bytes)
{
    if (code < 0x80) {
        bytes[0] = (unsigned char)code;
        return 1;
    }
    if (code < 0x800) {
        bytes[0] = (unsigned char)(0xc0 | code >> 6);
        bytes[1] = (unsigned char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        bytes[0] = (unsigned char)(0xe0 | code >> 12);
        bytes[1] = (unsigned char)(0x80 | (code >> 6 & 0x3f));
        bytes[2] = (unsigned char)(0x80 | (code & 0x3f));
        return 3;
    }
    bytes[0] = (unsigned char)(0xf0 | code >> 18);
    bytes[1] = (unsigned char)(0x80 | (code >> 12 & 0x3f));
    bytes[2] = (unsigned char)(0x80 | (code >> 6 & 0x3f));
    bytes[3] = (unsigned char)(0x80 | (code & 0x3f));
    return 4;
}

static void every_character_is_judged(void)
{
    unsigned long code;

    for (code = 1; code < 0x120000; code++) {
        bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
        bool none = (code >= 0xd800 && code < 0xe000) || code > 0x10ffff;
        unsigned char text[8] = "";
        byni_name name;
        byn_status status;

        text[encode(code, text)] = '\0';
        status = byni_name_parse(&name, (const char *)text);
        if (status != (control || none ? BYN_E_NAME : BYN_OK)) {
            FAIL("U+%04lX: %s", code, byn_status_name(status));
            return;
        }
    }
}

static void every_pair_of_bytes_is_judged(void)
{
    unsigned first, second;

    for (first = 1; first < 256; first++) {
        for (second = 1; second < 256; second++) {
            char text[3] = {(char)first, (char)second, '\0'};
            bool ascii = first >= 0x20 && first < 0x7f && second >= 0x20 && second < 0x7f;
            bool two = first >= 0xc2 && first < 0xe0 && second >= 0x80 && second < 0xc0 &&
                       !(first == 0xc2 && second < 0xa0);
            /* A letter and a colon are a prefix of another scope. */
            bool prefix =
                second == ':' && ((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z'));
            byni_name name;
            byn_status status = byni_name_parse(&name, text);

            if (status != ((ascii || two) && !prefix ? BYN_OK : BYN_E_NAME)) {
                FAIL("%02x %02x: %s", first, second, byn_status_name(status));
                return;
            }
        }
    }
}

/* ---- Spelling */

static void plain_characters_are_spelled_as_they_are(void)
{
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    CHECK_STR(spelled(plain, 100), plain);
    CHECK_STR(spelled("machine:a.b", 100), "a.b");
}

static void other_bytes_are_spelled_in_hex(void)
{
    CHECK_STR(spelled("a/b", 100), "a%2Fb");
    CHECK_STR(spelled("%2F", 100), "%252F");
    CHECK_STR(spelled("~ \\:", 100), "%7E%20%5C%3A");
    CHECK_STR(spelled("\xc3\xa4", 100), "%C3%A4");
}

static void what_just_fits_has_no_hash(void)
{
    char text[BYNI_SPELLED_MIN + 1];

    memset(text, 'x', sizeof text);
    text[BYNI_SPELLED_MIN - 1] = '\0';
    CHECK_STR(spelled(text, BYNI_SPELLED_MIN), text);
    text[BYNI_SPELLED_MIN - 1] = 'x';
    text[BYNI_SPELLED_MIN] = '\0';
    CHECK(strchr(spelled(text, BYNI_SPELLED_MIN), '~') != NULL);
}

static void long_names_end_in_a_hash_of_the_whole(void)
{
    char one[BYN_NAME_MAX + 1], two[BYN_NAME_MAX + 1], first[300];
    size_t i, size;

    for (size = BYNI_SPELLED_MIN; size < 200; size += 17) {
        memset(one, 'x', sizeof one - 1);
        one[sizeof one - 1] = '\0';
        (void)snprintf(first, sizeof first, "%s", spelled(one, size));
        CHECK_INT(strlen(first), size - 1);
        CHECK_INT(strlen(strchr(first, '~')), 33);
        CHECK_INT(strspn(strchr(first, '~') + 1, "0123456789abcdef"), 32);
        CHECK_STR(spelled(one, size), first);
        for (i = 0; i < sizeof one - 1; i++) {
            memcpy(two, one, sizeof two);
            two[i] = 'y';
            if (strcmp(spelled(two, size), first) == 0)
                FAIL("byte %d makes no difference", (int)i);
        }
        memcpy(two, one, sizeof two);
        two[sizeof two - 2] = '\0';
        CHECK(strcmp(spelled(two, size), first) != 0);
    }
}

/* A hex triple is not cut in two: what is left could be read as another name's spelling. */
static void bytes_are_spelled_whole_or_not(void)
{
    char text[BYN_NAME_MAX + 1];
    size_t size;

    memset(text, '/', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size = BYNI_SPELLED_MIN; size < 120; size++) {
        const char *result = spelled(text, size);
        size_t length = strcspn(result, "~");

        CHECK_INT(length % 3, 0);
        CHECK(length + 33 < size && length + 33 + 3 >= size - 1);
    }
}

static void fresh_names_are_names_and_differ(void)
{
    byni_name one, two, again;

    CHECK_STATUS(byni_name_fresh(&one), BYN_OK);
    CHECK_STATUS(byni_name_fresh(&two), BYN_OK);
    CHECK(strcmp(one.full, two.full) != 0);
    CHECK(!one.machine);
    CHECK_STATUS(byni_name_parse(&again, one.full), BYN_OK);
    CHECK(strlen(one.full) >= 32);
}

static const test_case cases[] = {
    TEST(prefix_decides_the_scope),
    TEST(longest_name_fits),
    TEST(every_character_is_judged),
    TEST(every_pair_of_bytes_is_judged),
    TEST(plain_characters_are_spelled_as_they_are),
    TEST(other_bytes_are_spelled_in_hex),
    TEST(what_just_fits_has_no_hash),
    TEST(long_names_end_in_a_hash_of_the_whole),
    TEST(bytes_are_spelled_whole_or_not),
    TEST(fresh_names_are_names_and_differ),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "name_unit", cases, NULL);
}
