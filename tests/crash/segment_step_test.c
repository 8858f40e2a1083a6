/*
 * A process is killed while it opens, closes, removes or grows an object. Whoever opens the name next
 * finds a whole object, that of the living or a new one; and the last close leaves nothing.
 *
 * These operations take thousands of instructions. Every run kills before and after each system call,
 * and at some of the instructions, of another prime stride in each run. BYNAME_CRASH_STRIDE sets that
 * stride; 1 kills everywhere.
 */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES = 8192, GROWN_BYTES = 40000, LIMIT_BYTES = 65536, LATE = 20000 };

typedef struct subject {
    const char *name;
    byn_memory *memory; /* held by the case, or NULL */
    peer *opener;
    unsigned before, after;
} subject;

/* ---- In the victim */

typedef struct victim {
    const char *name;
    byn_memory *memory;
} victim;

static victim self;

static byn_status open_memory(byn_memory **memory, const char *name, byn_open_mode mode)
{
    return byn_memory_open(
        memory, name,
        &BYN_OPTIONS(byn_memory_options, .open = mode, .size = BYTES, .limit = LIMIT_BYTES));
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
    REQUIRE(open_memory(&self.memory, name, BYN_OPEN_OR_CREATE) >= 0);
    memset(byn_memory_base(self.memory), 'v', BYTES);
    return &self;
}

/* Another handle has it open as well; of the case, which has filled it. */
static void *prepare_joined(const char *name)
{
    prepare(name);
    REQUIRE_STATUS(open_memory(&self.memory, name, BYN_OPEN_ONLY), BYN_OK);
    return &self;
}

static void open_it(void *prepared)
{
    victim *v = prepared;

    CHECK(open_memory(&v->memory, v->name, BYN_OPEN_OR_CREATE) >= 0);
}

static void close_it(void *prepared)
{
    byn_memory_close(((victim *)prepared)->memory);
}

static void remove_it(void *prepared)
{
    byn_status status = byn_remove(((victim *)prepared)->name);

    if (status != BYN_E_NOTFOUND)
        CHECK_STATUS(status, BYN_OK);
}

static void grow_it(void *prepared)
{
    CHECK_STATUS(byn_memory_grow(((victim *)prepared)->memory, GROWN_BYTES), BYN_OK);
}

/* ---- Another opener, a process of its own */

static int opener(peer_self *me, int argc, char **argv)
{
    byn_memory *memory = NULL;

    (void)argc;
    peer_say(me, "ready");
    while (peer_wait(me, "open")) {
        byn_status status = open_memory(&memory, argv[0], BYN_OPEN_ONLY);
        char first = status == BYN_OK ? *(char *)byn_memory_base(memory) : '-';

        if (status >= 0)
            byn_memory_close(memory);
        peer_say(me, "%s %c", byn_status_name(status), first);
    }
    return 0;
}

static int opens_and_waits(peer_self *me, int argc, char **argv)
{
    byn_memory *memory = NULL;

    (void)argc;
    REQUIRE(open_memory(&memory, argv[0], BYN_OPEN_OR_CREATE) >= 0);
    peer_say(me, "open");
    (void)peer_hear(me);
    byn_memory_close(memory);
    return 0;
}

/* ---- In the case */

static bool is_filled(const char *bytes, size_t size, char with)
{
    size_t i = 0;

    while (i < size && bytes[i] == with)
        i++;
    return i == size;
}

/* Nobody lives who has it open. */
static void next_one_creates(void *context, long k)
{
    subject *s = context;
    unsigned left = board_files();
    byn_memory *memory = NULL;

    (void)k;
    s->before += left == 0;
    s->after += left > 0;
    REQUIRE_STATUS(open_memory(&memory, s->name, BYN_OPEN_OR_CREATE), BYN_CREATED);
    CHECK_INT(byn_memory_size(memory), BYTES);
    CHECK(is_filled(byn_memory_base(memory), BYTES, 0));
    memset(byn_memory_base(memory), 'x', BYTES);
    peer_tell(s->opener, "open");
    peer_expect(s->opener, "BYN_OK x");
    byn_memory_close(memory);
    CHECK_INT(board_files(), 0);
    peer_tell(s->opener, "open");
    peer_expect(s->opener, "BYN_E_NOTFOUND -");
}

/* The case has it open. */
static void it_is_still_there(void *context, long k)
{
    subject *s = context;

    (void)k;
    s->before++;
    CHECK(is_filled(byn_memory_base(s->memory), BYTES, 'c'));
    peer_tell(s->opener, "open");
    peer_expect(s->opener, "BYN_OK c");
}

static void nothing_to_remove(void *context, long k)
{
    subject *s = context;
    peer *dead;

    next_one_creates(s, k);
    dead = peer_start(PEER_PROCESS, "opens_and_waits", s->name, NULL);
    peer_expect(dead, "open");
    peer_kill(dead);
}

static void open_by_the_case(subject *s)
{
    REQUIRE_STATUS(open_memory(&s->memory, s->name, BYN_CREATE_ONLY), BYN_CREATED);
    memset(byn_memory_base(s->memory), 'c', BYTES);
}

