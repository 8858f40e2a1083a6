/* What the seam provides for pools: locks and threads of a process, watches, kills by identity, programs and files. */
#include "peer.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

enum { THREADS = 4, EACH = 20000, MANY = 80 /* more than one wait of Windows has room for */ };

/* ---- Locks and threads */

static bynk_lock lock = BYNK_LOCK_FREE;
static int counted;

static void count(void *argument)
{
    int i;

    (void)argument;
    for (i = 0; i < EACH; i++) {
        bynk_lock_lock(&lock);
        counted++;
        bynk_lock_unlock(&lock);
    }
}

static void lock_lets_one_in(void)
{
    bynk_thread *threads[THREADS];
    int i;

    REQUIRE_STATUS(bynk_begin(), BYN_OK);
    counted = 0;
    for (i = 0; i < THREADS; i++)
        REQUIRE_STATUS(bynk_thread_start(&threads[i], count, NULL), BYN_OK);
    for (i = 0; i < THREADS; i++)
        bynk_thread_join(threads[i]);
    CHECK_INT(counted, THREADS * EACH);
}

typedef struct self {
    bynk_thread *thread;
    bool is_me, leaves;
    byni_a32 done;
} self;

static void look_at_itself(void *argument)
{
    self *me = argument;

    me->is_me = bynk_thread_is_me(me->thread);
    if (me->leaves)
        bynk_thread_leave(me->thread);
    byni_store32(&me->done, 1);
}

static void thread_knows_itself_and_may_leave(void)
{
    self me = {.leaves = false};

    REQUIRE_STATUS(bynk_thread_start(&me.thread, look_at_itself, &me), BYN_OK);
    CHECK(!bynk_thread_is_me(me.thread));
    bynk_thread_join(me.thread);
    CHECK(me.is_me);
    me.leaves = true;
    byni_store32(&me.done, 0);
    REQUIRE_STATUS(bynk_thread_start(&me.thread, look_at_itself, &me), BYN_OK);
    while (byni_load32(&me.done) == 0)
        byni_pause();
    CHECK(me.is_me);
}

/* ---- Watches */

/* An object of no kind but a spot. */
static void initialise(void *state, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    (void)parameters;
    (void)options;
    bynk_spot_initialise(state, 0);
}

static bool is_sound(const byni_header *header)
{
    (void)header;
    return true;
}

static byn_status attach(byni_object *object)
{
    (void)object;
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    (void)object;
    return true;
}

static const byni_kind kind = {
    BYNI_EVENT, "test", sizeof(byni_object), {NULL}, is_sound, initialise, attach, detach, NULL};

static byni_object *open_object(void)
{
    byni_opening opening = {
        .name = fresh_name(), .size = BYNI_DATA_OFFSET, .limit = BYNI_DATA_OFFSET};
    byni_object *object = NULL;

    REQUIRE_STATUS(byni_object_open(&object, &kind, &opening), BYN_CREATED);
    return object;
}

/* Until the spot's number is this. */
static bool becomes(byni_object *object, uint32_t number)
{
    bynk_spot *spot = byni_object_state(object);
    uint64_t end = bynk_clock() + (uint64_t)test_patience() * 1000000000;
    bynk_rest rest = {.deadline = end};

    while (bynk_spot_number(spot) < number && bynk_clock() < end)
        if (bynk_spot_sleep(object->segment, spot, bynk_spot_number(spot), &rest) < 0)
            break;
    return bynk_spot_number(spot) >= number;
}

static int stays(peer_self *self_, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    peer_say(self_, "there");
    peer_wait(self_, "go");
    return 0;
}

static peer *start_other(bynk_identity *who)
{
    peer *other = peer_start(PEER_PROCESS, "stays", NULL);

    peer_expect(other, "there");
    REQUIRE_STATUS(bynk_identity_of((uint32_t)peer_pid(other), who), BYN_OK);
    return other;
}

