/*
 * Kept objects: with the option `keep` an object stays when its last user has closed it or was killed, with
 * all that it knew, until byn_remove(). Every kind, by processes that come one after the other.
 */
#include <stdio.h>
#include <string.h>

#include "remote.h"

static peer *user(const char *keep)
{
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "keep %s", keep), BYN_OK);
    return p;
}

/* ---- What of a kind survives. Commands of remote; %s is the name. */

typedef struct told {
    const char *command;
    byn_status status;
    long long number; /* -1: whatever */
} told;

typedef struct life {
    const char *open;   /* or create */
    const char *reopen; /* only open */
    told first[4];      /* by a process that then is no more */
    told closed[4];     /* by the next one, if that has closed it */
    told killed[4];     /* if it was killed */
} life;

#define AS_CLOSED                                                                                  \
    {                                                                                              \
        {                                                                                          \
            NULL, BYN_OK, 0                                                                        \
        }                                                                                          \
    }

/* Of each kind one; and once more of those that have several ways. */
static const life lives[] = {
    {"mutex 0 1 %s",
     "mutex 2 0 %s",
     {{"lock 0", BYN_OK, -1}, {"unlock", BYN_OK, -1}},
     {{"lock 0", BYN_OK, -1}, {"lock 0", BYN_OK, -1}},
     AS_CLOSED},
    {"event 0 1 0 %s",
     "event 2 1 0 %s",
     {{"set", BYN_OK, -1}},
     {{"is_set", BYN_OK, 1}, {"wait 0", BYN_OK, -1}, {"is_set", BYN_OK, 1}},
     AS_CLOSED},
    {"semaphore 0 5 9 %s",
     "semaphore 2 0 9 %s",
     {{"acquire 2 0", BYN_OK, -1}},
     {{"permits", BYN_OK, 3}, {"release 7", BYN_E_LIMIT, -1}, {"release 6", BYN_OK, 3}},
     AS_CLOSED},
    {"rwlock 0 %s",
     "rwlock 2 %s",
     {{"lock_alone 0", BYN_OK, -1}},
     {{"lock_alone 5000", BYN_ABANDONED, -1}, {"unlock_rwlock", BYN_OK, -1}},
     AS_CLOSED},
    {"memory 0 5000 90000 %s",
     "memory 2 0 0 %s",
     {{"write 4999 42", BYN_OK, -1}, {"grow 80000", BYN_OK, -1}, {"write 79999 43", BYN_OK, -1}},
     {{"size", BYN_OK, 80000}, {"read 4999", BYN_OK, 42}, {"read 79999", BYN_OK, 43}},
     AS_CLOSED},
    {"value 0 0 7 %s",
     "value 2 0 0 %s",
     {{"add 70", BYN_OK, 77}},
     {{"get", BYN_OK, 77}, {"add 1", BYN_OK, 78}},
     AS_CLOSED},
    {"condition 0 %s",
     "condition 2 %s",
     {{"notify 1", BYN_OK, -1}},
     {{"notify_all", BYN_OK, -1}},
     AS_CLOSED},
    {"once 0 %s",
     "once 2 %s",
     {{"once_run 0", BYN_OK, 1}},
     {{"is_done", BYN_OK, 1}, {"once_run 0", BYN_OK, 0}},
     AS_CLOSED},
    {"barrier 0 2 0 %s",
     "barrier 2 0 0 %s",
     {{"break", BYN_OK, -1}},
     {{"meet 0", BYN_E_BROKEN, -1}, {"mend", BYN_OK, -1}, {"meet 0", BYN_E_TIMEDOUT, -1}},
     AS_CLOSED},
    {"pipe 0 1 0 0 %s",
     "pipe 2 2 0 0 %s",
     {{"send 0 hello", BYN_OK, -1}},
     {{"receive 0", BYN_OK, 5}, {"receive 0", BYN_E_CLOSED, -1}, {"send 0 x", BYN_E_CLOSED, -1}},
     AS_CLOSED},
    {"list 0 1000000 %s",
     "list 2 0 %s",
     {{"append 5", BYN_OK, -1}, {"append 6", BYN_OK, -1}},
     {{"length", BYN_OK, 2}, {"at -1", BYN_OK, 6}, {"append 7", BYN_OK, -1}},
     AS_CLOSED},
    {"queue 0 4096 10 100 0 %s",
     "queue 2 0 0 0 0 %s",
     {{"qput 0 42", BYN_OK, -1}, {"qput 0 43", BYN_OK, -1}},
     {{"qcount", BYN_OK, 2},
      {"qget 0", BYN_OK, 42},
      {"qget 0", BYN_OK, 43},
      {"qget 0", BYN_E_TIMEDOUT, -1}},
     AS_CLOSED},
};