static void size_is_old_or_new(void *context, long k)
{
    subject *s = context;
    uint64_t size = byn_memory_size(s->memory);
    char *bytes = byn_memory_base(s->memory);

    (void)k;
    s->before += size == BYTES;
    s->after += size == GROWN_BYTES;
    CHECK(size == BYTES || size == GROWN_BYTES);
    CHECK_STATUS(byn_memory_grow(s->memory, GROWN_BYTES),
                 BYN_OK); /* the guard is free, or inherited */
    CHECK_INT(byn_memory_size(s->memory), GROWN_BYTES);
    CHECK(is_filled(bytes, BYTES, 'c'));
    CHECK(is_filled(bytes + BYTES, GROWN_BYTES - BYTES, 0));
    memset(bytes, 'g', GROWN_BYTES);
    byn_memory_close(s->memory);
    s->memory = NULL;
    CHECK_INT(board_files(), 0);
    open_by_the_case(s);
}

static const step_operation creating = {"segment.create", prepare, open_it, NULL};
static const step_operation joining = {"segment.join", prepare, open_it, NULL};
static const step_operation leaving = {"segment.close", prepare_joined, close_it, NULL};
static const step_operation closing = {"segment.close.last", prepare_opened, close_it, NULL};
static const step_operation removing = {"segment.remove", prepare, remove_it, NULL};
static const step_operation growing = {"segment.grow", prepare_joined, grow_it, NULL};

static const step_operation joining_in_growth = {"segment.join.grows", prepare, open_it, NULL};
static const step_operation creating_in_a_race = {"segment.create.race", prepare, open_it, NULL};
static const step_operation closing_in_a_race = {"segment.close.race", prepare_opened, close_it,
                                                 NULL};

static const step_operation closing_together = {"segment.close.two", prepare_joined, close_it,
                                                NULL};
static const step_operation joining_the_last = {"segment.join.last", prepare, open_it, NULL};

/* Under Wine a kill takes 60 ms; a race and a removal need another process each time. */
static long stride_of(const step_operation *operation)
{
    if (operation == &leaving || operation == &closing || operation == &growing ||
        operation == &closing_in_a_race || operation == &closing_together)
        return board_stride(23);
    if (operation == &creating || operation == &joining)
        return test_on_windows() ? board_rotating_stride() : board_stride(1);
    return board_rotating_stride();
}

static void sweep(const step_operation *operation, bool held, void (*verify)(void *context, long k))
{
    subject s = {fresh_name(), NULL, NULL, 0, 0};
    step_report report;

    if (board_unsupported() != NULL)
        test_skip("%s", board_unsupported());
    test_deadline(280);
    s.opener = peer_start(PEER_PROCESS, "opener", s.name, NULL);
    peer_expect(s.opener, "ready");
    if (held)
        open_by_the_case(&s);
    if (operation == &removing)
        nothing_to_remove(&s, 0);
    board_sweep_calls(operation, s.name, verify, &s);
    report = step_sweep(operation, s.name, verify, &s, stride_of(operation));
    if (held)
        byn_memory_close(s.memory);
    (void)byn_remove(s.name);
    CHECK_INT(board_files(), 0);
    printf("     %u as before, %u as after\n", s.before, s.after);
    step_check(report);
}

static void open_that_creates(void)
{
    sweep(&creating, false, next_one_creates);
}

static void open_that_joins(void)
{
    sweep(&joining, true, it_is_still_there);
}

static void close_that_is_not_the_last(void)
{
    sweep(&leaving, true, it_is_still_there);
}

static void last_close(void)
{
    sweep(&closing, false, next_one_creates);
}

static void removing_what_the_dead_left(void)
{
    sweep(&removing, false, nothing_to_remove);
}

static void growing_memory(void)
{
    sweep(&growing, true, size_is_old_or_new);
}

/* ---- Races: a close, an open at each moment of the other */

static int opens_and_closes(peer_self *me, int argc, char **argv)
{
    byn_memory *memory = NULL;
    const char *heard;

    (void)argc;
    peer_say(me, "ready");
    while ((heard = peer_hear(me)) != NULL) {
        if (strcmp(heard, "open") == 0)
            peer_say(me, "%s", byn_status_name(open_memory(&memory, argv[0], BYN_OPEN_OR_CREATE)));
        else
            byn_memory_close(memory);
        if (strcmp(heard, "close") == 0)
            peer_say(me, "closed");
    }
    return 0;
}

typedef struct race {
    const char *name;
    peer *other;
    bool told;
} race;

/* It may have to wait for the victim, which stands still: so only some time for it. */
static void other_begins(void *context, long k)
{
    race *r = context;

    (void)k;
    peer_tell(r->other, "open");
    r->told = true;
    board_pause();
    board_pause();
}

