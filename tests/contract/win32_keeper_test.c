/*
 * The keeper of kept objects on Windows: that it comes when it is needed and goes when it is not, and what
 * its death costs. It is one for all processes of the user: no other test may run meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <byname/byname.h>

#include "peer.h"
#include "test.h"

enum { PLACE_SIZE = 400, PID_OFFSET = 4 };

#define IS_KEEPER "BYNAME_TEST_IS_KEEPER"

/* ---- The keeper, seen from outside */

static bool take_place(const byn_object_info *info, void *context)
{
    char *place = context;

    if (strncmp(info->place, "Local\\", 6) != 0)
        return true;
    (void)snprintf(place, PLACE_SIZE, "%s", info->place);
    return false;
}

/* "Local\byname.<user>#keeper.mail" */
static void mailbox_name(char name[PLACE_SIZE])
{
    byn_event *event = NULL;
    char *dot;

    REQUIRE_STATUS(byn_event_open(&event, fresh_name(), NULL), BYN_CREATED);
    name[0] = '\0';
    CHECK_STATUS(byn_objects_visit(take_place, name), BYN_OK);
    byn_event_close(event);
    dot = strchr(name, '.');
    REQUIRE(dot != NULL);
    dot = strchr(dot + 1, '.');
    REQUIRE(dot != NULL);
    (void)snprintf(dot, PLACE_SIZE - (size_t)(dot - name), "#keeper.mail");
}

/* 0: there is none. */
static DWORD keeper_pid(void)
{
    char name[PLACE_SIZE];
    const unsigned char *view;
    DWORD pid = 0;
    HANDLE mail;

    mailbox_name(name);
    mail = OpenFileMappingA(FILE_MAP_READ, FALSE, name);
    if (mail == NULL)
        return 0;
    view = MapViewOfFile(mail, FILE_MAP_READ, 0, 0, 0);
    REQUIRE(view != NULL);
    memcpy(&pid, view + PID_OFFSET, sizeof pid);
    UnmapViewOfFile(view);
    CloseHandle(mail);
    return pid;
}

static void kill_keeper(void)
{
    DWORD pid = keeper_pid();
    HANDLE process = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, pid);

    REQUIRE(process != NULL);
    REQUIRE(TerminateProcess(process, 1));
    CHECK(WaitForSingleObject(process, 1000u * (unsigned)test_patience()) == WAIT_OBJECT_0);
    CloseHandle(process);
}

/* Those of other tests end by themselves. One whose starter was killed may still come after this. */
static void await_no_keeper(void)
{
    DWORD pid = keeper_pid();
    int i;

    for (i = 0; i < 100 * test_patience() && pid != 0; i++) {
        Sleep(10);
        pid = keeper_pid();
    }
    CHECK_INT(pid, 0);
}

static byn_status open_value(byn_value **value, const char *name, byn_open_mode open, bool keep)
{
    *value = NULL;
    return byn_value_open(
        value, name, &BYN_OPTIONS(byn_value_options, .open = open, .keep = keep, .initial = 7));
}

static void keep_one(const char *name)
{
    byn_value *value;

    REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_OR_CREATE, true), BYN_CREATED);
    byn_value_close(value);
}

/* ---- The cases */

static void keeper_goes_when_it_keeps_nothing(void)
{
    const char *name = fresh_name(), *other = fresh_name();

    await_no_keeper();
    keep_one(name);
    CHECK(keeper_pid() != 0);
    keep_one(other);
    CHECK_STATUS(byn_remove(name), BYN_OK);
    CHECK(keeper_pid() != 0);
    CHECK_STATUS(byn_remove(other), BYN_OK);
    await_no_keeper();
}

