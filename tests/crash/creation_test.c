/*
 * Creating, joining and leaving one name, by many processes at once, which are killed at any moment.
 *
 * What must hold: each life of the name has exactly one creator; who is told BYN_OK meets an object
 * that is whole, and the same one as all others; the last one leaves nothing behind.
 *
 * BYNAME_CRASH_FAULT=1 lets each process remove the object's file behind the library's back now and
 * then, so that two objects get one name: the_check_bites.
 */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_thread_proc.h>

enum { BYTES = 64, PROCESSES = 8 };

/* Words. Who opens counts himself in and out of the life that he met. */
enum { ROUND, ARRIVED, CREATED, DONE, WRONG, OPENED, STOP, NUMBERS, LIFE, DEAD = LIFE + PROCESSES };

/* In the object: what its creator writes, and what those who meet in it count. */
typedef struct content {
    volatile apr_uint32_t users;
    volatile apr_uint32_t creators; /* of this life */
    volatile apr_uint32_t life;     /* a number that whoever comes first gives it */
} content;

static byn_status open_it(byn_memory **memory, const char *name)
{
    return byn_memory_open(memory, name, &BYN_OPTIONS(byn_memory_options, .size = BYTES));
}

static bool is_whole(byn_memory *memory)
{
    return byn_memory_size(memory) == BYTES && byn_memory_base(memory) != NULL;
}

/* ---- Races without a kill */

static int creates_in_rounds(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    unsigned rounds = (unsigned)atoi(argv[1]), round;

    (void)argc;
    peer_say(self, "ready");
    for (round = 1; round <= rounds; round++) {
        byn_memory *memory = NULL;
        byn_status status;
        content *c;

        while (apr_atomic_read32(&b->word[ROUND]) < round)
            apr_thread_yield();
        status = open_it(&memory, argv[0]);
        REQUIRE(status == BYN_OK || status == BYN_CREATED);
        c = byn_memory_base(memory);
        if (status == BYN_CREATED)
            apr_atomic_inc32(&b->word[CREATED]);
        apr_atomic_inc32(&c->users);
        if (!is_whole(memory))
            apr_atomic_inc32(&b->word[WRONG]);
        apr_atomic_inc32(&b->word[ARRIVED]);
        /* All are in one object, or they would not count up to all. */
        if (!board_await(b, ARRIVED, PROCESSES * round) || c->users != PROCESSES)
            apr_atomic_inc32(&b->word[WRONG]);
        apr_atomic_inc32(&b->word[OPENED]);
        if (!board_await(b, OPENED, PROCESSES * round))
            apr_atomic_inc32(&b->word[WRONG]);
        byn_memory_close(memory);
        apr_atomic_inc32(&b->word[DONE]);
    }
    return 0;
}

static void exactly_one_of_racing_openers_creates(void)
{
    const char *name = fresh_name();
    unsigned rounds = test_on_windows() ? 30 : 300, round, i;
    board *b = board_create(name);
    peer *p[PROCESSES];
    char number[16];

    test_deadline(100);
    sprintf(number, "%u", rounds);
    for (i = 0; i < PROCESSES; i++) {
        p[i] = peer_start(PEER_PROCESS, "creates_in_rounds", name, number, NULL);
        peer_expect(p[i], "ready");
    }
    for (round = 1; round <= rounds; round++) {
        apr_atomic_set32(&b->word[ROUND], round);
        REQUIRE(board_await(b, DONE, PROCESSES * round));
        REQUIRE_INT(b->word[CREATED], round);
        REQUIRE_INT(board_files(), 0);
    }
    CHECK_INT(b->word[WRONG], 0);
    for (i = 0; i < PROCESSES; i++)
        peer_finish(p[i]);
    board_destroy(name);
}

/* ---- Marked points */

static int opens_and_closes(peer_self *self, int argc, char **argv)
{
    byn_memory *memory = NULL;
    byn_mutex *mutex = NULL;

    (void)self;
    (void)argc;
    REQUIRE(byn_memory_open(&memory, argv[0],
                            &BYN_OPTIONS(byn_memory_options, .size = BYTES, .limit = 65536)) >= 0);
    (void)byn_memory_grow(memory, 20000);
    REQUIRE(byn_mutex_open(&mutex, argv[1], NULL) >= 0);
    CHECK(byn_mutex_lock(mutex, 20000) >= 0);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    byn_mutex_close(mutex);
    byn_memory_close(memory);
    return 0;
}

static const char *const points[] = {
    "segment.opened",      "segment.gated",  "segment.created",  "segment.mapped",
    "segment.initialised", "segment.ready",  "segment.unmapped", "segment.closing",
    "segment.removed",     "segment.grown",  "segment.attached", "segment.detached",
    "mutex.attached",      "mutex.locked",   "mutex.unlocking",  "mutex.unlocked",
    "guard.locked",        "guard.unlocked",
};

