/*
 * A process is killed at every instruction of changing a value that others wait for, of writing bytes and
 * slices, of locking and unlocking, and of waiting.
 */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LATE = 20000, EXPENSIVE = 29, MOST = 2, LENGTH = 12, WIDTH = 40 };
enum { HELD, LET_GO, SLEEPERS, EVENT_NAME = 64 }; /* words */

/* What all processes of a case have open. */
typedef struct objects {
    board *b;
    byn_value *number, *bytes;
    byn_array *array, *octets; /* the octets share a word */
    byn_event *go;
} objects;

static const char old_bytes[WIDTH + 1] = "the old bytes, which are forty of them, ";
static const char new_bytes[WIDTH + 1] = "THESE ARE OTHERS, OF EXACTLY AS MANY !!!";

static const char *named(const char *name, const char *part)
{
    static char text[200];

    (void)snprintf(text, sizeof text, "%s-%s", name, part);
    return text;
}

static void open_all(objects *o, const char *name)
{
    o->b = board_open(name);
    REQUIRE(byn_value_open(&o->number, named(name, "number"), NULL) >= 0);
    REQUIRE(byn_value_open(&o->bytes, named(name, "bytes"),
                           &BYN_OPTIONS(byn_value_options, .type = BYN_BYTES, .size = WIDTH)) >= 0);
    REQUIRE(byn_array_open(&o->array, named(name, "array"),
                           &BYN_OPTIONS(byn_array_options, .type = BYN_I32, .length = LENGTH)) >=
            0);
    REQUIRE(byn_array_open(&o->octets, named(name, "octets"),
                           &BYN_OPTIONS(byn_array_options, .type = BYN_U8, .length = 4)) >= 0);
    REQUIRE(byn_event_open(&o->go, named(name, "go"), NULL) >= 0);
}

static void close_all(objects *o)
{
    byn_value_close(o->number);
    byn_value_close(o->bytes);
    byn_array_close(o->array);
    byn_array_close(o->octets);
    byn_event_close(o->go);
}

/* ---- Victims */

