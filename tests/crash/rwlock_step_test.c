/*
 * A process is killed at every instruction of lock and unlock of a reader-writer lock. Afterwards all who
 * waited go on, no two that must not be inside are, and torn data are always told of.
 */
#include "sleepers.h"

#ifndef CRASH_WAITS
#define CRASH_WAITS 0
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_thread_proc.h>

enum { EXPENSIVE = 41, MOST = 8 };
enum {
    X,
    Y,
    READERS,
    WRITERS,
    TURN_READERS,
    TURN_WRITERS,
    READS,
    WRITES,
    FLAGGED,
    WRONG
}; /* words */

typedef struct subject {
    board *b;
    byn_rwlock *rwlock;
    peer *sleepers[MOST]; /* readers first */
    unsigned readers, writers;
    enum { NOT_HELD, SHARED, ALONE } hold; /* what the case has while a victim runs */
    bool held;
    bool told_readers;   /* in this round */
    bool always_flagged; /* a victim that dies has died holding it to write */
    bool victim_writes;
    unsigned flagged, plain, late, lost;
} subject;

/* ---- In the victim */

typedef struct victim {
    board *b;
    byn_rwlock *rwlock;
} victim;

static victim self;
static volatile apr_uint32_t held_a_while; /* 1: it is; 2: it need not be any more */

static byn_rwlock *open_rwlock(const char *name)
{
    byn_rwlock *rwlock = NULL;

    REQUIRE_STATUS(byn_rwlock_open(&rwlock, name, NULL), BYN_OK);
    return rwlock;
}

static void *APR_THREAD_FUNC holds_a_while(apr_thread_t *thread, void *rwlock)
{
    (void)thread;
    CHECK_STATUS(byn_rwlock_lock(rwlock, LATE), BYN_OK);
    apr_atomic_set32(&held_a_while, 1);
    while (apr_atomic_read32(&held_a_while) == 1)
        board_pause();
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    return NULL;
}

/* What is made at first use is made: in sleeping, and in asking whether a holder lives. */
static void warm_up(void)
{
    byn_rwlock *rwlock = NULL;
    apr_pool_t *pool = NULL;
    apr_thread_t *thread = NULL;
    apr_status_t unused;

    board_warm_up();
    REQUIRE_STATUS(byn_rwlock_open(&rwlock, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_rwlock_lock_shared(rwlock, BYN_NOW), BYN_OK);
    REQUIRE_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    REQUIRE(apr_thread_create(&thread, NULL, holds_a_while, rwlock, pool) == APR_SUCCESS);
    while (apr_atomic_read32(&held_a_while) == 0)
        board_pause();
    CHECK_STATUS(byn_rwlock_lock(rwlock, 1), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, 1), BYN_E_TIMEDOUT);
    apr_atomic_set32(&held_a_while, 2);
    apr_thread_join(&unused, thread);
    byn_rwlock_close(rwlock);
}

static void await_sleepers(board *b, unsigned count)
{
    apr_uint32_t began = board_ms();

    while (board_look(b, MOST).asleep < count) {
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
}

/* Let the writers go to sleep, and behind them the readers. */
static void send_to_sleep(board *b)
{
    apr_atomic_inc32(&b->word[TURN_WRITERS]);
    await_sleepers(b, b->word[WRITERS]);
    apr_atomic_inc32(&b->word[TURN_READERS]);
    await_sleepers(b, b->word[WRITERS] + b->word[READERS]);
}

static void *prepare(const char *name)
{
    self.b = board_open(name);
    self.rwlock = open_rwlock(name);
    warm_up();
    return &self;
}

static void *prepare_reading(const char *name)
{
    victim *v = prepare(name);

    REQUIRE(byn_rwlock_lock_shared(v->rwlock, LATE) >= 0);
    send_to_sleep(v->b);
    return v;
}

static void *prepare_writing(const char *name)
{
    victim *v = prepare(name);

    REQUIRE(byn_rwlock_lock(v->rwlock, LATE) >= 0);
    v->b->word[X]++;
    send_to_sleep(v->b);
    return v;
}

static void unlock(void *prepared)
{
    CHECK_STATUS(byn_rwlock_unlock(((victim *)prepared)->rwlock), BYN_OK);
}

static void change_unlock(void *prepared)
{
    victim *v = prepared;

    v->b->word[Y]++;
    CHECK_STATUS(byn_rwlock_unlock(v->rwlock), BYN_OK);
}

static void read_pair(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_rwlock_lock_shared(v->rwlock, LATE), BYN_OK);
    CHECK_INT(v->b->word[X], v->b->word[Y]);
    CHECK_STATUS(byn_rwlock_unlock(v->rwlock), BYN_OK);
}

