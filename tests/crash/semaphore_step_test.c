/*
 * A process is killed at every instruction of acquire and release. Permits are conserved: afterwards
 * they are as before or as after; and nobody sleeps while there are enough for him.
 */
#include "sleepers.h"

#ifndef CRASH_WAITS
#define CRASH_WAITS 0
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPENSIVE = 29, MOST = 4, MAXIMUM = 100 };
enum { SLEEPERS, WANTED }; /* words */

typedef struct subject {
    board *b;
    byn_semaphore *semaphore;
    peer *sleepers[MOST];
    unsigned count;   /* of sleepers */
    unsigned wanted;  /* by each of them */
    unsigned start;   /* permits at the begin of a round */
    unsigned operand; /* of the victim */
    unsigned added;   /* by the case in this round */
    unsigned before, after, lost, late;
} subject;

/* ---- In victims and sleepers */

static void *open_semaphore(const char *name)
{
    byn_semaphore *semaphore = NULL;

    REQUIRE_STATUS(byn_semaphore_open(&semaphore, name, NULL), BYN_OK);
    return semaphore;
}

static void *prepare(const char *name)
{
    board *b = board_open(name);
    void *semaphore;

    board_warm_up();
    semaphore = open_semaphore(name);
    while (board_look(b, b->word[SLEEPERS]).asleep < b->word[SLEEPERS])
        board_pause();
    return semaphore;
}

static void acquire_1(void *semaphore)
{
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 1, LATE), BYN_OK);
}

static void acquire_3(void *semaphore)
{
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 3, LATE), BYN_OK);
}

static void acquire_1_in_vain(void *semaphore)
{
    byn_status status = byn_semaphore_acquire(semaphore, 1, 25);

    if (status != BYN_OK)
        CHECK_STATUS(status, BYN_E_TIMEDOUT);
}

static void release_1(void *semaphore)
{
    uint32_t previous = 0;

    CHECK_STATUS(byn_semaphore_release(semaphore, 1, &previous), BYN_OK);
}

static void release_4(void *semaphore)
{
    CHECK_STATUS(byn_semaphore_release(semaphore, 4, NULL), BYN_OK);
}

static int sleeper(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    seat *s = &b->seats[atoi(argv[1])];
    byn_semaphore *semaphore = open_semaphore(argv[0]);

    (void)argc;
    peer_say(self, "ready");
    while (seat_told(self, s))
        seat_return(s, byn_semaphore_acquire(semaphore, b->word[WANTED], 2 * LATE));
    byn_semaphore_close(semaphore);
    return 0;
}

/* ---- In the case */

static uint32_t value(const subject *s)
{
    uint32_t v = 0;

    CHECK_STATUS(byn_semaphore_value(s->semaphore, &v), BYN_OK);
    return v;
}

static void go_to_sleep(subject *s)
{
    sleepers_send(s->sleepers, s->count, s->b);
}

