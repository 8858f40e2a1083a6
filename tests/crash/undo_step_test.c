/*
 * A semaphore with undo: a process is killed at every instruction of acquire, release, close, of the
 * sweep of the dead, and of the repair of what one left that died inside. Permits are conserved: those
 * that are free and those that are held make the same sum; a change is made in full or not at all; what
 * the dead held comes back once; and nobody sleeps while there are enough for him.
 */
#include "sleepers.h"

#ifndef BYNI_TESTING
#error "this test is for the library with its hooks"
#endif

#ifndef CRASH_WAITS
#define CRASH_WAITS 0
#endif
#ifndef CRASH_DEATHS
#define CRASH_DEATHS 0
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "undo.h"

enum { EXPENSIVE = 29, MOST = 4, HOLDERS = 2, TOTAL = 40 };

/* Words. Sleepers go to sleep when the victim of the round has what it shall hold. */
enum { SLEEPERS, WANTED, HELD, ROUND, READY };

/* A case, and how it stands. Without a victim all permits are free or the case's own. */
typedef struct subject {
    board *b;
    byn_semaphore *semaphore;
    peer *sleepers[MOST];
    peer *holders[HOLDERS];
    unsigned count;        /* of sleepers */
    unsigned wanted;       /* by each of them */
    unsigned start;        /* free ones when the victim begins */
    unsigned held;         /* by the victim then */
    unsigned holder_count; /* each holds one, and lives */
    int delta;             /* free ones more when it has come to its end */
    int takes;             /* permits that change from free or others' to the victim's, or back */
    bool from_others;      /* the holders' are released too */
    bool wrecked;          /* each victim inherits the guard from one that died in it */
    bool alone;            /* the case holds nothing; the victim begins with all that there are */
    bool swept;            /* alone, and each victim finds a dead holder of the only one */
    unsigned total;
    unsigned added; /* by the case in this round */
    unsigned woken; /* sleepers that had got through before the case looked */
    unsigned rounds_before, rounds_after, lost, late;
    peer *releaser;
    bool released;
} subject;

static byn_semaphore *open_semaphore(const char *name)
{
    byn_semaphore *semaphore = NULL;

    REQUIRE_STATUS(byn_semaphore_open(&semaphore, name, NULL), BYN_OK);
    return semaphore;
}

/* ---- In victims */

static void *prepare(const char *name)
{
    board *b = board_open(name);
    byn_semaphore *semaphore;

    board_warm_up();
    semaphore = open_semaphore(name);
    if (b->word[HELD] > 0)
        REQUIRE(byn_semaphore_acquire(semaphore, b->word[HELD], BYN_NOW) >= 0);
    apr_atomic_set32(&b->word[READY], b->word[ROUND]);
    while (board_look(b, b->word[SLEEPERS]).asleep < b->word[SLEEPERS])
        board_pause();
    return semaphore;
}

static void acquire_1(void *semaphore)
{
    CHECK(byn_semaphore_acquire(semaphore, 1, LATE) >= 0);
}

static void acquire_3(void *semaphore)
{
    CHECK(byn_semaphore_acquire(semaphore, 3, LATE) >= 0);
}

static void acquire_in_vain(void *semaphore)
{
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 1, 5), BYN_E_TIMEDOUT);
}

static void release_1(void *semaphore)
{
    CHECK_STATUS(byn_semaphore_release(semaphore, 1, NULL), BYN_OK);
}

static void release_2(void *semaphore)
{
    CHECK_STATUS(byn_semaphore_release(semaphore, 2, NULL), BYN_OK);
}

static void release_4(void *semaphore)
{
    uint32_t previous = 0;

    CHECK_STATUS(byn_semaphore_release(semaphore, 4, &previous), BYN_OK);
}

static void put_2_back(void *semaphore)
{
    byni_undo_put_back(byni_semaphore_undo(semaphore), 2, 0);
}

static void close_it(void *semaphore)
{
    byn_semaphore_close(semaphore);
}

/* ---- In other peers */

static int sleeper(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    seat *s = &b->seats[atoi(argv[1])];
    byn_semaphore *semaphore = open_semaphore(argv[0]);
    const char *line;

    (void)argc;
    peer_say(self, "ready");
    while ((line = peer_hear(self)) != NULL) {
        if (strcmp(line, "release") == 0) {
            CHECK_STATUS(byn_semaphore_release(semaphore, b->word[WANTED], NULL), BYN_OK);
            peer_say(self, "released");
            continue;
        }
        while (apr_atomic_read32(&b->word[READY]) != b->word[ROUND])
            board_pause();
        seat_wait(s);
        seat_return(s, byn_semaphore_acquire(semaphore, b->word[WANTED], 30 * LATE));
    }
    byn_semaphore_close(semaphore);
    return 0;
}