/* Of one that has died before it rings at once. Where there are none, nobody is rung. */
static void death_rings_all_that_watch_it(void)
{
    byni_object *object = open_object();
    bynk_watch *watches[MANY] = {NULL};
    bynk_identity who;
    peer *other;
    int i, count_there = 0;

    other = start_other(&who);
    for (i = 0; i < MANY; i++) {
        watches[i] = bynk_watch_begin(object->segment, byni_object_state(object), &who);
        count_there += watches[i] != NULL;
    }
    CHECK(count_there == 0 || count_there == MANY);
    bynk_watch_end(watches[0]);
    CHECK_INT(bynk_spot_number(byni_object_state(object)), 0);
    peer_kill(other);
    if (count_there == MANY)
        CHECK(becomes(object, MANY - 1));
    for (i = 1; i < MANY; i++)
        bynk_watch_end(watches[i]);
    watches[0] = bynk_watch_begin(object->segment, byni_object_state(object), &who);
    CHECK(becomes(object, count_there == MANY ? MANY : 1));
    if (watches[0] != NULL)
        bynk_watch_end(watches[0]);
    byni_object_close(object);
}

/* ---- Kill */

static void identity_is_killed_and_no_other_of_its_number(void)
{
    bynk_identity who, before;
    peer *other = start_other(&who);

    before = who;
    before.started--;
    CHECK_STATUS(bynk_identity_kill(&before), BYN_OK); /* that one is dead */
    CHECK(bynk_identity_alive(&who));
    CHECK_STATUS(bynk_identity_kill(&who), BYN_OK);
    CHECK_STATUS(bynk_identity_await_death(&who, byni_until, &(bynk_deadline){BYNK_NEVER}), BYN_OK);
    CHECK_STATUS(bynk_identity_kill(&who), BYN_OK);
    peer_kill(other);
}

/* ---- Programs and files */

static void own_program_is_found(void)
{
    char *own = NULL, *found = NULL;

    REQUIRE_STATUS(bynk_program_own(&own), BYN_OK);
    CHECK_CONTAINS(own, "unit.kernel");
    REQUIRE_STATUS(bynk_program_find(own, &found), BYN_OK);
    CHECK_STR(found, own);
    free(found);
    REQUIRE_STATUS(bynk_file_find(own, &found), BYN_OK);
    CHECK_CONTAINS(found, "unit.kernel");
    free(found);
    free(own);
    CHECK_STATUS(bynk_file_find("there is no such file", &found), BYN_E_NOTFOUND);
    CHECK_STATUS(bynk_file_find(test_directory(), &found), BYN_E_NOTFOUND);
    CHECK_STATUS(bynk_program_find("there-is-no-such-program", &found), BYN_E_NOTFOUND);
}

static int takes_a_variable(peer_self *self_, int argc, char **argv)
{
    char *value = bynk_environment_copy("BYNAME_CRASH_POINT"), *taken, *again;

    (void)argc;
    (void)argv;
    taken = bynk_environment_take("BYNAME_CRASH_POINT");
    again = bynk_environment_take("BYNAME_CRASH_POINT");
    peer_say(self_, "%s %s %s", value, taken, again != NULL ? again : "none");
    free(value);
    free(taken);
    free(again);
    return 0;
}

static void variable_is_taken_once(void)
{
    peer *other = peer_start_crashing("no.such.point", 1, "takes_a_variable", NULL);

    peer_expect(other, "no.such.point:1 no.such.point:1 none");
    CHECK_INT(peer_finish(other), 0);
}

static const test_case cases[] = {
    TEST(lock_lets_one_in),
    TEST(thread_knows_itself_and_may_leave),
    TEST(death_rings_all_that_watch_it),
    TEST(identity_is_killed_and_no_other_of_its_number),
    TEST(own_program_is_found),
    TEST(variable_is_taken_once),
    TEST_END,
};

static const peer_entry peers[] = {PEER(stays), PEER(takes_a_variable), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "kernel", cases, peers);
}