static void write_pair(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_rwlock_lock(v->rwlock, LATE), BYN_OK);
    v->b->word[X]++;
    v->b->word[Y]++;
    CHECK_STATUS(byn_rwlock_unlock(v->rwlock), BYN_OK);
}

static void read_twice(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_rwlock_lock_shared(v->rwlock, LATE), BYN_OK);
    CHECK_STATUS(byn_rwlock_lock_shared(v->rwlock, LATE), BYN_OK);
    CHECK_STATUS(byn_rwlock_lock(v->rwlock, LATE), BYN_E_DEADLOCK);
    CHECK_STATUS(byn_rwlock_unlock(v->rwlock), BYN_OK);
    CHECK_STATUS(byn_rwlock_unlock(v->rwlock), BYN_OK);
}

static void write_in_vain(void *prepared)
{
    CHECK_STATUS(byn_rwlock_lock(((victim *)prepared)->rwlock, 25), BYN_E_TIMEDOUT);
}

/* Longer than a heartbeat. */
static void write_in_vain_for_long(void *prepared)
{
    CHECK_STATUS(byn_rwlock_lock(((victim *)prepared)->rwlock, 120), BYN_E_TIMEDOUT);
}

static void close_it(void *prepared)
{
    byn_rwlock_close(((victim *)prepared)->rwlock);
}

static void *APR_THREAD_FUNC dies_reading(apr_thread_t *thread, void *rwlock)
{
    (void)thread;
    CHECK(byn_rwlock_lock_shared(rwlock, LATE) >= 0);
    return NULL;
}

static void *APR_THREAD_FUNC dies_writing(apr_thread_t *thread, void *rwlock)
{
    (void)thread;
    CHECK(byn_rwlock_lock(rwlock, LATE) >= 0);
    self.b->word[X]++;
    return NULL;
}

static void *prepare_heir(const char *name, apr_thread_start_t dies)
{
    victim *v = prepare(name);
    apr_pool_t *pool = NULL;
    apr_thread_t *thread = NULL;
    apr_status_t unused;

    REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    REQUIRE(apr_thread_create(&thread, NULL, dies, v->rwlock, pool) == APR_SUCCESS);
    apr_thread_join(&unused, thread);
    return v;
}

static void *prepare_heir_of_reader(const char *name)
{
    return prepare_heir(name, dies_reading);
}

static void *prepare_heir_of_writer(const char *name)
{
    return prepare_heir(name, dies_writing);
}

static void inherit_repair_unlock(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_rwlock_lock(v->rwlock, BYN_NOW), BYN_ABANDONED);
    v->b->word[Y] = v->b->word[X];
    CHECK_STATUS(byn_rwlock_unlock(v->rwlock), BYN_OK);
}

static void bury_write_unlock(void *prepared)
{
    victim *v = prepared;

    CHECK_STATUS(byn_rwlock_lock(v->rwlock, BYN_NOW), BYN_OK);
    v->b->word[X]++;
    v->b->word[Y]++;
    CHECK_STATUS(byn_rwlock_unlock(v->rwlock), BYN_OK);
}

/* ---- In the sleepers */

static void wrong(board *b, bool is_wrong, const char *what)
{
    if (!is_wrong)
        return;
    fprintf(stderr, "%s\n", what);
    apr_atomic_inc32(&b->word[WRONG]);
}

static byn_status read_once(board *b, byn_rwlock *rwlock)
{
    byn_status status = byn_rwlock_lock_shared(rwlock, 30 * LATE);

    if (status < 0)
        return status;
    apr_atomic_inc32(&b->word[READS]);
    wrong(b, apr_atomic_read32(&b->word[WRITES]) != 0, "a reader beside a writer");
    wrong(b, status == BYN_OK && b->word[X] != b->word[Y], "a reader was not told");
    if (status == BYN_ABANDONED)
        apr_atomic_inc32(&b->word[FLAGGED]);
    apr_atomic_dec32(&b->word[READS]);
    return byn_rwlock_unlock(rwlock);
}

static byn_status write_once(board *b, byn_rwlock *rwlock)
{
    byn_status status = byn_rwlock_lock(rwlock, 30 * LATE);

    if (status < 0)
        return status;
    wrong(b, apr_atomic_inc32(&b->word[WRITES]) != 0, "two writers");
    wrong(b, apr_atomic_read32(&b->word[READS]) != 0, "a writer beside a reader");
    wrong(b, status == BYN_OK && b->word[X] != b->word[Y], "a writer was not told");
    if (status == BYN_ABANDONED)
        apr_atomic_inc32(&b->word[FLAGGED]);
    b->word[Y] = b->word[X];
    apr_atomic_dec32(&b->word[WRITES]);
    return byn_rwlock_unlock(rwlock);
}