/* Nobody else: the next one creates. */
static bool dies_alone_at(const char *point, int n)
{
    const char *name = fresh_name(), *lock = fresh_name();
    byn_memory *memory = NULL;
    byn_mutex *mutex = NULL;
    bool crashed =
        peer_crashed(peer_start_crashing(point, n, "opens_and_closes", name, lock, NULL));

    CHECK_STATUS(open_it(&memory, name), BYN_CREATED);
    CHECK(memory != NULL && is_whole(memory));
    CHECK_STATUS(byn_mutex_open(&mutex, lock, NULL), BYN_CREATED);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    byn_mutex_close(mutex);
    byn_memory_close(memory);
    CHECK_INT(board_files(), 0);
    return crashed;
}

/* The case has both open: they stay, and work. */
static bool dies_beside_us_at(const char *point, int n)
{
    const char *name = fresh_name(), *lock = fresh_name();
    byn_memory *memory = NULL, *again = NULL;
    byn_mutex *mutex = NULL;
    byn_status status;
    bool crashed;

    REQUIRE_STATUS(byn_memory_open(&memory, name,
                                   &BYN_OPTIONS(byn_memory_options, .size = BYTES, .limit = 65536)),
                   BYN_CREATED);
    REQUIRE_STATUS(byn_mutex_open(&mutex, lock, NULL), BYN_CREATED);
    crashed = peer_crashed(peer_start_crashing(point, n, "opens_and_closes", name, lock, NULL));
    CHECK_STATUS(byn_memory_open(&again, name, NULL), BYN_OK);
    CHECK(byn_memory_size(memory) == BYTES || byn_memory_size(memory) == 20000);
    CHECK_STATUS(byn_memory_grow(memory, 30000), BYN_OK);
    status = byn_mutex_lock(mutex, 20000);
    CHECK(status == BYN_OK || status == BYN_ABANDONED);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    byn_mutex_close(mutex);
    byn_memory_close(again);
    byn_memory_close(memory);
    CHECK_INT(board_files(), 0);
    return crashed;
}

static void death_at_each_marked_point(void)
{
    enum { MOST_PASSES = 6 };
    unsigned crashes = 0, silent = 0;
    size_t i;

    test_deadline(test_on_windows() ? 400 : 100); /* Wine on a busy system: 3 s to start each */
    for (i = 0; i < sizeof points / sizeof points[0]; i++) {
        int n = 1;

        for (bool died = true; died && n <= MOST_PASSES; n += died) {
            bool alone = dies_alone_at(points[i], n), beside = dies_beside_us_at(points[i], n);

            died = alone || beside;
        }
        crashes += (unsigned)n - 1;
        silent += n == 1;
    }
    printf("     %u deaths; %u points are not of this system\n", crashes, silent);
    CHECK(crashes >= 8);
}

/* ---- Random kills */

/* ---- Who has it open says on the board which life he is in. */

static apr_uint32_t life_of(board *b, content *c)
{
    apr_uint32_t fresh = apr_atomic_inc32(&b->word[NUMBERS]) + 1;
    apr_uint32_t found = apr_atomic_cas32(&c->life, fresh, 0);

    return found != 0 ? found : fresh;
}

/*
 * The caller has `life` open. Who else has said so, and is alive, must be in the same. DEAD is set
 * before a kill, and taken back after LIFE was cleared.
 */
static bool somebody_is_elsewhere(board *b, apr_uint32_t life)
{
    unsigned i;

    for (i = 0; i < PROCESSES; i++) {
        apr_uint32_t his = apr_atomic_read32(&b->word[LIFE + i]);
        apr_uint32_t dead = apr_atomic_read32(&b->word[DEAD + i]);

        if (his != 0 && his != life && dead == 0 && apr_atomic_read32(&b->word[LIFE + i]) == his)
            return true;
    }
    return false;
}

static bool remove_file(const byn_object_info *info, void *context)
{
    (void)context;
    (void)remove(info->place);
    return true;
}