static void there_is_one_keeper(void)
{
    const char *name = fresh_name();
    uint32_t told, keeps;
    DWORD pid;

    keep_one(name);
    pid = keeper_pid();
    CHECK_STATUS(byn_keeper_run(BYN_NOW), BYN_E_EXISTS);
    CHECK_INT(keeper_pid(), pid);
    CHECK_STATUS(byn_keeper_look(&told, &keeps), BYN_OK);
    CHECK_INT(told, pid);
    CHECK(keeps > 0);
    CHECK_STATUS(byn_keeper_look(NULL, &keeps), BYN_E_INVALID);
    CHECK_STATUS(byn_keeper_look(&told, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_remove(name), BYN_OK);
    CHECK_STATUS(byn_keeper_run(-2), BYN_E_INVALID);
}

static void killed_keeper_costs_what_nobody_uses(void)
{
    const char *name = fresh_name(), *used = fresh_name();
    byn_value *value, *again;

    keep_one(name);
    REQUIRE_STATUS(open_value(&value, used, BYN_OPEN_OR_CREATE, true), BYN_CREATED);
    kill_keeper();
    CHECK_STATUS(open_value(&again, name, BYN_OPEN_ONLY, true), BYN_E_NOTFOUND);
    CHECK_STATUS(byn_value_set(value, 70), BYN_OK);
    CHECK_STATUS(byn_remove(used), BYN_E_EXISTS);

    /* Its users go on, and who asks again brings another keeper. */
    REQUIRE_STATUS(open_value(&again, used, BYN_OPEN_OR_CREATE, true), BYN_OK);
    byn_value_close(again);
    byn_value_close(value);
    CHECK(keeper_pid() != 0);
    REQUIRE_STATUS(open_value(&value, used, BYN_OPEN_ONLY, false), BYN_OK);
    byn_value_close(value);
    CHECK_STATUS(byn_remove(used), BYN_OK);

    /* Nobody asks: it goes with its last user. */
    REQUIRE_STATUS(open_value(&value, used, BYN_OPEN_OR_CREATE, true), BYN_CREATED);
    kill_keeper();
    byn_value_close(value);
    CHECK_STATUS(open_value(&value, used, BYN_OPEN_ONLY, false), BYN_E_NOTFOUND);
}

/* Of one that stands still nobody waits for ever; and what it has not done is not said to be done. */
static int asks_in_vain(peer_self *self, int argc, char **argv)
{
    byn_value *value;
    byn_status status;

    (void)argc;
    SetEnvironmentVariableA("BYNAME_TOOL", argv[1]);
    status = open_value(&value, argv[0], BYN_OPEN_OR_CREATE, true);
    peer_say(self, "%s", byn_status_name(status));
    peer_say(self, "%s", status < 0 ? byn_last_error() : "");
    byn_value_close(value);
    return 0;
}

static void check_in_vain(const char *tool, const char *reason)
{
    const char *name = fresh_name();
    peer *p = peer_start(PEER_PROCESS, "asks_in_vain", name, tool, NULL);
    byn_value *value;

    peer_expect(p, "BYN_E_UNSUPPORTED");
    CHECK_CONTAINS(peer_line(p), reason);
    CHECK_INT(peer_finish(p), 0);
    CHECK_STATUS(open_value(&value, name, BYN_OPEN_ONLY, false), BYN_E_NOTFOUND);
}

static void without_a_keeper_it_is_unsupported(void)
{
    uint32_t told, keeps;

    await_no_keeper();
    CHECK_STATUS(byn_keeper_look(&told, &keeps), BYN_E_NOTFOUND);
    CHECK_INT(told, 0);
    check_in_vain("Z:\\no\\such\\byname.exe", "BYNAME_TOOL");
    check_in_vain("C:\\windows", "BYNAME_TOOL");
    check_in_vain(test_executable(), "ended at once"); /* knows nothing of "keeper" */
}

/* A keeper that ends as soon as it can, again and again. */
static int keeps_shortly(peer_self *self, int argc, char **argv)
{
    long until = 2000, i;

    (void)argc;
    (void)argv;
    peer_say(self, "ready");
    for (i = 0; i < until; i++) {
        byn_status status = byn_keeper_run(BYN_NOW);

        CHECK(status == BYN_OK || status == BYN_E_EXISTS);
        if (status == BYN_E_EXISTS)
            i += 200;
    }
    return 0;
}

static void asking_one_that_is_about_to_end(void)
{
    const char *name = fresh_name();
    peer *p = peer_start(PEER_PROCESS, "keeps_shortly", NULL);
    byn_value *value;
    int i;

    peer_expect(p, "ready");
    for (i = 0; i < 60; i++) {
        keep_one(name);
        REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_ONLY, false), BYN_OK);
        byn_value_close(value);
        CHECK_STATUS(byn_remove(name), BYN_OK);
    }
    CHECK_INT(peer_finish(p), 0);
}

