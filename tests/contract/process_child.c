#include "process_child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_time.h>

#include "support.h"

enum { LOOK_MS = 5, LIFE_MS = 60000 };

/* ---- In the child */

static void say_pid(long pid)
{
    printf("%ld\n", pid);
    fflush(stdout);
}

static bool file_is_there(const char *path)
{
    FILE *file = fopen(path, "r");

    if (file != NULL)
        fclose(file);
    return file != NULL;
}

static int lives(const char *path)
{
    int waited;

    for (waited = 0; file_is_there(path) && waited < LIFE_MS; waited += LOOK_MS)
        apr_sleep(apr_time_from_msec(LOOK_MS));
    return 0;
}

static int lives_and_says_so(const char *path)
{
    say_pid(probe_pid());
    return lives(path);
}

static void live_on(const char *path)
{
    (void)lives_and_says_so(path);
}

/* The same with an empty environment, where that can be. */
static int lives_bare(const char *path)
{
    child_arguments started = child_arguments_of("lives_and_says_so", path);

    (void)probe_replace(started.argv);
    return lives_and_says_so(path);
}

static void live_on_bare(const char *path)
{
    (void)lives_bare(path);
}

/* Always says one line. */
static int leaves_a_daemon(const char *path)
{
    if (!probe_orphan(true, live_on, path))
        say_pid(0);
    return 0;
}

/* Two lines: the second process shares nothing but the group with any other. */
static int leads_an_orphan(const char *path)
{
    if (!probe_orphan(false, live_on_bare, path))
        say_pid(0);
    return lives_and_says_so(path);
}

static void start_in_tree(const char *name, const char *path, const byn_process_options *options)
{
    child_arguments started = child_arguments_of(name, path);
    byn_process *process = NULL;

    /* It lives on when the handle is closed. */
    if (byn_process_start(&process, started.argv, options) < 0)
        fprintf(stderr, "%s\n", byn_last_error());
    byn_process_close(process);
}

/* Three lines. */
static int branch(const char *path)
{
    start_in_tree("lives_and_says_so", path, NULL);
    start_in_tree("leaves_a_daemon", path, NULL);
    return lives_and_says_so(path);
}

/* As many lines as PROCESS_TREE says. */
static int tree(const char *path)
{
    const byn_process_options grouped = BYN_OPTIONS(byn_process_options, .new_group = true);
    const byn_process_options cleared = BYN_OPTIONS(byn_process_options, .clear_environment = true);

    start_in_tree("lives_and_says_so", path, &grouped);
    start_in_tree("lives_and_says_so", path, &cleared);
    start_in_tree("lives_bare", path, NULL);
    start_in_tree("leads_an_orphan", path, &grouped);
    start_in_tree("branch", path, NULL);
    (void)leaves_a_daemon(path);
    return lives_and_says_so(path);
}

/* A program beside this process, for one elsewhere. */
static int starts_neighbour(const char *name)
{
    const byn_process_options elsewhere = BYN_OPTIONS(byn_process_options, .directory = "/");
    child_arguments started = child_arguments_of("returns", "9");
    byn_process *process = NULL;
    byn_exit end = {.code = 98};

    started.argv[0] = name;
    if (byn_process_start(&process, started.argv, &elsewhere) < 0 ||
        byn_process_wait(process, BYN_FOREVER, &end) < 0)
        fprintf(stderr, "%s\n", byn_last_error());
    byn_process_close(process);
    return end.code;
}

static int returns(const char *code)
{
    return atoi(code);
}

static bool variable_is(const char *name, const char *value)
{
    const char *is = getenv(name);

    return value == NULL ? is == NULL : is != NULL && strcmp(is, value) == 0;
}

/* 0 if the variable is as "NAME=value" or "NAME" says. */
static int has_variable(const char *expected)
{
    char name[64];
    size_t length = strcspn(expected, "=");

    snprintf(name, sizeof name, "%.*s", (int)length, expected);
    return !variable_is(name, expected[length] == '=' ? expected + length + 1 : NULL);
}

