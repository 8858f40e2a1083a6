/*
 * Waiters are killed: those that sleep, and those that were just woken.
 */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_thread_proc.h>

enum {
    LATE = 60000,
    ALL_LATE = 4 * LATE /* while all the others are started */,
    ENOUGH = 8000, /* ms */
    FEWEST = 10,
    MANY = 64,
    PROCESSES = 6,
    MAXIMUM = 1000,
    PERMITS = 5
};
enum { STOP, X, Y, TORN, ABANDONED, DONE, HELD = 100, INTENT = 120 };

typedef struct subject {
    const char *name;
    board *b;
    peer *p[BOARD_SEATS];
    apr_uint32_t began;
} subject;

static void start(subject *s, const char *peer_name, unsigned i)
{
    char number[16];

    sprintf(number, "%u", i);
    s->p[i] = peer_start(PEER_PROCESS, peer_name, s->name, number, NULL);
    peer_expect(s->p[i], "ready");
}

static void begin(subject *s)
{
    memset(s, 0, sizeof *s);
    s->began = board_ms();
    s->name = fresh_name();
    s->b = board_begin(s->name, 300); /* a busy system: 3 s to start each */
}

/* So many rounds, or what goes into some seconds: a busy system takes long to start a process. */
static bool goes_on(const subject *s, unsigned round, unsigned rounds)
{
    return round < rounds && (round < FEWEST || board_ms() - s->began < ENOUGH);
}

static void tell_to_sleep(subject *s, unsigned i)
{
    s->b->seats[i].state = SEAT_IDLE;
    peer_tell(s->p[i], "sleep");
}