/* Leaves the permits of the start, and everybody asleep. */
static void release_all(subject *s)
{
    apr_uint32_t began = board_ms();
    uint32_t v;

    while (board_look(s->b, s->count).returned < s->count) {
        if (value(s) < s->wanted)
            CHECK_STATUS(byn_semaphore_release(s->semaphore, s->wanted, NULL), BYN_OK);
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
    v = value(s);
    if (v > s->start)
        CHECK_STATUS(byn_semaphore_acquire(s->semaphore, v - s->start, BYN_NOW), BYN_OK);
    else if (v < s->start)
        CHECK_STATUS(byn_semaphore_release(s->semaphore, s->start - v, NULL), BYN_OK);
    CHECK_INT(value(s), s->start);
    s->added = 0;
    go_to_sleep(s);
}

static bool is_conserved(const subject *s, const board_view *view, int delta)
{
    int before = (int)(s->start + s->added), now = (int)(value(s) + view->returned * s->wanted);

    return now == before || now == before + delta;
}

/*
 * Where a change and its wake-up are two steps, a releaser that dies between them leaves the sleepers
 * to the next releaser or to their heartbeat: that is late, and counted, but not lost. Nor are permits that somebody
 * has who is slow to say so.
 */
static void await_the_heartbeat(subject *s, int delta, board_view *view)
{
    apr_uint32_t began = board_ms();

    s->late += view->asleep > 0 && value(s) >= s->wanted;
    while (((view->asleep > 0 && value(s) >= s->wanted) || !is_conserved(s, view, delta)) &&
           board_ms() - began < LATE)
        REQUIRE(board_settle(s->b, s->count, view));
}

/* `delta` is what the victim adds if it comes to its end. */
static void permits_are_conserved(subject *s, int delta)
{
    board_view view;
    int held, before = (int)(s->start + s->added), now;

    REQUIRE(board_settle(s->b, s->count, &view));
    if (!board_sees_sleep())
        await_the_heartbeat(s, delta, &view);
    CHECK_INT(view.failed, 0);
    held = (int)(view.returned * s->wanted);
    now = (int)value(s) + held;
    if (view.asleep > 0 && value(s) >= s->wanted) {
        s->lost++;
        FAIL("%u permits, and %u of %u sleep on", value(s), view.asleep, s->count);
    }
    if (now == before)
        s->before++;
    else if (now == before + delta)
        s->after++;
    else
        FAIL("%d permits and %d held: there should be %d or %d", now - held, held, before,
             before + delta);
    release_all(s);
}

static void released_or_not(void *context, long k)
{
    subject *s = context;

    (void)k;
    permits_are_conserved(s, (int)s->operand);
}

static void acquired_or_not(void *context, long k)
{
    subject *s = context;

    (void)k;
    permits_are_conserved(s, -(int)s->operand);
}

static void let_it_in(void *context, long k)
{
    subject *s = context;

    (void)k;
    s->added = s->operand;
    CHECK_STATUS(byn_semaphore_release(s->semaphore, s->operand, NULL), BYN_OK);
}

static void begin(subject *s, const char *name, unsigned start, unsigned operand, unsigned count,
                  unsigned wanted)
{
    memset(s, 0, sizeof *s);
    s->b = board_begin(name, 100);
    s->b->word[SLEEPERS] = count;
    s->b->word[WANTED] = wanted;
    s->count = count;
    s->wanted = wanted;
    s->start = start;
    s->operand = operand;
    REQUIRE_STATUS(byn_semaphore_open(
                       &s->semaphore, name,
                       &BYN_OPTIONS(byn_semaphore_options, .initial = start, .maximum = MAXIMUM)),
                   BYN_CREATED);
    sleepers_start(s->sleepers, count, name);
    go_to_sleep(s);
}

static void end(subject *s, const char *name, step_report report)
{
    printf("     %u permits, %u sleepers for %u: %u as before, %u as after, %u late, %u lost\n",
           s->start, s->count, s->wanted, s->before, s->after, s->late, s->lost);
    sleepers_kill(s->sleepers, s->count);
    byn_semaphore_close(s->semaphore);
    board_destroy(name);
    step_check(report);
}

static const step_operation acquiring = {"semaphore.acquire", prepare, acquire_1, NULL};
static const step_operation acquiring_3 = {"semaphore.acquire.3", prepare, acquire_3, NULL};
static const step_operation waiting = {"semaphore.acquire.sleeps", prepare, acquire_1, let_it_in};
static const step_operation waiting_3 = {"semaphore.acquire.3.sleeps", prepare, acquire_3,
                                         let_it_in};
static const step_operation competing = {"semaphore.acquire.competes", prepare, acquire_1_in_vain,
                                         let_it_in};
static const step_operation releasing = {"semaphore.release", prepare, release_1, NULL};
static const step_operation releasing_4 = {"semaphore.release.4", prepare, release_4, NULL};

static void sweep(const step_operation *operation, unsigned start, unsigned operand, unsigned count,
                  unsigned wanted)
{
    bool releases = operation == &releasing || operation == &releasing_4;
    const char *name = fresh_name();
    subject s;

    begin(&s, name, start, operand, count, wanted);
    end(&s, name,
        step_sweep(operation, name, releases ? released_or_not : acquired_or_not, &s,
                   board_stride(count > 0 && releases ? 15 * EXPENSIVE : 3 * EXPENSIVE) +
                       (operation == &competing)));
    CHECK(step_is_sampled() || s.after > 0 || operation == &competing);
}

static void acquire(void)
{
    sweep(&acquiring, 3, 1, 0, 1);
}

/* Those who want several sleep beside one who takes one. */
static void acquire_beside_1_who_wants_4(void)
{
    sweep(&acquiring, 3, 1, 1, 4);
}

static void acquire_several(void)
{
    sweep(&acquiring_3, 5, 3, 0, 1);
}

static void acquire_that_sleeps(void)
{
    sweep(&waiting, 0, 1, 0, 1);
}

static void acquire_several_that_sleeps(void)
{
    sweep(&waiting_3, 1, 3, 0, 1);
}

static void acquire_that_competes_with_2(void)
{
    sweep(&competing, 0, 1, 2, 1);
}

static void release_with_nobody(void)
{
    sweep(&releasing, 0, 1, 0, 1);
}

static void release_with_1(void)
{
    sweep(&releasing, 0, 1, 1, 1);
}

static void release_with_2(void)
{
    sweep(&releasing, 0, 1, 2, 1);
}

static void release_with_4(void)
{
    sweep(&releasing, 0, 1, 4, 1);
}

static void release_4_with_4(void)
{
    sweep(&releasing_4, 0, 4, 4, 1);
}

static void release_4_with_2_who_want_2(void)
{
    sweep(&releasing_4, 1, 4, 2, 2);
}

/* ---- Races */

static void sleepers_arrive(void *context, long k)
{
    subject *s = context;
    board_view view;

    (void)k;
    s->added = 1;
    go_to_sleep(s);
    board_settle(s->b, s->count, &view);
}

static void nobody_is_forgotten(void *context, long k)
{
    subject *s = context;
    board_view view;

    (void)k;
    if (s->added == 0)
        go_to_sleep(s);
    s->added = 0;
    REQUIRE(board_settle(s->b, s->count, &view));
    s->lost += view.returned < s->count;
    CHECK_INT(view.returned, s->count);
    CHECK_INT(value(s) + view.returned, s->operand);
    while (board_look(s->b, s->count).returned < s->count) {
        CHECK_STATUS(byn_semaphore_release(s->semaphore, 1, NULL), BYN_OK);
        board_pause();
    }
    while (byn_semaphore_acquire(s->semaphore, 1, BYN_NOW) == BYN_OK)
        ;
    s->after++;
}

static void release_while_2_arrive(void)
{
    const char *name = fresh_name();
    board_view view;
    subject s;

    board_need_races();
    begin(&s, name, 0, 4, 2, 1);
    s.b->word[SLEEPERS] = 0;
    board_settle(s.b, 2, &view);
    CHECK_STATUS(byn_semaphore_release(s.semaphore, 2, NULL), BYN_OK);
    while (board_look(s.b, 2).returned < 2)
        board_pause();
    end(&s, name, step_switch(&releasing_4, name, sleepers_arrive, nobody_is_forgotten, &s, 1));
}

static void release_arrives(void *context, long k)
{
    subject *s = context;

    (void)k;
    if (s->added == 0)
        CHECK_STATUS(byn_semaphore_release(s->semaphore, 1, NULL), BYN_OK);
    s->added = 1;
}

static void release_when_asleep(void *context, long k)
{
    subject *s = context;

    if (s->added > 0) {
        s->lost++;
        FAIL("released at instruction %ld, and it went to sleep", k);
        CHECK_STATUS(byn_semaphore_release(s->semaphore, 1, NULL), BYN_OK);
    }
    release_arrives(context, k);
}

static void victim_has_it(void *context, long k)
{
    subject *s = context;

    (void)k;
    CHECK_INT(value(s), 0);
    s->added = 0;
    s->after++;
}

static const step_operation racing = {"semaphore.acquire.race", prepare, acquire_1,
                                      release_when_asleep};

static void acquire_while_it_is_released(void)
{
    const char *name = fresh_name();
    subject s;

    board_need_races();
    begin(&s, name, 0, 1, 0, 1);
    end(&s, name, step_switch(&racing, name, release_arrives, victim_has_it, &s, 1));
}

static const test_case waits[] = {
    TEST(acquire_that_sleeps),
    TEST(acquire_several_that_sleeps),
    TEST(acquire_that_competes_with_2),
    TEST_END,
};

static const test_case others[] = {
    TEST(acquire),
    TEST(acquire_beside_1_who_wants_4),
    TEST(acquire_several),
    TEST(release_with_nobody),
    TEST(release_with_1),
    TEST(release_with_2),
    TEST(release_with_4),
    TEST(release_4_with_4),
    TEST(release_4_with_2_who_want_2),
    TEST(release_while_2_arrive),
    TEST(acquire_while_it_is_released),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(sleeper),   STEP(acquiring), STEP(acquiring_3), STEP(waiting), STEP(waiting_3),
    STEP(competing), STEP(releasing), STEP(releasing_4), STEP(racing),  PEER_END,
};

int main(int argc, char **argv)
{
    /* One source, two programs: one would take too long for a test. */
    return test_main(argc, argv, CRASH_NAME, CRASH_WAITS ? waits : others, peers);
}
