/*
 * A process is killed while it makes an object that outlives its users, makes one such, comes to it, leaves it
 * or removes it. It is kept or it is not, and whole: never half, and never gone while somebody was told that it
 * is kept.
 *
 * BYNAME_CRASH_STRIDE=1 kills at every instruction; see segment_step_test.c.
 */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES = 8192 };

typedef struct subject {
    const char *name;
    byn_memory *memory; /* held by the case, or NULL */
    unsigned before, after;
} subject;

/* ---- In the victim */

typedef struct victim {
    const char *name;
    byn_memory *memory;
} victim;

static victim self;

static byn_status open_memory(byn_memory **memory, const char *name, byn_open_mode mode, bool keep)
{
    *memory = NULL;
    return byn_memory_open(
        memory, name, &BYN_OPTIONS(byn_memory_options, .open = mode, .size = BYTES, .keep = keep));
}

static void *prepare(const char *name)
{
    board_warm_up();
    self.name = name;
    return &self;
}

static void *prepare_opened(const char *name)
{
    prepare(name);
    REQUIRE(open_memory(&self.memory, name, BYN_OPEN_OR_CREATE, true) >= 0);
    memset(byn_memory_base(self.memory), 'v', BYTES);
    return &self;
}

static void keep_it(void *prepared)
{
    victim *v = prepared;

    CHECK(open_memory(&v->memory, v->name, BYN_OPEN_OR_CREATE, true) >= 0);
}

static void open_it(void *prepared)
{
    victim *v = prepared;

    CHECK(open_memory(&v->memory, v->name, BYN_OPEN_ONLY, false) == BYN_OK);
}

static void close_it(void *prepared)
{
    byn_memory_close(((victim *)prepared)->memory);
}

static void remove_it(void *prepared)
{
    CHECK_STATUS(byn_remove(((victim *)prepared)->name), BYN_OK);
}

/* ---- In the case */

static bool is_filled(byn_memory *memory, char with)
{
    const char *bytes = byn_memory_base(memory);
    size_t i = 0;

    while (i < BYTES && bytes[i] == with)
        i++;
    return i == BYTES;
}

/* Nobody has it open: it is kept and whole, or there is none. Then there is none. */
static bool was_kept(const subject *s, char with)
{
    byn_memory *memory;
    byn_status status = open_memory(&memory, s->name, BYN_OPEN_ONLY, false);

    if (status < 0) {
        CHECK_STATUS(status, BYN_E_NOTFOUND);
        return false;
    }
    CHECK(is_filled(memory, with));
    byn_memory_close(memory);
    CHECK_STATUS(byn_remove(s->name), BYN_OK);
    CHECK_STATUS(byn_remove(s->name), BYN_E_NOTFOUND);
    return true;
}

static void next_one_is_new(const subject *s)
{
    byn_memory *memory;

    CHECK_INT(board_files(), 0);
    REQUIRE_STATUS(open_memory(&memory, s->name, BYN_CREATE_ONLY, false), BYN_CREATED);
    CHECK(is_filled(memory, 0));
    byn_memory_close(memory);
    CHECK_INT(board_files(), 0);
}

static void it_is_kept_or_there_is_none(void *context, long k)
{
    subject *s = context;
    bool kept = was_kept(s, 0);

    (void)k;
    s->before += !kept;
    s->after += kept;
    (void)byn_remove(s->name); /* a file of a killed creator */
    next_one_is_new(s);
}

static void it_is_kept(void *context, long k)
{
    subject *s = context;

    (void)k;
    s->after++;
    CHECK(was_kept(s, 'v'));
    next_one_is_new(s);
}

static void open_by_the_case(subject *s, bool keep)
{
    REQUIRE_STATUS(open_memory(&s->memory, s->name, BYN_CREATE_ONLY, keep), BYN_CREATED);
    memset(byn_memory_base(s->memory), 'c', BYTES);
}

static void close_by_the_case(subject *s)
{
    byn_memory_close(s->memory);
    s->memory = NULL;
}

static void it_goes_or_stays_with_the_case(void *context, long k)
{
    subject *s = context;
    bool kept;

    (void)k;
    CHECK(is_filled(s->memory, 'c'));
    close_by_the_case(s);
    kept = was_kept(s, 'c');
    s->before += !kept;
    s->after += kept;
    next_one_is_new(s);
    open_by_the_case(s, false);
}

static void make_kept(subject *s)
{
    open_by_the_case(s, true);
    close_by_the_case(s);
}

static void it_is_kept_as_before(void *context, long k)
{
    subject *s = context;
    byn_memory *memory;

    (void)k;
    s->before++;
    REQUIRE_STATUS(open_memory(&memory, s->name, BYN_OPEN_ONLY, false), BYN_OK);
    CHECK(is_filled(memory, 'c'));
    byn_memory_close(memory);
}

static void it_is_removed_or_not(void *context, long k)
{
    subject *s = context;
    bool kept = was_kept(s, 'c');

    (void)k;
    s->before += kept;
    s->after += !kept;
    next_one_is_new(s);
    make_kept(s);
}

static const step_operation making = {"keep.make", prepare, keep_it, NULL};
static const step_operation asking = {"keep.ask", prepare, keep_it, NULL};
static const step_operation coming = {"keep.open", prepare, open_it, NULL};
static const step_operation leaving = {"keep.close", prepare_opened, close_it, NULL};
static const step_operation removing = {"keep.remove", prepare, remove_it, NULL};

