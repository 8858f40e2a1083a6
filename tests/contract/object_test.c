/* byn_objects_visit(), byn_remove(), and how long objects live. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote.h"

/* ---- What a visit saw of one name */

typedef struct sighting {
    const char *name; /* to look for */
    int times, all;
    byn_object_state state;
    char kind[20];
    char place[600];
    uint64_t size, age_ms;
    uint32_t creator, layout;
    bool machine;
} sighting;

static bool look(const byn_object_info *info, void *context)
{
    sighting *seen = context;

    seen->all++;
    if (strcmp(info->name, seen->name) == 0) {
        seen->times++;
        seen->state = info->state;
        seen->size = info->size;
        seen->age_ms = info->age_ms;
        seen->creator = info->creator;
        seen->layout = info->layout;
        seen->machine = info->machine;
        (void)snprintf(seen->kind, sizeof seen->kind, "%s", info->kind);
        (void)snprintf(seen->place, sizeof seen->place, "%s", info->place);
    }
    return true;
}

static sighting look_for(const char *name)
{
    sighting seen;

    memset(&seen, 0, sizeof seen);
    seen.name = name;
    CHECK_STATUS(byn_objects_visit(look, &seen), BYN_OK);
    return seen;
}

static void visit_shows_what_is_open(void)
{
    static const char *const openings[][2] = {
        {"mutex", "mutex 0 0 %s"},           {"event", "event 0 0 0 %s"},
        {"semaphore", "semaphore 0 0 0 %s"}, {"memory", "memory 0 100000 0 %s"},
        {"value", "value 0 0 0 %s"},
    };
    enum { KINDS = sizeof openings / sizeof openings[0] };
    const char *names[KINDS];
    peer *p = remote_start(PEER_PROCESS);
    int i;

    for (i = 0; i < KINDS; i++) {
        names[i] = fresh_name();
        CHECK_STATUS(remote_call(p, openings[i][1], names[i]), BYN_CREATED);
    }
    for (i = 0; i < KINDS; i++) {
        sighting seen = look_for(names[i]);

        CHECK_INT(seen.times, 1);
        CHECK_STR(seen.kind, openings[i][0]);
        CHECK_INT(seen.state, BYN_OBJECT_IN_USE);
        CHECK_INT(seen.creator, peer_pid(p));
        CHECK(seen.layout > 0);
        CHECK(seen.size > 0);
        CHECK(seen.place[0] != '\0');
        if (strcmp(seen.kind, "memory") == 0)
            CHECK(seen.size >= 100000);
    }
    remote_end(p);
    for (i = 0; i < KINDS; i++)
        CHECK_INT(look_for(names[i]).times, 0);
}

static void visit_shows_the_whole_name(void)
{
    static const char *const patterns[] = {"%s/\xc3\xa4\xe2\x82\xac%%", "machine:%s \\"};
    char name[300];
    byn_event *event = NULL;
    int i;

    for (i = 0; i < 3; i++) {
        if (i < 2) {
            int before = (int)strcspn(patterns[i], "%");

            (void)snprintf(name, sizeof name, "%.*s%s%s", before, patterns[i], fresh_name(),
                           patterns[i] + before + 2);
        } else {
            memset(name, '%', sizeof name);
            memcpy(name, fresh_name(), 20);
            name[255] = '\0';
        }
        REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
        CHECK_INT(look_for(name).times, 1);
        CHECK_INT(look_for(name).machine, strncmp(name, "machine:", 8) == 0);
        byn_event_close(event);
        CHECK_INT(look_for(name).times, 0);
    }
}

static void age_grows(void)
{
    const char *name = fresh_name();
    byn_event *event = NULL;
    uint64_t age;

    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
    CHECK_STATUS(byn_event_wait(event, 30), BYN_E_TIMEDOUT);
    age = look_for(name).age_ms;
    CHECK(age >= 30);
    CHECK_STATUS(byn_event_wait(event, 30), BYN_E_TIMEDOUT);
    CHECK(look_for(name).age_ms >= age + 29); /* both are cut to whole milliseconds */
    byn_event_close(event);
}

