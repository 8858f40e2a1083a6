/*
 * Everything at once: processes use objects of all kinds that wait, and are killed at random anywhere.
 * Nobody hangs, nobody is told what cannot be, and each object keeps what it promises:
 *
 *   mutex      two numbers under it are equal, unless a death is told
 *   rwlock     the same, for readers too; nobody beside a writer
 *   semaphore  with undo: permits of the dead come back, and never more than there were
 *   condition  what was put under its mutex can be taken
 *   barrier    it opens, or is broken by a death or a timeout, and can be reset
 *   once       it is done when it answers
 *   wait       any takes one, all takes all
 *
 * and what holds data, in everything_data.c.
 */
#include "everything.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROCESSES = 8, PERMITS = 3 };

void violation(objects *o, const char *what)
{
    fprintf(stderr, "violated: %s\n", what);
    apr_atomic_inc32(&o->b->word[VIOLATIONS]);
}

bool held(objects *o, const char *what, byn_status status)
{
    if (status == BYN_ABANDONED)
        apr_atomic_inc32(&o->b->word[ABANDONED]);
    return herd_expect(o->b, status == BYN_OK || status == BYN_ABANDONED, what, status);
}

bool one_of(objects *o, const char *what, byn_status status, byn_status a, byn_status b)
{
    return herd_expect(o->b, status == BYN_OK || status == a || status == b, what, status);
}

/* Two numbers that are equal but for who is in between. */
static void look(objects *o, unsigned first, byn_status status, const char *what)
{
    if (status == BYN_OK && o->b->word[first] != o->b->word[first + 1])
        violation(o, what);
}

static void change(objects *o, unsigned first)
{
    apr_uint32_t next = o->b->word[first] + 1;

    o->b->word[first] = next;
    if (herd_random(&o->random, 32) == 0)
        board_pause();
    o->b->word[first + 1] = next;
}

/* ---- What a member does -------------------------------------------------------------------------- */

static void use_mutex(objects *o)
{
    byn_status status = byn_mutex_lock(o->mutex, HERD_LATE);

    if (!held(o, "mutex_lock", status))
        return;
    look(o, PAIR_A, status, "a mutex guards a pair");
    change(o, PAIR_A);
    herd_must(o->b, "mutex_unlock", byn_mutex_unlock(o->mutex));
}

static void read_sheet(objects *o)
{
    byn_status status = byn_rwlock_lock_shared(o->sheet, HERD_LATE);

    if (!held(o, "rwlock_lock_shared", status))
        return;
    look(o, SHEET_A, status, "readers see whole sheets");
    herd_must(o->b, "rwlock_unlock", byn_rwlock_unlock(o->sheet));
}

static void write_sheet(objects *o)
{
    byn_status status = byn_rwlock_lock(o->sheet, HERD_LATE);

    if (!held(o, "rwlock_lock", status))
        return;
    look(o, SHEET_A, status, "writers find whole sheets");
    change(o, SHEET_A);
    herd_must(o->b, "rwlock_unlock", byn_rwlock_unlock(o->sheet));
}

static void use_permit(objects *o)
{
    uint32_t value = 0;

    if (!held(o, "semaphore_acquire", byn_semaphore_acquire(o->permits, 1, HERD_LATE)))
        return;
    herd_must(o->b, "semaphore_value", byn_semaphore_value(o->permits, &value));
    if (value >= PERMITS) /* one is held */
        violation(o, "no more permits than there are");
    herd_must(o->b, "semaphore_release", byn_semaphore_release(o->permits, 1, NULL));
}

static bool there_is_one(void *context)
{
    const objects *o = context;

    return o->b->word[ITEMS] > 0;
}

static void put_item(objects *o)
{
    if (!held(o, "mutex_lock", byn_mutex_lock(o->items, HERD_LATE)))
        return;
    o->b->word[ITEMS]++;
    herd_must(o->b, "condition_notify", byn_condition_notify(o->some, 1));
    herd_must(o->b, "mutex_unlock", byn_mutex_unlock(o->items));
}

static void get_item(objects *o)
{
    byn_status status = byn_mutex_lock(o->items, HERD_LATE);

    if (!held(o, "mutex_lock", status))
        return;
    status = byn_condition_wait_for(o->some, o->items, there_is_one, o, 20);
    if (one_of(o, "condition_wait_for", status, BYN_ABANDONED, BYN_E_TIMEDOUT) &&
        o->b->word[ITEMS] > 0)
        o->b->word[ITEMS]--;
    herd_must(o->b, "mutex_unlock", byn_mutex_unlock(o->items));
}

static void meet(objects *o)
{
    uint32_t index = 99;
    byn_status status = byn_barrier_wait(o->barrier, 15, &index);

    if (status == BYN_OK || status == BYN_SERIAL) {
        if (index > 1)
            violation(o, "an index of a barrier");
        apr_atomic_inc32(&o->b->word[ROUNDS]);
        return;
    }
    (void)one_of(o, "barrier_wait", status, BYN_E_TIMEDOUT, BYN_E_BROKEN);
    herd_must(o->b, "barrier_reset", byn_barrier_reset(o->barrier));
}

static void do_it(void *context)
{
    objects *o = context;

    apr_atomic_inc32(&o->b->word[DONE_COUNT]);
}

/* A new one for every some calls; each is done when it answers. */
static void do_once(objects *o)
{
    unsigned number = apr_atomic_inc32(&o->b->word[ONCE_NUMBER]) / PROCESSES;
    char name[300];
    byn_once *once;
    byn_status status;

    (void)snprintf(name, sizeof name, "%s.once.%u", o->name, number);
    status = byn_once_open(&once, name, NULL);
    if (!herd_expect(o->b, status >= 0, "once_open", status))
        return;
    (void)held(o, "once_run", byn_once_run(once, do_it, o, HERD_LATE));
    if (!byn_once_is_done(once))
        violation(o, "a once that answers is done");
    byn_once_close(once);
}

