#include "worker_tasks.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_time.h>

#include "probe.h"

/* ---- Ends ----------------------------------------------------------------------------------------- */

/* Of a real one Wine's debugger and sanitizers would make much. */
static void crash(void)
{
    volatile int *volatile nowhere = NULL;

    if (test_sanitized())
        abort();
    if (test_on_windows())
        (void)raise(SIGSEGV);
    *nowhere = 1;
}

static void hang(void)
{
    for (;;)
        apr_sleep(apr_time_from_sec(1));
}

static bool is(const char *how, size_t size, const char *name)
{
    return size == strlen(name) && memcmp(how, name, size) == 0;
}

static byn_status ends(byn_call *call)
{
    size_t size;
    const char *how = byn_call_argument(call, &size);

    if (is(how, size, "exit 0"))
        exit(0);
    if (is(how, size, "exit 3"))
        exit(3);
    if (is(how, size, "abort"))
        abort();
    if (is(how, size, "crash"))
        crash();
    if (is(how, size, "killed"))
        probe_kill(probe_pid());
    if (is(how, size, "hang"))
        hang();
    if (is(how, size, "raise"))
        (void)raise(SIGTERM);
    if (is(how, size, "fork"))
        probe_fork_on();
    if (is(how, size, "close"))
        probe_close_all();
    return byn_call_result(call, how, size);
}

/* ---- Others --------------------------------------------------------------------------------------- */

static byn_status who(byn_call *call)
{
    int64_t pid = probe_pid();

    return byn_call_result(call, &pid, sizeof pid);
}

static byn_status prints(byn_call *call)
{
    size_t left = *(const size_t *)byn_call_argument(call, NULL);

    while (left-- > 0)
        if (putchar('x') == EOF)
            return BYN_E_OS;
    fflush(stdout);
    return BYN_OK;
}

static byn_event *opened_event(const char *name)
{
    byn_event *event = NULL;

    if (byn_event_open(&event, name, &BYN_OPTIONS(byn_event_options, .open = BYN_OPEN_ONLY)) < 0)
        return NULL;
    return event;
}

/* A worker that has its pool open does not keep it alive. */
static byn_status waits(byn_call *call)
{
    const gates *names = byn_call_argument(call, NULL);
    byn_event *began = opened_event(names->began), *gate = opened_event(names->gate);
    byn_pool *pool = NULL;
    byn_status status = byn_pool_open(&pool, byn_call_pool(call), NULL);

    if (began == NULL || gate == NULL)
        status = BYN_E_NOTFOUND;
    if (status >= 0)
        status = byn_event_set(began);
    if (status >= 0)
        status = byn_event_wait(gate, LATE);
    byn_pool_close(pool);
    byn_event_close(gate);
    byn_event_close(began);
    return status;
}

static byn_status plod(byn_call *call)
{
    const addition *what = byn_call_argument(call, NULL);
    byn_value *value;
    byn_status status;

    apr_sleep(apr_time_from_msec(1));
    status = byn_value_open(&value, what->value, NULL);
    if (status < 0)
        return status;
    status = byn_value_add(value, what->number, NULL);
    byn_value_close(value);
    return status;
}

static byn_status complains(byn_call *call)
{
    return byn_call_fail(call, BYN_E_ACCESS, "not today");
}

static char kept[64];

static byn_status notes(byn_call *call)
{
    size_t size;
    const char *text = byn_call_argument(call, &size);

    (void)snprintf(kept, sizeof kept, "%.*s", (int)size, text);
    return byn_call_result(call, text, size); /* which nobody wants */
}

static byn_status noted(byn_call *call)
{
    return byn_call_result(call, kept, strlen(kept));
}

static byn_status attempt(byn_call *call)
{
    uint32_t number = byn_call_attempt(call);

    if (number < 3)
        probe_kill(probe_pid());
    return byn_call_result(call, &number, sizeof number);
}

static byn_status odd(byn_call *call)
{
    (void)call;
    return (byn_status)-1234;
}

static byn_status late(byn_call *call)
{
    byn_event *event;
    char name[64];

    (void)call;
    (void)snprintf(name, sizeof name, "nobody-made-it-%ld", probe_pid());
    return byn_event_open(&event, name, &BYN_OPTIONS(byn_event_options, .open = BYN_OPEN_ONLY));
}

static const byn_task own_tasks[] = {
    BYN_TASK("ends", ends),   BYN_TASK("who", who),         BYN_TASK("prints", prints),
    BYN_TASK("waits", waits), BYN_TASK("plod", plod),       BYN_TASK("complains", complains),
    BYN_TASK("notes", notes), BYN_TASK("noted", noted),     BYN_TASK("odd", odd),
    BYN_TASK("late", late),   BYN_TASK("attempt", attempt), BYN_TASK_END,
};

const byn_task *worker_tasks(void)
{
    static byn_task all[64];
    size_t count = 0, i;

    for (i = 0; own_tasks[i].name != NULL; i++)
        all[count++] = own_tasks[i];
    for (i = 0; pool_tasks[i].name != NULL && count + 1 < sizeof all / sizeof all[0]; i++)
        all[count++] = pool_tasks[i];
    return all;
}

/* ---- Programs ------------------------------------------------------------------------------------- */

/* Opens a pool before it says that it may be a worker. 7: as it should be. */
static int forgets(void)
{
    byn_pool *pool;
    byn_status status = byn_pool_open(&pool, NULL, NULL);

    return status == BYN_E_INVALID && strstr(byn_last_error(), "byn_worker_main") != NULL ? 7 : 8;
}

/* Opens a pool, lets a worker print so many bytes, and closes it. */
static int prints_much(const char *bytes)
{
    size_t size = (size_t)atol(bytes);
    byn_pool *pool;
    byn_status status = byn_pool_open(&pool, NULL, &BYN_OPTIONS(byn_pool_options, .workers = 1));

    if (status >= 0) {
        status = byn_pool_apply(pool, "prints", &size, sizeof size, NULL, NULL, LATE);
        byn_pool_close(pool);
    }
    if (status < 0)
        fprintf(stderr, "%s\n", byn_last_error());
    return status < 0;
}

bool worker_main(int argc, char **argv, int *code)
{
    const char *what = argc >= 3 && strcmp(argv[1], "--program") == 0 ? argv[2] : "";

    *code = 3;
    if (strcmp(what, "fails") == 0)
        return true;
    if (strcmp(what, "forgets") == 0) {
        *code = forgets();
        return true;
    }
    if (byn_worker_main(worker_tasks(), code))
        return true;
    if (strcmp(what, "prints") != 0 || argc < 4)
        return false;
    *code = prints_much(argv[3]);
    return true;
}

const char *const *worker_program(const char *name)
{
    static const char *words[4];

    words[0] = test_executable();
    words[1] = "--program";
    words[2] = name;
    return words;
}

/* ---- In the case ---------------------------------------------------------------------------------- */

long worker_pid(byn_pool *pool)
{
    int64_t pid = 0;
    size_t size = sizeof pid;

    REQUIRE_STATUS(byn_pool_apply(pool, "who", NULL, 0, &pid, &size, LATE), BYN_OK);
    return (long)pid;
}

byn_future *submit_end(byn_pool *pool, const char *how)
{
    return submitted_text(pool, "ends", how);
}

byn_pool *opened_pool(const byn_pool_options *options)
{
    byn_pool *pool = NULL;

    REQUIRE_STATUS(byn_pool_open(&pool, fresh_name(), options), BYN_CREATED);
    return pool;
}
