/* Scripts as docs/tool.md has them, for the shell of this system; started two or three at a time. */
#include "tool_support.h"

#include <stdio.h>
#include <string.h>

/* Starts the line for sh or for cmd.exe; each "@" in it is the name. */
static byn_process *script(const char *name, const char *sh, const char *cmd)
{
    const char *from = test_on_windows() ? cmd : sh;
    char line[1000];
    size_t used = 0;

    for (; *from != '\0'; from++) {
        used += (size_t)snprintf(line + used, sizeof line - used, *from == '@' ? "%s" : "%.1s",
                                 *from == '@' ? name : from);
        REQUIRE(used < sizeof line);
    }
    return script_start(line, line);
}

static void spell_for_the_shell(char *path)
{
    for (; test_on_windows() && *path != '\0'; path++) {
        if (*path == '/')
            *path = '\\';
    }
}

/* A batch file, which can go back to a label, as a command line cannot. */
static void write_batch(const char *path, const char *name)
{
    FILE *file = fopen(path, "w");

    REQUIRE(file != NULL);
    fprintf(file,
            "@echo off\n:again\nbyname event set %s 2>nul\nif errorlevel 1 goto again\nexit /b 8\n",
            name);
    CHECK_INT(fclose(file), 0);
}

static void an_event_is_waited_for_and_set(void)
{
    const char *name = fresh_name();
    byn_process *setter;
    byn_process *waiter;
    char path[600];

    snprintf(path, sizeof path, "%s/again.bat", test_directory());
    write_batch(path, name);
    spell_for_the_shell(path);
    setter = script(name, "until byname event set @ 2>/dev/null; do sleep 0.1; done; exit 8", path);
    waiter = script(name, "byname event wait @ -w 600 && exit 7",
                    "byname event wait @ -w 600 && exit 7");
    CHECK_INT(command_end(waiter), 7);
    CHECK_INT(command_end(setter), 8);
    CHECK_INT(remove(path), 0);
}

static void jobs_are_counted(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore;
    uint32_t value = 99;

    REQUIRE_STATUS(byn_semaphore_open(&semaphore, name, NULL), BYN_CREATED);
    byn_process *one = script(name,
                              "byname semaphore acquire @ -w 600 && "
                              "byname semaphore acquire @ -w 600 && exit 7",
                              "byname semaphore acquire @ -w 600 && "
                              "byname semaphore acquire @ -w 600 && exit 7");
    byn_process *other =
        script(name, "byname semaphore release @ && byname semaphore release @ -c 2",
               "byname semaphore release @ && byname semaphore release @ -c 2");
    CHECK_INT(command_end(other), 0);
    CHECK_INT(command_end(one), 7);
    CHECK_STATUS(byn_semaphore_value(semaphore, &value), BYN_OK);
    CHECK_INT(value, 1);
    byn_semaphore_close(semaphore);
}

static void the_name_that_was_taken_is_read(void)
{
    const char *stop = fresh_name();
    const char *job = fresh_name();
    byn_event *job_event;
    byn_event *stop_event;
    char sh[1000];
    char cmd[1000];
    byn_process *worker;

    REQUIRE_STATUS(byn_event_open(&job_event, job, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&stop_event, stop, NULL), BYN_CREATED);
    snprintf(sh, sizeof sh, "case $(byname wait --any %s @) in @) exit 7 ;; esac", job);
    snprintf(cmd, sizeof cmd, "for /f %%n in ('byname wait --any %s @') do if %%n==@ exit 7", job);
    worker = script(stop, sh, cmd);
    byn_event_set(stop_event);
    CHECK_INT(command_end(worker), 7);
    CHECK(!byn_event_is_set(stop_event));
    byn_event_close(stop_event);
    byn_event_close(job_event);
}

