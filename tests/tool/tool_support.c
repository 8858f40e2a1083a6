/* What the tests of the tool share; the peers are commands that it runs, most of them. */
#include "tool_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

int exits_with(peer_self *self, int argc, char **argv)
{
    (void)self;
    return argc == 1 ? atoi(argv[0]) : 99;
}

int says_its_arguments(peer_self *self, int argc, char **argv)
{
    int i;

    for (i = 0; i < argc; i++)
        peer_say(self, "<%s>", argv[i]);
    return 0;
}

/* Reads, waits, writes: loses additions if two do it at a time. */
int adds_slowly(peer_self *self, int argc, char **argv)
{
    byn_value *value;
    byn_event *never;
    int64_t number = 0;
    int i;

    (void)self;
    REQUIRE_INT(argc, 1);
    REQUIRE(byn_value_open(&value, argv[0],
                           &BYN_OPTIONS(byn_value_options, .open = BYN_OPEN_ONLY)) >= 0);
    REQUIRE(byn_event_open(&never, NULL, NULL) >= 0);
    for (i = 0; i < 10; i++) {
        byn_value_get(value, &number);
        CHECK_STATUS(byn_event_wait(never, 2), BYN_E_TIMEDOUT);
        byn_value_set(value, number + 1);
    }
    byn_event_close(never);
    byn_value_close(value);
    return 0;
}

/* Holds the mutex argv[0], says so by the event argv[1], and does not end by itself for long. */
int holds_for_ever(peer_self *self, int argc, char **argv)
{
    byn_mutex *mutex;
    byn_event *ready;
    byn_event *never;

    (void)self;
    REQUIRE_INT(argc, 2);
    REQUIRE(byn_mutex_open(&mutex, argv[0], NULL) >= 0);
    REQUIRE_STATUS(byn_mutex_lock(mutex, PATIENCE), BYN_OK);
    REQUIRE(byn_event_open(&ready, argv[1], NULL) >= 0);
    REQUIRE(byn_event_open(&never, NULL, NULL) >= 0);
    byn_event_set(ready);
    CHECK_STATUS(byn_event_wait(never, 4 * PATIENCE), BYN_E_TIMEDOUT);
    return 1;
}

int holds_mutex(peer_self *self, int argc, char **argv)
{
    byn_mutex *mutex;

    REQUIRE_INT(argc, 1);
    REQUIRE(byn_mutex_open(&mutex, argv[0], NULL) >= 0);
    REQUIRE_STATUS(byn_mutex_lock(mutex, PATIENCE), BYN_OK);
    peer_say(self, "locked");
    peer_wait(self, "unlock");
    byn_mutex_unlock(mutex);
    byn_mutex_close(mutex);
    return 0;
}

const peer_entry tool_peers[] = {PEER(exits_with),  PEER(says_its_arguments), PEER(holds_mutex),
                                 PEER(adds_slowly), PEER(holds_for_ever),     PEER_END};

/* ---- Commands that run beside the case */

byn_process *command_start(const char *const *argv)
{
    byn_process *process = NULL;

    REQUIRE_STATUS(byn_process_start(&process, argv, NULL), BYN_OK);
    return process;
}

int command_end(byn_process *process)
{
    byn_exit result = {false, 0, 0};

    REQUIRE_STATUS(byn_process_wait(process, PATIENCE, &result), BYN_OK);
    CHECK(result.known);
    byn_process_close(process);
    return result.code;
}

void until(bool (*is)(void *context), void *context)
{
    byn_timeout rest = PATIENCE;
    byn_event *never;

    for (; rest > 0 && !is(context); rest -= 5) {
        REQUIRE_STATUS(byn_event_open(&never, NULL, NULL), BYN_CREATED);
        CHECK_STATUS(byn_event_wait(never, 5), BYN_E_TIMEDOUT);
        byn_event_close(never);
    }
    REQUIRE(rest > 0);
}

static bool is_open(void *name)
{
    byn_memory *memory;
    byn_status status =
        byn_memory_open(&memory, name, &BYN_OPTIONS(byn_memory_options, .open = BYN_OPEN_ONLY));

    if (status >= 0)
        byn_memory_close(memory);
    return status != BYN_E_NOTFOUND;
}

void until_open(const char *name)
{
    until(is_open, (void *)name);
}

static bool found_one(const byn_object_info *info, void *context)
{
    (void)info;
    *(bool *)context = false;
    return true;
}

static bool all_is_gone(void *context)
{
    bool gone = true;

    (void)context;
    CHECK_STATUS(byn_objects_visit(found_one, &gone), BYN_OK);
    return gone;
}

void until_all_is_gone(void)
{
    /* On Windows the kernel does it, and others' objects would be seen. */
    if (!test_on_windows())
        until(all_is_gone, NULL);
}

/* The tool's directory, as this system's shell spells it, behind "PATH=" and before the rest of it. */
static const char *path_with_tool(const char *path)
{
    static char text[8192];
    const char *program = test_executable();
    const char *end = program + strlen(program);

    while (end > program && end[-1] != '/' && end[-1] != '\\')
        end--;
    snprintf(text, sizeof text, "PATH=%.*s%s%s", (int)(end - program), program,
             test_on_windows() ? ";" : ":", path != NULL ? path : "");
    return text;
}

byn_process *script_start(const char *sh, const char *cmd)
{
    const char *const sh_argv[] = {"sh", "-c", sh, NULL};
    const char *const cmd_argv[] = {"cmd", "/d", "/s", "/c", cmd, NULL};
    const char *environment[] = {path_with_tool(getenv("PATH")), NULL};
    byn_process *process = NULL;

    REQUIRE_STATUS(byn_process_start(&process, test_on_windows() ? cmd_argv : sh_argv,
                                     &BYN_OPTIONS(byn_process_options, .environment = environment)),
                   BYN_OK);
    return process;
}

void check_nobody_has_it(const char *noun, const char *action, const char *remedy)
{
    const char *name = fresh_name();
    const test_output *output;
    char expected[256];

    CHECK_INT(TOOL(&output, noun, action, name), 1);
    snprintf(expected, sizeof expected, "byname %s %s: nobody has \"%s\" open; ", noun, action,
             name);
    CHECK_CONTAINS(output->err, expected);
    CHECK_CONTAINS(output->err, remedy);
    CHECK_STR(output->out, "");
    CHECK(!is_open((void *)name));
}

int tool_run(const char *const *arguments, const test_output **output, const char *file, int line)
{
    const test_output *own;
    int code = test_run_at(arguments, &own, file, line);

    json_note(arguments, own->out);
    if (output != NULL)
        *output = own;
    return code;
}

int tool_reads(const char *input, const char *const *arguments, const test_output **output)
{
    const test_command command = {arguments, input, NULL, 0};
    int code = test_run_command(&command, output);

    json_note(arguments, (*output)->out);
    return code;
}

void remove_kept(const char *name)
{
    CHECK_STATUS(byn_remove(name), BYN_OK);
}