static const life other_lives[] = {
    {"mutex 0 0 %s",
     "mutex 2 0 %s",
     {{"lock 0", BYN_OK, -1}},
     {{"lock 5000", BYN_ABANDONED, -1}, {"unlock", BYN_OK, -1}, {"lock 0", BYN_OK, -1}},
     AS_CLOSED},
    {"event 0 0 1 %s",
     "event 2 0 0 %s",
     {{"is_set", BYN_OK, 1}},
     {{"wait 0", BYN_OK, -1}, {"wait 0", BYN_E_TIMEDOUT, -1}, {"set", BYN_OK, -1}},
     AS_CLOSED},
    {"undo 0 5 5 %s",
     "undo 2 0 0 %s",
     {{"acquire 4 0", BYN_OK, -1}},
     {{"acquire 5 0", BYN_ABANDONED, -1}, {"release 5", BYN_OK, -1}, {"permits", BYN_OK, 5}},
     AS_CLOSED},
    {"rwlock 0 %s",
     "rwlock 2 %s",
     {{"lock_shared 0", BYN_OK, -1}},
     {{"lock_alone 5000", BYN_OK, -1}, {"unlock_rwlock", BYN_OK, -1}},
     AS_CLOSED},
    {"queue 0 4096 10 100 1 %s",
     "queue 2 0 0 0 0 %s",
     {{"qput 0 42", BYN_OK, -1}, {"qreceive 0", BYN_OK, 42}},
     {{"qreceive 5000", BYN_ABANDONED, 42}, {"qack", BYN_OK, -1}, {"qget 0", BYN_E_TIMEDOUT, -1}},
     AS_CLOSED},
    {"barrier 0 2 1 %s",
     "barrier 2 2 0 %s",
     {{NULL, BYN_OK, 0}},
     {{"meet 0", BYN_E_TIMEDOUT, -1}},
     {{"meet 0", BYN_E_BROKEN, -1}}},
};

enum {
    LIVES = sizeof lives / sizeof lives[0],
    OTHER_LIVES = sizeof other_lives / sizeof other_lives[0]
};

static void do_calls(peer *p, const told *calls, const char *what)
{
    int i;

    for (i = 0; i < 4 && calls[i].command != NULL; i++) {
        byn_status status = remote_call(p, calls[i].command);

        if (status != calls[i].status ||
            (calls[i].number >= 0 && remote_number() != calls[i].number))
            FAIL("%s: \"%s\" answers %s and %ld: %s", what, calls[i].command,
                 byn_status_name(status), (long)remote_number(), remote_error());
    }
}