static void take_any(objects *o)
{
    void *list[] = {o->event, o->permits, o->mutex};
    size_t index = 99;
    byn_status status;

    herd_must(o->b, "event_set", byn_event_set(o->event));
    status = byn_wait_any(list, 3, HERD_LATE, &index);
    if (!held(o, "wait_any", status))
        return;
    if (index == 1)
        herd_must(o->b, "semaphore_release", byn_semaphore_release(o->permits, 1, NULL));
    if (index == 2) {
        look(o, PAIR_A, status, "a mutex guards a pair");
        change(o, PAIR_A);
        herd_must(o->b, "mutex_unlock", byn_mutex_unlock(o->mutex));
    }
}

/* An event and a plain permit may be missing: it must give up then, with nothing taken. */
static void take_all(objects *o)
{
    void *list[] = {o->mutex, o->permits, o->plain, o->event};
    byn_status status = byn_wait_all(list, 4, 5);

    if (!one_of(o, "wait_all", status, BYN_ABANDONED, BYN_E_TIMEDOUT) || status < 0)
        return;
    change(o, PAIR_A);
    herd_must(o->b, "mutex_unlock", byn_mutex_unlock(o->mutex));
    herd_must(o->b, "semaphore_release", byn_semaphore_release(o->permits, 1, NULL));
    (void)byn_semaphore_release(o->plain, 1, NULL);
}

/* A plain permit dies with its holder: made anew now and then. */
static void make_permit(objects *o)
{
    byn_status status = byn_semaphore_release(o->plain, 1, NULL);

    (void)one_of(o, "semaphore_release", status, BYN_E_LIMIT, BYN_E_LIMIT);
}

static const deed deeds[] = {
    use_mutex, read_sheet, read_sheet, write_sheet, use_permit, put_item,
    get_item,  meet,       do_once,    take_any,    take_all,   make_permit,
};

enum { DEEDS = sizeof deeds / sizeof deeds[0] };

/* ---- A member ------------------------------------------------------------------------------------ */

const char *called(char name[300], const char *base, const char *what)
{
    (void)snprintf(name, 300, "%s.%s", base, what);
    return name;
}

static void open_locks(objects *o)
{
    char name[300];

    REQUIRE(byn_mutex_open(&o->mutex, called(name, o->name, "mutex"), NULL) >= 0);
    REQUIRE(byn_mutex_open(&o->items, called(name, o->name, "items"), NULL) >= 0);
    REQUIRE(byn_rwlock_open(&o->sheet, called(name, o->name, "sheet"), NULL) >= 0);
    REQUIRE(byn_semaphore_open(&o->permits, called(name, o->name, "permits"),
                               &BYN_OPTIONS(byn_semaphore_options, .initial = PERMITS,
                                            .maximum = PERMITS, .undo = true)) >= 0);
    REQUIRE(byn_semaphore_open(&o->plain, called(name, o->name, "plain"),
                               &BYN_OPTIONS(byn_semaphore_options, .maximum = 2)) >= 0);
}

static void open_signals(objects *o)
{
    char name[300];

    REQUIRE(byn_condition_open(&o->some, called(name, o->name, "some"), NULL) >= 0);
    REQUIRE(byn_barrier_open(&o->barrier, called(name, o->name, "barrier"),
                             &BYN_OPTIONS(byn_barrier_options, .parties = 2)) >= 0);
    REQUIRE(byn_event_open(&o->event, called(name, o->name, "event"), NULL) >= 0);
}

static void close_all(objects *o)
{
    byn_mutex_close(o->mutex);
    byn_mutex_close(o->items);
    byn_rwlock_close(o->sheet);
    byn_semaphore_close(o->permits);
    byn_semaphore_close(o->plain);
    byn_condition_close(o->some);
    byn_barrier_close(o->barrier);
    byn_event_close(o->event);
}

static int does_everything(peer_self *self, int argc, char **argv)
{
    objects o = {.b = board_open(argv[0]), .name = argv[0], .index = (unsigned)atoi(argv[1])};

    (void)self;
    (void)argc;
    o.random = board_pid();
    open_locks(&o);
    open_signals(&o);
    data_open(&o);
    while (herd_goes_on(o.b, o.index)) {
        unsigned chosen = herd_random(&o.random, DEEDS + data_deed_count);

        o.b->word[HERD_DOING + o.index] = chosen;
        (chosen < DEEDS ? deeds[chosen] : data_deeds[chosen - DEEDS])(&o);
    }
    data_close(&o);
    close_all(&o);
    return 0;
}

/* ---- The case ------------------------------------------------------------------------------------ */

static void reset(board *b)
{
    b->word[PAIR_B] = b->word[PAIR_A];
    b->word[SHEET_B] = b->word[SHEET_A];
    data_reset(b);
}

static void everything_survives_random_kills(void)
{
    herd h = {.name = fresh_name(), .peer = "does_everything", .count = PROCESSES, .reset = reset};

    herd_run(&h);
    printf("     %u kills, %u told of a death, %u violations, %u meetings, %u done once\n", h.kills,
           h.b->word[ABANDONED], h.b->word[VIOLATIONS], h.b->word[ROUNDS], h.b->word[DONE_COUNT]);
    CHECK_INT(h.b->word[VIOLATIONS], 0);
    board_destroy(h.name);
}

static const test_case cases[] = {TEST(everything_survives_random_kills), TEST_END};
static const peer_entry peers[] = {PEER(does_everything), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "stress.everything", cases, peers);
}