static void all_sleep(subject *s, unsigned count)
{
    apr_uint32_t began = board_ms();

    while (board_look(s->b, count).asleep < count) {
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
}

/* ---- Mutex */

static int locks(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    seat *s = &b->seats[atoi(argv[1])];
    byn_mutex *mutex = NULL;

    (void)argc;
    REQUIRE_STATUS(byn_mutex_open(&mutex, argv[0], NULL), BYN_OK);
    peer_say(self, "ready");
    while (seat_told(self, s)) {
        byn_status status = byn_mutex_lock(mutex, ALL_LATE);

        if (status >= 0)
            CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
        seat_return(s, status);
    }
    byn_mutex_close(mutex);
    return 0;
}

/*
 * Two wait; the case unlocks, which wakes the first, and at once locks and unlocks again; the first is
 * killed at that moment. If it had no time to mark the lock as waited for, the second unlock woke
 * nobody: a heartbeat has to.
 */
static void other_waiter_gets_the_mutex_when_the_woken_one_is_killed(void)
{
    enum { ROUNDS = 150 };
    unsigned round, slow = 0, longest = 0;
    byn_mutex *mutex = NULL;
    subject s;

    begin(&s);
    REQUIRE_STATUS(byn_mutex_open(&mutex, s.name, NULL), BYN_CREATED);
    start(&s, "locks", 1);
    for (round = 0; goes_on(&s, round, board_sees_sleep() ? ROUNDS : 20); round++) {
        apr_uint32_t began, took;
        byn_status status;

        start(&s, "locks", 0);
        REQUIRE(byn_mutex_lock(mutex, LATE) >= 0);
        tell_to_sleep(&s, 0);
        while (board_look(s.b, 1).asleep == 0)
            board_pause();
        tell_to_sleep(&s, 1);
        all_sleep(&s, 2);
        CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
        status = byn_mutex_lock(mutex, BYN_NOW);
        peer_kill(s.p[0]);
        if (status >= 0)
            CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
        began = board_ms();
        while (apr_atomic_read32(&s.b->seats[1].state) != SEAT_RETURNED) {
            REQUIRE(board_ms() - began < LATE);
            board_pause();
        }
        took = board_ms() - began;
        CHECK_INT(s.b->seats[1].failed, 0);
        slow += took > 20;
        longest = took > longest ? took : longest;
    }
    printf("     %u rounds, %u repaired by a heartbeat, the longest after %u ms\n", round, slow,
           longest);
    peer_kill(s.p[1]);
    byn_mutex_close(mutex);
    board_destroy(s.name);
}

static void mutex_with_64_waiters_survives_kills(void)
{
    unsigned count = board_sees_sleep() ? MANY : 24, i, left;
    byn_mutex *mutex = NULL;
    apr_uint32_t began;
    subject s;

    begin(&s);
    REQUIRE_STATUS(byn_mutex_open(&mutex, s.name, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_mutex_lock(mutex, LATE), BYN_OK);
    for (i = 0; i < count; i++) {
        start(&s, "locks", i);
        tell_to_sleep(&s, i);
    }
    all_sleep(&s, count);
    for (i = 0; i < count; i += 4)
        peer_kill(s.p[i]);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    for (i = 1; i < count; i += 4)
        peer_kill(s.p[i]);
    began = board_ms();
    do {
        for (i = 0, left = 0; i < count; i++)
            left += i % 4 > 1 && apr_atomic_read32(&s.b->seats[i].state) != SEAT_RETURNED;
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    } while (left > 0);
    for (i = 0; i < count; i++)
        CHECK(i % 4 < 2 || s.b->seats[i].failed == 0);
    CHECK(byn_mutex_lock(mutex, LATE) >= 0);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    for (i = 0; i < count; i++)
        peer_kill(s.p[i]);
    byn_mutex_close(mutex);
    board_destroy(s.name);
}

/* ---- Event */

static int waits(peer_self *self, int argc, char **argv)
{
    seat *s = &board_open(argv[0])->seats[atoi(argv[1])];
    byn_event *event = NULL;

    (void)argc;
    REQUIRE_STATUS(byn_event_open(&event, argv[0], NULL), BYN_OK);
    peer_say(self, "ready");
    while (seat_told(self, s))
        seat_return(s, byn_event_wait(event, ALL_LATE));
    byn_event_close(event);
    return 0;
}

/* Set and killed at once: the waiter returned with the signal, or the signal is still there. */
static void killed_waiter_takes_no_signal_along(void)
{
    enum { ROUNDS = 300 };
    unsigned round, kept = 0, lost = 0;
    byn_event *event = NULL;
    subject s;

    begin(&s);
    REQUIRE_STATUS(byn_event_open(&event, s.name, NULL), BYN_CREATED);
    for (round = 0; goes_on(&s, round, board_sees_sleep() ? ROUNDS : 30); round++) {
        bool is_set;

        start(&s, "waits", 0);
        tell_to_sleep(&s, 0);
        all_sleep(&s, 1);
        CHECK_STATUS(byn_event_set(event), BYN_OK);
        if (round % 3 == 1)
            apr_thread_yield();
        peer_kill(s.p[0]);
        is_set = byn_event_wait(event, BYN_NOW) == BYN_OK;
        kept += is_set;
        lost += !is_set && s.b->seats[0].state != SEAT_RETURNED;
    }
    /* Between taking it and saying so a kill hides that it was taken: a few instructions wide. */
    printf("     %u rounds: %u kept, %u taken along\n", round, kept, lost);
    if (board_sees_sleep())
        CHECK(lost <= 2);
    byn_event_close(event);
    board_destroy(s.name);
}

static void auto_event_with_64_waiters_survives_kills(void)
{
    unsigned count = board_sees_sleep() ? MANY : 24, i, left, passed = 0;
    byn_event *event = NULL;
    apr_uint32_t began;
    subject s;

    begin(&s);
    REQUIRE_STATUS(byn_event_open(&event, s.name, NULL), BYN_CREATED);
    for (i = 0; i < count; i++) {
        start(&s, "waits", i);
        tell_to_sleep(&s, i);
    }
    all_sleep(&s, count);
    for (i = 0; i < count; i += 2)
        peer_kill(s.p[i]);
    /* Each set lets one of the living through: never none, never two. */
    for (left = count / 2; left > 0; left--) {
        unsigned now = 0;

        CHECK_STATUS(byn_event_set(event), BYN_OK);
        began = board_ms();
        do {
            for (i = 1, now = 0; i < count; i += 2)
                now += apr_atomic_read32(&s.b->seats[i].state) == SEAT_RETURNED;
            REQUIRE(board_ms() - began < LATE);
            board_pause();
        } while (now == passed);
        REQUIRE_INT(now, passed + 1);
        passed = now;
    }
    CHECK(!byn_event_is_set(event));
    for (i = 0; i < count; i++)
        peer_kill(s.p[i]);
    byn_event_close(event);
    board_destroy(s.name);
}

/* `count` wait, and sleep in the order of their numbers; all but the last are slow to wake up. */
static void sleep_in_order(subject *s, unsigned count)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        if (i < count - 1 || s->p[i] == NULL)
            start(s, i < count - 1 ? "waits_slowly" : "waits", i);
        tell_to_sleep(s, i);
        all_sleep(s, i + 1);
    }
}