static int sleeper(peer_self *me, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    unsigned number = (unsigned)atoi(argv[1]);
    bool writes = number >= b->word[READERS];
    volatile apr_uint32_t *told = &b->word[writes ? TURN_WRITERS : TURN_READERS];
    seat *s = &b->seats[number];
    byn_rwlock *rwlock = open_rwlock(argv[0]);
    apr_uint32_t turn;

    (void)argc;
    peer_say(me, "ready");
    for (turn = 0; turn < UINT32_MAX;) {
        turn = board_await_turn(told, turn);
        seat_wait(s);
        seat_return(s, writes ? write_once(b, rwlock) : read_once(b, rwlock));
    }
    return 0; /* is killed before */
}

/* ---- In the case */

static unsigned count_of(const subject *s)
{
    return s->readers + s->writers;
}

static void let_it_in(void *context, long k)
{
    subject *s = context;

    (void)k;
    if (!s->held)
        return;
    s->held = false;
    CHECK_STATUS(byn_rwlock_unlock(s->rwlock), BYN_OK);
}

static byn_rwlock_info look(const subject *s)
{
    byn_rwlock_info info = {.struct_size = sizeof info};

    CHECK_STATUS(byn_rwlock_holders(s->rwlock, &info), BYN_OK);
    return info;
}

/* Whether they all did, without a heartbeat; on Windows that cannot be seen. */
static bool sleepers_go_on(subject *s)
{
    board_view view;
    bool late;

    if (!board_settle(s->b, count_of(s), &view))
        return false;
    late = view.returned < count_of(s);
    sleepers_return(s->b, count_of(s));
    CHECK_INT(board_look(s->b, count_of(s)).failed, 0);
    s->late += late;
    return !late;
}

static void nobody_is_in_it(const subject *s)
{
    byn_rwlock_info info = look(s);

    CHECK(!info.written);
    CHECK(!info.abandoned);
    CHECK_INT(info.readers, 0);
    CHECK_INT(info.waiting_writers, 0);
}