/* The condition and its mutex have names of their own. */
static void a_file_is_waited_for(void)
{
    const char *name = fresh_name();
    char path[600];
    char sh[1000];
    char cmd[1000];
    byn_process *waiter;
    byn_process *writer;

    snprintf(path, sizeof path, "%s/orders", test_directory());
    spell_for_the_shell(path);
    snprintf(sh, sizeof sh,
             "byname condition wait @.filled --lock @.data -w 600 -- test -s %s && exit 7", path);
    snprintf(cmd, sizeof cmd,
             "byname condition wait @.filled --lock @.data -w 600 -- findstr order %s && exit 7",
             path);
    waiter = script(name, sh, cmd);
    snprintf(sh, sizeof sh,
             "byname run --lock @.data -- sh -c 'echo order >%s' && "
             "{ byname condition notify @.filled || true; }",
             path);
    snprintf(cmd, sizeof cmd,
             "byname run --lock @.data -- cmd /d /c echo order^>%s && "
             "(byname condition notify @.filled || exit 0)",
             path);
    writer = script(name, sh, cmd);
    CHECK_INT(command_end(writer), 0);
    CHECK_INT(command_end(waiter), 7);
    CHECK_INT(remove(path), 0);
}

static void three_go_on_together(void)
{
    const char *name = fresh_name();
    byn_process *scripts[3];
    int i;

    for (i = 0; i < 3; i++)
        scripts[i] = script(name, "byname barrier wait @ --parties 3 -w 600 >/dev/null && exit 7",
                            "byname barrier wait @ --parties 3 -w 600 >nul && exit 7");
    for (i = 0; i < 3; i++)
        CHECK_INT(command_end(scripts[i]), 7);
}

/* ---- Two shells that take two locks in opposite orders */

typedef struct crossing {
    char one[200], other[200]; /* names */
    byn_mutex *gates[2];       /* each keeps one back until both have their first lock */
    byn_process *processes[2];
    bool is_likely; /* and not certain, to doctor */
} crossing;

static bool is_held(void *name)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "holders", (const char *)name), 0);
    return strstr(output->out, "holds") != NULL;
}

/* Each takes a lock, passes a gate of its own, and wants the other's lock; the second one by what is written before
 * and behind its command. */
static void start_crossing(crossing *c, const char *option, const char *before, const char *behind)
{
    const char *first = "byname run -l @.one -- byname run -l @.gate0 -- byname run -l @.other -- "
                        "byname version";
    const char *name = fresh_name();
    char line[500];
    int i;

    snprintf(c->one, sizeof c->one, "%s.one", name);
    snprintf(c->other, sizeof c->other, "%s.other", name);
    for (i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "%s.gate%d", name, i);
        REQUIRE_STATUS(byn_mutex_open(&c->gates[i], line, NULL), BYN_CREATED);
        REQUIRE_STATUS(byn_mutex_lock(c->gates[i], BYN_NOW), BYN_OK);
    }
    c->processes[0] = script(name, first, first);
    snprintf(line, sizeof line,
             "byname run -l @.other -- byname run -l @.gate1 -- %sbyname run %s -l @.one -- "
             "byname version%s",
             before, option, behind);
    c->processes[1] = script(name, line, line);
    until(is_held, c->one);
    until(is_held, c->other);
    for (i = 0; i < 2; i++)
        CHECK_STATUS(byn_mutex_unlock(c->gates[i]), BYN_OK);
}

static void end_crossing(crossing *c)
{
    byn_mutex_close(c->gates[0]);
    byn_mutex_close(c->gates[1]);
}

/* Others' troubles may be told too: the line of this one's; NULL: it is not there. */
static const char *line_of(const crossing *c, const char *out)
{
    const char *at = strstr(out, c->other);

    while (at != NULL && at > out && at[-1] != '\n')
        at--;
    return at;
}

static bool doctor_tells(void *context)
{
    static const char begin[] = "problem: circle: ", likely[] = "problem: circle: probably: ";
    const crossing *c = context;
    const test_output *output;
    int code = TOOL(&output, "doctor");
    const char *line = line_of(c, output->out);

    if (line == NULL)
        return false;
    CHECK_INT(code, 1);
    CHECK(strncmp(line, begin, sizeof begin - 1) == 0);
    CHECK((strncmp(line, likely, sizeof likely - 1) == 0) == c->is_likely);
    CHECK_CONTAINS(output->out, "    make ");
    CHECK_CONTAINS(output->out, ") let go of \"");
    CHECK_CONTAINS(output->out, c->one);
    return true;
}