static int waits_slowly(peer_self *self, int argc, char **argv)
{
    board_run_last();
    return waits(self, argc, argv);
}

/* The last one passes; the rest are dead. */
static bool last_one_passes(subject *s, byn_event *event, unsigned last)
{
    apr_uint32_t began = board_ms();
    board one;

    do {
        bool is_set = byn_event_is_set(event);

        one.seats[0] = s->b->seats[last];
        if (is_set && board_look(&one, 1).asleep > 0 && byn_event_is_set(event))
            return false;
        REQUIRE(board_ms() - began < LATE);
    } while (apr_atomic_read32(&s->b->seats[last].state) != SEAT_RETURNED);
    return true;
}

/*
 * All but the last are woken by a set and killed before they run. The last one must have the signal; or,
 * when a reset took it, that of the next set.
 */
static void dead_sleepers(unsigned count, bool with_reset)
{
    enum { ROUNDS = 25 };
    unsigned round, lost = 0;
    byn_event *event = NULL;
    subject s;

    if (!board_sees_sleep())
        test_skip("the order of wake-ups cannot be arranged here");
    begin(&s);
    REQUIRE_STATUS(byn_event_open(&event, s.name, NULL), BYN_CREATED);
    for (round = 0; goes_on(&s, round, ROUNDS); round++) {
        sleep_in_order(&s, count);
        board_keep_to_one_processor(true);
        CHECK_STATUS(byn_event_set(event), BYN_OK);
        if (with_reset)
            CHECK_STATUS(byn_event_reset(event), BYN_OK);
        peer_kill_all(s.p, count - 1);
        board_keep_to_one_processor(false);
        if (with_reset || s.b->seats[0].state == SEAT_RETURNED)
            CHECK_STATUS(byn_event_set(event), BYN_OK);
        lost += !last_one_passes(&s, event, count - 1);
        while (apr_atomic_read32(&s.b->seats[count - 1].state) != SEAT_RETURNED)
            board_pause();
        CHECK_STATUS(byn_event_reset(event), BYN_OK);
    }
    printf("     %u rounds: set, and the last sleeps on: %u\n", round, lost);
    CHECK_INT(lost, 0);
    peer_kill(s.p[count - 1]);
    byn_event_close(event);
    board_destroy(s.name);
}

static void wake_up_of_a_dead_waiter_does_not_leave_others_asleep(void)
{
    dead_sleepers(2, false);
}

static void reset_does_not_forget_who_still_sleeps(void)
{
    dead_sleepers(4, true);
}

/* ---- Semaphore */

/*
 * HELD + i: permits that process i surely has. INTENT + i: 1 while it acquires or releases, so that
 * nobody can tell whether it has one more.
 */