static void visit_reclaims_what_killed_processes_left(void)
{
    const char *name = fresh_name();
    peer *p = remote_start(PEER_PROCESS);
    sighting seen;

    CHECK_STATUS(remote_call(p, "value 0 0 0 %s", name), BYN_CREATED);
    peer_kill(p);
    seen = look_for(name);
    if (test_on_windows()) {
        CHECK_INT(seen.times, 0);
        test_skip("Windows leaves nothing of killed processes");
    }
    CHECK_INT(seen.times, 1);
    CHECK_INT(seen.state, BYN_OBJECT_RECLAIMED);
    CHECK_STR(seen.kind, "value");
    CHECK_INT(look_for(name).times, 0);
}

static bool stop_at_once(const byn_object_info *info, void *context)
{
    (void)info;
    ++*(int *)context;
    return false;
}

static void visit_stops_when_the_visitor_says_so(void)
{
    byn_event *one = NULL, *two = NULL, *three = NULL;
    char machine[200];
    int calls = 0;

    (void)snprintf(machine, sizeof machine, "machine:%s", fresh_name());
    REQUIRE_STATUS(byn_event_open(&one, fresh_name(), NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&two, fresh_name(), NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&three, machine, NULL), BYN_CREATED);
    CHECK(look_for("").all >= 3);
    CHECK_STATUS(byn_objects_visit(stop_at_once, &calls), BYN_OK);
    CHECK_INT(calls, 1);
    byn_event_close(one);
    byn_event_close(two);
    byn_event_close(three);
}

typedef struct visited {
    const char *names[2];
    int calls;
} visited;

/* Its own only: what others keep, on Windows in the same place, would be gone as soon as they let go. */
static bool open_and_remove(const byn_object_info *info, void *context)
{
    visited *own = context;
    byn_event *event = NULL;

    if (strcmp(info->name, own->names[0]) == 0 || strcmp(info->name, own->names[1]) == 0) {
        own->calls++;
        CHECK(byn_event_open(&event, info->name,
                             &BYN_OPTIONS(byn_event_options, .open = BYN_OPEN_ONLY)) == BYN_OK);
        byn_event_close(event);
        CHECK_STATUS(byn_remove(info->name), BYN_E_EXISTS);
        CHECK_INT(look_for(info->name).times, 1);
    }
    return true;
}

static void visitor_may_open_and_close_objects(void)
{
    byn_event *one = NULL, *two = NULL;
    visited own = {{fresh_name(), fresh_name()}, 0};

    REQUIRE_STATUS(byn_event_open(&one, own.names[0], NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&two, own.names[1], NULL), BYN_CREATED);
    CHECK_STATUS(byn_objects_visit(open_and_remove, &own), BYN_OK);
    CHECK_INT(own.calls, 2);
    byn_event_close(one);
    byn_event_close(two);
}

static void visit_of_nothing_is_a_success(void)
{
    CHECK_INT(look_for("no such name").times, 0);
    CHECK_STATUS(byn_objects_visit(NULL, NULL), BYN_E_INVALID);
}

/* ---- byn_remove() */

static void remove_tells_that_there_was_nothing(void)
{
    CHECK_STATUS(byn_remove(fresh_name()), BYN_E_NOTFOUND);
    CHECK_STATUS(byn_remove(NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_remove("machine:byname-test, which nobody has"), BYN_E_NOTFOUND);
}

static void remove_leaves_what_is_in_use(void)
{
    const char *name = fresh_name();
    byn_value *value = NULL;
    int64_t number = 0;
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "value 0 0 5 %s", name), BYN_CREATED);
    CHECK_STATUS(byn_remove(name), BYN_E_EXISTS);
    REQUIRE_STATUS(byn_value_open(&value, name, NULL), BYN_OK);
    CHECK_STATUS(byn_remove(name), BYN_E_EXISTS);
    remote_end(p);
    CHECK_STATUS(byn_remove(name), BYN_E_EXISTS);
    CHECK_STATUS(byn_value_get(value, &number), BYN_OK);
    CHECK_INT(number, 5);
    byn_value_close(value);
    CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
}