static void doctor_says_who_must_let_go(void)
{
    const test_output *output;
    crossing c;

    start_crossing(&c, "", "", "");
    c.is_likely = false;
    until(doctor_tells, &c);
    CHECK_INT(TOOL(&output, "doctor", "--json"), 1);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"topic\": \"circle\"");
    CHECK_INT(TOOL(&output, "show", "--json", c.one), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"role\": \"waits\"");
    CHECK_INT(TOOL(&output, "ls", "--waited", "--kind", "mutex", "--sort", "age"), 0);
    CHECK_CONTAINS(output->out, c.one);
    CHECK_STATUS(byn_process_kill_tree(c.processes[0]), BYN_OK);
    (void)command_end(c.processes[0]);
    CHECK_INT(command_end(c.processes[1]), 0);
    end_crossing(&c);
    until_all_is_gone();
}

/* A shell is in between: it may have left its command behind and go on. */
static void doctor_says_probably_where_one_may_not_wait(void)
{
    crossing c;

    if (test_on_windows())
        start_crossing(&c, "", "cmd /d /c ", "");
    else
        start_crossing(&c, "", "sh -c '", "; exit 0'");
    c.is_likely = true;
    until(doctor_tells, &c);
    CHECK_STATUS(byn_process_kill_tree(c.processes[0]), BYN_OK);
    (void)command_end(c.processes[0]);
    CHECK_INT(command_end(c.processes[1]), 0);
    end_crossing(&c);
    until_all_is_gone();
}

static void doctor_tells_what_the_system_allows(void)
{
    static const char *const here[] = {"directory", "descriptors", NULL}, *const on_windows[] = {
                                                                              "memory",  "session",
                                                                              "handles", "keeper",
                                                                              "kernel",  NULL};
    const char *const *topic = test_on_windows() ? on_windows : here;
    const test_output *output;
    char member[64];

    CHECK(TOOL(&output, "doctor", "--json") <= 1);
    CHECK(json_is_valid(output->out));
    for (; *topic != NULL; topic++) {
        (void)snprintf(member, sizeof member, "\"topic\": \"%s\"", *topic);
        CHECK_CONTAINS(output->out, member);
    }
}

/* In a directory in which nobody may make anything. */
static void doctor_says_that_nothing_can_be_made(void)
{
    static const char *const environment[] = {"BYNAME_DIR=/sys", NULL}, *const arguments[] = {
                                                                            TOOL_PATH, "doctor",
                                                                            NULL};
    const test_command command = {arguments, "", environment, 0};
    const test_output *output;

    if (test_on_windows())
        test_skip("there is no such directory on this system");
    CHECK_INT(test_run_command(&command, &output), 1);
    CHECK_CONTAINS(output->out, "problem: making: no object can be made: ");
    CHECK_CONTAINS(output->out, "/sys/byname-");
}

static void second_lock_fails_at_once_where_deadlocks_are_detected(void)
{
    crossing c;

    start_crossing(&c, "--detect-deadlock", "", "");
    CHECK_INT(command_end(c.processes[1]), 125);
    CHECK_INT(command_end(c.processes[0]), 0);
    end_crossing(&c);
}

static const test_case cases[] = {TEST(an_event_is_waited_for_and_set),
                                  TEST(jobs_are_counted),
                                  TEST(the_name_that_was_taken_is_read),
                                  TEST(a_file_is_waited_for),
                                  TEST(three_go_on_together),
                                  TEST(doctor_says_who_must_let_go),
                                  TEST(doctor_tells_what_the_system_allows),
                                  TEST(doctor_says_that_nothing_can_be_made),
                                  TEST(doctor_says_probably_where_one_may_not_wait),
                                  TEST(second_lock_fails_at_once_where_deadlocks_are_detected),
                                  TEST_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "tool.scripts", cases, tool_peers);
}
