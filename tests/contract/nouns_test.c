/*
 * What is the same for every noun: how an open is refused. One row for each.
 */
#include <stdio.h>
#include <string.h>

#include <byname/byname.h>

#include "test.h"

enum { MOST_OPTIONS = 256 };

typedef struct noun {
    const char *name;
    byn_status (*open)(void **handle, const char *name, const void *options);
    void (*close)(void *handle);
    const char *(*tell_name)(const void *handle);
    size_t options_size;
} noun;

/* Each noun's functions, with its handle as void. */
#define NOUN(noun_)                                                                                \
    static byn_status open_##noun_(void **handle, const char *name, const void *options)           \
    {                                                                                              \
        byn_##noun_ *opened = NULL;                                                                \
        byn_status status = byn_##noun_##_open(handle != NULL ? &opened : NULL, name, options);    \
                                                                                                   \
        if (handle != NULL)                                                                        \
            *handle = opened;                                                                      \
        return status;                                                                             \
    }                                                                                              \
    static void close_##noun_(void *handle)                                                        \
    {                                                                                              \
        byn_##noun_##_close(handle);                                                               \
    }                                                                                              \
    static const char *name_of_##noun_(const void *handle)                                         \
    {                                                                                              \
        return byn_##noun_##_name(handle);                                                         \
    }

NOUN(mutex)
NOUN(event)
NOUN(semaphore)
NOUN(condition)
NOUN(rwlock)
NOUN(once)
NOUN(value)
NOUN(queue)
NOUN(pipe)
NOUN(dict)
NOUN(list)
NOUN(barrier)
NOUN(memory)
NOUN(array)

#define ROW(noun_)                                                                                 \
    {                                                                                              \
#noun_, open_##noun_, close_##noun_, name_of_##noun_, sizeof(byn_##noun_##_options)        \
    }

static const noun nouns[] = {
    ROW(mutex), ROW(event), ROW(semaphore), ROW(condition), ROW(rwlock),  ROW(once),   ROW(value),
    ROW(queue), ROW(pipe),  ROW(dict),      ROW(list),      ROW(barrier), ROW(memory), ROW(array),
};

enum { NOUNS = sizeof nouns / sizeof nouns[0], NEED_NO_SIZE = NOUNS - 3 };

static byn_mutex_options open_as(byn_open_mode open)
{
    return BYN_OPTIONS(byn_mutex_options, .open = open);
}

/* Refused, with a sentence that begins with the call. */
static void check_refused(const noun *n, const char *name, const void *options, byn_status expected)
{
    char call[64];
    void *handle = NULL;
    byn_status status = n->open(&handle, name, options);

    (void)snprintf(call, sizeof call, "byn_%s_open", n->name);
    if (status != expected)
        FAIL("%s answers %s, not %s", call, byn_status_name(status), byn_status_name(expected));
    CHECK(strncmp(byn_last_error(), call, strlen(call)) == 0);
    CHECK(handle == NULL);
    n->close(handle);
}

static void every_open_refuses_what_is_no_name(void)
{
    char long_name[BYN_NAME_MAX + 2];
    int i;

    memset(long_name, 'x', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    for (i = 0; i < NOUNS; i++) {
        check_refused(&nouns[i], "", NULL, BYN_E_NAME);
        check_refused(&nouns[i], "a\nb", NULL, BYN_E_NAME);
        check_refused(&nouns[i], "\xff", NULL, BYN_E_NAME);
        check_refused(&nouns[i], "machine:", NULL, BYN_E_NAME);
        check_refused(&nouns[i], long_name, NULL, BYN_E_NAME);
    }
}

static void every_open_refuses_options_that_are_none(void)
{
    int i;

    for (i = 0; i < NOUNS; i++) {
        union {
            byn_mutex_options common; /* how all options begin */
            unsigned char bytes[MOST_OPTIONS];
        } options;

        REQUIRE(nouns[i].options_size < MOST_OPTIONS - 8);
        CHECK_STATUS(nouns[i].open(NULL, fresh_name(), NULL), BYN_E_INVALID);
        memset(&options, 0, sizeof options);
        check_refused(&nouns[i], fresh_name(), &options, BYN_E_INVALID);
        options.common.struct_size = MOST_OPTIONS;
        options.bytes[MOST_OPTIONS - 1] = 1; /* of a version to come */
        check_refused(&nouns[i], fresh_name(), &options, BYN_E_INVALID);
        options.bytes[MOST_OPTIONS - 1] = 0;
        options.common.open = (byn_open_mode)7;
        check_refused(&nouns[i], fresh_name(), &options, BYN_E_INVALID);
        options.common.open = BYN_OPEN_ONLY;
        options.common.mode = 0777;
        check_refused(&nouns[i], fresh_name(), &options, BYN_E_INVALID);
        options.common.mode = 0;
        check_refused(&nouns[i], fresh_name(), &options, BYN_E_NOTFOUND);
    }
}

static void every_kind_has_a_name_for_itself(void)
{
    const byn_mutex_options create = open_as(BYN_CREATE_ONLY);
    int i, k;

    for (i = 0; i < NEED_NO_SIZE; i++) {
        union {
            byn_mutex_options common;
            unsigned char bytes[MOST_OPTIONS];
        } options;
        const char *name = fresh_name();
        void *handle = NULL;

        memset(&options, 0, sizeof options);
        options.common.struct_size = nouns[i].options_size;
        options.common.open = create.open;
        REQUIRE_STATUS(nouns[i].open(&handle, name, &options), BYN_CREATED);
        CHECK_STR(nouns[i].tell_name(handle), name);
        check_refused(&nouns[i], name, &options, BYN_E_EXISTS);
        for (k = 0; k < NEED_NO_SIZE; k++)
            if (k != i)
                check_refused(&nouns[k], name, NULL, BYN_E_MISMATCH);
        nouns[i].close(handle);
        CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
    }
}

static void what_needs_a_size_is_not_created_without(void)
{
    int i;

    for (i = NEED_NO_SIZE; i < NOUNS; i++)
        check_refused(&nouns[i], fresh_name(), NULL, BYN_E_INVALID);
}

static void nothing_is_closed_and_has_no_name(void)
{
    int i;

    for (i = 0; i < NOUNS; i++) {
        nouns[i].close(NULL);
        CHECK(nouns[i].tell_name(NULL) == NULL);
    }
}

static const test_case cases[] = {
    TEST(every_open_refuses_what_is_no_name), TEST(every_open_refuses_options_that_are_none),
    TEST(every_kind_has_a_name_for_itself),   TEST(what_needs_a_size_is_not_created_without),
    TEST(nothing_is_closed_and_has_no_name),  TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "nouns", cases, NULL);
}