/* ---- Killed at each step, and stopped */

/* This program is the keeper from here on: the tool has no crash points, and takes two seconds to end. */
static void begin_with_own_keeper(void)
{
    SetEnvironmentVariableA("BYNAME_TOOL", test_executable());
    SetEnvironmentVariableA(IS_KEEPER, "1");
    await_no_keeper();
}

static int keeps_one(peer_self *self, int argc, char **argv)
{
    byn_value *value;
    byn_status status = open_value(&value, argv[0], BYN_OPEN_OR_CREATE, true);

    (void)argc;
    peer_say(self, "%s", byn_status_name(status));
    byn_value_close(value);
    return 0;
}

static int is_keeper_once(peer_self *self, int argc, char **argv)
{
    (void)self;
    (void)argc;
    (void)argv;
    (void)byn_keeper_run(BYN_NOW);
    return 0;
}

static void next_one_is_kept(void)
{
    const char *name = fresh_name();
    byn_value *value;

    keep_one(name);
    REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_ONLY, false), BYN_OK);
    byn_value_close(value);
    CHECK_STATUS(byn_remove(name), BYN_OK);
}

/* Each keeper that the peer starts dies at the point: it tries some, says why it cannot, and keeps nothing. */
static void keeper_that_dies_at_a_point_is_told(void)
{
    static const struct {
        const char *point, *status;
    } rows[] = {{"keeper.alive", "BYN_E_UNSUPPORTED"},
                {"keeper.mail", "BYN_E_UNSUPPORTED"},
                {"keeper.read", "BYN_E_PEERDIED"},
                {"keeper.done", "BYN_E_PEERDIED"},
                {"keeper.answered", "BYN_CREATED"}};
    size_t i;

    begin_with_own_keeper();
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *name = fresh_name();
        byn_value *value;
        peer *p;

        p = peer_start_crashing(rows[i].point, 1, "keeps_one", name, NULL);
        peer_expect(p, rows[i].status);
        CHECK(!peer_crashed(p));
        CHECK_STATUS(open_value(&value, name, BYN_OPEN_ONLY, false), BYN_E_NOTFOUND);
    }
    next_one_is_kept();
}

static void keeper_that_dies_while_it_ends_is_replaced(void)
{
    static const char *const points[] = {"keeper.ending", "keeper.unmailed"};
    size_t i;

    begin_with_own_keeper();
    for (i = 0; i < sizeof points / sizeof points[0]; i++) {
        await_no_keeper();
        CHECK(peer_crashed(peer_start_crashing(points[i], 1, "is_keeper_once", NULL)));
        next_one_is_kept();
    }
}

/* The keeper that it has started comes up nevertheless, beside the next one's. */
static void killed_starter_holds_nobody_up(void)
{
    const char *name = fresh_name();
    byn_value *value;

    begin_with_own_keeper();
    CHECK(peer_crashed(peer_start_crashing("keep.started", 1, "keeps_one", name, NULL)));
    next_one_is_kept();
    CHECK_STATUS(open_value(&value, name, BYN_OPEN_ONLY, false), BYN_E_NOTFOUND);
}

static int keeps_on(peer_self *self, int argc, char **argv)
{
    long times = strtol(argv[0], NULL, 10), i;

    (void)argc;
    for (i = 0; i < times; i++) {
        const char *name = fresh_name();
        byn_value *value;
        byn_status status = open_value(&value, name, BYN_OPEN_OR_CREATE, true);

        CHECK(status == BYN_CREATED || status == BYN_E_PEERDIED || status == BYN_E_UNSUPPORTED);
        byn_value_close(value);
        status = byn_remove(name);
        CHECK(status == BYN_OK || status == BYN_E_NOTFOUND);
        if (i == 0)
            peer_say(self, "begun");
    }
    peer_say(self, "done");
    return 0;
}

