/*
 * Processes submit tasks to a pool's table and run them, and are killed at random. Each task that a living one has
 * submitted ends once: with a whole result, begun no more often than it may be; or failed, since its worker died; or
 * canceled, and never begun. In the end all are accounted for, and no place and no byte is lost.
 *
 * Who sleeps looks for the dead when it wakes, as a supervisor does.
 */
#include "herd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/memory.h>

#include "pool_use.h"

enum { WORKERS = 4, SUBMITTERS = 3, CAPACITY = 128, WINDOW = 48, MEMORY = 400000, LARGEST = 9000 };
enum { NAP = 50, IDS = 4096 }; /* of each submitter; more than it has submitted at a time */

/* Words of the board. */
enum {
    WRONG = HERD_WORDS,
    DONE,
    FAILED,
    CANCELED,
    RETRIED,
    LIVES,     /* of submitters */
    SUBMITTED, /* before it is */
};

/* What each is doing, for who looks at a hang. */
enum { TAKING = 1, RUNNING, SLEEPING, PUTTING, AWAITING, FREEING };

/* How often it was begun: life << 8 | count; shared by all. */
typedef struct tally {
    byni_a64 begun[SUBMITTERS][IDS];
} tally;

typedef struct order {
    uint32_t number; /* of pool_fill() */
    uint32_t life, submitter, id;
} order;

typedef struct member {
    board *b;
    unsigned index, random;
    byn_pool *pool;
    tally *t;
} member;

static byn_memory *tally_of(const char *name)
{
    char its_name[80];
    byn_memory *memory = NULL;

    (void)snprintf(its_name, sizeof its_name, "%s.tally", name);
    REQUIRE(byn_memory_open(&memory, its_name,
                            &BYN_OPTIONS(byn_memory_options, .size = sizeof(tally))) >= 0);
    return memory;
}

static void doing(member *m, unsigned what)
{
    m->b->word[HERD_DOING + m->index] = what;
}

static void wrong(member *m, const char *what, unsigned number)
{
    fprintf(stderr, "%s: %u\n", what, number);
    apr_atomic_inc32(&m->b->word[WRONG]);
}

/* The bytes behind the order are those that its life and id make. */
static uint32_t seed_of(const order *o)
{
    return o->life * 31 + o->id;
}

/* ---- Workers */

static void count_begin(member *m, const order *o)
{
    byni_a64 *place;
    uint64_t seen;

    if (o->submitter >= SUBMITTERS || o->id >= IDS) {
        wrong(m, "an argument is torn", o->id);
        return;
    }
    place = &m->t->begun[o->submitter][o->id];
    seen = byni_load64(place);
    while (seen >> 8 == o->life && !byni_cas64(place, &seen, seen + 1)) {
    }
}

static void take_time(member *m)
{
    uint64_t until = bynk_clock() + 1000 * (uint64_t)herd_random(&m->random, 60);

    while (bynk_clock() < until)
        byni_pause();
}

static void run(member *m, uint32_t worker, byni_ticket ticket)
{
    byni_task *task = &m->pool->tasks[ticket.index];
    size_t size = 0;
    const char *argument = byni_task_argument(m->pool, task, &size);
    order o;
    void *room = NULL;
    byn_status status;

    doing(m, RUNNING);
    if (argument == NULL || size < sizeof o) {
        wrong(m, "an argument is not there", ticket.index);
        return;
    }
    memcpy(&o, argument, sizeof o);
    count_begin(m, &o);
    if (!pool_is_filled(argument + sizeof o, seed_of(&o), size - sizeof o))
        wrong(m, "an argument is torn", o.id);
    take_time(m);
    status = byni_task_reserve(m->pool, task, size, &room);
    if (status == BYN_E_LIMIT) { /* arguments have all memory */
        byni_store32(&task->status, (uint32_t)status);
        byni_task_end(m->pool, worker, ticket, BYNI_TASK_FAILED);
        return;
    }
    if (!herd_expect(m->b, status == BYN_OK, "reserve", status))
        return;
    memcpy(room, argument, size);
    byni_task_end(m->pool, worker, ticket, BYNI_TASK_DONE);
}

static void work(member *m)
{
    byn_status status;
    uint32_t worker;
    byni_ticket ticket;

    status = byni_worker_enter(m->pool, 0, &worker);
    if (!herd_expect(m->b, status == BYN_OK, "enter", status))
        return;
    byni_store32(&m->pool->workers[worker].stage, BYNI_WORKER_READY);
    while (herd_goes_on(m->b, m->index)) {
        bynk_rest rest = {.deadline = byni_deadline(NAP), .hint = &m->pool->hint};

        doing(m, TAKING);
        if (pool_next(m->pool, worker, 1 + herd_random(&m->random, 8), &ticket)) {
            run(m, worker, ticket);
            continue;
        }
        doing(m, SLEEPING);
        status = byni_worker_sleep(m->pool, worker, &rest);
        (void)herd_expect(m->b, status >= 0 || status == BYN_E_TIMEDOUT, "sleep", status);
        (void)byni_pool_sweep(m->pool);
    }
    byni_worker_leave(m->pool, worker);
}

