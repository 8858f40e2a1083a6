/*
 * A process is killed at every instruction of beginning to wait, waiting and ceasing to wait. What it leaves in the
 * tables of who waits is told as dead or not at all, and gives its room to others; the living keep theirs; and
 * nobody is told of a circle once one of it is dead.
 */
#include "board.h"

#include "kernel.h"
#include "object.h"
#include "waiters.h"

#include <stdio.h>
#include <string.h>

enum { LATE = 20000, EXPENSIVE = 53, CHEAP = 7, MOST = 2 };
enum { VICTIM, CEASED }; /* words */
enum { NOBODYS = 0x7ffffff0 /* no system has so many processes */ };

/* What there is to wait for; the victim holds `own`, the case `wanted`. */
typedef struct things {
    byn_mutex *own, *wanted;
    byn_event *event;
    byn_semaphore *semaphore;
    byn_queue *queue;
} things;

typedef struct subject {
    const char *name;
    board *b;
    things t;
    void *objects[MOST]; /* that the victim waits for */
    unsigned count;
    byni_waiter *living[MOST], *for_own; /* the case's, in each of the tables */
    uint64_t since;
    void (*let_in)(struct subject *s);
    void (*recover)(struct subject *s);
    bool circle; /* there is one while the victim waits */
    bool held;   /* `wanted`, by the case */
    unsigned told_dead, seen;
} subject;

/* ---- In the victim too */

static const char *called(char name[300], const char *base, const char *which)
{
    (void)snprintf(name, 300, "%s.%s", base, which);
    return name;
}

static void open_things(things *t, const char *base)
{
    char name[300];

    REQUIRE(byn_mutex_open(&t->own, called(name, base, "own"), NULL) >= 0);
    REQUIRE(byn_mutex_open(&t->wanted, called(name, base, "wanted"), NULL) >= 0);
    REQUIRE(byn_event_open(&t->event, called(name, base, "event"), NULL) >= 0);
    REQUIRE(byn_semaphore_open(&t->semaphore, called(name, base, "semaphore"), NULL) >= 0);
    REQUIRE(byn_queue_open(&t->queue, called(name, base, "queue"),
                           &BYN_OPTIONS(byn_queue_options, .capacity = 4096, .largest = 64)) >= 0);
}

static byni_waiters *table_of(void *object)
{
    return byni_waiters_of(((const byni_object *)object)->header);
}

static uint64_t long_ago(void)
{
    return bynk_clock() - UINT64_C(10000000000);
}

/* ---- In the victim */

static struct {
    board *b;
    things t;
    byni_waiters *table;
} self;

static void *prepare(const char *name)
{
    byni_wait unused;

    self.b = board_open(name);
    self.b->word[VICTIM] = board_pid();
    self.b->word[CEASED] = 0;
    open_things(&self.t, name);
    board_warm_up();
    byni_wait_own(&unused);
    self.table = table_of(self.t.event);
    return &self.t;
}

static void *prepare_holding(const char *name)
{
    things *t = prepare(name);

    REQUIRE_STATUS(byn_mutex_lock(t->own, LATE), BYN_OK);
    return t;
}

static void write_down(void *prepared)
{
    uint64_t began = 0;
    byni_waiter *entry = byni_waiting_begin(self.table, &began, BYNI_WANTS_TO_READ);

    (void)prepared;
    CHECK(entry != NULL);
    byni_waiting_end(entry);
    self.b->word[CEASED] = 1;
}

static void take_over(void *prepared)
{
    uint64_t began = long_ago();
    byni_waiter *entry = byni_waiting_begin(self.table, &began, 0);

    (void)prepared;
    CHECK(entry != NULL);
    byni_waiting_end(entry);
    self.b->word[CEASED] = 1;
}

static void lock_and_unlock(void *prepared)
{
    things *t = prepared;

    CHECK_STATUS(byn_mutex_lock(t->wanted, LATE), BYN_OK);
    self.b->word[CEASED] = 1;
    CHECK_STATUS(byn_mutex_unlock(t->wanted), BYN_OK);
}

static void wait_for_event(void *prepared)
{
    CHECK_STATUS(byn_event_wait(((things *)prepared)->event, LATE), BYN_OK);
    self.b->word[CEASED] = 1;
}

static void get_message(void *prepared)
{
    char byte;
    size_t size = 1;

    CHECK_STATUS(byn_queue_get(((things *)prepared)->queue, &byte, &size, LATE), BYN_OK);
    self.b->word[CEASED] = 1;
}

static void wait_for_any(void *prepared)
{
    things *t = prepared;
    void *either[] = {t->semaphore, t->event};

    CHECK_STATUS(byn_wait_any(either, 2, LATE, NULL), BYN_OK);
    self.b->word[CEASED] = 1;
}

/* ---- In the case: what is told */

