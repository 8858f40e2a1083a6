/* layout.c: the header that processes share, and what is not believed of it. */
#include <stddef.h>
#include <string.h>

#include "kernel.h"
#include "layout.h"
#include "test.h"

#include <byname/byname.h>

enum { FILE_SIZE = 8192 };

static byni_header sound(void)
{
    byni_header header;

    REQUIRE_STATUS(bynk_begin(), BYN_OK);
    memset(&header, 0, sizeof header);
    header.magic = BYNI_MAGIC;
    header.version = BYNI_LAYOUT_VERSION;
    header.fingerprint = byni_fingerprint();
    header.kind = BYNI_EVENT;
    header.domain = bynk_domain();
    header.limit = FILE_SIZE;
    byni_store64(&header.size, FILE_SIZE);
    byni_store32(&header.state, BYNI_READY);
    memcpy(header.name, "name", 5);
    return header;
}

/* Who was built yesterday must find this tomorrow: a change needs a new BYNI_LAYOUT_VERSION. */
static void places_of_the_header_do_not_move(void)
{
    CHECK_INT(offsetof(byni_header, magic), 0);
    CHECK_INT(offsetof(byni_header, version), 8);
    CHECK_INT(offsetof(byni_header, fingerprint), 12);
    CHECK_INT(offsetof(byni_header, state), 16);
    CHECK_INT(offsetof(byni_header, kind), 20);
    CHECK_INT(offsetof(byni_header, incarnation), 24);
    CHECK_INT(offsetof(byni_header, domain), 32);
    CHECK_INT(offsetof(byni_header, size), 40);
    CHECK_INT(offsetof(byni_header, limit), 48);
    CHECK_INT(offsetof(byni_header, created), 56);
    CHECK_INT(offsetof(byni_header, parameters), 64);
    CHECK_INT(offsetof(byni_header, creator), 96);
    CHECK_INT(offsetof(byni_header, keep), 100);
    CHECK_INT(offsetof(byni_header, name), 104);
    CHECK_INT(offsetof(byni_header, boot), 368);
    CHECK_INT(BYNI_LAYOUT_VERSION, 7);
    CHECK(sizeof(byni_header) <= BYNI_WAITERS_OFFSET);
    CHECK_INT(BYNI_WAITERS_OFFSET, 704);
    CHECK_INT(BYNI_STATE_OFFSET, 1536);
}

static void kinds_keep_their_numbers_and_names(void)
{
    CHECK_STR(byni_kind_name(1), "mutex");
    CHECK_STR(byni_kind_name(2), "event");
    CHECK_STR(byni_kind_name(3), "semaphore");
    CHECK_STR(byni_kind_name(4), "memory");
    CHECK_STR(byni_kind_name(5), "value");
    CHECK_STR(byni_kind_name(0), "");
    CHECK_STR(byni_kind_name(6), "condition");
    CHECK_STR(byni_kind_name(7), "barrier");
    CHECK_STR(byni_kind_name(8), "rwlock");
    CHECK_STR(byni_kind_name(9), "once");
    CHECK_STR(byni_kind_name(10), "array");
    CHECK_STR(byni_kind_name(11), "queue");
    CHECK_STR(byni_kind_name(12), "pipe");
    CHECK_STR(byni_kind_name(13), "dict");
    CHECK_STR(byni_kind_name(14), "list");
    CHECK_STR(byni_kind_name(15), "pool");
    CHECK_STR(byni_kind_name(16), "");
    CHECK_STR(byni_kind_name(UINT32_MAX), "");
}

static void fingerprint_is_the_same_each_time(void)
{
    CHECK(byni_fingerprint() != 0);
    CHECK(byni_fingerprint() == byni_fingerprint());
}

static void sound_header_is_accepted(void)
{
    byni_header header = sound();

    CHECK_STATUS(byni_header_check(&header, FILE_SIZE), BYN_OK);
    CHECK_STATUS(byni_header_check(&header, FILE_SIZE + 1), BYN_OK);
    header.limit = FILE_SIZE * 4;
    CHECK_STATUS(byni_header_check(&header, FILE_SIZE), BYN_OK);
}

static void foreign_headers_are_mismatches(void)
{
    byni_header header = sound();

    header.version++;
    CHECK_STATUS(byni_header_check(&header, FILE_SIZE), BYN_E_MISMATCH);
    header = sound();
    header.fingerprint ^= 1;
    CHECK_STATUS(byni_header_check(&header, FILE_SIZE), BYN_E_MISMATCH);
    header = sound();
    header.domain ^= 1;
    CHECK_STATUS(byni_header_check(&header, FILE_SIZE), BYN_E_MISMATCH);
}

static void broken_headers_are_corrupt(void)
{
    byni_header header = sound();

    header.magic ^= 1;
    CHECK_STATUS(byni_header_check(&header, FILE_SIZE), BYN_E_CORRUPT);
    header = sound();
    byni_store32(&header.state, BYNI_NOTHING);
    CHECK_STATUS(byni_header_check(&header, FILE_SIZE), BYN_E_CORRUPT);
    byni_store32(&header.state, BYNI_READY + 1);
    CHECK_STATUS(byni_header_check(&header, FILE_SIZE), BYN_E_CORRUPT);
    header = sound();
    CHECK_STATUS(byni_header_check(&header, FILE_SIZE - 1), BYN_E_CORRUPT);
    CHECK_STATUS(byni_header_check(&header, 0), BYN_E_CORRUPT);
    byni_store64(&header.size, sizeof header - 1);
    CHECK_STATUS(byni_header_check(&header, FILE_SIZE), BYN_E_CORRUPT);
    byni_store64(&header.size, UINT64_MAX);
    CHECK_STATUS(byni_header_check(&header, UINT64_MAX), BYN_E_CORRUPT);
    header = sound();
    header.limit = FILE_SIZE - 1;
    CHECK_STATUS(byni_header_check(&header, FILE_SIZE), BYN_E_CORRUPT);
    header = sound();
    memset(header.name, 'x', sizeof header.name);
    CHECK_STATUS(byni_header_check(&header, FILE_SIZE), BYN_E_CORRUPT);
}

static const test_case cases[] = {
    TEST(places_of_the_header_do_not_move),
    TEST(kinds_keep_their_numbers_and_names),
    TEST(fingerprint_is_the_same_each_time),
    TEST(sound_header_is_accepted),
    TEST(foreign_headers_are_mismatches),
    TEST(broken_headers_are_corrupt),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "layout", cases, NULL);
}