/* A process has one of each, and is no more; then somebody else has them, who finds all as it was. */
static void live_on(const life *all, int count, bool kill)
{
    const char *names[LIVES];
    peer *p = user("1"), *q = remote_start(PEER_THREAD);
    int i;

    for (i = 0; i < count; i++) {
        names[i] = fresh_name();
        CHECK_STATUS(remote_call(p, all[i].open, names[i]), BYN_CREATED);
        do_calls(p, all[i].first, all[i].open);
    }
    if (kill)
        peer_kill(p);
    else
        remote_end(p);
    for (i = 0; i < count; i++) {
        CHECK_STATUS(remote_call(q, all[i].reopen, names[i]), BYN_OK);
        do_calls(q, kill && all[i].killed[0].command != NULL ? all[i].killed : all[i].closed,
                 all[i].open);
    }
    remote_end(q);
    q = remote_start(PEER_THREAD);
    for (i = 0; i < count; i++)
        CHECK_STATUS(remote_call(q, all[i].open, names[i]), BYN_OK); /* not made anew */
    remote_end(q);
    for (i = 0; i < count; i++) {
        CHECK_STATUS(byn_remove(names[i]), BYN_OK);
        CHECK_STATUS(byn_remove(names[i]), BYN_E_NOTFOUND);
    }
}

static void state_survives_the_last_close(void)
{
    live_on(lives, LIVES, false);
    live_on(other_lives, OTHER_LIVES, false);
}

static void state_survives_the_death_of_all_users(void)
{
    live_on(lives, LIVES, true);
    live_on(other_lives, OTHER_LIVES, true);
}

/* The kinds that remote does not know: filled, and killed while the locks for several operations are held. */
static byn_status open_both(byn_array **array, byn_dict **dict, const char *one, const char *other)
{
    byn_status status;

    *array = NULL;
    *dict = NULL;
    status =
        byn_array_open(array, one, &BYN_OPTIONS(byn_array_options, .keep = true, .length = 100));
    CHECK_STATUS(byn_dict_open(dict, other, &BYN_OPTIONS(byn_dict_options, .keep = true)), status);
    return status;
}

static int fills(peer_self *self, int argc, char **argv)
{
    byn_array *array;
    byn_dict *dict;

    REQUIRE_INT(argc, 2);
    REQUIRE_STATUS(open_both(&array, &dict, argv[0], argv[1]), BYN_CREATED);
    CHECK_STATUS(byn_array_set(array, 99, 42), BYN_OK);
    CHECK_STATUS(byn_dict_put_int64(dict, "key", 77), BYN_CREATED);
    CHECK_STATUS(byn_array_lock(array, 0), BYN_OK);
    CHECK_STATUS(byn_dict_lock(dict, 0), BYN_OK);
    peer_say(self, "filled");
    (void)peer_hear(self);
    return 0;
}

static void arrays_and_dicts_survive(void)
{
    const char *one = fresh_name(), *other = fresh_name();
    peer *p = peer_start(PEER_PROCESS, "fills", one, other, NULL);
    byn_array *array;
    byn_dict *dict;
    int64_t number = 0;

    peer_expect(p, "filled");
    peer_kill(p);
    REQUIRE_STATUS(open_both(&array, &dict, one, other), BYN_OK);
    CHECK_STATUS(byn_array_lock(array, 5000), BYN_ABANDONED);
    CHECK_STATUS(byn_dict_lock(dict, 5000), BYN_ABANDONED);
    CHECK_STATUS(byn_array_get(array, 99, &number), BYN_OK);
    CHECK_INT(number, 42);
    CHECK_STATUS(byn_dict_get_int64(dict, "key", &number), BYN_OK);
    CHECK_INT(number, 77);
    CHECK_STATUS(byn_array_unlock(array), BYN_OK);
    CHECK_STATUS(byn_dict_unlock(dict), BYN_OK);
    byn_array_close(array);
    byn_dict_close(dict);
    CHECK_STATUS(byn_remove(one), BYN_OK);
    CHECK_STATUS(byn_remove(other), BYN_OK);
}

/* ---- Who asks */

static byn_status open_value(byn_value **value, const char *name, byn_open_mode open, bool keep)
{
    *value = NULL;
    return byn_value_open(
        value, name, &BYN_OPTIONS(byn_value_options, .open = open, .keep = keep, .initial = 7));
}