static void remove_takes_away_what_killed_processes_left(void)
{
    const char *name = fresh_name();
    peer *p = remote_start(PEER_PROCESS), *q = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "value 0 0 5 %s", name), BYN_CREATED);
    CHECK_STATUS(remote_call(q, "value 0 0 0 %s", name), BYN_OK);
    peer_kill(p);
    CHECK_STATUS(byn_remove(name), BYN_E_EXISTS);
    peer_kill(q);
    CHECK_STATUS(byn_remove(name), test_on_windows() ? BYN_E_NOTFOUND : BYN_OK);
    CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
}

/* ---- Lives */

static void name_is_free_after_all_users_were_killed(void)
{
    const char *name = fresh_name();
    byn_value *value = NULL;
    peer *p = remote_start(PEER_PROCESS), *q = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "value 0 %d 5 %s", BYN_I8, name), BYN_CREATED);
    CHECK_STATUS(remote_call(q, "value 0 0 0 %s", name), BYN_OK);
    peer_kill(p);
    peer_kill(q);
    CHECK_STATUS(
        byn_value_open(&value, name, &BYN_OPTIONS(byn_value_options, .open = BYN_OPEN_ONLY)),
        BYN_E_NOTFOUND);
    /* Of another type now, and of its initial value. */
    CHECK_STATUS(byn_value_open(&value, name,
                                &BYN_OPTIONS(byn_value_options, .open = BYN_CREATE_ONLY,
                                             .type = BYN_U32, .initial = 70000)),
                 BYN_CREATED);
    byn_value_close(value);
}

static void killed_users_object_is_made_anew(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = NULL;
    byn_memory *memory = NULL;
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "mutex 0 0 %s", name), BYN_CREATED);
    CHECK_STATUS(remote_call(p, "lock 0"), BYN_OK);
    peer_kill(p);
    REQUIRE_STATUS(byn_mutex_open(&mutex, name, NULL), BYN_CREATED);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK); /* not abandoned: another mutex */
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    byn_mutex_close(mutex);
    p = remote_start(PEER_PROCESS);
    CHECK_STATUS(remote_call(p, "mutex 0 0 %s", name), BYN_CREATED);
    peer_kill(p);
    REQUIRE_STATUS(byn_memory_open(&memory, name, &BYN_OPTIONS(byn_memory_options, .size = 10)),
                   BYN_CREATED);
    byn_memory_close(memory);
}