typedef enum beginning { NOTHING, IN_USE, KEPT } beginning;

/* Tens of thousands of instructions, most of which spell names: minutes, where a victim steps itself. The marked
 * points are in any run. */
static void need_time(void)
{
    if (test_on_windows() && getenv("BYNAME_CRASH_STRIDE") == NULL)
        test_skip("takes minutes here; BYNAME_CRASH_STRIDE=1009 does it");
}

/* On Windows: so that there is a keeper, which a victim else would have to wait for, step by step. */
static byn_memory *keep_a_keeper(const char *name)
{
    byn_memory *memory = NULL;

    if (test_on_windows())
        REQUIRE_STATUS(open_memory(&memory, name, BYN_CREATE_ONLY, true), BYN_CREATED);
    return memory;
}

static void sweep(const step_operation *operation, beginning from,
                  void (*verify)(void *context, long k))
{
    subject s = {fresh_name(), NULL, 0, 0};
    const char *other = fresh_name();
    byn_memory *anchor;
    step_report report;

    if (board_unsupported() != NULL)
        test_skip("%s", board_unsupported());
    test_deadline(280);
    anchor = keep_a_keeper(other);
    if (from == IN_USE)
        open_by_the_case(&s, false);
    if (from == KEPT)
        make_kept(&s);
    board_sweep_calls(operation, s.name, verify, &s);
    report = step_sweep(operation, s.name, verify, &s, board_rotating_stride());
    close_by_the_case(&s);
    (void)byn_remove(s.name);
    CHECK_INT(board_files(), 0);
    byn_memory_close(anchor);
    (void)byn_remove(other);
    printf("     %u as before, %u as after\n", s.before, s.after);
    step_check(report);
}

static void making_one_that_is_kept(void)
{
    need_time();
    sweep(&making, NOTHING, it_is_kept_or_there_is_none);
}

static void asking_for_one_that_others_use(void)
{
    need_time();
    sweep(&asking, IN_USE, it_goes_or_stays_with_the_case);
}

static void coming_to_one_that_nobody_uses(void)
{
    sweep(&coming, KEPT, it_is_kept_as_before);
}

static void leaving_as_the_last_one(void)
{
    sweep(&leaving, NOTHING, it_is_kept);
}

static void removing_what_nobody_uses(void)
{
    need_time();
    sweep(&removing, KEPT, it_is_removed_or_not);
}

/* ---- At marked points, in the middle of what the kernel and the keeper do */

static int makes_it(peer_self *me, int argc, char **argv)
{
    byn_memory *memory;

    (void)me;
    (void)argc;
    REQUIRE(open_memory(&memory, argv[0], BYN_OPEN_OR_CREATE, true) >= 0);
    byn_memory_close(memory);
    return 0;
}

static int removes_it(peer_self *me, int argc, char **argv)
{
    (void)me;
    (void)argc;
    CHECK_STATUS(byn_remove(argv[0]), BYN_OK);
    return 0;
}

/* A point that this system does not come to kills nobody: then it is all done. */
static void die_at(const char *const *points, const char *what, beginning from,
                   void (*verify)(void *context, long k))
{
    subject s = {fresh_name(), NULL, 0, 0};
    int i, kills = 0;

    if (board_unsupported() != NULL)
        test_skip("%s", board_unsupported());
    if (from == KEPT)
        make_kept(&s);
    for (i = 0; points[i] != NULL; i++) {
        kills += peer_crashed(peer_start_crashing(points[i], 1, what, s.name, NULL));
        verify(&s, i);
    }
    (void)byn_remove(s.name);
    CHECK_INT(board_files(), 0);
    printf("     %d killed, %u as before, %u as after\n", kills, s.before, s.after);
    CHECK(kills > 0 && s.before > 1 &&
          s.after > 1); /* the first points are before, the last behind it */
}

static void dying_at_a_point_of_making(void)
{
    static const char *const points[] = {"segment.ready", "segment.keeping",  "segment.kept",
                                         "keep.turn",     "keep.written",     "keep.asked",
                                         "keep.answered", "segment.unmapped", NULL};

    die_at(points, "makes_it", NOTHING, it_is_kept_or_there_is_none);
}

static void dying_at_a_point_of_removing(void)
{
    static const char *const points[] = {"keep.removing", "keep.unused", "keep.turn",
                                         "keep.written",  "keep.asked",  "keep.answered",
                                         "keep.released", NULL};

    if (!test_on_windows())
        test_skip("removing is one system call");
    die_at(points, "removes_it", KEPT, it_is_removed_or_not);
}

static const test_case cases[] = {
    TEST(making_one_that_is_kept),        TEST(asking_for_one_that_others_use),
    TEST(coming_to_one_that_nobody_uses), TEST(leaving_as_the_last_one),
    TEST(removing_what_nobody_uses),      TEST(dying_at_a_point_of_making),
    TEST(dying_at_a_point_of_removing),   TEST_END,
};

static const peer_entry peers[] = {
    STEP(making),   STEP(asking),   STEP(coming),     STEP(leaving),
    STEP(removing), PEER(makes_it), PEER(removes_it), PEER_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, peers);
}