/* ---- Submitters */

typedef struct outstanding {
    byni_ticket ticket;
    order o;
    size_t size;
    uint32_t attempts;
    bool canceled;
} outstanding;

typedef struct submitter {
    member *m;
    outstanding all[WINDOW];
    unsigned first, count;
    uint32_t life, next;
} submitter;

/* Whether there was room. */
static bool put(submitter *s)
{
    static char bytes[LARGEST];
    outstanding *o = &s->all[(s->first + s->count) % WINDOW];
    byni_submission what = {.name = "copy", .data = bytes};
    unsigned slot = s->m->index - WORKERS;
    size_t put = 0;
    byn_status status;

    o->size = sizeof o->o + (herd_random(&s->m->random, 16) == 0
                                 ? herd_random(&s->m->random, LARGEST - sizeof o->o)
                                 : herd_random(&s->m->random, 64));
    o->attempts = herd_random(&s->m->random, 8) == 0 ? 3 : 1;
    o->o = (order){0, s->life, slot, s->next % IDS};
    o->canceled = false;
    memcpy(bytes, &o->o, sizeof o->o);
    pool_fill(bytes + sizeof o->o, seed_of(&o->o), o->size - sizeof o->o);
    what.size = o->size;
    what.attempts = o->attempts;
    byni_store64(&s->m->t->begun[slot][o->o.id], (uint64_t)s->life << 8);
    apr_atomic_inc32(&s->m->b->word[SUBMITTED]);
    status = byni_tasks_put(s->m->pool, &what, 1, &o->ticket, &put, NULL);
    if (status == BYN_E_TIMEDOUT) {
        (void)apr_atomic_dec32(&s->m->b->word[SUBMITTED]);
        return false;
    }
    if (!herd_expect(s->m->b, status == BYN_OK, "put", status))
        return false;
    s->next++;
    s->count++;
    if (herd_random(&s->m->random, 64) == 0)
        o->canceled = byni_task_cancel(s->m->pool, o->ticket);
    return true;
}

static void check_done(submitter *s, const outstanding *o, unsigned begun)
{
    size_t size = 0;
    const char *result = byni_task_result(s->m->pool, &s->m->pool->tasks[o->ticket.index], &size);

    if (result == NULL || size != o->size || memcmp(result, &o->o, sizeof o->o) != 0 ||
        !pool_is_filled(result + sizeof o->o, seed_of(&o->o), size - sizeof o->o))
        wrong(s->m, "a result is torn", o->o.id);
    if (begun < 1)
        wrong(s->m, "a result of a task that was not begun", o->o.id);
    if (begun > 1)
        apr_atomic_inc32(&s->m->b->word[RETRIED]);
    apr_atomic_inc32(&s->m->b->word[DONE]);
}

static void check_failed(submitter *s, const outstanding *o)
{
    const byni_task *task = &s->m->pool->tasks[o->ticket.index];
    byn_status status = (byn_status)byni_load32(&task->status);

    if (status != BYN_E_LIMIT &&
        (status != BYN_E_PEERDIED || byni_load32(&task->begun) != o->attempts))
        wrong(s->m, "it failed for another cause", (unsigned)-status);
    apr_atomic_inc32(&s->m->b->word[FAILED]);
}

static void check_end(submitter *s, const outstanding *o, int kind)
{
    uint64_t seen = byni_load64(&s->m->t->begun[o->o.submitter][o->o.id]);
    unsigned begun = (unsigned)(seen & 0xff);

    if (begun > o->attempts)
        wrong(s->m, "begun too often", begun);
    if ((kind == BYNI_TASK_CANCELED) != o->canceled)
        wrong(s->m, "canceled, or not", (unsigned)kind);
    if (kind == BYNI_TASK_DONE)
        check_done(s, o, begun);
    else if (kind == BYNI_TASK_FAILED)
        check_failed(s, o);
    else if (kind == BYNI_TASK_CANCELED && begun == 0)
        apr_atomic_inc32(&s->m->b->word[CANCELED]);
    else
        wrong(s->m, "it is gone, or was canceled and begun", (unsigned)kind);
}