typedef struct told {
    const subject *s;
    unsigned living, victim, victim_dead, others;
} told;

static bool see_wait(const byn_party *party, void *context)
{
    told *t = context;

    if (party->role != BYN_ROLE_WAITS)
        return true;
    if (party->pid == board_pid()) {
        t->living++;
        CHECK(!party->dead);
    } else if (party->pid == t->s->b->word[VICTIM]) {
        t->victim++;
        t->victim_dead += party->dead;
    } else {
        t->others++;
        CHECK(party->dead);
    }
    return true;
}

static told look_at(const subject *s, unsigned i)
{
    told t = {.s = s};

    CHECK_STATUS(byn_parties_visit(((const byni_object *)s->objects[i])->name.full, see_wait, &t),
                 BYN_OK);
    CHECK_INT(t.living, 1);
    CHECK(t.victim <= 1);
    return t;
}

static bool see_circle(const byn_circle *circle, void *context)
{
    told *t = context;

    if (strstr(circle->text, t->s->name) != NULL) {
        t->others++;
        CHECK(circle->certain);
        CHECK_INT(circle->count, 2);
    }
    return true;
}

static unsigned circles(const subject *s)
{
    told t = {.s = s};

    CHECK_STATUS(byn_circles_visit(see_circle, &t), BYN_OK);
    return t.others;
}

/* ---- In the case: what the table holds */

static void keeps_its_record(const subject *s, const byni_waiter *entry)
{
    byni_wait wait, own;

    byni_wait_own(&own);
    CHECK(byni_waiter_read(entry, &wait));
    CHECK_INT(wait.pid, own.pid);
    CHECK_INT(wait.thread, own.thread);
    CHECK(wait.started == own.started);
    CHECK(wait.since == s->since);
    CHECK(byni_wait_alive(&wait));
}

/* All of it but that of the living is to be had, by one whose wait has lasted. */
static void room_is_to_be_had(const subject *s, unsigned i)
{
    byni_waiter *mine[BYNI_WAITERS];
    unsigned count = 0, k;

    while (count < BYNI_WAITERS) {
        uint64_t began = long_ago();

        mine[count] = byni_waiting_begin(table_of(s->objects[i]), &began, 0);
        if (mine[count] == NULL)
            break;
        CHECK(mine[count] != s->living[i]);
        count++;
    }
    CHECK_INT(count, BYNI_WAITERS - 1);
    for (k = 0; k < count; k++)
        byni_waiting_end(mine[k]);
    keeps_its_record(s, s->living[i]);
}

/* Between two sleeps of one wait it is not written down. */
static told look_at_sleeper(const subject *s, unsigned i)
{
    told t = look_at(s, i);
    unsigned k;

    for (k = 0; k < 200 && t.victim == 0; k++) {
        board_pause();
        t = look_at(s, i);
    }
    return t;
}

static void victim_waits(void *context, long k)
{
    subject *s = context;
    unsigned i;

    (void)k;
    for (i = 0; i < s->count; i++) {
        told t = look_at_sleeper(s, i);

        CHECK_INT(t.victim, 1);
        CHECK_INT(t.victim_dead, 0);
    }
    CHECK_INT(circles(s), s->circle);
    s->seen++;
    if (s->let_in != NULL)
        s->let_in(s);
}

static void tables_are_in_order(void *context, long k)
{
    subject *s = context;
    unsigned i;

    (void)k;
    for (i = 0; i < s->count; i++) {
        told t = look_at(s, i);

        CHECK_INT(t.victim_dead, t.victim);
        if (s->b->word[CEASED] != 0)
            CHECK_INT(t.victim, 0);
        s->told_dead += t.victim;
    }
    CHECK_INT(circles(s), 0);
    for (i = 0; i < s->count; i++)
        room_is_to_be_had(s, i);
    keeps_its_record(s, s->for_own);
    s->recover(s);
}

/* ---- The sweeps */

static void nothing(subject *s)
{
    (void)s;
}

/* All but that of the living is of the dead: some were killed while they wrote it. */
static void fill_with_dead(subject *s)
{
    byni_waiters *table = table_of(s->t.event);
    unsigned i;

    for (i = 0; i < BYNI_WAITERS; i++) {
        byni_waiter *entry = &table->entry[i];

        if (entry == s->living[0])
            continue;
        byni_store64(&entry->started, 1);
        byni_store64(&entry->since, i % 3 != 0);
        byni_store64(&entry->who, (uint64_t)NOBODYS << 32 | NOBODYS);
    }
}

static void unlock_wanted(subject *s)
{
    s->held = false;
    CHECK_STATUS(byn_mutex_unlock(s->t.wanted), BYN_OK);
}

/* The dead one's mutex is inherited, and the case holds again what the next one shall want. */
static void hold_wanted(subject *s)
{
    REQUIRE(byn_mutex_lock(s->t.own, LATE) >= 0);
    CHECK_STATUS(byn_mutex_unlock(s->t.own), BYN_OK);
    if (!s->held)
        REQUIRE(byn_mutex_lock(s->t.wanted, LATE) >= 0);
    s->held = true;
}