static void check_value(const char *name, int64_t expected)
{
    byn_value *value;
    int64_t number = -1;

    REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_ONLY, false), BYN_OK);
    CHECK_STATUS(byn_value_get(value, &number), BYN_OK);
    CHECK_INT(number, expected);
    byn_value_close(value);
}

static void openers_find_it_without_asking(void)
{
    const char *name = fresh_name();
    byn_value *value, *other;

    REQUIRE_STATUS(open_value(&value, name, BYN_CREATE_ONLY, true), BYN_CREATED);
    CHECK_STATUS(byn_value_set(value, 70), BYN_OK);
    CHECK_STATUS(open_value(&other, name, BYN_CREATE_ONLY, true), BYN_E_EXISTS);
    byn_value_close(value);
    check_value(name, 70);
    CHECK_STATUS(open_value(&other, name, BYN_CREATE_ONLY, true), BYN_E_EXISTS);
    CHECK_CONTAINS(byn_last_error(), name);
    REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_OR_CREATE, false), BYN_OK);
    byn_value_close(value);
    check_value(name, 70);
    CHECK_STATUS(byn_remove(name), BYN_OK);
    CHECK_STATUS(open_value(&value, name, BYN_OPEN_ONLY, true), BYN_E_NOTFOUND);
}

static void many_come_back_to_it(void)
{
    const char *name = fresh_name();
    byn_value *value;
    peer *p = user("0"), *q = user("1");

    REQUIRE_STATUS(open_value(&value, name, BYN_CREATE_ONLY, true), BYN_CREATED);
    byn_value_close(value);
    CHECK_STATUS(remote_call(p, "value 2 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(q, "value 0 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(q, "add 1"), BYN_OK);
    check_value(name, 8);
    remote_end(p);
    peer_kill(q);
    check_value(name, 8);
    CHECK_STATUS(byn_remove(name), BYN_OK);
}

static void whoever_asks_makes_it_kept(void)
{
    const char *name = fresh_name();
    byn_value *value, *again;
    peer *p = user("0"), *q = user("1");

    /* Another process asks, while it is in use. */
    CHECK_STATUS(remote_call(p, "value 0 0 1 %s", name), BYN_CREATED);
    CHECK_STATUS(remote_call(q, "value 2 0 0 %s", name), BYN_OK);
    peer_kill(q);
    remote_end(p);
    check_value(name, 1);
    CHECK_STATUS(byn_remove(name), BYN_OK);

    /* The process that has it open already. */
    REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_OR_CREATE, false), BYN_CREATED);
    REQUIRE_STATUS(open_value(&again, name, BYN_OPEN_OR_CREATE, true), BYN_OK);
    CHECK(value == again);
    byn_value_close(value);
    byn_value_close(again);
    check_value(name, 7);
    CHECK_STATUS(byn_remove(name), BYN_OK);
}

static void who_does_not_ask_has_what_was_always_there(void)
{
    const char *name = fresh_name(), *kept = fresh_name();
    byn_value *value, *other;
    peer *p = user("0");

    REQUIRE_STATUS(open_value(&other, kept, BYN_OPEN_OR_CREATE, true), BYN_CREATED);
    REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_OR_CREATE, false), BYN_CREATED);
    byn_value_close(value);
    CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
    CHECK_STATUS(remote_call(p, "value 0 0 1 %s", name), BYN_CREATED);
    peer_kill(p);
    CHECK_STATUS(open_value(&value, name, BYN_OPEN_ONLY, true), BYN_E_NOTFOUND);
    REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_OR_CREATE, false), BYN_CREATED);
    byn_value_close(value);
    CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
    byn_value_close(other);
    CHECK_STATUS(byn_remove(kept), BYN_OK);
}