static int finds_file(const char *path)
{
    return !file_is_there(path);
}

/* 1: nothing to read. */
static int reads_nothing(const char *unused)
{
    (void)unused;
    return fgetc(stdin) == EOF;
}

static int talks(const char *text)
{
    printf("%s on stdout\n", text);
    fprintf(stderr, "%s on stderr\n", text);
    return 0;
}

static int is_spoiled(const char *unused)
{
    (void)unused;
    return probe_spoiled();
}

static int leads_group(const char *unused)
{
    (void)unused;
    return probe_leads_group();
}

static const child_entry children[] = {
    CHILD(lives),
    CHILD(lives_and_says_so),
    CHILD(lives_bare),
    CHILD(leaves_a_daemon),
    CHILD(leads_an_orphan),
    CHILD(branch),
    CHILD(tree),
    CHILD(starts_neighbour),
    CHILD(returns),
    CHILD(has_variable),
    CHILD(finds_file),
    CHILD(reads_nothing),
    CHILD(talks),
    CHILD(is_spoiled),
    CHILD(leads_group),
};

bool child_main(int argc, char **argv, int *code)
{
    size_t i;

    if (argc < 3 || strcmp(argv[1], "--child") != 0)
        return false;
    /* It prepares signals for the harness, which a child that looks at them must not have. */
    if (strcmp(argv[2], "is_spoiled") != 0 && strcmp(argv[2], "breaks_a_pipe") != 0)
        platform_start(&argc, &argv);
    *code = 99;
    if (child_with_streams(argv[2], argc > 3 ? argv[3] : NULL, code))
        return true;
    for (i = 0; i < sizeof children / sizeof children[0]; i++) {
        if (strcmp(children[i].name, argv[2]) == 0)
            *code = children[i].function(argc > 3 ? argv[3] : NULL);
    }
    return true;
}

/* ---- In the case */

child_arguments child_arguments_of(const char *name, const char *argument)
{
    child_arguments started = {{platform_executable(), "--child", name, argument, NULL}};

    return started;
}

byn_process *start_child(const char *name, const char *argument, const byn_process_options *options)
{
    child_arguments started = child_arguments_of(name, argument);
    byn_process *process = NULL;

    REQUIRE_STATUS(byn_process_start(&process, started.argv, options), BYN_OK);
    return process;
}

byn_exit end_of(byn_process *process)
{
    byn_exit end = {.known = false};

    REQUIRE_STATUS(byn_process_wait(process, 1000 * test_patience(), &end), BYN_OK);
    return end;
}

int child_result(const char *name, const char *argument, const byn_process_options *options)
{
    byn_process *process = start_child(name, argument, options);
    byn_exit end = end_of(process);

    CHECK(end.known);
    CHECK_INT(end.signal, 0);
    byn_process_close(process);
    return end.code;
}

static char life_path[512];

const char *life_begin(void)
{
    FILE *file;

    snprintf(life_path, sizeof life_path, "%s/life", test_directory());
    file = fopen(life_path, "w");
    REQUIRE(file != NULL);
    fclose(file);
    return life_path;
}

/* Windows removes no file that somebody has open, and those who live look at it now and then. */
void life_end(void)
{
    int waited;

    for (waited = 0; waited < 1000 * test_patience(); waited += LOOK_MS) {
        if (remove(life_path) == 0 || !file_is_there(life_path))
            return;
        apr_sleep(apr_time_from_msec(LOOK_MS));
    }
}

bool process_is_gone(long pid)
{
    int waited;

    for (waited = 0; waited < 1000 * test_patience(); waited += LOOK_MS) {
        if (!probe_runs(pid))
            return true;
        apr_sleep(apr_time_from_msec(LOOK_MS));
    }
    probe_kill(pid);
    return false;
}
