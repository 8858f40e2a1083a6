/* Names: what is one, what is the same, and that all kinds share them. Options of other versions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote.h"

/* The rest of a name of 255 bytes that begins with a fresh one. */
static const char *long_name(char *buffer, size_t length, char last)
{
    size_t begun;

    (void)snprintf(buffer, length + 1, "%s-", fresh_name());
    begun = strlen(buffer);
    memset(buffer + begun, 'x', length - begun);
    buffer[length - 1] = last;
    buffer[length] = '\0';
    return buffer;
}

/* The name is one, another process finds it, and it is told as it was given. */
static void check_good(const char *name)
{
    byn_value *value = NULL;
    peer *p = remote_start(PEER_PROCESS);

    REQUIRE_STATUS(byn_value_open(&value, name, &BYN_OPTIONS(byn_value_options, .initial = 17)),
                   BYN_CREATED);
    CHECK_STR(byn_value_name(value), name);
    CHECK_STATUS(remote_call(p, "value 2 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "get"), BYN_OK);
    CHECK_INT(remote_number(), 17);
    remote_end(p);
    byn_value_close(value);
    CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
}

static void check_bad(const char *name, const char *reason)
{
    byn_mutex *mutex = NULL;
    byn_memory *memory = NULL;

    CHECK_STATUS(byn_mutex_open(&mutex, name, NULL), BYN_E_NAME);
    CHECK_CONTAINS(byn_last_error(), reason);
    CHECK_STATUS(
        byn_memory_open(&memory, name,
                        &BYN_OPTIONS(byn_memory_options, .open = BYN_OPEN_ONLY, .size = 1)),
        BYN_E_NAME);
    CHECK_STATUS(byn_remove(name), BYN_E_NAME);
    CHECK(mutex == NULL && memory == NULL);
}

/* ---- Good and bad names */

static void names_are_utf8(void)
{
    char name[300];

    (void)snprintf(name, sizeof name, "%s-\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xd0\x96",
                   fresh_name());
    check_good(name);
    (void)snprintf(name, sizeof name, "\xf4\x8f\xbf\xbf%s\xee\x80\x80\xed\x9f\xbf", fresh_name());
    check_good(name);
}

static void names_have_1_to_255_bytes(void)
{
    char name[300];

    check_bad("", "empty");
    check_bad("machine:", "empty");
    check_good(long_name(name, 255, 'z'));
    check_bad(long_name(name, 256, 'z'), "256");
    check_bad(long_name(name, 299, 'z'), "299");
    long_name(name, 254, 'z');
    memcpy(name + 251, "\xf0\x9f\x98\x80", 5);
    check_good(name);
    /* One byte is one of a name, however many it is when spelled for the system. */
    memset(name + 100, '%', 155);
    name[255] = '\0';
    check_good(name);
}

static void prefix_machine_does_not_count(void)
{
    char name[300], whole[320];

    (void)snprintf(whole, sizeof whole, "machine:%s", long_name(name, 255, 'z'));
    check_good(whole);
    (void)snprintf(whole, sizeof whole, "machine:%s", long_name(name, 256, 'z'));
    check_bad(whole, "256");
}

static void one_byte_is_a_name(void)
{
    byn_value *value = NULL;

    REQUIRE(byn_value_open(&value, "q", NULL) >= 0);
    CHECK_STR(byn_value_name(value), "q");
    byn_value_close(value);
}

static void control_characters_are_refused(void)
{
    char name[] = "a?b";
    int c;

    for (c = 1; c < 0x20; c++) {
        name[1] = (char)c;
        check_bad(name, "control character");
    }
    check_bad("a\x7f", "control character");
    check_bad("a\xc2\x80", "control character");
    check_bad("\xc2\x9f", "control character");
}

static void what_is_not_utf8_is_refused(void)
{
    static const char *const bad[] = {
        "a\x80", /* a continuation without a beginning */
        "\xc3",  /* cut off, all lengths */
        "\xe2\x82",
        "\xe2",
        "\xf0\x9f\x98",
        "\xf0\x9f",
        "\xc3z",
        "\xe2\x82z",
        "\xf0\x9fz\x80",
        "\xc0\xaf", /* overlong */
        "\xc1\xbf",
        "\xe0\x80\xaf",
        "\xe0\x9f\xbf",
        "\xf0\x80\x80\xaf",
        "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80", /* surrogates */
        "\xed\xbf\xbf",
        "\xf4\x90\x80\x80", /* above the end of Unicode */
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfe",
        "\xff",
        "machine:\xc3",
    };
    size_t i;

    for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_bad(bad[i], "not UTF-8");
}

static void other_prefixes_are_refused(void)
{
    check_bad("user:a", "user:");
    check_bad("Machine:a", "Machine:");
    check_bad("machines:a", "machines:");
    check_bad("m:a", "m:");
    check_bad("file+x-y_2:a", "file+x-y_2:");
    check_bad("Global:a", "Global:");
}

static void colons_elsewhere_are_part_of_the_name(void)
{
    char name[200];

    (void)snprintf(name, sizeof name, "2:%s", fresh_name());
    check_good(name);
    (void)snprintf(name, sizeof name, ":%s", fresh_name());
    check_good(name);
    (void)snprintf(name, sizeof name, "%s two:three", fresh_name());
    check_good(name);
    (void)snprintf(name, sizeof name, "machine:machine:%s", fresh_name());
    check_good(name);
}

static void signs_with_a_meaning_for_the_system_have_none_here(void)
{
    /* In place of @ comes a fresh name. */
    static const char *const patterns[] = {
        "@/x", "/@", "../@", "..\\@", "@.",   "@ ",      " @",       "@%2F",     "@%s",
        "-@",  "~@", "$@",   "@'\\",  "@//.", "@/../..", ".byname@", "@*?<>|\"", "@\xef\xbf\xbf",
    };
    char name[200];
    size_t i;

    for (i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        int before = (int)strcspn(patterns[i], "@");

        (void)snprintf(name, sizeof name, "%.*s%s%s", before, patterns[i], fresh_name(),
                       patterns[i] + before + 1);
        check_good(name);
    }
    check_good(".");
    check_good("..");
    check_good("/");
    check_good("%");
    check_good("~");
}

/* ---- Different names are different objects */

static void check_different(const char *one, const char *two)
{
    byn_value *a = NULL, *b = NULL;
    int64_t number = 0;
    peer *p = remote_start(PEER_PROCESS);

    REQUIRE_STATUS(byn_value_open(&a, one, &BYN_OPTIONS(byn_value_options, .initial = 1)),
                   BYN_CREATED);
    REQUIRE_STATUS(byn_value_open(&b, two, &BYN_OPTIONS(byn_value_options, .initial = 2)),
                   BYN_CREATED);
    CHECK(a != b);
    CHECK_STATUS(byn_value_get(a, &number), BYN_OK);
    CHECK_INT(number, 1);
    CHECK_STATUS(remote_call(p, "value 0 0 0 %s", two), BYN_OK);
    CHECK_STATUS(remote_call(p, "add 10"), BYN_OK);
    CHECK_INT(remote_number(), 12);
    CHECK_STATUS(byn_value_get(a, &number), BYN_OK);
    CHECK_INT(number, 1);
    remote_end(p);
    byn_value_close(a);
    byn_value_close(b);
}

static void long_names_that_begin_alike_differ(void)
{
    char one[300], two[300];

    (void)strcpy(two, long_name(one, 255, 'y'));
    two[254] = 'z';
    check_different(one, two);
    two[254] = '\0';
    check_different(one, two);
    memset(one + 100, '%', 155);
    (void)strcpy(two, one);
    two[200] = '/';
    check_different(one, two);
}

static void case_and_spelling_make_a_difference(void)
{
    char one[200], two[200];
    const char *name = fresh_name();

    (void)snprintf(one, sizeof one, "%s-a", name);
    (void)snprintf(two, sizeof two, "%s-A", name);
    check_different(one, two);
    (void)snprintf(one, sizeof one, "%s/", name);
    (void)snprintf(two, sizeof two, "%s%%2F", name);
    check_different(one, two);
    (void)snprintf(one, sizeof one, "%s-\xc3\xa4", name); /* composed and decomposed */
    (void)snprintf(two, sizeof two, "%s-a\xcc\x88", name);
    check_different(one, two);
    (void)snprintf(one, sizeof one, "%s-\xc3\xa4", name); /* upper and lower case */
    (void)snprintf(two, sizeof two, "%s-\xc3\x84", name);
    check_different(one, two);
    (void)snprintf(one, sizeof one, "%s\\x", name);
    (void)snprintf(two, sizeof two, "%s/x", name);
    check_different(one, two);
    (void)snprintf(one, sizeof one, "%s ", name);
    check_different(one, name);
}

static void user_and_machine_are_separate(void)
{
    char machine[200];
    const char *name = fresh_name();

    (void)snprintf(machine, sizeof machine, "machine:%s", name);
    check_different(name, machine);
    check_different(machine, name);
}

/* ---- Fresh names */

static void null_makes_a_fresh_name_that_others_can_open(void)
{
    byn_event *one = NULL, *two = NULL;
    peer *p = remote_start(PEER_PROCESS);

    REQUIRE_STATUS(byn_event_open(&one, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&two, NULL, NULL), BYN_CREATED);
    CHECK(one != two);
    CHECK(strcmp(byn_event_name(one), byn_event_name(two)) != 0);
    CHECK_STATUS(remote_call(p, "event 2 0 0 %s", byn_event_name(one)), BYN_OK);
    CHECK_STATUS(remote_call(p, "set"), BYN_OK);
    CHECK(byn_event_is_set(one));
    CHECK(!byn_event_is_set(two));
    remote_end(p);
    byn_event_close(one);
    byn_event_close(two);
}

static void nothing_has_a_fresh_name_before(void)
{
    byn_mutex *mutex = NULL;

    CHECK_STATUS(
        byn_mutex_open(&mutex, NULL, &BYN_OPTIONS(byn_mutex_options, .open = BYN_OPEN_ONLY)),
        BYN_E_NOTFOUND);
    CHECK(mutex == NULL);
    REQUIRE_STATUS(
        byn_mutex_open(&mutex, NULL, &BYN_OPTIONS(byn_mutex_options, .open = BYN_CREATE_ONLY)),
        BYN_CREATED);
    byn_mutex_close(mutex);
}

/* ---- One name space for all kinds */

static void kinds_do_not_mix(void)
{
    static const char *const openings[][2] = {
        {"mutex", "mutex 0 0 %s"},           {"event", "event 0 0 0 %s"},
        {"semaphore", "semaphore 0 0 0 %s"}, {"memory", "memory 0 10 0 %s"},
        {"value", "value 0 0 0 %s"},
    };
    enum { KINDS = sizeof openings / sizeof openings[0] };
    peer *process = remote_start(PEER_PROCESS), *thread = remote_start(PEER_THREAD);
    peer *creator = remote_start(PEER_THREAD);
    int i, k;

    for (i = 0; i < KINDS; i++) {
        const char *name = fresh_name();

        CHECK_STATUS(remote_call(creator, openings[i][1], name), BYN_CREATED);
        for (k = 0; k < KINDS; k++) {
            byn_status expected = k == i ? BYN_OK : BYN_E_MISMATCH;

            CHECK_STATUS(remote_call(process, openings[k][1], name), expected);
            if (k != i) {
                CHECK_CONTAINS(remote_error(), openings[i][0]);
                CHECK_CONTAINS(remote_error(), openings[k][0]);
                CHECK_STATUS(remote_call(thread, openings[k][1], name), expected);
                CHECK_CONTAINS(remote_error(), openings[i][0]);
                CHECK_CONTAINS(remote_error(), openings[k][0]);
            }
            CHECK_STATUS(remote_call(process, "close %s", openings[k][0]), BYN_OK);
        }
        CHECK_STATUS(remote_call(creator, "close %s", openings[i][0]), BYN_OK);
    }
    remote_end(process);
    remote_end(thread);
    remote_end(creator);
}

/* ---- Options of older and newer headers */

static void struct_size_must_be_set(void)
{
    byn_mutex_options mutex = {.recursive = true};
    byn_event_options event = {.manual_reset = true};
    byn_semaphore_options semaphore = {.maximum = 1};
    byn_memory_options memory = {.size = 1};
    byn_value_options value = {.initial = 1};
    void *unset = NULL;

    CHECK_STATUS(byn_mutex_open((byn_mutex **)&unset, fresh_name(), &mutex), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "struct_size");
    CHECK_STATUS(byn_event_open((byn_event **)&unset, fresh_name(), &event), BYN_E_INVALID);
    CHECK_STATUS(byn_semaphore_open((byn_semaphore **)&unset, fresh_name(), &semaphore),
                 BYN_E_INVALID);
    CHECK_STATUS(byn_memory_open((byn_memory **)&unset, fresh_name(), &memory), BYN_E_INVALID);
    CHECK_STATUS(byn_value_open((byn_value **)&unset, fresh_name(), &value), BYN_E_INVALID);
    mutex.struct_size = sizeof mutex.struct_size - 1;
    CHECK_STATUS(byn_mutex_open((byn_mutex **)&unset, fresh_name(), &mutex), BYN_E_INVALID);
    CHECK(unset == NULL);
}

typedef struct newer_options {
    byn_semaphore_options known;
    uint64_t unknown[2];
} newer_options;

static void options_of_a_newer_header_may_say_nothing_new(void)
{
    byn_semaphore *semaphore = NULL;
    newer_options newer;
    uint32_t value = 0;

    memset(&newer, 0, sizeof newer);
    newer.known.struct_size = sizeof newer;
    newer.known.initial = 5;
    REQUIRE_STATUS(byn_semaphore_open(&semaphore, fresh_name(), &newer.known), BYN_CREATED);
    CHECK_STATUS(byn_semaphore_value(semaphore, &value), BYN_OK);
    CHECK_INT(value, 5);
    byn_semaphore_close(semaphore);
    semaphore = NULL;
    ((unsigned char *)newer.unknown)[sizeof newer.unknown - 1] = 1;
    CHECK_STATUS(byn_semaphore_open(&semaphore, fresh_name(), &newer.known), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "version");
    CHECK(semaphore == NULL);
}

static void options_of_an_older_header_leave_the_rest_at_its_default(void)
{
    byn_semaphore_options older = BYN_OPTIONS(byn_semaphore_options, .initial = 5, .maximum = 6);
    byn_semaphore *semaphore = NULL;
    uint32_t value = 0;

    older.struct_size = offsetof(byn_semaphore_options, maximum);
    REQUIRE_STATUS(byn_semaphore_open(&semaphore, fresh_name(), &older), BYN_CREATED);
    CHECK_STATUS(byn_semaphore_release(semaphore, 5, NULL), BYN_OK); /* not above 6 */
    CHECK_STATUS(byn_semaphore_value(semaphore, &value), BYN_OK);
    CHECK_INT(value, 10);
    byn_semaphore_close(semaphore);
    older.struct_size = sizeof older.struct_size;
    REQUIRE_STATUS(byn_semaphore_open(&semaphore, fresh_name(), &older), BYN_CREATED);
    CHECK_STATUS(byn_semaphore_value(semaphore, &value), BYN_OK);
    CHECK_INT(value, 0);
    byn_semaphore_close(semaphore);
}

static const test_case cases[] = {
    TEST(names_are_utf8),
    TEST(names_have_1_to_255_bytes),
    TEST(prefix_machine_does_not_count),
    TEST(one_byte_is_a_name),
    TEST(control_characters_are_refused),
    TEST(what_is_not_utf8_is_refused),
    TEST(other_prefixes_are_refused),
    TEST(colons_elsewhere_are_part_of_the_name),
    TEST(signs_with_a_meaning_for_the_system_have_none_here),
    TEST(long_names_that_begin_alike_differ),
    TEST(case_and_spelling_make_a_difference),
    TEST(user_and_machine_are_separate),
    TEST(null_makes_a_fresh_name_that_others_can_open),
    TEST(nothing_has_a_fresh_name_before),
    TEST(kinds_do_not_mix),
    TEST(struct_size_must_be_set),
    TEST(options_of_a_newer_header_may_say_nothing_new),
    TEST(options_of_an_older_header_leave_the_rest_at_its_default),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "name", cases, peers);
}