static void parameters_of_the_creator_hold(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = NULL;
    byn_value *value;

    REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_OR_CREATE, true), BYN_CREATED);
    byn_value_close(value);
    CHECK_STATUS(byn_value_open(&value, name, &BYN_OPTIONS(byn_value_options, .type = BYN_U8)),
                 BYN_E_MISMATCH);
    CHECK_STATUS(byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .keep = true)),
                 BYN_E_MISMATCH);
    check_value(name, 7);
    CHECK_STATUS(byn_remove(name), BYN_OK);
    REQUIRE_STATUS(byn_mutex_open(&mutex, name, NULL), BYN_CREATED);
    byn_mutex_close(mutex);
}

/* ---- The end */

static void remove_waits_for_the_last_user(void)
{
    const char *name = fresh_name();
    byn_memory *memory = NULL;
    byn_value *value;
    peer *p = user("0");

    REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_OR_CREATE, true), BYN_CREATED);
    CHECK_STATUS(byn_remove(name), BYN_E_EXISTS);
    CHECK_CONTAINS(byn_last_error(), "kept");
    CHECK_STATUS(remote_call(p, "value 2 0 0 %s", name), BYN_OK);
    CHECK_STATUS(byn_value_set(value, 8), BYN_OK);
    byn_value_close(value);
    CHECK_STATUS(byn_remove(name), BYN_E_EXISTS);
    peer_kill(p);
    check_value(name, 8); /* what could not be removed is kept as before */
    CHECK_STATUS(byn_remove(name), BYN_OK);

    /* The name is free for anything. */
    REQUIRE_STATUS(byn_memory_open(&memory, name,
                                   &BYN_OPTIONS(byn_memory_options, .size = 100000, .keep = true)),
                   BYN_CREATED);
    byn_memory_close(memory);
    CHECK_STATUS(byn_remove(name), BYN_OK);
    REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_OR_CREATE, false), BYN_CREATED);
    byn_value_close(value);
    CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
}

/* One life after the other under one name: none of them knows of the one before. */
static void lives_follow_each_other(void)
{
    const char *name = fresh_name();
    byn_value *value;
    int i;

    for (i = 0; i < 20; i++) {
        REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_OR_CREATE, true), BYN_CREATED);
        CHECK_STATUS(byn_value_add(value, i, NULL), BYN_OK);
        byn_value_close(value);
        check_value(name, 7 + i);
        CHECK_STATUS(byn_remove(name), BYN_OK);
    }
}

/* ---- What a visit tells */

typedef struct sighting {
    const char *name;
    int times;
    byn_object_info info;
} sighting;

static bool look(const byn_object_info *info, void *context)
{
    sighting *seen = context;

    if (strcmp(info->name, seen->name) == 0) {
        seen->times++;
        seen->info = *info;
    }
    return true;
}

static void check_seen(const char *name, byn_object_state state, bool kept)
{
    sighting seen;

    memset(&seen, 0, sizeof seen);
    seen.name = name;
    CHECK_STATUS(byn_objects_visit(look, &seen), BYN_OK);
    CHECK_INT(seen.times, 1);
    CHECK_INT(seen.info.state, state);
    CHECK_INT(seen.info.kept, kept);
}

static void visit_tells_what_is_kept(void)
{
    const char *kept = fresh_name(), *usual = fresh_name();
    byn_value *one, *two;

    REQUIRE_STATUS(open_value(&one, kept, BYN_OPEN_OR_CREATE, true), BYN_CREATED);
    REQUIRE_STATUS(open_value(&two, usual, BYN_OPEN_OR_CREATE, false), BYN_CREATED);
    check_seen(kept, BYN_OBJECT_IN_USE, true);
    check_seen(usual, BYN_OBJECT_IN_USE, false);
    byn_value_close(one);
    byn_value_close(two);
    check_seen(kept, BYN_OBJECT_KEPT, true);
    check_seen(kept, BYN_OBJECT_KEPT, true); /* looking does not end it */
    check_value(kept, 7);
    CHECK_STATUS(byn_remove(kept), BYN_OK);
}