static void object_outlives_its_creator(void)
{
    const char *name = fresh_name();
    byn_value *value = NULL;
    int64_t number = 0;
    peer *p = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "value 0 0 5 %s", name), BYN_CREATED);
    REQUIRE_STATUS(byn_value_open(&value, name, NULL), BYN_OK);
    peer_kill(p);
    p = remote_start(PEER_PROCESS);
    CHECK_STATUS(remote_call(p, "value 0 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "add 1"), BYN_OK);
    remote_end(p);
    CHECK_STATUS(byn_value_get(value, &number), BYN_OK);
    CHECK_INT(number, 6);
    byn_value_close(value);
}

static void last_close_removes_the_name(void)
{
    const char *name = fresh_name();
    byn_value *one = NULL, *two = NULL;
    peer *p = remote_start(PEER_PROCESS);

    REQUIRE_STATUS(byn_value_open(&one, name, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_value_open(&two, name, NULL), BYN_OK);
    CHECK(one == two);
    byn_value_close(two);
    CHECK_STATUS(remote_call(p, "value 2 0 0 %s", name), BYN_OK);
    CHECK_STATUS(remote_call(p, "close value"), BYN_OK);
    byn_value_close(one);
    CHECK_STATUS(remote_call(p, "value 2 0 0 %s", name), BYN_E_NOTFOUND);
    CHECK_INT(look_for(name).times, 0);
    remote_end(p);
}

static void many_objects_of_a_process_are_found_again(void)
{
    enum { COUNT = 300 };
    byn_value *values[COUNT];
    char base[120], name[140];
    int i;

    (void)snprintf(base, sizeof base, "%s", fresh_name());
    for (i = 0; i < COUNT; i++) {
        (void)snprintf(name, sizeof name, "%s-%d", base, i);
        REQUIRE_STATUS(
            byn_value_open(&values[i], name, &BYN_OPTIONS(byn_value_options, .initial = i)),
            BYN_CREATED);
    }
    CHECK(look_for(base).all >= COUNT);
    for (i = 0; i < COUNT; i++) {
        byn_value *again = NULL;
        int64_t number = -1;

        (void)snprintf(name, sizeof name, "%s-%d", base, i);
        REQUIRE_STATUS(byn_value_open(&again, name, NULL), BYN_OK);
        REQUIRE(again == values[i]);
        CHECK_STATUS(byn_value_get(again, &number), BYN_OK);
        CHECK_INT(number, i);
        byn_value_close(again);
    }
    for (i = 0; i < COUNT; i++)
        byn_value_close(values[(i * 7) % COUNT]);
    CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
}

/* Opens and closes of many at once: who is told that it created was alone with it. */
static int opens_and_closes(peer_self *self, int argc, char **argv)
{
    int i, rounds = argc == 2 ? atoi(argv[1]) : 0;

    peer_say(self, "ready");
    if (peer_wait(self, "go")) {
        for (i = 0; i < rounds; i++) {
            byn_value *value = NULL;
            int64_t number = 0;

            REQUIRE(byn_value_open(&value, argv[0],
                                   &BYN_OPTIONS(byn_value_options, .initial = 7)) >= 0);
            REQUIRE_STATUS(byn_value_get(value, &number), BYN_OK);
            REQUIRE_INT(number, 7);
            byn_value_close(value);
        }
    }
    return 0;
}

static void open_and_close_race_safely(void)
{
    enum { PEERS = 4 };
    const char *name = fresh_name();
    peer *peers[PEERS];
    int i;

    for (i = 0; i < PEERS; i++)
        peers[i] = peer_start(i % 2 == 0 ? PEER_PROCESS : PEER_THREAD, "opens_and_closes", name,
                              "1500", NULL);
    for (i = 0; i < PEERS; i++)
        peer_expect(peers[i], "ready");
    for (i = 0; i < PEERS; i++)
        peer_tell(peers[i], "go");
    for (i = 0; i < PEERS; i++)
        CHECK_INT(peer_finish(peers[i]), 0);
    CHECK_STATUS(byn_remove(name), BYN_E_NOTFOUND);
}

static const test_case cases[] = {
    TEST(visit_shows_what_is_open),
    TEST(visit_shows_the_whole_name),
    TEST(age_grows),
    TEST(visit_reclaims_what_killed_processes_left),
    TEST(visit_stops_when_the_visitor_says_so),
    TEST(visitor_may_open_and_close_objects),
    TEST(visit_of_nothing_is_a_success),
    TEST(remove_tells_that_there_was_nothing),
    TEST(remove_leaves_what_is_in_use),
    TEST(remove_takes_away_what_killed_processes_left),
    TEST(name_is_free_after_all_users_were_killed),
    TEST(killed_users_object_is_made_anew),
    TEST(object_outlives_its_creator),
    TEST(last_close_removes_the_name),
    TEST(many_objects_of_a_process_are_found_again),
    TEST(open_and_close_race_safely),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER(opens_and_closes), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "object", cases, peers);
}
