/* How processes are started: what arrives in the child, and what start refuses. */
#include "process_child.h"

#include <stdio.h>
#include <string.h>

#include "peer.h"

/* ---- What arrives in the child */

static const char *const awkward[] = {
    "",
    "two words",
    "\"",
    "\"quoted\"",
    "back\\slash",
    "ends\\",
    "two\\\\",
    "\\\"both\\",
    "'",
    "tab\tinside",
    "  edges  ",
    "%PATH%",
    "$HOME *",
    "a\nb",
    "caf\xc3\xa9 \xe2\x98\x83 \xf0\x9d\x84\x9e",
    "^&|<>()",
    "-",
    "",
    NULL,
};

enum { AWKWARD = sizeof awkward / sizeof awkward[0] - 1, ALL_EQUAL = 7, CANNOT = 2 };

static int compares_arguments(peer_self *self, int argc, char **argv)
{
    int i;

    (void)self;
    CHECK_INT(argc, AWKWARD);
    for (i = 0; i < argc && i < AWKWARD; i++)
        CHECK_STR(argv[i], awkward[i]);
    return ALL_EQUAL;
}

static void arguments_arrive_as_they_are(void)
{
    const char *argv[AWKWARD + 4] = {test_executable(), "--peer", "compares_arguments"};
    byn_process *process = NULL;

    memcpy(argv + 3, awkward, sizeof awkward);
    REQUIRE_STATUS(byn_process_start(&process, argv, NULL), BYN_OK);
    CHECK(byn_process_pid(process) != 0);
    CHECK_INT(end_of(process).code, ALL_EQUAL);
    byn_process_close(process);
}

static const char *const two_variables[] = {"BYNAME_TEST_A=a", "BYNAME_TEST_B=b", NULL};

/* Has A and B itself. */
static int changes_environment(peer_self *self, int argc, char **argv)
{
    static const char *const changes[] = {"BYNAME_TEST_A=x=y z", "BYNAME_TEST_B", "BYNAME_TEST_C=1",
                                          "BYNAME_TEST_C=2", NULL};
    const byn_process_options changed = BYN_OPTIONS(byn_process_options, .environment = changes);

    (void)self;
    (void)argc;
    (void)argv;
    CHECK_INT(child_result("has_variable", "BYNAME_TEST_A=a", NULL), 0);
    CHECK_INT(child_result("has_variable", "BYNAME_TEST_B=b", NULL), 0);
    CHECK_INT(child_result("has_variable", "BYNAME_TEST_A=x=y z", &changed), 0);
    CHECK_INT(child_result("has_variable", "BYNAME_TEST_B", &changed), 0);
    CHECK_INT(child_result("has_variable", "BYNAME_TEST_C=2", &changed), 0);
    return 0;
}

static int clears_environment(peer_self *self, int argc, char **argv)
{
    static const char *const only[] = {"BYNAME_TEST_C=c", NULL};
    const byn_process_options cleared =
        BYN_OPTIONS(byn_process_options, .environment = only, .clear_environment = true);

    (void)self;
    (void)argc;
    (void)argv;
    CHECK_INT(child_result("has_variable", "BYNAME_TEST_A", &cleared), 0);
    CHECK_INT(child_result("has_variable", "BYNAME_TEST_C=c", &cleared), 0);
    return 0;
}

/* As a process with A and B in its environment. */
static void run_with_variables(const char *peer_name)
{
    const char *const argv[] = {test_executable(), "--peer", peer_name, NULL};
    test_command command = {.arguments = argv, .environment = two_variables};

    CHECK_INT(test_run_command(&command, NULL), 0);
}

static void environment_is_inherited_changed_and_removed(void)
{
    run_with_variables("changes_environment");
}

static void environment_begins_empty_when_asked(void)
{
    run_with_variables("clears_environment");
}

/* A file in the directory of this run. */
static const char *make_file(const char *name, const char *text)
{
    static char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", test_directory(), name);
    file = fopen(path, "w");
    REQUIRE(file != NULL);
    fputs(text, file);
    fclose(file);
    return path;
}

static void directory_is_where_it_runs(void)
{
    const byn_process_options there =
        BYN_OPTIONS(byn_process_options, .directory = test_directory());
    const char *path = make_file("marker", "");

    CHECK_INT(child_result("finds_file", "marker", &there), 0);
    CHECK_INT(child_result("finds_file", "marker", NULL), 1);
    remove(path);
}