static int takes_and_gives(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    volatile apr_uint32_t *held = &b->word[HELD + atoi(argv[1])];
    volatile apr_uint32_t *intent = &b->word[INTENT + atoi(argv[1])];
    byn_semaphore *semaphore = NULL;

    (void)argc;
    REQUIRE_STATUS(byn_semaphore_open(&semaphore, argv[0], NULL), BYN_OK);
    peer_say(self, "ready");
    while (apr_atomic_read32(&b->word[STOP]) == 0) {
        apr_atomic_xchg32(intent, 1);
        REQUIRE_STATUS(byn_semaphore_acquire(semaphore, 1, LATE), BYN_OK);
        apr_atomic_xchg32(held, 1);
        apr_atomic_xchg32(intent, 0);
        if (b->word[DONE] % 3 == 0)
            apr_thread_yield();
        apr_atomic_xchg32(intent, 1);
        REQUIRE_STATUS(byn_semaphore_release(semaphore, 1, NULL), BYN_OK);
        apr_atomic_xchg32(held, 0);
        apr_atomic_xchg32(intent, 0);
        apr_atomic_inc32(&b->word[DONE]);
    }
    byn_semaphore_close(semaphore);
    return 0;
}

/*
 * After each kill the others stop: then the permits that are there, and that of the dead if he surely
 * had one, are all; if he was busy with it, one more or less.
 */
static void permits_are_conserved_under_random_kills(void)
{
    unsigned rounds = board_sees_sleep() ? 120 : 15, round, i, seed = board_pid(), unsure = 0;
    unsigned sure = 0;
    byn_semaphore *semaphore = NULL;
    subject s;

    begin(&s);
    for (round = 0; goes_on(&s, round, rounds); round++) {
        uint32_t value = 0;
        unsigned victim;
        apr_uint32_t done;

        REQUIRE_STATUS(byn_semaphore_open(&semaphore, s.name,
                                          &BYN_OPTIONS(byn_semaphore_options, .initial = PERMITS,
                                                       .maximum = MAXIMUM)),
                       BYN_CREATED);
        s.b->word[STOP] = 0;
        for (i = 0; i < PROCESSES; i++)
            start(&s, "takes_and_gives", i);
        seed = seed * 1103515245u + 12345u;
        victim = seed >> 16 & 3;
        done = apr_atomic_read32(&s.b->word[DONE]);
        REQUIRE(board_await(s.b, DONE, done + (seed >> 18 & 1023)));
        peer_kill(s.p[victim]);
        apr_atomic_set32(&s.b->word[STOP], 1);
        for (i = 0; i < PROCESSES; i++)
            if (i != victim)
                CHECK_INT(peer_finish(s.p[i]), 0);
        CHECK_STATUS(byn_semaphore_value(semaphore, &value), BYN_OK);
        if (s.b->word[INTENT + victim] == 0) {
            CHECK_INT(value + s.b->word[HELD + victim], PERMITS);
            sure++;
        } else {
            CHECK(value == PERMITS || value == PERMITS - 1);
            unsure++;
        }
        s.b->word[HELD + victim] = s.b->word[INTENT + victim] = 0;
        byn_semaphore_close(semaphore);
    }
    printf("     %u kills: %u between operations, %u inside\n", round, sure, unsure);
    CHECK_INT(board_files(), 0);
    board_destroy(s.name);
}

static const test_case cases[] = {
    TEST(other_waiter_gets_the_mutex_when_the_woken_one_is_killed),
    TEST(mutex_with_64_waiters_survives_kills),
    TEST(killed_waiter_takes_no_signal_along),
    TEST(wake_up_of_a_dead_waiter_does_not_leave_others_asleep),
    TEST(reset_does_not_forget_who_still_sleeps),
    TEST(auto_event_with_64_waiters_survives_kills),
    TEST(permits_are_conserved_under_random_kills),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(locks), PEER(waits), PEER(waits_slowly), PEER(takes_and_gives), PEER_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, peers);
}