/* It waits for the oldest one only. */
static void await_first(submitter *s)
{
    outstanding *o = &s->all[s->first];
    byn_pool *pool = s->m->pool;
    byni_bell *bell = &pool->submitters[pool->me].bell;
    int kind;

    doing(s->m, AWAITING);
    while ((kind = byni_task_kind(pool, o->ticket)) < BYNI_TASK_DONE) {
        bynk_rest rest = {.deadline = byni_deadline(NAP), .hint = &pool->ends_hint};
        uint32_t number = byni_bell_listen(bell);

        if (byni_task_kind(pool, o->ticket) < BYNI_TASK_DONE)
            (void)bynk_spot_sleep(pool->object.segment, &bell->spot, number, &rest);
        (void)byni_pool_sweep(pool);
        if (!herd_goes_on(s->m->b, s->m->index))
            return;
    }
    check_end(s, o, kind);
    doing(s->m, FREEING);
    byni_task_free(pool, o->ticket);
    s->first = (s->first + 1) % WINDOW;
    s->count--;
}

static void submit(member *m)
{
    submitter s = {.m = m, .life = apr_atomic_inc32(&m->b->word[LIVES]) + 1};
    unsigned wanted;
    byn_status status = byni_submitter_enter(m->pool);

    if (!herd_expect(m->b, status == BYN_OK, "enter", status))
        return;
    while (herd_goes_on(m->b, m->index)) {
        uint32_t number = byni_bell_listen(&m->pool->words->room);
        bool there_is_room = true;

        doing(m, PUTTING);
        for (wanted = herd_random(&m->random, WINDOW); s.count < wanted && there_is_room;)
            there_is_room = put(&s);
        if (s.count > 0) {
            await_first(&s);
        } else if (!there_is_room) {
            bynk_rest rest = {.deadline = byni_deadline(NAP)};

            (void)bynk_spot_sleep(m->pool->object.segment, &m->pool->words->room.spot, number,
                                  &rest);
            (void)byni_pool_sweep(m->pool);
        }
    }
    byni_submitter_leave(m->pool);
}

static int takes_part(peer_self *self, int argc, char **argv)
{
    member m = {.b = board_open(argv[0]), .index = (unsigned)atoi(argv[1])};

    (void)self;
    (void)argc;
    m.random = board_pid() ^ board_ms();
    m.t = byn_memory_base(tally_of(argv[0]));
    if (byni_pool_open_as_worker(&m.pool, argv[0]) < 0) {
        fprintf(stderr, "%s\n", byn_last_error());
        return 1;
    }
    if (m.index < WORKERS)
        work(&m);
    else
        submit(&m);
    byni_object_close(&m.pool->object);
    return 0;
}

/* ---- In the case */

/* What a submitter that was killed had canceled, or had not come to submit, may have escaped the count. */
static void all_are_accounted_for(byn_pool *pool, uint64_t submitted, unsigned lives)
{
    byn_pool_state state = pool_look(pool);
    uint64_t ended = state.done + state.failed + state.canceled;

    printf("     %llu submitted, %llu done, %llu failed, %llu canceled, %llu begun again, %u "
           "workers died in "
           "a task\n",
           (unsigned long long)submitted, (unsigned long long)state.done,
           (unsigned long long)state.failed, (unsigned long long)state.canceled,
           (unsigned long long)state.retried, state.died);
    CHECK(ended <= submitted && submitted - ended <= lives);
    CHECK_INT(state.waiting, 0);
    CHECK_INT(state.running, 0);
    CHECK_INT(state.workers, 0);
    CHECK_INT(state.submitters, 1);
    CHECK_INT(pool_audit(pool), 0);
}

static void a_pool_survives_random_kills(void)
{
    const char *name = fresh_name();
    herd h = {.name = name, .peer = "takes_part", .count = WORKERS + SUBMITTERS, .kept = 2};
    byn_memory *memory;
    byn_pool *pool;

    if (board_unsupported() != NULL)
        test_skip("%s", board_unsupported());
    pool = pool_opened(name, CAPACITY, MEMORY);
    memory = tally_of(name);
    herd_run(&h);
    while (byni_pool_sweep(pool) > 0) {
    }
    printf(
        "     %u kills; of the living: %u done, %u of these begun again, %u failed, %u canceled\n",
        h.kills, h.b->word[DONE], h.b->word[RETRIED], h.b->word[FAILED], h.b->word[CANCELED]);
    CHECK_INT(h.b->word[WRONG], 0);
    CHECK(h.b->word[DONE] > 0);
    all_are_accounted_for(pool, h.b->word[SUBMITTED], h.b->word[LIVES]);
    pool_closed(pool);
    byn_memory_close(memory);
    board_destroy(h.name);
}

static const test_case cases[] = {TEST(a_pool_survives_random_kills), TEST_END};

static const peer_entry peers[] = {PEER(takes_part), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "stress.pool_torture", cases, peers);
}