/* With "inherit" or "null" for all three streams. */
static int gives_streams(peer_self *self, int argc, char **argv)
{
    const byn_stdio to = strcmp(argv[0], "null") == 0 ? BYN_STDIO_NULL : BYN_STDIO_INHERIT;
    const byn_process_options options = BYN_OPTIONS(byn_process_options, .standard_input = to,
                                                    .standard_output = to, .standard_error = to);

    (void)self;
    (void)argc;
    CHECK_INT(child_result("talks", "hello", &options), 0);
    CHECK_INT(child_result("reads_nothing", NULL, &options), to == BYN_STDIO_NULL);
    return 0;
}

static const test_output *output_with_streams(const char *how)
{
    const char *const argv[] = {test_executable(), "--peer", "gives_streams", how, NULL};
    test_command command = {.arguments = argv, .input = "something\n"};
    const test_output *output = NULL;

    CHECK_INT(test_run_command(&command, &output), 0);
    return output;
}

static void streams_lead_to_where_the_parents_lead(void)
{
    const test_output *output = output_with_streams("inherit");

    CHECK_STR(output->out, "hello on stdout\n");
    CHECK_STR(output->err, "hello on stderr\n");
}

static void streams_lead_to_nothing_when_asked(void)
{
    const test_output *output = output_with_streams("null");

    CHECK_STR(output->out, "");
    CHECK_STR(output->err, "");
}

static int spoils_itself(peer_self *self, int argc, char **argv)
{
    static const char *const nothing[] = {NULL};

    (void)self;
    (void)argc;
    (void)argv;
    if (!probe_spoil())
        return CANNOT;
    CHECK_INT(child_result("is_spoiled", NULL, NULL), 0);
    CHECK_INT(child_result("is_spoiled", NULL,
                           &BYN_OPTIONS(byn_process_options, .environment = nothing,
                                        .kill_with_parent = true)),
              0);
    CHECK_INT(probe_spoiled(), 1);
    return 0;
}

static void nothing_leaks_into_the_child(void)
{
    const char *const argv[] = {test_executable(), "--peer", "spoils_itself", NULL};
    int code = test_run(argv, NULL);

    if (code == CANNOT)
        test_skip("descriptors and signals are POSIX");
    CHECK_INT(code, 0);
}

static void new_group_is_its_own(void)
{
    const byn_process_options own = BYN_OPTIONS(byn_process_options, .new_group = true);

    if (probe_leads_group() < 0)
        test_skip("process groups are POSIX");
    CHECK_INT(child_result("leads_group", NULL, &own), 1);
    CHECK_INT(child_result("leads_group", NULL, NULL), 0);
}

/* ---- Names and children */

static const char *program_name(void)
{
    const char *path = test_executable();
    const char *name = path + strlen(path);

    while (name > path && name[-1] != '/' && name[-1] != '\\')
        name--;
    return name;
}

/* What children of that kind say, and nothing else. */
static void says(const char *child, const char *name, const char *expected)
{
    const byn_process_options options =
        BYN_OPTIONS(byn_process_options, .name = name, .standard_output = BYN_STDIO_PIPE);
    byn_process *process = start_child(child, test_executable(), &options);
    byn_process_output output;

    CHECK_STATUS(byn_process_communicate(process, NULL, 0, 0, &output, BYN_FOREVER), BYN_OK);
    CHECK_INT(output.exit.code, 0);
    CHECK_STR(output.output, expected);
    CHECK_STR(byn_process_name(process), name != NULL ? name : program_name());
    byn_process_close(process);
}