/* The case locks it to write, repairs, and finds it in order afterwards. */
static void case_gets_it(subject *s)
{
    byn_status status = byn_rwlock_lock(s->rwlock, LATE);

    REQUIRE(status == BYN_OK || status == BYN_ABANDONED);
    if (s->b->word[X] != s->b->word[Y] || (s->always_flagged && s->b->word[FLAGGED] == 0))
        CHECK_STATUS(status, BYN_ABANDONED);
    if (status == BYN_ABANDONED)
        s->b->word[FLAGGED]++;
    s->b->word[Y] = s->b->word[X];
    CHECK_STATUS(byn_rwlock_unlock(s->rwlock), BYN_OK);
    CHECK_STATUS(byn_rwlock_lock_shared(s->rwlock, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_rwlock_unlock(s->rwlock), BYN_OK);
    nobody_is_in_it(s);
}

/* The seats are vacated, and what the next victim shall find is there. */
static void next_round(subject *s)
{
    unsigned i;

    for (i = 0; i < count_of(s); i++)
        s->b->seats[i].state = SEAT_IDLE;
    s->b->word[FLAGGED] = 0;
    s->told_readers = false;
    if (s->hold == NOT_HELD)
        return;
    REQUIRE_STATUS(s->hold == ALONE ? byn_rwlock_lock(s->rwlock, BYN_NOW)
                                    : byn_rwlock_lock_shared(s->rwlock, BYN_NOW),
                   BYN_OK);
    s->held = true;
    if (s->hold == ALONE)
        send_to_sleep(s->b);
}

static void all_go_on(void *context, long k)
{
    subject *s = context;
    bool at_once;

    let_it_in(context, k);
    at_once = sleepers_go_on(s);
    CHECK_INT(s->b->word[WRONG], 0);
    case_gets_it(s);
    if (s->b->word[FLAGGED] > 0)
        s->flagged++;
    else
        s->plain++;
    /* The victim was not in it when it died, so it must have woken them. */
    if (!at_once && board_sees_sleep() && s->victim_writes && s->b->word[FLAGGED] == 0) {
        s->lost++;
        FAIL("only a heartbeat woke the sleepers");
    }
    next_round(s);
}

/* While a writer waits, and the case reads: they sleep behind the writer. */
static void readers_come(void *context, long k)
{
    subject *s = context;
    board_view view;

    (void)k;
    s->told_readers = true;
    apr_atomic_inc32(&s->b->word[TURN_READERS]);
    do {
        board_pause();
        view = board_look(s->b, s->readers);
    } while (view.asleep + view.returned < s->readers);
}

/* The writer is gone: readers go on although the case still reads. */
static void readers_go_on(void *context, long k)
{
    subject *s = context;

    if (!s->told_readers)
        readers_come(context, k);
    (void)sleepers_go_on(s);
    CHECK_INT(look(s).waiting_writers, 0);
    let_it_in(context, k);
    all_go_on(context, k);
}

static void begin(subject *s, const char *name, unsigned readers, unsigned writers)
{
    s->b = board_begin(name, 280);
    s->b->word[READERS] = s->readers = readers;
    s->b->word[WRITERS] = s->writers = writers;
    REQUIRE_STATUS(byn_rwlock_open(&s->rwlock, name, NULL), BYN_CREATED);
    sleepers_start(s->sleepers, readers + writers, name);
    next_round(s);
}

static void end(subject *s, const char *name, step_report report)
{
    printf("     %u readers, %u writers asleep: %u told of a death, %u not, %u by a heartbeat, %u "
           "lost\n",
           s->readers, s->writers, s->flagged, s->plain, s->late, s->lost);
    sleepers_kill(s->sleepers, count_of(s));
    byn_rwlock_close(s->rwlock);
    board_destroy(name);
    step_check(report);
}

/* Every instruction takes long where each death is waited for: all with BYNAME_CRASH_STRIDE=1. */
static long few(long where_it_is_expensive)
{
    if (board_rotating_stride() == 1)
        return 1;
    return test_on_windows() ? where_it_is_expensive : 7;
}

/* To ask whether somebody lives takes thousands of instructions, most of them of the C library. */
static long very_few(void)
{
    long stride = board_rotating_stride();

    return stride == 1 || test_on_windows() ? stride : 13 * stride;
}

static void sweep(const step_operation *operation, subject s, unsigned readers, unsigned writers,
                  long stride)
{
    const char *name = fresh_name();

    begin(&s, name, readers, writers);
    end(&s, name,
        step_sweep(operation, name, operation->on_block == readers_come ? readers_go_on : all_go_on,
                   &s, stride));
}

static const step_operation reading = {"rwlock.read", prepare, read_pair, NULL};
static const step_operation writing = {"rwlock.write", prepare, write_pair, NULL};
static const step_operation reading_twice = {"rwlock.read.twice", prepare, read_twice, NULL};
static const step_operation read_unlock = {"rwlock.unlock.read", prepare_reading, unlock, NULL};
static const step_operation write_unlock = {"rwlock.unlock.write", prepare_writing, change_unlock,
                                            NULL};
static const step_operation closing_read = {"rwlock.close.read", prepare_reading, close_it, NULL};
static const step_operation closing_write = {"rwlock.close.write", prepare_writing, close_it, NULL};
static const step_operation waiting_read = {"rwlock.read.waits", prepare, read_pair, let_it_in};
static const step_operation waiting_write = {"rwlock.write.waits", prepare, write_pair, let_it_in};
static const step_operation in_vain = {"rwlock.write.in_vain", prepare, write_in_vain,
                                       readers_come};
static const step_operation in_vain_for_long = {"rwlock.write.in_vain_for_long", prepare,
                                                write_in_vain_for_long, NULL};
static const step_operation burying = {"rwlock.write.buries", prepare_heir_of_reader,
                                       bury_write_unlock, NULL};
static const step_operation inheriting = {"rwlock.write.inherits", prepare_heir_of_writer,
                                          inherit_repair_unlock, NULL};

static void lock_to_read_and_unlock(void)
{
    sweep(&reading, (subject){0}, 0, 0, board_stride(EXPENSIVE));
}

static void lock_to_read_and_unlock_beside_a_reader(void)
{
    sweep(&reading, (subject){.hold = SHARED}, 0, 0, board_stride(EXPENSIVE));
}

static void lock_to_read_twice(void)
{
    sweep(&reading_twice, (subject){0}, 0, 0, board_stride(3 * EXPENSIVE));
}

static void lock_to_write_and_unlock(void)
{
    sweep(&writing, (subject){.victim_writes = true}, 0, 0, board_stride(EXPENSIVE));
}

static void unlock_by_a_reader_with_1_writer(void)
{
    sweep(&read_unlock, (subject){0}, 0, 1, few(5 * EXPENSIVE));
}

static void unlock_by_a_reader_with_2_writers_and_2_readers(void)
{
    sweep(&read_unlock, (subject){0}, 2, 2, few(7 * EXPENSIVE));
}

static void unlock_by_the_writer_with_1_reader(void)
{
    sweep(&write_unlock, (subject){.victim_writes = true}, 1, 0, board_stride(5 * EXPENSIVE));
}

static void unlock_by_the_writer_with_3_readers(void)
{
    sweep(&write_unlock, (subject){.victim_writes = true}, 3, 0, few(7 * EXPENSIVE));
}

static void unlock_by_the_writer_with_1_writer(void)
{
    sweep(&write_unlock, (subject){.victim_writes = true}, 0, 1, few(5 * EXPENSIVE));
}

static void unlock_by_the_writer_with_4_writers_and_2_readers(void)
{
    sweep(&write_unlock, (subject){.victim_writes = true}, 2, 4, few(11 * EXPENSIVE));
}

static void closing_by_a_reader_with_1_writer(void)
{
    sweep(&closing_read, (subject){0}, 0, 1, board_rotating_stride());
}

static void closing_by_the_writer_with_2_readers(void)
{
    sweep(&closing_write, (subject){.victim_writes = true, .always_flagged = true}, 2, 0,
          board_rotating_stride());
}

static void lock_to_read_that_waits(void)
{
    sweep(&waiting_read, (subject){.hold = ALONE}, 0, 0, very_few());
}

static void lock_to_read_that_waits_beside_2_readers_and_1_writer(void)
{
    sweep(&waiting_read, (subject){.hold = ALONE}, 2, 1, very_few());
}

static void lock_to_write_that_waits(void)
{
    sweep(&waiting_write, (subject){.hold = ALONE, .victim_writes = true}, 0, 0, very_few());
}

static void lock_to_write_that_waits_for_a_reader(void)
{
    sweep(&waiting_write, (subject){.hold = SHARED, .victim_writes = true}, 0, 0, very_few());
}

static void lock_to_write_that_waits_beside_1_reader_and_2_writers(void)
{
    sweep(&waiting_write, (subject){.hold = ALONE}, 1, 2, very_few());
}

static void lock_to_write_in_vain_before_2_readers(void)
{
    sweep(&in_vain, (subject){.hold = SHARED}, 2, 0, very_few());
}

/* Around each call into the kernel. */
static void lock_to_write_in_vain_at_each_call(void)
{
    const char *name = fresh_name();
    subject s = {.hold = SHARED};
    step_report report;

    begin(&s, name, 2, 0);
    report = board_sweep_calls(&in_vain_for_long, name, readers_go_on, &s);
    report.instructions++; /* none where it is not supported */
    end(&s, name, report);
}

static void burying_a_reader(void)
{
    sweep(&burying, (subject){0}, 0, 0, board_rotating_stride());
}

static void inheriting_from_a_writer(void)
{
    sweep(&inheriting, (subject){0}, 0, 0, board_rotating_stride());
}

static const test_case waits[] = {
    TEST(lock_to_read_that_waits),
    TEST(lock_to_read_that_waits_beside_2_readers_and_1_writer),
    TEST(lock_to_write_that_waits),
    TEST(lock_to_write_that_waits_for_a_reader),
    TEST(lock_to_write_that_waits_beside_1_reader_and_2_writers),
    TEST(lock_to_write_in_vain_before_2_readers),
    TEST(lock_to_write_in_vain_at_each_call),
    TEST(burying_a_reader),
    TEST(inheriting_from_a_writer),
    TEST_END,
};

static const test_case others[] = {
    TEST(lock_to_read_and_unlock),
    TEST(lock_to_read_and_unlock_beside_a_reader),
    TEST(lock_to_read_twice),
    TEST(lock_to_write_and_unlock),
    TEST(unlock_by_a_reader_with_1_writer),
    TEST(unlock_by_a_reader_with_2_writers_and_2_readers),
    TEST(unlock_by_the_writer_with_1_reader),
    TEST(unlock_by_the_writer_with_3_readers),
    TEST(unlock_by_the_writer_with_1_writer),
    TEST(unlock_by_the_writer_with_4_writers_and_2_readers),
    TEST(closing_by_a_reader_with_1_writer),
    TEST(closing_by_the_writer_with_2_readers),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(sleeper),      STEP(reading),          STEP(writing),      STEP(reading_twice),
    STEP(read_unlock),  STEP(write_unlock),     STEP(closing_read), STEP(closing_write),
    STEP(waiting_read), STEP(waiting_write),    STEP(in_vain),      STEP(burying),
    STEP(inheriting),   STEP(in_vain_for_long), PEER_END,
};

int main(int argc, char **argv)
{
    /* One source, two programs: one would take too long for a test. */
    return test_main(argc, argv, CRASH_NAME, CRASH_WAITS ? waits : others, peers);
}
