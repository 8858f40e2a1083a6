/*
 * What byname doctor notices on Windows where something is wrong with the system around it. Its source is compiled
 * in, with a limit of handles that a test can come near. The keeper is stopped, so no other test may run meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <apr_general.h>

#include <byname/byname.h>

#include "doctor.h"
#include "peer.h"
#include "test.h"

/* ---- Findings */

void doctor_add(findings *f, finding_level level, const char *topic, const char *text,
                const char *remedy)
{
    finding *next = apr_array_push(f->list);

    *next = (finding){level, topic, text, remedy};
}

/* The first of the topic. */
static finding look_for(const char *topic)
{
    static apr_pool_t *pool;
    findings f;
    int i;

    if (pool == NULL)
        REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    f = (findings){pool, apr_array_make(pool, 8, sizeof(finding)), 0};
    doctor_examine_system(&f);
    for (i = 0; i < f.list->nelts; i++)
        if (strcmp(APR_ARRAY_IDX(f.list, i, finding).topic, topic) == 0)
            return APR_ARRAY_IDX(f.list, i, finding);
    return (finding){FINDING_FACT, topic, "", NULL};
}

static void check_finding(const char *topic, finding_level level, const char *text)
{
    const finding found = look_for(topic);

    CHECK_INT(found.level, level);
    CHECK_CONTAINS(found.text, text);
    CHECK((found.remedy != NULL) == (level != FINDING_FACT));
}

/* ---- Handles */

static int opens_handles(peer_self *self, int argc, char **argv)
{
    int i;

    (void)argc;
    (void)argv;
    for (i = 0; i < DOCTOR_MOST_HANDLES / 4 * 3; i++)
        CHECK(CreateEventA(NULL, FALSE, FALSE, NULL) != NULL);
    peer_say(self, "open");
    (void)peer_wait(self, "end");
    return 0;
}

static void many_handles_are_noticed(void)
{
    char who[80];
    peer *p;

    check_finding("handles", FINDING_FACT, "has most");
    p = peer_start(PEER_PROCESS, "opens_handles", NULL);
    peer_expect(p, "open");
    (void)snprintf(who, sizeof who, "(pid %ld) has most", peer_pid(p));
    check_finding("handles", FINDING_NOTICE, who);
    peer_tell(p, "end");
    CHECK_INT(peer_finish(p), 0);
}

/* ---- Jobs */

static HANDLE make_job(DWORD flags)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    HANDLE job = CreateJobObjectA(NULL, NULL);

    memset(&limits, 0, sizeof limits);
    limits.BasicLimitInformation.LimitFlags = flags;
    CHECK(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits));
    return job;
}

/* Wine does what the limits of a job say, and tells that there are none. */
static bool limits_are_told(void)
{
    const DWORD flags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    HANDLE job = make_job(flags);

    memset(&limits, 0, sizeof limits);
    CHECK(QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits,
                                    NULL));
    CloseHandle(job);
    return limits.BasicLimitInformation.LimitFlags == flags;
}

static int is_in_job(peer_self *self, int argc, char **argv)
{
    (void)argc;
    CHECK(
        AssignProcessToJobObject(make_job((DWORD)strtoul(argv[0], NULL, 0)), GetCurrentProcess()));
    check_finding("job", (finding_level)strtol(argv[1], NULL, 10), argv[2]);
    peer_say(self, "seen");
    return 0;
}

static void check_in_job(DWORD flags, finding_level level, const char *text)
{
    char number[20], as_text[20];
    peer *p;

    (void)snprintf(number, sizeof number, "%lu", (unsigned long)flags);
    (void)snprintf(as_text, sizeof as_text, "%d", (int)level);
    p = peer_start(PEER_PROCESS, "is_in_job", number, as_text, text, NULL);
    peer_expect(p, "seen");
    CHECK_INT(peer_finish(p), 0);
}

static void job_that_ends_a_keeper_is_noticed(void)
{
    check_in_job(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK, FINDING_FACT,
                 "a keeper survives it");
    check_in_job(0, FINDING_FACT, "a keeper survives it");
    if (!limits_are_told())
        test_skip("the system does not tell the limits of a job");
    check_in_job(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, FINDING_NOTICE, "nobody may leave");
}

/* ---- The keeper */

static int keeps(peer_self *self, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    peer_say(self, "begins");
    return byn_keeper_run(BYN_FOREVER) >= 0 ? 0 : 1;
}

static int asks(peer_self *self, int argc, char **argv)
{
    byn_value *value;

    (void)argc;
    peer_say(self, "asks");
    return byn_value_open(&value, argv[0], &BYN_OPTIONS(byn_value_options, .keep = true)) < 0;
}

/* Those of other tests end by themselves. */
static byn_status await_keeper(byn_status wanted)
{
    uint32_t pid, count;
    byn_status status = byn_keeper_look(&pid, &count);
    int i;

    for (i = 0; i < 100 * test_patience() && status != wanted; i++) {
        Sleep(10);
        status = byn_keeper_look(&pid, &count);
    }
    return status;
}

static void silent_keeper_is_a_problem(void)
{
    char who[80];
    peer *keeper, *asker;

    REQUIRE_STATUS(await_keeper(BYN_E_NOTFOUND), BYN_E_NOTFOUND);
    check_finding("keeper", FINDING_FACT, "there is no keeper");
    keeper = peer_start(PEER_PROCESS, "keeps", NULL);
    peer_expect(keeper, "begins");
    REQUIRE_STATUS(await_keeper(BYN_OK), BYN_OK);
    (void)snprintf(who, sizeof who, "the keeper is process %ld", peer_pid(keeper));
    check_finding("keeper", FINDING_FACT, who);
    REQUIRE(peer_stop(keeper));
    check_finding("keeper", FINDING_FACT, who); /* nobody has asked it */
    asker = peer_start(PEER_PROCESS, "asks", fresh_name(), NULL);
    peer_expect(asker, "asks");
    REQUIRE_STATUS(await_keeper(BYN_E_TIMEDOUT), BYN_E_TIMEDOUT);
    check_finding("keeper", FINDING_PROBLEM, "does not answer");
    peer_kill(asker);
    peer_kill(keeper);
    check_finding("keeper", FINDING_FACT, "there is no keeper");
}

static const test_case cases[] = {
    TEST(many_handles_are_noticed),
    TEST(job_that_ends_a_keeper_is_noticed),
    TEST(silent_keeper_is_a_problem),
    TEST_END,
};

static const peer_entry peers[] = {PEER(opens_handles), PEER(is_in_job), PEER(keeps), PEER(asks),
                                   PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.doctor", cases, peers);
}