static void name_is_told_here_and_in_the_child(void)
{
    char longest[256], line[300];

    says("tells_name", "number 1; \"quoted\" caf\xc3\xa9", "number 1; \"quoted\" caf\xc3\xa9\n");
    memset(longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    snprintf(line, sizeof line, "%s\n", longest);
    says("tells_name", longest, line);
    CHECK_STR(byn_process_name(NULL), "");
}

static void name_is_the_programs_otherwise(void)
{
    char line[300];

    snprintf(line, sizeof line, "%s\n", program_name());
    says("tells_name", NULL, line);
    CHECK_STR(byn_process_self_name(), program_name());
}

static void name_is_not_passed_on(void)
{
    char lines[900];

    snprintf(lines, sizeof lines, "%s\nme\n%s\n", program_name(), program_name());
    says("tells_names", "me", lines);
    snprintf(lines, sizeof lines, "%s\n", program_name());
    says("lets_a_stranger_tell", "me", lines);
}

typedef struct seen_children {
    char names[200];
    int count, most;
    uint32_t last_pid;
} seen_children;

static bool see(const byn_process_child *child, void *context)
{
    seen_children *seen = context;
    size_t length = strlen(seen->names);

    snprintf(seen->names + length, sizeof seen->names - length, "%s ", child->name);
    seen->last_pid = child->pid;
    CHECK_INT(byn_process_pid(child->process), child->pid);
    return ++seen->count < seen->most;
}

static seen_children look_at_children(int most)
{
    seen_children seen = {.count = 0, .most = most};

    CHECK_STATUS(byn_process_children(see, &seen), BYN_OK);
    return seen;
}

static void children_are_those_that_run_and_are_open(void)
{
    static const char *const names[] = {"one", "two", "three"};
    const char *life = life_begin();
    byn_process *process[3], *ended;
    size_t i;

    CHECK_INT(look_at_children(9).count, 0);
    for (i = 0; i < 3; i++)
        process[i] =
            start_child("lives", life, &BYN_OPTIONS(byn_process_options, .name = names[i]));
    ended = start_child("returns", "0", NULL);
    CHECK_INT(end_of(ended).code, 0);
    CHECK_STR(look_at_children(9).names, "one two three ");
    CHECK_INT(look_at_children(9).last_pid, byn_process_pid(process[2]));
    CHECK_STR(look_at_children(2).names, "one two ");
    byn_process_close(process[1]);
    CHECK_STR(look_at_children(9).names, "one three ");
    life_end();
    CHECK_INT(end_of(process[0]).code, 0);
    CHECK_INT(end_of(process[2]).code, 0);
    CHECK_INT(look_at_children(9).count, 0);
    byn_process_close(process[2]);
    byn_process_close(process[0]);
    byn_process_close(ended);
    CHECK_INT(look_at_children(9).count, 0);
    CHECK_STATUS(byn_process_children(NULL, NULL), BYN_E_INVALID);
}

static int count_children(void)
{
    return look_at_children(9).count;
}

static void forked_process_has_no_children_yet(void)
{
    byn_process *process = start_child("lives", life_begin(), NULL);
    int count = probe_in_fork(count_children);

    life_end();
    CHECK_INT(end_of(process).code, 0);
    byn_process_close(process);
    if (count < 0)
        test_skip("there is no fork() on this system");
    CHECK_INT(count, 0);
}

/* ---- The machine */

static int uses_one_processor(peer_self *self, int argc, char **argv)
{
    uint32_t before = byn_processors();

    (void)self;
    (void)argc;
    (void)argv;
    CHECK(before >= 1);
    if (!probe_use_one_processor())
        return CANNOT;
    CHECK_INT(byn_processors(), 1);
    return 0;
}

static void processors_are_those_that_may_be_used(void)
{
    const char *const argv[] = {test_executable(), "--peer", "uses_one_processor", NULL};
    int code = test_run(argv, NULL);

    if (code == CANNOT)
        test_skip("this process may not choose its processors");
    CHECK_INT(code, 0);
}

/* ---- The program */

static const char *program_directory(void)
{
    static char path[1024];

    snprintf(path, sizeof path, "%.*s", (int)(program_name() - test_executable() - 1),
             test_executable());
    return path;
}

static void program_is_searched_in_path_of_the_child(void)
{
    const char *const argv[] = {program_name(), "--child", "returns", "5", NULL};
    char path[1100];
    const char *const changes[] = {path, NULL};
    byn_process *process = NULL;

    snprintf(path, sizeof path, "PATH=/nowhere%c%s", strchr(test_executable(), '\\') ? ';' : ':',
             program_directory());
    REQUIRE_STATUS(byn_process_start(&process, argv,
                                     &BYN_OPTIONS(byn_process_options, .environment = changes)),
                   BYN_OK);
    CHECK_INT(end_of(process).code, 5);
    byn_process_close(process);
}

static void program_is_relative_to_the_caller(void)
{
    const byn_process_options there =
        BYN_OPTIONS(byn_process_options, .directory = program_directory());
    char name[256];

    snprintf(name, sizeof name, "./%s", program_name());
    CHECK_INT(child_result("starts_neighbour", name, &there), 9);
}

/* The handle must stay as it was. */
static byn_status status_of_start(const char *program, const byn_process_options *options)
{
    const char *const argv[] = {program, NULL};
    byn_process *const untouched = (byn_process *)(void *)argv;
    byn_process *process = untouched;
    byn_status status = byn_process_start(&process, argv, options);

    if (status >= 0)
        byn_process_close(process);
    CHECK(process == untouched);
    return status;
}

static void missing_program_is_told_by_start(void)
{
    CHECK_STATUS(status_of_start("/no/such/program", NULL), BYN_E_NOTFOUND);
    CHECK_CONTAINS(byn_last_error(), "/no/such/program");
    CHECK_CONTAINS(byn_last_error(), "byn_process_start");
    CHECK_STATUS(status_of_start("byname-no-such-program", NULL), BYN_E_NOTFOUND);
    CHECK_CONTAINS(byn_last_error(), "byname-no-such-program");
    CHECK_CONTAINS(byn_last_error(), "PATH");
    CHECK_STATUS(status_of_start("/no/such/program",
                                 &BYN_OPTIONS(byn_process_options, .kill_with_parent = true)),
                 BYN_E_NOTFOUND);
}

static void missing_directory_is_told_by_start(void)
{
    const byn_process_options options =
        BYN_OPTIONS(byn_process_options, .directory = "/no/such/directory");

    CHECK_STATUS(status_of_start(test_executable(), &options), BYN_E_NOTFOUND);
    CHECK_CONTAINS(byn_last_error(), "/no/such/directory");
}

static void what_is_no_program_is_told_by_start(void)
{
    const char *path = make_file("no-program", "this is no program\n");
    byn_status status = status_of_start(path, NULL);

    CHECK(status == BYN_E_ACCESS || status == BYN_E_OS);
    CHECK_CONTAINS(byn_last_error(), "no-program");
    CHECK_STATUS(status_of_start(test_directory(), NULL), BYN_E_ACCESS);
    if (probe_make_executable(path))
        CHECK_STATUS(status_of_start(path, NULL), BYN_E_OS);
    remove(path);
    path = make_file("no-interpreter", "#!/no/such/interpreter\n");
    if (probe_make_executable(path)) {
        CHECK_STATUS(status_of_start(path, NULL), BYN_E_NOTFOUND);
        CHECK_CONTAINS(byn_last_error(), "interpreter");
    }
    remove(path);
}

static void wrong_arguments_are_refused(void)
{
    static const char *const no_name[] = {"=value", NULL};
    static const char *const nothing[] = {NULL};
    const byn_process_options unset = {.struct_size = 0};
    byn_process *process = NULL;
    byn_exit end;

    CHECK_STATUS(byn_process_start(&process, NULL, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_process_start(&process, nothing, NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_process_start(NULL, awkward + 1, NULL), BYN_E_INVALID);
    CHECK_STATUS(status_of_start("", NULL), BYN_E_INVALID);
    CHECK_STATUS(status_of_start(test_executable(), &unset), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "struct_size");
    CHECK_STATUS(status_of_start(test_executable(),
                                 &BYN_OPTIONS(byn_process_options, .environment = no_name)),
                 BYN_E_INVALID);
    CHECK_STATUS(
        status_of_start(test_executable(), &BYN_OPTIONS(byn_process_options, .directory = "")),
        BYN_E_INVALID);
    CHECK_STATUS(status_of_start(test_executable(),
                                 &BYN_OPTIONS(byn_process_options, .standard_error = (byn_stdio)6)),
                 BYN_E_INVALID);
    CHECK_STATUS(byn_process_wait(NULL, BYN_NOW, &end), BYN_E_INVALID);
    CHECK_STATUS(byn_process_kill(NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_process_terminate(NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_process_kill_tree(NULL), BYN_E_INVALID);
    CHECK_INT(byn_process_pid(NULL), 0);
    CHECK(!byn_process_is_alive(NULL));
    byn_process_close(NULL);
}

static const test_case cases[] = {
    TEST(arguments_arrive_as_they_are),
    TEST(environment_is_inherited_changed_and_removed),
    TEST(environment_begins_empty_when_asked),
    TEST(directory_is_where_it_runs),
    TEST(streams_lead_to_where_the_parents_lead),
    TEST(streams_lead_to_nothing_when_asked),
    TEST(nothing_leaks_into_the_child),
    TEST(new_group_is_its_own),
    TEST(name_is_told_here_and_in_the_child),
    TEST(name_is_the_programs_otherwise),
    TEST(name_is_not_passed_on),
    TEST(children_are_those_that_run_and_are_open),
    TEST(forked_process_has_no_children_yet),
    TEST(processors_are_those_that_may_be_used),
    TEST(program_is_searched_in_path_of_the_child),
    TEST(program_is_relative_to_the_caller),
    TEST(missing_program_is_told_by_start),
    TEST(missing_directory_is_told_by_start),
    TEST(what_is_no_program_is_told_by_start),
    TEST(wrong_arguments_are_refused),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(compares_arguments),
    PEER(changes_environment),
    PEER(clears_environment),
    PEER(gives_streams),
    PEER(spoils_itself),
    PEER(uses_one_processor),
    PEER_END,
};

int main(int argc, char **argv)
{
    int code;

    return child_main(argc, argv, &code) ? code : test_main(argc, argv, "process", cases, peers);
}