/* The victim ends with the object open, and dies. */
static void both_had_one_object(void *context, long k)
{
    race *r = context;
    const char *said;
    byn_memory *memory = NULL;

    (void)k;
    if (!r->told)
        peer_tell(r->other, "open");
    r->told = false;
    said = peer_line(r->other);
    REQUIRE(said != NULL);
    CHECK(strcmp(said, "BYN_OK") == 0 || strcmp(said, "BYN_CREATED") == 0);
    CHECK_STATUS(open_memory(&memory, r->name, BYN_OPEN_ONLY), BYN_OK);
    byn_memory_close(memory);
    peer_tell(r->other, "close");
    peer_expect(r->other, "closed");
    CHECK_INT(board_files(), 0);
}

static void race_with(const step_operation *operation)
{
    race r = {fresh_name(), NULL, false};

    if (board_unsupported() != NULL)
        test_skip("%s", board_unsupported());
    board_need_races();
    test_deadline(280);
    r.other = peer_start(PEER_PROCESS, "opens_and_closes", r.name, NULL);
    peer_expect(r.other, "ready");
    step_switch(operation, r.name, other_begins, both_had_one_object, &r, stride_of(operation));
    peer_kill(r.other);
    CHECK_INT(board_files(), 0);
}

static void open_while_another_creates(void)
{
    race_with(&creating_in_a_race);
}

static void open_while_the_last_one_closes(void)
{
    race_with(&closing_in_a_race);
}

/* ---- Races: the other one, who is the only other user, closes at each moment */

static void other_leaves(void *context, long k)
{
    race *r = context;

    (void)k;
    peer_tell(r->other, "close");
    r->told = true;
    board_pause();
}

/* The victim has ended: in whichever order they went, nobody has it open. */
static void both_have_left(race *r)
{
    if (!r->told)
        peer_tell(r->other, "close");
    r->told = false;
    peer_expect(r->other, "closed");
}

static void nothing_is_left(void *context, long k)
{
    race *r = context;

    (void)k;
    both_have_left(r);
    CHECK_INT(board_files(), 0);
    peer_tell(r->other, "open");
    peer_expect(r->other, "BYN_CREATED");
}

/* The victim ends with the object open, and dies: it may leave a file, but no object. */
static void no_object_is_left(void *context, long k)
{
    race *r = context;

    (void)k;
    both_have_left(r);
    peer_tell(r->other, "open");
    peer_expect(r->other, "BYN_CREATED");
}

static void while_the_other_leaves(const step_operation *operation,
                                   void (*verify)(void *context, long k))
{
    race r = {fresh_name(), NULL, false};

    if (board_unsupported() != NULL)
        test_skip("%s", board_unsupported());
    board_need_races();
    test_deadline(280);
    r.other = peer_start(PEER_PROCESS, "opens_and_closes", r.name, NULL);
    peer_expect(r.other, "ready");
    peer_tell(r.other, "open");
    peer_expect(r.other, "BYN_CREATED");
    step_switch(operation, r.name, other_leaves, verify, &r, stride_of(operation));
    peer_tell(r.other, "close");
    peer_expect(r.other, "closed");
    peer_kill(r.other);
    CHECK_INT(board_files(), 0);
}

static void two_close_at_once(void)
{
    while_the_other_leaves(&closing_together, nothing_is_left);
}

static void join_while_the_last_one_leaves(void)
{
    while_the_other_leaves(&joining_the_last, no_object_is_left);
}

/* The victim opens what the case makes larger at that moment; its own check says whether it could. */
static void case_makes_it_larger(void *context, long k)
{
    (void)k;
    CHECK_STATUS(byn_memory_grow(((subject *)context)->memory, GROWN_BYTES), BYN_OK);
}

static void make_it_anew(void *context, long k)
{
    subject *s = context;

    (void)k;
    byn_memory_close(s->memory);
    CHECK_INT(board_files(), 0);
    open_by_the_case(s);
}

static void open_while_it_grows(void)
{
    subject s = {fresh_name(), NULL, NULL, 0, 0};

    board_need_races();
    test_deadline(280);
    open_by_the_case(&s);
    step_switch(&joining_in_growth, s.name, case_makes_it_larger, make_it_anew, &s,
                board_stride(11));
    byn_memory_close(s.memory);
    CHECK_INT(board_files(), 0);
}

static const test_case cases[] = {
    TEST(open_that_creates),           TEST(open_that_joins),
    TEST(close_that_is_not_the_last),  TEST(last_close),
    TEST(removing_what_the_dead_left), TEST(growing_memory),
    TEST(open_while_another_creates),  TEST(open_while_the_last_one_closes),
    TEST(two_close_at_once),           TEST(join_while_the_last_one_leaves),
    TEST(open_while_it_grows),         TEST_END,
};

static const peer_entry peers[] = {
    PEER(opener),
    PEER(opens_and_waits),
    PEER(opens_and_closes),
    STEP(creating),
    STEP(joining),
    STEP(leaving),
    STEP(closing),
    STEP(removing),
    STEP(growing),
    STEP(creating_in_a_race),
    STEP(closing_in_a_race),
    STEP(closing_together),
    STEP(joining_the_last),
    STEP(joining_in_growth),
    PEER_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, peers);
}