/* Wherever that meets it: starting, serving or ending. */
static void keepers_are_killed_again_and_again(void)
{
    enum { KILLS = 3 };
    peer *both[2];
    int i, kills = 0;

    begin_with_own_keeper();
    for (i = 0; i < 2; i++)
        both[i] = peer_start(PEER_PROCESS, "keeps_on", "6", NULL);
    for (i = 0; i < 2; i++)
        peer_expect(both[i], "begun");
    for (i = 0; i < 100 && kills < KILLS; i++) {
        DWORD pid = keeper_pid();
        HANDLE process = pid != 0 ? OpenProcess(PROCESS_TERMINATE, FALSE, pid) : NULL;

        kills += process != NULL && TerminateProcess(process, 1);
        if (process != NULL)
            CloseHandle(process);
        Sleep((DWORD)i % 7);
    }
    for (i = 0; i < 2; i++) {
        peer_expect(both[i], "done");
        CHECK_INT(peer_finish(both[i]), 0);
    }
    CHECK(kills > 0);
    next_one_is_kept();
}

static int keeps_until_ended(peer_self *self, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    peer_say(self, "ready");
    return byn_keeper_run(BYN_FOREVER) == BYN_OK ? 0 : 1;
}

static int asks_shortly(peer_self *self, int argc, char **argv)
{
    (void)_putenv("BYNAME_CRASH_TIME=300");
    return asks_in_vain(self, argc, argv);
}

/* Who asked it in vain has gone on with a failure: what it asked for must not be done later. */
static void stopped_keeper_is_told_and_does_nothing_late(void)
{
    const char *name = fresh_name();
    peer *stopped, *p;
    byn_value *value;
    uint32_t told, keeps;

    begin_with_own_keeper();
    stopped = peer_start(PEER_PROCESS, "keeps_until_ended", NULL);
    peer_expect(stopped, "ready");
    while (byn_keeper_look(&told, &keeps) != BYN_OK)
        Sleep(1);
    REQUIRE_STATUS(open_value(&value, name, BYN_OPEN_OR_CREATE, false), BYN_CREATED);
    REQUIRE(peer_stop(stopped));
    p = peer_start(PEER_PROCESS, "asks_shortly", name, test_executable(), NULL);
    peer_expect(p, "BYN_E_TIMEDOUT");
    CHECK_CONTAINS(peer_line(p), "does not answer");
    CHECK_INT(peer_finish(p), 0);
    REQUIRE(peer_continue(stopped));
    next_one_is_kept();
    byn_value_close(value);
    CHECK_STATUS(open_value(&value, name, BYN_OPEN_ONLY, false), BYN_E_NOTFOUND);
    peer_kill(stopped);
}

static const test_case cases[] = {
    TEST(keeper_goes_when_it_keeps_nothing),
    TEST(there_is_one_keeper),
    TEST(killed_keeper_costs_what_nobody_uses),
    TEST(without_a_keeper_it_is_unsupported),
    TEST(asking_one_that_is_about_to_end),
    TEST(keeper_that_dies_at_a_point_is_told),
    TEST(keeper_that_dies_while_it_ends_is_replaced),
    TEST(killed_starter_holds_nobody_up),
    TEST(keepers_are_killed_again_and_again),
    TEST(stopped_keeper_is_told_and_does_nothing_late),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(asks_in_vain), PEER(keeps_shortly),     PEER(keeps_one),    PEER(is_keeper_once),
    PEER(keeps_on),     PEER(keeps_until_ended), PEER(asks_shortly), PEER_END};

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "keeper") == 0 && getenv(IS_KEEPER) != NULL)
        return byn_keeper_run(BYN_NOW) == BYN_OK ? 0 : 1;
    return test_main(argc, argv, "keeper", cases, peers);
}