static void set_event(subject *s)
{
    CHECK_STATUS(byn_event_set(s->t.event), BYN_OK);
}

static void reset_event(subject *s)
{
    CHECK_STATUS(byn_event_reset(s->t.event), BYN_OK);
}

static void put_message(subject *s)
{
    CHECK_STATUS(byn_queue_put(s->t.queue, "m", 1, LATE), BYN_OK);
}

static void drain(subject *s)
{
    char byte;

    while (byn_queue_get(s->t.queue, &byte, &(size_t){1}, BYN_NOW) >= 0)
        continue;
}

static void begin(subject *s)
{
    if (board_unsupported() != NULL)
        test_skip("%s", board_unsupported());
    memset(s, 0, sizeof *s);
    s->name = fresh_name();
    s->b = board_create(s->name);
    open_things(&s->t, s->name);
    s->recover = nothing;
    s->for_own = byni_waiting_begin(table_of(s->t.own), &s->since, 0);
    REQUIRE(s->for_own != NULL);
}

/* The case's record there is of one that waits for others too: it closes no circle. */
static void waits_for(subject *s, void *object)
{
    s->objects[s->count] = object;
    s->living[s->count] = byni_waiting_begin(table_of(object), &s->since, BYNI_WANTS_ANY);
    REQUIRE(s->living[s->count] != NULL);
    s->count++;
}

static void sweep(subject *s, const step_operation *operation, long expensive)
{
    step_report report;
    unsigned i;

    s->recover(s);
    report = step_sweep(operation, s->name, tables_are_in_order, s, board_stride(expensive));
    printf("     %u told as dead, %u as waiting\n", s->told_dead, s->seen);
    step_check(report);
    CHECK(step_is_sampled() || s->told_dead > 0);
    CHECK(operation->on_block == NULL || s->seen > 0);
    for (i = 0; i < s->count; i++)
        byni_waiting_end(s->living[i]);
    byni_waiting_end(s->for_own);
    if (s->held)
        unlock_wanted(s);
    byn_mutex_close(s->t.own);
    byn_mutex_close(s->t.wanted);
    byn_event_close(s->t.event);
    byn_semaphore_close(s->t.semaphore);
    byn_queue_close(s->t.queue);
    board_destroy(s->name);
}

static const step_operation writing = {"who.write_down", prepare, write_down, NULL};
static const step_operation taking_over = {"who.take_over", prepare, take_over, NULL};
static const step_operation locking = {"who.lock", prepare_holding, lock_and_unlock, victim_waits};
static const step_operation waiting = {"who.event", prepare, wait_for_event, victim_waits};
static const step_operation getting = {"who.queue", prepare, get_message, victim_waits};
static const step_operation choosing = {"who.any", prepare, wait_for_any, victim_waits};

static void record_in_a_free_place(void)
{
    subject s;

    begin(&s);
    waits_for(&s, s.t.event);
    sweep(&s, &writing, CHEAP);
}

static void record_in_the_place_of_a_dead_one(void)
{
    subject s;

    begin(&s);
    waits_for(&s, s.t.event);
    s.recover = fill_with_dead;
    sweep(&s, &taking_over, EXPENSIVE);
}

static void mutex_that_closes_a_circle(void)
{
    subject s;

    begin(&s);
    waits_for(&s, s.t.wanted);
    s.circle = true;
    s.let_in = unlock_wanted;
    s.recover = hold_wanted;
    sweep(&s, &locking, EXPENSIVE);
}

static void event(void)
{
    subject s;

    begin(&s);
    waits_for(&s, s.t.event);
    s.let_in = set_event;
    s.recover = reset_event;
    sweep(&s, &waiting, EXPENSIVE);
}

static void queue(void)
{
    subject s;

    begin(&s);
    waits_for(&s, s.t.queue);
    s.let_in = put_message;
    s.recover = drain;
    sweep(&s, &getting, EXPENSIVE);
}

static void any_of_two(void)
{
    subject s;

    begin(&s);
    waits_for(&s, s.t.semaphore);
    waits_for(&s, s.t.event);
    s.let_in = set_event;
    s.recover = reset_event;
    sweep(&s, &choosing, EXPENSIVE);
}

static const test_case cases[] = {
    TEST(record_in_a_free_place),
    TEST(record_in_the_place_of_a_dead_one),
    TEST(mutex_that_closes_a_circle),
    TEST(event),
    TEST(queue),
    TEST(any_of_two),
    TEST_END,
};

static const peer_entry peers[] = {STEP(writing), STEP(taking_over), STEP(locking), STEP(waiting),
                                   STEP(getting), STEP(choosing),    PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, peers);
}