/* Holds one, and again when it is told so. */
static int holder(peer_self *self, int argc, char **argv)
{
    byn_semaphore *semaphore = open_semaphore(argv[0]);

    (void)argc;
    do {
        CHECK(byn_semaphore_acquire(semaphore, 1, BYN_NOW) >= 0);
        peer_say(self, "holds");
    } while (peer_wait(self, "hold"));
    byn_semaphore_close(semaphore);
    return 0;
}

/* Begins with one, and dies giving 4. */
static int dies_releasing(peer_self *self, int argc, char **argv)
{
    byn_semaphore *semaphore = open_semaphore(argv[0]);

    (void)self;
    (void)argc;
    REQUIRE(byn_semaphore_acquire(semaphore, 1, BYN_NOW) >= 0);
    (void)byn_semaphore_release(semaphore, 4, NULL);
    return 1;
}

/* On seat 0 it says where it is, as a sleeper does. */
static int releaser(peer_self *self, int argc, char **argv)
{
    seat *s = &board_open(argv[0])->seats[0];
    byn_semaphore *semaphore = open_semaphore(argv[0]);

    (void)argc;
    peer_say(self, "ready");
    while (peer_wait(self, "release")) {
        seat_wait(s);
        seat_return(s, byn_semaphore_release(semaphore, 1, NULL));
    }
    byn_semaphore_close(semaphore);
    return 0;
}

/* ---- In the case */

static byn_semaphore_info look(const subject *s)
{
    byn_semaphore_info info = {.struct_size = sizeof info};

    CHECK_STATUS(byn_semaphore_holders(s->semaphore, &info), BYN_OK);
    CHECK(info.value + info.held <= info.maximum);
    return info;
}

static uint32_t value(const subject *s)
{
    uint32_t v = 0;

    CHECK_STATUS(byn_semaphore_value(s->semaphore, &v), BYN_OK);
    return v;
}

/* So that the next victim finds a dead holder; or the guard of one that died in it. */
static void leave_dead(subject *s, const char *name)
{
    if (s->swept) {
        peer *p = peer_start(PEER_PROCESS, "holder", name, NULL);

        peer_expect(p, "holds");
        peer_kill(p);
    }
    if (s->wrecked)
        REQUIRE(
            peer_crashed(peer_start_crashing("undo.committed", 2, "dies_releasing", name, NULL)));
}

static void begin_round(subject *s)
{
    unsigned i;

    s->added = 0;
    apr_atomic_inc32(&s->b->word[ROUND]);
    for (i = 0; i < s->count; i++) {
        s->b->seats[i].state = SEAT_IDLE;
        peer_tell(s->sleepers[i], "sleep");
    }
    leave_dead(s, byn_semaphore_name(s->semaphore));
}

/* Lets the dead be found; there is always too little, since the case holds some. */
static void sweep_the_dead(const subject *s)
{
    byn_semaphore_info info = look(s);

    CHECK_STATUS(byn_semaphore_acquire(s->semaphore, info.maximum, BYN_NOW), BYN_E_TIMEDOUT);
}

/* What the case has to hold so that so many are free. */
static void set_free(subject *s, unsigned wanted)
{
    uint32_t v = value(s);

    if (s->alone)
        return;
    if (v > 0)
        CHECK(byn_semaphore_acquire(s->semaphore, v, BYN_NOW) >= 0);
    if (wanted > 0)
        CHECK_STATUS(byn_semaphore_release(s->semaphore, wanted, NULL), BYN_OK);
    CHECK_INT(value(s), wanted);
}