static void *prepare(const char *name)
{
    static objects mine;
    byn_value *value = NULL;

    board_warm_up();
    open_all(&mine, name);
    board_mark_victim(mine.b);
    REQUIRE_STATUS(byn_value_open(&value, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_value_lock(value, BYN_NOW), BYN_OK);
    REQUIRE_STATUS(byn_value_unlock(value), BYN_OK);
    byn_value_close(value);
    return &mine;
}

static void raise_number(void *prepared)
{
    CHECK_STATUS(byn_value_add(((objects *)prepared)->number, 1, NULL), BYN_OK);
}

static void write_bytes(void *prepared)
{
    CHECK_STATUS(byn_value_write(((objects *)prepared)->bytes, new_bytes, WIDTH), BYN_OK);
}

static void fill(int32_t *elements, int32_t number)
{
    int i;

    for (i = 0; i < LENGTH; i++)
        elements[i] = number;
}

static void write_slice(void *prepared)
{
    int32_t elements[LENGTH];

    fill(elements, 1);
    CHECK_STATUS(byn_array_write(((objects *)prepared)->array, 0, LENGTH, elements, BYN_NOW),
                 BYN_OK);
}

static void change_octet(void *prepared)
{
    byn_array *octets = ((objects *)prepared)->octets;
    int64_t expected = 6;

    CHECK_STATUS(byn_array_add(octets, 1, 1, NULL), BYN_OK);
    CHECK_STATUS(byn_array_exchange(octets, 1, 6, NULL), BYN_OK);
    CHECK_STATUS(byn_array_compare_exchange(octets, 1, &expected, 7), BYN_OK);
}

/* A slice that is looked at is nobody's loss. */
static void read_slice(void *prepared)
{
    int32_t elements[LENGTH];

    CHECK_STATUS(byn_array_read(((objects *)prepared)->array, 0, LENGTH, elements, BYN_NOW),
                 BYN_OK);
}

/* Where others are to wait for it, it sleeps until they do. */
static void lock_and_unlock(void *prepared)
{
    objects *o = prepared;

    CHECK_STATUS(byn_value_lock(o->number, BYN_NOW), BYN_OK);
    o->b->word[HELD] = 1;
    if (o->b->word[SLEEPERS] > 0)
        CHECK_STATUS(byn_event_wait(o->go, LATE), BYN_OK);
    o->b->word[LET_GO] = 1;
    CHECK_STATUS(byn_value_unlock(o->number), BYN_OK);
}

static void wait_for_change(void *prepared)
{
    int64_t known = 0;

    CHECK_STATUS(byn_value_wait_change(((objects *)prepared)->number, &known, LATE), BYN_OK);
}

/* ---- Those who wait beside the victim */

static byn_status wait_for(objects *o, const char *what)
{
    char known[WIDTH];
    size_t size = WIDTH;
    int64_t number = 0;
    byn_status status;

    if (strcmp(what, "number") == 0)
        return byn_value_wait_change(o->number, &number, LATE);
    if (strcmp(what, "bytes") == 0) {
        memcpy(known, old_bytes, WIDTH);
        return byn_value_wait_change_bytes(o->bytes, known, &size, LATE);
    }
    status = byn_value_lock(o->number, LATE);
    return status >= 0 ? byn_value_unlock(o->number) : status;
}

static int sleeper(peer_self *self, int argc, char **argv)
{
    objects mine;
    seat *s;

    (void)argc;
    open_all(&mine, argv[0]);
    s = &mine.b->seats[atoi(argv[1])];
    peer_say(self, "ready");
    while (seat_told(self, s))
        seat_return(s, wait_for(&mine, argv[2]));
    close_all(&mine);
    return 0;
}

/* A victim that dies at a marked point. */
static int changes(peer_self *self, int argc, char **argv)
{
    objects *mine = prepare(argv[0]);

    (void)self;
    (void)argc;
    if (strcmp(argv[1], "add") == 0)
        raise_number(mine);
    else if (strcmp(argv[1], "write") == 0)
        write_bytes(mine);
    else
        write_slice(mine);
    return 0;
}

/* ---- In the case */

typedef struct subject {
    objects o;
    const char *name;
    peer *sleepers[MOST];
    unsigned count, before, after, mixed, told, late;
} subject;

static void begin(subject *s, const char *what, unsigned count)
{
    char number[16];
    unsigned i;

    memset(s, 0, sizeof *s);
    s->name = fresh_name();
    s->count = count;
    (void)board_begin(s->name, 200);
    open_all(&s->o, s->name);
    s->o.b->word[SLEEPERS] = count;
    CHECK_STATUS(byn_value_write(s->o.bytes, old_bytes, WIDTH), BYN_OK);
    for (i = 0; i < count; i++) {
        (void)snprintf(number, sizeof number, "%u", i);
        s->sleepers[i] = peer_start(PEER_PROCESS, "sleeper", s->name, number, what, NULL);
        peer_expect(s->sleepers[i], "ready");
    }
}

static void finish(subject *s)
{
    unsigned i;

    CHECK_STATUS(byn_value_set(s->o.number, 1), BYN_OK); /* who still waits goes on */
    CHECK_STATUS(byn_value_write(s->o.bytes, new_bytes, WIDTH), BYN_OK);
    for (i = 0; i < s->count; i++)
        CHECK_INT(peer_finish(s->sleepers[i]), 0);
    close_all(&s->o);
    board_destroy(s->name);
}

static void end(subject *s, const char *title, const step_report *report)
{
    printf("     %s: %u before, %u after, %u in between, %u told, %u late\n", title, s->before,
           s->after, s->mixed, s->told, s->late);
    finish(s);
    step_check(*report);
    CHECK(step_is_sampled() || (s->before > 0 && s->after > 0));
}

static void await_sleep(subject *s)
{
    apr_uint32_t began = board_ms();

    while (board_look(s->o.b, s->count).asleep < s->count) {
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
}

static void tell_sleepers(subject *s)
{
    unsigned i;

    for (i = 0; i < s->count; i++) {
        s->o.b->seats[i].state = SEAT_IDLE;
        peer_tell(s->sleepers[i], "sleep");
    }
}

static void all_return(subject *s)
{
    apr_uint32_t began = board_ms();

    while (board_look(s->o.b, s->count).returned < s->count) {
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
    s->late += board_ms() - began > 400;
    CHECK_INT(board_look(s->o.b, s->count).failed, 0);
}

/* Who waits is told of a change of the dead, and of the next change in any case. */
static void number_is_old_or_new(void *context, long k)
{
    subject *s = context;
    int64_t number = -1;

    (void)k;
    CHECK_STATUS(byn_value_get(s->o.number, &number), BYN_OK);
    CHECK(number == 0 || number == 1);
    s->before += number == 0;
    s->after += number == 1;
    if (number == 0)
        CHECK_STATUS(byn_value_add(s->o.number, 1, &number), BYN_OK);
    all_return(s);
    CHECK_STATUS(byn_value_set(s->o.number, 0), BYN_OK);
    tell_sleepers(s);
    await_sleep(s);
}

static void bytes_are_old_or_new(void *context, long k)
{
    subject *s = context;
    char bytes[WIDTH];
    size_t size = WIDTH;
    bool is_old;

    (void)k;
    CHECK_STATUS(byn_value_read(s->o.bytes, bytes, &size), BYN_OK);
    REQUIRE_INT(size, WIDTH);
    is_old = memcmp(bytes, old_bytes, WIDTH) == 0;
    CHECK(is_old || memcmp(bytes, new_bytes, WIDTH) == 0);
    s->before += is_old;
    s->after += !is_old;
    if (is_old)
        CHECK_STATUS(byn_value_write(s->o.bytes, new_bytes, WIDTH), BYN_OK);
    all_return(s);
    CHECK_STATUS(byn_value_write(s->o.bytes, old_bytes, WIDTH), BYN_OK);
    tell_sleepers(s);
    await_sleep(s);
}

static void mixture_is_told(void *context, long k)
{
    subject *s = context;
    int32_t elements[LENGTH];
    int i, sum = 0;
    byn_status status;

    (void)k;
    fill(elements, 5);
    status = byn_array_read(s->o.array, 0, LENGTH, elements, LATE);
    CHECK(status >= 0);
    for (i = 0; i < LENGTH; i++) {
        CHECK(elements[i] == 0 || elements[i] == 1);
        sum += elements[i];
    }
    CHECK(status == BYN_ABANDONED || sum == 0 || sum == LENGTH);
    s->before += sum == 0;
    s->after += sum == LENGTH;
    s->mixed += sum != 0 && sum != LENGTH;
    s->told += status == BYN_ABANDONED;
    fill(elements, 0);
    CHECK_STATUS(byn_array_write(s->o.array, 0, LENGTH, elements, LATE), BYN_OK);
}

static void octet_is_one_of_those(void *context, long k)
{
    subject *s = context;
    unsigned char octets[4] = {9, 9, 9, 9};

    (void)k;
    CHECK_STATUS(byn_array_read(s->o.octets, 0, 4, octets, BYN_NOW), BYN_OK);
    CHECK(octets[1] == 0 || octets[1] == 1 || octets[1] == 6 || octets[1] == 7);
    CHECK(octets[0] == 0 && octets[2] == 0 && octets[3] == 0);
    s->before += octets[1] == 0;
    s->after += octets[1] == 7;
    CHECK_STATUS(byn_array_set(s->o.octets, 1, 0), BYN_OK);
}

static void nobody_is_told(void *context, long k)
{
    subject *s = context;

    (void)k;
    CHECK_STATUS(byn_array_lock(s->o.array, LATE), BYN_OK);
    CHECK_STATUS(byn_array_unlock(s->o.array), BYN_OK);
    s->before = s->after = 1;
}

/* The victim sleeps with the lock: the others come to wait for it. */
static void others_wait_for_it(void *context, long k)
{
    subject *s = context;

    (void)k;
    if (!board_await_victim(s->o.b, HELD) || s->o.b->word[LET_GO] != 0 || s->count == 0)
        return;
    tell_sleepers(s);
    await_sleep(s);
    CHECK_STATUS(byn_event_set(s->o.go), BYN_OK);
}

static void lock_is_free_or_abandoned(void *context, long k)
{
    subject *s = context;
    board *b = s->o.b;
    byn_status status;

    (void)k;
    if (s->count > 0 && b->word[HELD] == 0)
        tell_sleepers(s);
    if (s->count > 0)
        all_return(s); /* one of them has been told, if anybody is */
    status = byn_value_lock(s->o.number, LATE);
    CHECK(status >= 0);
    if (s->count == 0 && b->word[HELD] != 0 && b->word[LET_GO] == 0)
        CHECK_STATUS(status, BYN_ABANDONED);
    if (s->count == 0 && b->word[HELD] == 0)
        s->before++;
    s->after += b->word[LET_GO] != 0;
    s->told += status == BYN_ABANDONED;
    CHECK_STATUS(byn_value_unlock(s->o.number), BYN_OK);
    CHECK_STATUS(byn_value_lock(s->o.number, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_value_unlock(s->o.number), BYN_OK);
    CHECK_STATUS(byn_event_reset(s->o.go), BYN_OK);
    s->before += s->count > 0;
    b->word[HELD] = b->word[LET_GO] = 0;
}

static void change_it(void *context, long k)
{
    subject *s = context;

    (void)k;
    CHECK_STATUS(byn_value_set(s->o.number, 1), BYN_OK);
}

/* A killed waiter does not take anybody's wake-up along. */
static void others_are_woken(void *context, long k)
{
    subject *s = context;

    s->after++;
    number_is_old_or_new(context, k);
}

static const step_operation raising = {"value.add", prepare, raise_number, NULL};
static const step_operation writing = {"value.write", prepare, write_bytes, NULL};
static const step_operation slicing = {"array.write", prepare, write_slice, NULL};
static const step_operation octet = {"array.add", prepare, change_octet, NULL};
static const step_operation looking = {"array.read", prepare, read_slice, NULL};
static const step_operation locking = {"value.lock", prepare, lock_and_unlock, others_wait_for_it};
static const step_operation waiting = {"value.wait", prepare, wait_for_change, change_it};

static void add_while_others_wait(void)
{
    step_report report;
    subject s;

    begin(&s, "number", 2);
    tell_sleepers(&s);
    await_sleep(&s);
    report = step_sweep(&raising, s.name, number_is_old_or_new, &s, board_stride(EXPENSIVE));
    end(&s, "add", &report);
}

static void write_while_another_waits(void)
{
    step_report report;
    subject s;

    begin(&s, "bytes", 1);
    tell_sleepers(&s);
    await_sleep(&s);
    report = step_sweep(&writing, s.name, bytes_are_old_or_new, &s, board_stride(EXPENSIVE));
    end(&s, "write", &report);
}

static void write_of_a_slice(void)
{
    step_report report;
    subject s;

    begin(&s, "", 0);
    report = step_sweep(&slicing, s.name, mixture_is_told, &s, board_stride(EXPENSIVE));
    end(&s, "slice", &report);
    CHECK(step_is_sampled() || s.told > 0);
}

static void change_of_an_octet(void)
{
    step_report report;
    subject s;

    begin(&s, "", 0);
    report = step_sweep(&octet, s.name, octet_is_one_of_those, &s, board_stride(EXPENSIVE));
    end(&s, "octet", &report);
}

static void read_of_a_slice(void)
{
    step_report report;
    subject s;

    begin(&s, "", 0);
    report = step_sweep(&looking, s.name, nobody_is_told, &s, board_rotating_stride());
    end(&s, "read", &report);
}

static void lock_and_unlock_alone(void)
{
    step_report report;
    subject s;

    begin(&s, "", 0);
    report = step_sweep(&locking, s.name, lock_is_free_or_abandoned, &s, board_stride(EXPENSIVE));
    end(&s, "lock", &report);
}

static void lock_and_unlock_while_2_wait(void)
{
    step_report report;
    subject s;

    begin(&s, "lock", 2);
    report = step_sweep(&locking, s.name, lock_is_free_or_abandoned, &s,
                        2 * board_stride(3 * EXPENSIVE));
    end(&s, "lock, 2 wait", &report);
}

static void wait_beside_another(void)
{
    step_report report;
    subject s;

    begin(&s, "number", 1);
    tell_sleepers(&s);
    await_sleep(&s);
    report = step_sweep(&waiting, s.name, others_are_woken, &s, board_stride(7));
    end(&s, "wait", &report);
}

/* Not by a heartbeat: each time the lock is given, the one that sleeps is on its way. */
static void giving_the_lock_wakes_who_waits(void)
{
    board_view view;
    subject s;
    int round;

    if (!board_sees_sleep())
        test_skip("a sleep cannot be seen here");
    begin(&s, "lock", 1);
    for (round = 0; round < 5; round++) {
        CHECK_STATUS(byn_value_lock(s.o.number, LATE), BYN_OK);
        tell_sleepers(&s);
        await_sleep(&s);
        CHECK_STATUS(byn_value_unlock(s.o.number), BYN_OK);
        REQUIRE(board_settle(s.o.b, 1, &view));
        CHECK_INT(view.asleep, 0);
        all_return(&s);
    }
    finish(&s);
}

/* Between the change and the wake-up as well: the heartbeat makes up for it. */
static void death_at_a_marked_point(const char *what, const char *point, int pass, const char *wait,
                                    void (*verify)(void *context, long k))
{
    subject s;

    begin(&s, wait, *wait != '\0' ? 2 : 0);
    tell_sleepers(&s);
    await_sleep(&s);
    CHECK(peer_crashed(peer_start_crashing(point, pass, "changes", s.name, what, NULL)));
    verify(&s, 0);
    finish(&s);
}

static void deaths_at_marked_points(void)
{
    death_at_a_marked_point("add", "value.changed", 1, "number", number_is_old_or_new);
    death_at_a_marked_point("add", "value.cleared", 1, "number", number_is_old_or_new);
    death_at_a_marked_point("write", "value.written", 1, "bytes", bytes_are_old_or_new);
    death_at_a_marked_point("write", "value.changed", 1, "bytes", bytes_are_old_or_new);
    death_at_a_marked_point("slice", "array.written", 1, "", mixture_is_told);
    death_at_a_marked_point("slice", "lock.woken", 2, "", mixture_is_told);
}

static const test_case cases[] = {
    TEST(add_while_others_wait),
    TEST(write_while_another_waits),
    TEST(write_of_a_slice),
    TEST(change_of_an_octet),
    TEST(read_of_a_slice),
    TEST(lock_and_unlock_alone),
    TEST(lock_and_unlock_while_2_wait),
    TEST(giving_the_lock_wakes_who_waits),
    TEST(wait_beside_another),
    TEST(deaths_at_marked_points),
    TEST_END,
};

static const peer_entry peers[] = {PEER(sleeper), PEER(changes), STEP(raising), STEP(writing),
                                   STEP(slicing), STEP(octet),   STEP(looking), STEP(locking),
                                   STEP(waiting), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, peers);
}