/* A process that first creates something sweeps what killed ones left. */
static void sweeping_leaves_what_is_kept(void)
{
    const char *kept = fresh_name(), *other = fresh_name();
    peer *p = user("1");

    CHECK_STATUS(remote_call(p, "value 0 0 5 %s", kept), BYN_CREATED);
    peer_kill(p);
    p = user("0");
    CHECK_STATUS(remote_call(p, "value 0 0 0 %s", other), BYN_CREATED);
    remote_end(p);
    check_value(kept, 5);
    CHECK_STATUS(byn_remove(kept), BYN_OK);
}

static void machine_objects_are_kept_too(void)
{
    char name[200];
    byn_value *value;
    peer *p = user("1");

    (void)snprintf(name, sizeof name, "machine:%s", fresh_name());
    CHECK_STATUS(remote_call(p, "mode 666"), BYN_OK);
    CHECK_STATUS(remote_call(p, "value 0 0 5 %s", name), BYN_CREATED);
    peer_kill(p);
    check_seen(name, BYN_OBJECT_KEPT, true);
    REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_OR_CREATE, true), BYN_OK);
    CHECK_STATUS(byn_value_add(value, 1, NULL), BYN_OK);
    byn_value_close(value);
    check_value(name, 6);
    CHECK_STATUS(byn_remove(name), BYN_OK);
    CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
}

/* ---- Many at once */

/* Opens, closes and removes: who created it found it new, whoever else met it found it whole. */
static int comes_and_goes(peer_self *self, int argc, char **argv)
{
    byn_value *value;
    int64_t number = 0;
    int i;

    REQUIRE_INT(argc, 1);
    peer_say(self, "ready");
    if (!peer_wait(self, "go"))
        return 0;
    for (i = 0; i < 100; i++) {
        byn_status status = open_value(&value, argv[0], BYN_OPEN_OR_CREATE, i % 3 != 0);

        REQUIRE(status >= 0);
        REQUIRE_STATUS(byn_value_add(value, 1, &number), BYN_OK);
        CHECK(number >= 8);
        byn_value_close(value);
        if (i % 5 == 0) {
            status = byn_remove(argv[0]);
            CHECK(status == BYN_OK || status == BYN_E_EXISTS || status == BYN_E_NOTFOUND);
        }
    }
    return 0;
}

static void open_close_and_remove_race_safely(void)
{
    enum { PEERS = 3 };
    const char *name = fresh_name();
    peer *peers[PEERS];
    byn_status status;
    int i;

    for (i = 0; i < PEERS; i++)
        peers[i] = peer_start(i == 2 ? PEER_THREAD : PEER_PROCESS, "comes_and_goes", name, NULL);
    for (i = 0; i < PEERS; i++)
        peer_expect(peers[i], "ready");
    for (i = 0; i < PEERS; i++)
        peer_tell(peers[i], "go");
    for (i = 0; i < PEERS; i++)
        CHECK_INT(peer_finish(peers[i]), 0);
    status = byn_remove(name);
    CHECK(status == BYN_OK || status == BYN_E_NOTFOUND);
    CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
}

static const test_case cases[] = {
    TEST(state_survives_the_last_close),
    TEST(state_survives_the_death_of_all_users),
    TEST(arrays_and_dicts_survive),
    TEST(openers_find_it_without_asking),
    TEST(many_come_back_to_it),
    TEST(whoever_asks_makes_it_kept),
    TEST(who_does_not_ask_has_what_was_always_there),
    TEST(parameters_of_the_creator_hold),
    TEST(remove_waits_for_the_last_user),
    TEST(lives_follow_each_other),
    TEST(visit_tells_what_is_kept),
    TEST(sweeping_leaves_what_is_kept),
    TEST(machine_objects_are_kept_too),
    TEST(open_close_and_remove_race_safely),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(fills), PEER(comes_and_goes), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "keep", cases, peers);
}