static int opens_and_closes_for_ever(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    volatile apr_uint32_t *mine = &b->word[LIFE + atoi(argv[1])];
    bool fault = getenv("BYNAME_CRASH_FAULT") != NULL;
    unsigned random = board_pid();

    (void)argc;
    peer_say(self, "ready");
    while (apr_atomic_read32(&b->word[STOP]) == 0) {
        byn_memory *memory = NULL;
        byn_status status = open_it(&memory, argv[0]);
        apr_uint32_t life;
        content *c;

        if (status < 0) { /* a check would be lost: the case kills most of its peers */
            fprintf(stderr, "open answers %s: %s\n", byn_status_name(status), byn_last_error());
            apr_atomic_inc32(&b->word[WRONG]);
            return 1;
        }
        c = byn_memory_base(memory);
        life = life_of(b, c);
        apr_atomic_set32(mine, life);
        if (!is_whole(memory) || somebody_is_elsewhere(b, life))
            apr_atomic_inc32(&b->word[WRONG]);
        if (status == BYN_CREATED) {
            if (apr_atomic_inc32(&c->creators) != 0)
                apr_atomic_inc32(&b->word[WRONG]);
            apr_atomic_inc32(&b->word[CREATED]);
        }
        apr_atomic_inc32(&c->users);
        apr_atomic_inc32(&b->word[OPENED]);
        random = random * 1103515245u + 12345u;
        if (random >> 16 & 1)
            apr_thread_yield();
        if (c->creators > 1 || c->life != life)
            apr_atomic_inc32(&b->word[WRONG]);
        if (fault && (random >> 20 & 63) == 0)
            (void)byn_objects_visit(remove_file, NULL);
        apr_atomic_set32(mine, 0);
        byn_memory_close(memory);
    }
    return 0;
}

typedef struct herd {
    const char *name;
    board *b;
    peer *p[PROCESSES];
} herd;

static void start_one(herd *h, unsigned i)
{
    char number[16];

    sprintf(number, "%u", i);
    h->p[i] = peer_start(PEER_PROCESS, "opens_and_closes_for_ever", h->name, number, NULL);
    peer_expect(h->p[i], "ready");
}

static void kill_one(herd *h, unsigned i)
{
    apr_atomic_set32(&h->b->word[DEAD + i], 1);
    peer_kill(h->p[i]);
    apr_atomic_set32(&h->b->word[LIFE + i], 0);
    apr_atomic_set32(&h->b->word[DEAD + i], 0);
}

/* All are dead: the next life begins from nothing, and is the only one. */
static void begin_anew(herd *h)
{
    byn_memory *memory = NULL;

    CHECK_STATUS(open_it(&memory, h->name), BYN_CREATED);
    CHECK_INT(((content *)byn_memory_base(memory))->life, 0);
    byn_memory_close(memory);
    CHECK_INT(board_files(), 0);
}

static void random_kills_of_openers(void)
{
    herd h = {0};
    unsigned rounds = test_on_windows() ? 60 : 1500, round, i, seed = board_pid();
    apr_uint32_t began = board_ms();
    unsigned kills = 0;

    h.name = fresh_name();
    h.b = board_begin(h.name, 100);
    for (i = 0; i < PROCESSES; i++)
        start_one(&h, i);
    for (round = 0; round < rounds && board_ms() - began < 12000; round++) {
        unsigned first, count;

        seed = seed * 1103515245u + 12345u;
        first = seed >> 16 & (PROCESSES - 1);
        count = round % 50 == 49 ? PROCESSES : 1;
        for (i = 0; i < count; i++)
            kill_one(&h, (first + i) % PROCESSES);
        kills += count;
        if (count == PROCESSES)
            begin_anew(&h);
        for (i = 0; i < count; i++)
            start_one(&h, (first + i) % PROCESSES);
        REQUIRE_INT(h.b->word[WRONG], 0);
    }
    apr_atomic_set32(&h.b->word[STOP], 1);
    for (i = 0; i < PROCESSES; i++)
        peer_finish(h.p[i]);
    printf("     %u kills, %u opens, %u lives\n", kills, h.b->word[OPENED], h.b->word[CREATED]);
    CHECK_INT(h.b->word[WRONG], 0);
    CHECK_INT(board_files(), 0);
    board_destroy(h.name);
}

/* Files are removed behind the library's back: two objects get one name, which must be seen. */
static void the_check_bites(void)
{
    const char *arguments[] = {test_executable(), "-t", "random_kills_of_openers", NULL};
    const char *const environment[] = {"BYNAME_CRASH_FAULT=1", NULL};
    test_command command = {arguments, NULL, environment, 60};
    const test_output *output;

    if (board_unsupported() != NULL)
        test_skip("%s", board_unsupported());
    if (test_on_windows())
        test_skip("objects have no files here");
    CHECK_INT(test_run_command(&command, &output), 1);
    CHECK_CONTAINS(output->out, "h.b->word[WRONG] is ");
}

static const test_case cases[] = {
    TEST(exactly_one_of_racing_openers_creates),
    TEST(death_at_each_marked_point),
    TEST(random_kills_of_openers),
    TEST(the_check_bites),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(creates_in_rounds),
    PEER(opens_and_closes),
    PEER(opens_and_closes_for_ever),
    PEER_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, peers);
}