static void wake_all(subject *s)
{
    apr_uint32_t began = board_ms();
    unsigned i;

    while (board_look(s->b, s->count).returned < s->count) {
        if (value(s) < s->wanted)
            CHECK_STATUS(byn_semaphore_release(s->semaphore, s->wanted, NULL), BYN_OK);
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
    for (i = 0; i < s->count; i++) {
        peer_tell(s->sleepers[i], "release");
        peer_expect(s->sleepers[i], "released");
    }
}

static unsigned free_at_first(const subject *s)
{
    return s->start + s->held + s->wrecked; /* the one that dies in the guard begins with one */
}

static void restore(subject *s)
{
    byn_semaphore_info info;
    unsigned i;

    wake_all(s);
    (void)look(s);
    set_free(s, free_at_first(s) + s->holder_count);
    info = look(s);
    /* Those whose permits were released have none: they are not among the holders. */
    for (i = 0; i < s->holder_count; i++) {
        if (info.holders >= 1 + s->holder_count)
            continue;
        peer_tell(s->holders[i], "hold");
        peer_expect(s->holders[i], "holds");
    }
    set_free(s, free_at_first(s));
    info = look(s);
    CHECK_INT(info.abandoned, 0);
    CHECK_INT(info.holders, 1 + s->holder_count);
    s->total = info.value + info.held;
}

static board_view settled(subject *s)
{
    board_view view = {0, 0, 0, 0};

    REQUIRE(board_settle(s->b, s->count, &view));
    return view;
}

/* Also when looked at twice: one that has just found what a dead process held is about to take it. */
static bool sleeps_in_vain(const subject *s, board_view *view)
{
    int i;

    for (i = 0; i < 2; i++) {
        REQUIRE(board_settle(s->b, s->count, view));
        if (view->asleep == 0 || value(s) < s->wanted)
            return false;
    }
    return true;
}

/* Lost only if their heartbeat does not help either; on Linux it must not be needed. */
static void nobody_sleeps_in_vain(subject *s, board_view *view)
{
    apr_uint32_t began = board_ms();

    if (!sleeps_in_vain(s, view))
        return;
    s->late += !board_sees_sleep();
    while (!board_sees_sleep() && sleeps_in_vain(s, view) && board_ms() - began < LATE)
        continue;
    if (sleeps_in_vain(s, view)) {
        s->lost++;
        FAIL("%u permits, and %u of %u sleep on", value(s), view->asleep, s->count);
    }
}

/* Whoever commits has woken those who must wake, and needs no heir for it. */
static void changed(subject *s, int free)
{
    unsigned fitting = s->wanted > 0 ? (unsigned)free / s->wanted : 0;

    s->rounds_after++;
    if (fitting > s->count)
        fitting = s->count;
    /* If nothing is left with the victim, a sleeper that has just found it dead looks the same. */
    if (s->woken >= fitting || !board_sees_sleep() || (int)s->held + s->takes == 0)
        return;
    s->lost++;
    FAIL("%d free, and only %u of %u got through before anybody looked", free, s->woken, s->count);
}

/* In full or not at all. */
static void count_round(subject *s, int free, int held)
{
    int free_before = (int)(s->start + s->added), held_before = (int)s->held;

    if (free == free_before && held == held_before)
        s->rounds_before++;
    else if (free == free_before + s->delta && held == held_before + s->takes)
        changed(s, free);
    else if (s->count > 0 && held == 0 && free == free_before + held_before)
        s->rounds_before++; /* a sleeper has found it dead already */
    else if (s->count > 0 && held == 0 && free == free_before + held_before + s->delta + s->takes)
        s->rounds_after++;
    else
        FAIL("%d free and %d the victim's: there should be %d and %d, or %d and %d", free, held,
             free_before, held_before, free_before + s->delta, held_before + s->takes);
}

static void permits_are_conserved(void *context, long k)
{
    subject *s = context;
    byn_semaphore_info info, swept;
    board_view view;
    unsigned slept, living, own = s->total - free_at_first(s) - s->holder_count - s->added;
    bool gone;

    (void)k;
    s->woken = settled(s).returned;
    do {
        nobody_sleeps_in_vain(s, &view);
        info = look(s);
    } while (board_look(s->b, s->count).returned != view.returned);
    CHECK_INT(view.failed, 0);
    slept = view.returned * s->wanted;
    gone = s->from_others && info.value + slept >= s->start + 4;
    living = own + slept + (gone ? 0 : s->holder_count);
    count_round(s, (int)(info.value + slept), (int)info.held - (int)living);

    sweep_the_dead(s);
    nobody_sleeps_in_vain(s, &view);
    swept = look(s);
    living += view.returned * s->wanted - slept;
    CHECK_INT(swept.held, living);
    CHECK_INT(swept.value + swept.held, info.value + info.held);
    if (s->count == 0)
        CHECK_INT(swept.abandoned, info.abandoned + (info.held - living));
    restore(s);
    begin_round(s);
}

/* Nobody has any but the dead: all come back, and all are told of. */
static void all_come_back(subject *s, uint32_t abandoned)
{
    byn_semaphore_info info;
    uint32_t all = s->total + s->added;

    if (s->swept)
        CHECK_STATUS(byn_semaphore_acquire(s->semaphore, 1, BYN_NOW), BYN_ABANDONED);
    else
        sweep_the_dead(s);
    info = look(s);
    CHECK_INT(info.value + info.held, all);
    CHECK_INT(info.abandoned, abandoned);
    if (info.value > 0)
        CHECK(byn_semaphore_acquire(s->semaphore, info.value, BYN_NOW) >= 0);
    CHECK_STATUS(byn_semaphore_release(s->semaphore, all, NULL), BYN_OK);
    info = look(s);
    CHECK_INT(info.value, all);
    CHECK_INT(info.held + info.holders + info.abandoned, 0);
    s->total = all;
    s->b->word[HELD] = s->swept ? 0 : all;
    begin_round(s);
}

static void waiter_has_it_or_not(void *context, long k)
{
    subject *s = context;
    byn_semaphore_info info = look(s);

    (void)k;
    CHECK_INT(info.value + info.held, s->total + s->added);
    if (info.value == s->added)
        s->rounds_before++;
    else if (info.value == 0)
        s->rounds_after++;
    else
        FAIL("%u are free: there should be %u or none", info.value, s->added);
    all_come_back(s, info.held);
}

/* The dead one's or the victim's: it is there, and comes back once. */
static void one_comes_back(void *context, long k)
{
    subject *s = context;
    byn_semaphore_info info = look(s);

    (void)k;
    CHECK_INT(info.value + info.held, 1);
    CHECK_INT(info.abandoned, info.value);
    s->rounds_before += info.value == 0;
    s->rounds_after += info.value == 1;
    all_come_back(s, 0);
}

/* One that gave 4 and died is succeeded by one that takes 1 and dies. */
static void repaired_in_full(void *context, long k)
{
    subject *s = context;
    byn_semaphore_info info = look(s);

    (void)k;
    CHECK_INT(info.value + info.held, s->total); /* 1 of its own, 3 of the case's */
    if (info.value == s->start + 4)
        s->rounds_before++;
    else if (info.value == s->start + 3)
        s->rounds_after++;
    else
        FAIL("%u are free", info.value);
    sweep_the_dead(s);
    info = look(s);
    CHECK_INT(info.value, s->start + 4);
    CHECK_INT(info.holders, 1);
    restore(s);
    begin_round(s);
}

static void let_it_in(void *context, long k)
{
    subject *s = context;

    (void)k;
    s->added = s->alone ? (unsigned)s->takes : 1;
    CHECK_STATUS(byn_semaphore_release(s->semaphore, s->added, NULL), BYN_OK);
}

static void begin(subject *s, const char *name, uint32_t maximum)
{
    uint32_t initial = s->alone ? s->held + s->swept : TOTAL;
    unsigned i;

    s->b = board_begin(name, 100);
    s->b->word[SLEEPERS] = s->count;
    s->b->word[WANTED] = s->wanted;
    s->b->word[HELD] = s->held;
    REQUIRE_STATUS(byn_semaphore_open(&s->semaphore, name,
                                      &BYN_OPTIONS(byn_semaphore_options, .initial = initial,
                                                   .maximum = maximum, .undo = true)),
                   BYN_CREATED);
    sleepers_start(s->sleepers, s->count, name);
    for (i = 0; i < s->holder_count; i++) {
        s->holders[i] = peer_start(PEER_PROCESS, "holder", name, NULL);
        peer_expect(s->holders[i], "holds");
    }
    set_free(s, free_at_first(s));
    s->total = initial;
    begin_round(s);
}

static void end(subject *s, const char *name, step_report report)
{
    unsigned i;

    printf(
        "     %u free, %u held, %u sleepers for %u: %u as before, %u as after, %u late, %u lost\n",
        s->start, s->held, s->count, s->wanted, s->rounds_before, s->rounds_after, s->late,
        s->lost);
    sleepers_kill(s->sleepers, s->count);
    for (i = 0; i < s->holder_count; i++)
        peer_kill(s->holders[i]);
    if (s->releaser != NULL)
        peer_kill(s->releaser);
    byn_semaphore_close(s->semaphore);
    board_destroy(name);
    step_check(report);
    /* What an acquirer took may have been found by a sleeper already, and is as before then. */
    CHECK(step_is_sampled() || s->rounds_after > 0 || s->count > 0 ||
          (s->delta == 0 && s->takes == 0));
}

static const step_operation acquiring = {"undo.acquire", prepare, acquire_1, NULL};
static const step_operation acquiring_3 = {"undo.acquire.3", prepare, acquire_3, NULL};
static const step_operation waiting = {"undo.acquire.sleeps", prepare, acquire_1, let_it_in};
static const step_operation waiting_3 = {"undo.acquire.3.sleeps", prepare, acquire_3, let_it_in};
static const step_operation failing = {"undo.acquire.in_vain", prepare, acquire_in_vain, NULL};
static const step_operation releasing = {"undo.release", prepare, release_1, NULL};
static const step_operation releasing_2 = {"undo.release.2", prepare, release_2, NULL};
static const step_operation releasing_4 = {"undo.release.4", prepare, release_4, NULL};
static const step_operation putting_back = {"undo.put_back", prepare, put_2_back, NULL};
static const step_operation closing = {"undo.close", prepare, close_it, NULL};

static const step_operation *const marked[] = {
    &acquiring, &acquiring_3, &releasing, &releasing_2, &releasing_4, &putting_back, &closing};

/* A victim without steps, that dies at a marked point. */
static int operates(peer_self *self, int argc, char **argv)
{
    size_t i;

    (void)self;
    (void)argc;
    for (i = 0; i < sizeof marked / sizeof marked[0]; i++)
        if (strcmp(marked[i]->name, argv[1]) == 0)
            marked[i]->operate(marked[i]->prepare(argv[0]));
    return 1;
}

/* Also where instructions are counted out with a stride. `passes`: changes that the operation makes. */
static void kill_at_marked_points(const step_operation *operation, subject *s, const char *name,
                                  int passes, void (*verify)(void *context, long k))
{
    static const char *const points[] = {"undo.noted", "undo.woken", "undo.committed",
                                         "undo.numbered", "undo.done"};
    size_t i;
    int n, first = s->held > 0 ? 2 : 1; /* what it holds it has acquired */

    for (i = 0; i < sizeof points / sizeof points[0]; i++) {
        for (n = first; n < first + passes; n++) {
            peer *p = peer_start_crashing(points[i], n, "operates", name, operation->name, NULL);

            REQUIRE(peer_crashed(p));
            verify(s, n);
        }
    }
}

/* Where each victim needs another process that has died before it, a stride that is a prime and differs from
 * run to run. */
static long stride(const subject *s)
{
    static const long primes[] = {5, 7, 11};
    const char *given = getenv("BYNAME_CRASH_STRIDE");

    if (given != NULL && atol(given) > 0)
        return atol(given);
    if (test_on_windows() || !(s->swept || s->wrecked))
        return board_stride((s->count + s->holder_count + s->swept > 0 ? 9 : 3) * EXPENSIVE);
    return primes[board_ms() / 7 % (sizeof primes / sizeof primes[0])];
}

static void sweep_with(const step_operation *operation, subject s, uint32_t maximum,
                       void (*verify)(void *context, long k))
{
    const char *name = fresh_name();
    step_report report;

    begin(&s, name, maximum);
    report = step_sweep(operation, name, verify, &s, stride(&s));
    if (operation->on_block == NULL)
        kill_at_marked_points(operation, &s, name, s.swept ? 2 : 1, verify);
    end(&s, name, report);
}

static void sweep(const step_operation *operation, subject s)
{
    sweep_with(operation, s, TOTAL, permits_are_conserved);
}

/* ---- Acquire */

static void acquire(void)
{
    sweep(&acquiring, (subject){.start = 3, .delta = -1, .takes = 1});
}

static void acquire_more(void)
{
    sweep(&acquiring_3, (subject){.start = 5, .held = 2, .delta = -3, .takes = 3});
}

static void acquire_beside_1_who_wants_4(void)
{
    sweep(&acquiring, (subject){.start = 3, .count = 1, .wanted = 4, .delta = -1, .takes = 1});
}

static void acquire_that_sleeps(void)
{
    sweep_with(&waiting, (subject){.alone = true, .held = 2, .takes = 1}, 0, waiter_has_it_or_not);
}

static void acquire_several_that_sleeps(void)
{
    sweep_with(&waiting_3, (subject){.alone = true, .held = 2, .takes = 3}, 0,
               waiter_has_it_or_not);
}

/* Who finds too few asks the system whether others live: thousands of instructions of the C library. */
static void acquire_in_vain_beside_a_holder(void)
{
    const char *name = fresh_name();
    subject s = {.start = 0, .holder_count = 1};
    step_report report;

    begin(&s, name, TOTAL);
    report = board_sweep_calls(&failing, name, permits_are_conserved, &s);
    printf("     %ld kills before and after system calls\n", report.kills);
    if (report.instructions == 0)
        report = step_sweep(&failing, name, permits_are_conserved, &s, 9 * EXPENSIVE);
    end(&s, name, report);
}

static void acquire_what_a_dead_holder_has(void)
{
    sweep_with(&acquiring, (subject){.alone = true, .swept = true, .takes = 1}, 1, one_comes_back);
}

static void acquire_as_heir_of_a_dead_releaser(void)
{
    sweep_with(&acquiring, (subject){.start = 1, .wrecked = true, .takes = 1}, TOTAL,
               repaired_in_full);
}

/* ---- Release */

static void release_own(void)
{
    sweep(&releasing_2, (subject){.start = 1, .held = 3, .delta = 2, .takes = -2});
}

static void release_all_own(void)
{
    sweep(&releasing_2, (subject){.start = 0, .held = 2, .delta = 2, .takes = -2});
}

static void release_own_with_1(void)
{
    sweep(&releasing,
          (subject){.start = 0, .held = 2, .count = 1, .wanted = 1, .delta = 1, .takes = -1});
}

static void release_own_with_4(void)
{
    sweep(&releasing_4,
          (subject){.start = 0, .held = 5, .count = 4, .wanted = 1, .delta = 4, .takes = -4});
}

static void release_own_with_2_who_want_2(void)
{
    sweep(&releasing_4,
          (subject){.start = 1, .held = 5, .count = 2, .wanted = 2, .delta = 4, .takes = -4});
}

/* The maximum is reached: what 2 others hold is released, and 2 of the victim's own. */
static void release_own_and_others(void)
{
    sweep(&releasing_4, (subject){.start = 1,
                                  .held = 2,
                                  .holder_count = HOLDERS,
                                  .from_others = true,
                                  .delta = 4,
                                  .takes = -2});
}

/* What one that died had noted about others must not be carried out with the plan of the next. */
static void plan_of_one_that_died_is_forgotten(void)
{
    const char *name = fresh_name();
    subject s = {.start = 2, .holder_count = HOLDERS, .delta = -1, .takes = 1};
    byn_semaphore_info info;

    begin(&s, name, TOTAL);
    REQUIRE(peer_crashed(
        peer_start_crashing("undo.noted", 1, "operates", name, releasing_4.name, NULL)));
    REQUIRE(peer_crashed(
        peer_start_crashing("undo.committed", 1, "operates", name, acquiring.name, NULL)));
    info = look(&s);
    CHECK_INT(info.value, 1);
    CHECK_INT(info.value + info.held, TOTAL);
    CHECK_INT(info.holders, HOLDERS + 2);
    permits_are_conserved(&s, 0);
    end(&s, name, (step_report){.instructions = 2});
}

static void release_new(void)
{
    sweep_with(&releasing_4, (subject){.start = 1, .delta = 4}, 0, permits_are_conserved);
}

static void release_own_and_new_with_2(void)
{
    sweep_with(&releasing_4,
               (subject){.start = 0, .held = 1, .count = 2, .wanted = 1, .delta = 4, .takes = -1},
               0, permits_are_conserved);
}

static void put_back(void)
{
    sweep(&putting_back, (subject){.start = 1, .held = 3, .delta = 2, .takes = -2});
}

static void close_while_holding(void)
{
    sweep(&closing, (subject){.start = 1, .held = 2, .delta = 2, .takes = -2});
}

static void close_while_holding_with_2(void)
{
    sweep(&closing,
          (subject){.start = 0, .held = 2, .count = 2, .wanted = 1, .delta = 2, .takes = -2});
}

/* ---- Races */

static void sleepers_arrive(void *context, long k)
{
    subject *s = context;
    board_view view;

    (void)k;
    s->released = true;
    s->b->word[ROUND] = s->b->word[READY];
    peer_tell(s->sleepers[0], "sleep");
    peer_tell(s->sleepers[1], "sleep");
    REQUIRE(board_settle(s->b, s->count, &view));
}

static void nobody_is_forgotten(void *context, long k)
{
    subject *s = context;
    board_view view;
    unsigned i;

    if (!s->released)
        sleepers_arrive(context, k);
    s->released = false;
    REQUIRE(board_settle(s->b, s->count, &view));
    s->lost += view.returned < s->count;
    CHECK_INT(view.returned, s->count);
    CHECK_INT(value(s) + view.returned, 4);
    wake_all(s);
    for (i = 0; i < s->count; i++)
        s->b->seats[i].state = SEAT_IDLE;
    sweep_the_dead(s);
    set_free(s, 4);
    s->rounds_after++;
}

static void release_while_2_arrive(void)
{
    const char *name = fresh_name();
    subject s = {.start = 0, .held = 4, .wanted = 1};

    board_need_races();
    begin(&s, name, TOTAL);
    for (; s.count < 2; s.count++) {
        s.sleepers[s.count] =
            peer_start(PEER_PROCESS, "sleeper", name, s.count == 0 ? "0" : "1", NULL);
        peer_expect(s.sleepers[s.count], "ready");
    }
    s.b->word[SLEEPERS] = 0;
    end(&s, name, step_switch(&releasing_4, name, sleepers_arrive, nobody_is_forgotten, &s, 1));
}

/* It may have to wait for the victim's guard. */
static void release_arrives(void *context, long k)
{
    subject *s = context;
    board_view view;

    (void)k;
    if (s->released)
        return;
    s->released = true;
    s->b->seats[0].state = SEAT_IDLE;
    peer_tell(s->releaser, "release");
    REQUIRE(board_settle(s->b, 1, &view));
}

/* It has come to its end, and died as the holder. */
static void victim_has_had_it(void *context, long k)
{
    subject *s = context;
    byn_semaphore_info info;
    board_view view;

    release_arrives(context, k);
    s->released = false;
    REQUIRE(board_settle(s->b, 1, &view));
    CHECK_INT(view.returned, 1);
    info = look(s);
    CHECK_INT(info.value, 0);
    s->added = 1;
    s->rounds_after++;
    all_come_back(s, info.held);
}

static const step_operation racing = {"undo.acquire.race", prepare, acquire_1, release_arrives};

static void acquire_while_it_is_released(void)
{
    const char *name = fresh_name();
    subject s = {.alone = true, .held = 2, .takes = 1};

    board_need_races();
    begin(&s, name, 0);
    s.releaser = peer_start(PEER_PROCESS, "releaser", name, NULL);
    peer_expect(s.releaser, "ready");
    end(&s, name, step_switch(&racing, name, release_arrives, victim_has_had_it, &s, 1));
}

static const test_case waits[] = {
    TEST(acquire_that_sleeps),
    TEST(acquire_several_that_sleeps),
    TEST(acquire_in_vain_beside_a_holder),
    TEST(acquire_while_it_is_released),
    TEST_END,
};

static const test_case deaths[] = {
    TEST(acquire_what_a_dead_holder_has),     TEST(acquire_as_heir_of_a_dead_releaser),
    TEST(plan_of_one_that_died_is_forgotten), TEST(close_while_holding),
    TEST(close_while_holding_with_2),         TEST_END,
};

static const test_case others[] = {
    TEST(acquire),
    TEST(acquire_more),
    TEST(acquire_beside_1_who_wants_4),
    TEST(release_own),
    TEST(release_all_own),
    TEST(release_own_with_1),
    TEST(release_own_with_4),
    TEST(release_own_with_2_who_want_2),
    TEST(release_own_and_others),
    TEST(release_new),
    TEST(release_own_and_new_with_2),
    TEST(put_back),
    TEST(release_while_2_arrive),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(sleeper),   PEER(holder),      PEER(dies_releasing), PEER(releaser),     PEER(operates),
    STEP(acquiring), STEP(acquiring_3), STEP(waiting),        STEP(waiting_3),    STEP(failing),
    STEP(releasing), STEP(releasing_2), STEP(releasing_4),    STEP(putting_back), STEP(closing),
    STEP(racing),    PEER_END,
};

int main(int argc, char **argv)
{
    /* One source, three programs: one would take too long for a test. */
    return test_main(argc, argv, CRASH_NAME,
                     CRASH_WAITS    ? waits
                     : CRASH_DEATHS ? deaths
                                    : others,
                     peers);
}
