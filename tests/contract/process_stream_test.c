/* Where the standard streams of processes lead: files, pipes to the parent, all at once. */
#include "process_child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <byname/wait.h>

#include "peer.h"
#include "support.h"

enum { MILLION = 1000000, WRITE_FAILED = 5, SIGNAL_BASE = 128 };

static const byn_process_options with_pipes = {.struct_size = sizeof(byn_process_options),
                                               .standard_input = BYN_STDIO_PIPE,
                                               .standard_output = BYN_STDIO_PIPE,
                                               .standard_error = BYN_STDIO_PIPE};

/* Any bytes, and the same for the same size. */
static char *some_bytes(size_t size)
{
    char *bytes = malloc(size + 1);
    unsigned state = 1;
    size_t i;

    REQUIRE(bytes != NULL);
    for (i = 0; i < size; i++) {
        state = state * 1103515245u + 12345u;
        bytes[i] = (char)(state >> 16);
    }
    return bytes;
}

static void is_the_text(const char *bytes, size_t size, const char *expected)
{
    CHECK_INT(size, strlen(expected));
    CHECK(size == strlen(expected) && memcmp(bytes, expected, size) == 0);
}

/* Reads up to the end. */
static size_t read_all(byn_process *process, byn_stream stream, char *bytes, size_t room)
{
    size_t got = 0, size;
    byn_status status;

    for (;;) {
        size = room - got;
        status = byn_process_read(process, stream, bytes + got, &size, 1000 * test_patience());
        if (status < 0)
            break;
        got += size;
        REQUIRE(got < room);
    }
    CHECK_STATUS(status, BYN_E_CLOSED);
    return got;
}

static void reads_the_text(byn_process *process, byn_stream stream, const char *expected)
{
    char bytes[200];
    size_t size = read_all(process, stream, bytes, sizeof bytes);

    is_the_text(bytes, size, expected);
}

/* ---- Read and write */

static void bytes_go_to_the_child_and_come_back(void)
{
    char all[256], back[300];
    byn_process *process = start_child("echoes", NULL, &with_pipes);
    size_t written, i;

    for (i = 0; i < sizeof all; i++)
        all[i] = (char)i;
    CHECK_STATUS(byn_process_write(process, all, sizeof all, &written, BYN_FOREVER), BYN_OK);
    CHECK_INT(written, sizeof all);
    CHECK_STATUS(byn_process_write(process, NULL, 0, &written, BYN_NOW), BYN_OK);
    CHECK_INT(written, 0);
    CHECK_STATUS(byn_process_close_input(process), BYN_OK);
    CHECK_INT(read_all(process, BYN_STREAM_OUTPUT, back, sizeof back), sizeof all);
    CHECK(memcmp(all, back, sizeof all) == 0);
    CHECK_INT(read_all(process, BYN_STREAM_ERROR, back, sizeof back), 0);
    CHECK_INT(end_of(process).code, 0);
    byn_process_close(process);
}

static void read_times_out_and_never_early(void)
{
    enum { TIMEOUT = 60 };
    byn_process *process = start_child("echoes", NULL, &with_pipes);
    char byte = 'a';
    size_t size = 1;
    int64_t begin = platform_milliseconds();

    CHECK_STATUS(byn_process_read(process, BYN_STREAM_OUTPUT, &byte, &size, TIMEOUT),
                 BYN_E_TIMEDOUT);
    CHECK(platform_milliseconds() - begin >= TIMEOUT);
    CHECK_STATUS(byn_process_read(process, BYN_STREAM_OUTPUT, &byte, &size, BYN_NOW),
                 BYN_E_TIMEDOUT);
    CHECK_INT(size, 1);
    CHECK_STATUS(byn_process_write(process, "b", 1, NULL, BYN_FOREVER), BYN_OK);
    CHECK_STATUS(byn_process_read(process, BYN_STREAM_OUTPUT, &byte, &size, BYN_FOREVER), BYN_OK);
    CHECK_INT(byte, 'b');
    CHECK_STATUS(byn_process_close_input(process), BYN_OK);
    CHECK_STATUS(byn_process_close_input(process), BYN_OK);
    CHECK_STATUS(byn_process_write(process, "c", 1, NULL, BYN_NOW), BYN_E_CLOSED);
    CHECK_INT(end_of(process).code, 0);
    CHECK_STATUS(byn_process_read(process, BYN_STREAM_OUTPUT, &byte, &size, BYN_FOREVER),
                 BYN_E_CLOSED);
    CHECK_STATUS(byn_process_read(process, BYN_STREAM_OUTPUT, &byte, &size, BYN_NOW), BYN_E_CLOSED);
    byn_process_close(process);
}

/* Exactly what it says was written arrives. */
static void write_times_out_and_tells_how_much_went(void)
{
    enum { ATTEMPTS = 4, TIMEOUT = 30 };
    byn_process *process = start_child("echoes_later", life_begin(), &with_pipes);
    char *bytes = some_bytes(MILLION), *back = malloc(MILLION + 1);
    size_t sent = 0, written = 0;
    int64_t begin = platform_milliseconds();
    int i;

    REQUIRE(back != NULL);
    for (i = 0; i < ATTEMPTS; i++) {
        CHECK_STATUS(byn_process_write(process, bytes + sent, MILLION - sent, &written,
                                       i == 0 ? BYN_NOW : TIMEOUT),
                     BYN_E_TIMEDOUT);
        sent += written;
    }
    CHECK(platform_milliseconds() - begin >= (ATTEMPTS - 1) * TIMEOUT);
    CHECK(sent > 0);
    life_end();
    CHECK_STATUS(byn_process_close_input(process), BYN_OK);
    CHECK_INT(read_all(process, BYN_STREAM_OUTPUT, back, MILLION + 1), sent);
    CHECK(memcmp(bytes, back, sent) == 0);
    CHECK_INT(end_of(process).code, 0);
    byn_process_close(process);
    free(bytes);
    free(back);
}

static void writer_is_told_when_nobody_reads_any_more(void)
{
    byn_process *process = start_child("takes", "100000", &with_pipes);
    char *bytes = some_bytes(MILLION);
    size_t written = 0;

    CHECK_STATUS(byn_process_write(process, bytes, MILLION, &written, BYN_FOREVER), BYN_E_CLOSED);
    CHECK(written >= 100000 && written < MILLION);
    CHECK_CONTAINS(byn_last_error(), "byn_process_write");
    CHECK_INT(end_of(process).code, 0);
    CHECK_STATUS(byn_process_write(process, bytes, 1, &written, BYN_FOREVER), BYN_E_CLOSED);
    CHECK_INT(written, 0);
    byn_process_close(process);
    free(bytes);
}

static void no_signal_kills_the_writer(void)
{
    CHECK_INT(child_result("breaks_a_pipe", test_executable(), NULL), 0);
}

static byn_process *shared;

static int kills_shared(peer_self *self, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    peer_wait(self, "kill");
    CHECK_STATUS(byn_process_kill(shared), BYN_OK);
    return 0;
}

static void death_of_the_child_ends_a_read(void)
{
    peer *killer = peer_start(PEER_THREAD, "kills_shared", NULL);
    char byte;
    size_t size = 1;

    shared = start_child("lives", life_begin(), &with_pipes);
    peer_tell(killer, "kill");
    CHECK_STATUS(byn_process_read(shared, BYN_STREAM_ERROR, &byte, &size, BYN_FOREVER),
                 BYN_E_CLOSED);
    CHECK_STATUS(byn_process_read(shared, BYN_STREAM_OUTPUT, &byte, &size, BYN_FOREVER),
                 BYN_E_CLOSED);
    CHECK_INT(peer_finish(killer), 0);
    byn_process_close(shared);
    life_end();
}

/* Else its end of the input would not be the last. */
static void other_children_have_no_part_in_it(void)
{
    byn_process *first = start_child("echoes", NULL, &with_pipes);
    byn_process *other = start_child("lives", life_begin(), NULL);
    byn_process *third = start_child("lives", life_begin(), &with_pipes);

    CHECK_STATUS(byn_process_close_input(first), BYN_OK);
    reads_the_text(first, BYN_STREAM_OUTPUT, "");
    CHECK_INT(end_of(first).code, 0);
    CHECK(byn_process_is_alive(other));
    CHECK(byn_process_is_alive(third));
    life_end();
    byn_process_close(first);
    byn_process_close(other);
    byn_process_close(third);
}

static void closing_the_handle_ends_who_writes(void)
{
    byn_process *process = start_child("pours", "0", &with_pipes);
    long pid = (long)byn_process_pid(process);
    char bytes[100];
    size_t size = sizeof bytes;

    CHECK_STATUS(byn_process_read(process, BYN_STREAM_OUTPUT, bytes, &size, BYN_FOREVER), BYN_OK);
    CHECK(size > 0);
    byn_process_close(process);
    CHECK(process_is_gone(pid));
}

/* Starts one that writes for ever and one that reads to the end, and tells their numbers. */
static int has_pipes(peer_self *self, int argc, char **argv)
{
    byn_process *writer = start_child("pours", "0", &with_pipes);
    byn_process *reader = start_child("echoes", NULL, &with_pipes);

    (void)argc;
    (void)argv;
    peer_say(self, "%ld", (long)byn_process_pid(writer));
    peer_say(self, "%ld", (long)byn_process_pid(reader));
    peer_wait(self, "never");
    byn_process_close(writer);
    byn_process_close(reader);
    return 0;
}

static long number_from(peer *from)
{
    const char *line = peer_line(from);

    REQUIRE(line != NULL);
    return atol(line);
}

static void death_of_the_parent_ends_who_reads_or_writes(void)
{
    peer *parent = peer_start(PEER_PROCESS, "has_pipes", NULL);
    long writer = number_from(parent), reader = number_from(parent);

    CHECK(probe_runs(writer));
    CHECK(probe_runs(reader));
    peer_kill(parent);
    CHECK(process_is_gone(writer));
    CHECK(process_is_gone(reader));
}

static int writes_much(peer_self *self, int argc, char **argv)
{
    char *bytes = some_bytes(MILLION);

    (void)argc;
    (void)argv;
    peer_say(self, "writes");
    CHECK_STATUS(byn_process_write(shared, bytes, MILLION, NULL, BYN_FOREVER), BYN_OK);
    CHECK_STATUS(byn_process_close_input(shared), BYN_OK);
    free(bytes);
    return 0;
}

static void one_thread_writes_and_another_reads(void)
{
    char *bytes = some_bytes(MILLION), *back = malloc(MILLION + 1);
    peer *writer;

    REQUIRE(back != NULL);
    shared = start_child("echoes", NULL, &with_pipes);
    writer = peer_start(PEER_THREAD, "writes_much", NULL);
    peer_expect(writer, "writes");
    CHECK_INT(read_all(shared, BYN_STREAM_OUTPUT, back, MILLION + 1), MILLION);
    CHECK(memcmp(bytes, back, MILLION) == 0);
    CHECK_INT(peer_finish(writer), 0);
    CHECK_INT(end_of(shared).code, 0);
    byn_process_close(shared);
    free(bytes);
    free(back);
}

static bool ask(void *context)
{
    int *left = context;

    return (*left)-- == 0;
}

static void reads_and_writes_may_be_interrupted(void)
{
    byn_process *process = start_child("echoes_later", life_begin(), &with_pipes);
    char *bytes = some_bytes(MILLION), byte;
    byn_process_output output;
    size_t size = 1, written = 0;
    int left = 2;

    byn_wait_interruptible(ask, &left);
    CHECK_STATUS(byn_process_read(process, BYN_STREAM_OUTPUT, &byte, &size, BYN_FOREVER),
                 BYN_E_CANCELED);
    left = 2;
    CHECK_STATUS(byn_process_write(process, bytes, MILLION, &written, BYN_FOREVER), BYN_E_CANCELED);
    CHECK(written > 0);
    left = 2;
    CHECK_STATUS(byn_process_communicate(process, bytes, MILLION, 0, &output, BYN_FOREVER),
                 BYN_E_CANCELED);
    byn_wait_interruptible(NULL, NULL);
    life_end();
    byn_process_close(process);
    free(bytes);
}

static void merged_error_is_in_order_with_the_output(void)
{
    byn_process *process =
        start_child("alternates", NULL,
                    &BYN_OPTIONS(byn_process_options, .standard_output = BYN_STDIO_PIPE,
                                 .standard_error = BYN_STDIO_MERGED));
    char byte;
    size_t size = 1;

    reads_the_text(process, BYN_STREAM_OUTPUT, "one two three four");
    CHECK_STATUS(byn_process_read(process, BYN_STREAM_ERROR, &byte, &size, BYN_NOW), BYN_E_INVALID);
    CHECK_INT(end_of(process).code, 0);
    byn_process_close(process);
}

static void own_streams_may_be_closed(void)
{
    CHECK_INT(child_result("talks_without_streams", test_executable(), NULL), 0);
}

/* ---- Files */

static const char *path_of(const char *name)
{
    static char paths[3][600];
    static unsigned next;
    char *path = paths[next++ % 3];

    snprintf(path, sizeof paths[0], "%s/%s", test_directory(), name);
    return path;
}

static void make(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    REQUIRE(file != NULL);
    fputs(text, file);
    fclose(file);
}

/* And removes it. */
static void file_has(const char *path, const char *text)
{
    FILE *file = fopen(path, "rb");
    char bytes[200];
    size_t size;

    REQUIRE(file != NULL);
    size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    is_the_text(bytes, size, text);
    remove(path);
}

static void files_are_read_written_anew_and_appended_to(void)
{
    const char *in = path_of("in"), *out = path_of("out"), *err = path_of("err");
    byn_process_options options =
        BYN_OPTIONS(byn_process_options, .standard_input = BYN_STDIO_FILE, .input_file = in,
                    .standard_output = BYN_STDIO_FILE, .output_file = out,
                    .standard_error = BYN_STDIO_APPEND, .error_file = err);

    make(in, "some bytes");
    make(out, "longer than what comes");
    CHECK_INT(child_result("echoes_twice", NULL, &options), 0);
    CHECK_INT(child_result("echoes_twice", NULL, &options), 0);
    remove(in);
    file_has(out, "some bytes");
    file_has(err, "some bytessome bytes");
}

static void merged_error_shares_the_file(void)
{
    const char *out = path_of("out");

    CHECK_INT(child_result("alternates", NULL,
                           &BYN_OPTIONS(byn_process_options, .standard_output = BYN_STDIO_FILE,
                                        .output_file = out, .standard_error = BYN_STDIO_MERGED)),
              0);
    file_has(out, "one two three four");
}

static void merged_error_leads_to_where_the_output_is_inherited_to(void)
{
    const char *const argv[] = {test_executable(), "--peer", "merges_inherited", NULL};
    const test_output *output = NULL;

    CHECK_INT(test_run(argv, &output), 0);
    CHECK_STR(output->out, "one two three four");
    CHECK_STR(output->err, "");
}

static int merges_inherited(peer_self *self, int argc, char **argv)
{
    (void)self;
    (void)argc;
    (void)argv;
    CHECK_INT(child_result("alternates", NULL,
                           &BYN_OPTIONS(byn_process_options, .standard_error = BYN_STDIO_MERGED)),
              0);
    return 0;
}

static byn_status status_with(byn_process_options options)
{
    child_arguments started = child_arguments_of("returns", "0");
    byn_process *process = NULL;
    byn_status status;

    options.struct_size = sizeof options;
    status = byn_process_start(&process, started.argv, &options);
    CHECK(status < 0);
    CHECK(process == NULL);
    byn_process_close(process);
    return status;
}

/* Less may be: each start lets go of children of earlier cases, which were closed while they ran. */
static void nothing_more_is_open_than(long before)
{
    long now = probe_open();

    if (now > before)
        CHECK_INT(now, before);
}

static void file_that_cannot_be_had_is_told_by_start(void)
{
    const char *missing = path_of("no/such/file"), *out = path_of("out");
    long before = probe_open();

    CHECK_STATUS(status_with((byn_process_options){.standard_input = BYN_STDIO_FILE,
                                                   .standard_output = BYN_STDIO_PIPE,
                                                   .input_file = missing}),
                 BYN_E_NOTFOUND);
    CHECK_CONTAINS(byn_last_error(), "no/such/file");
    CHECK_CONTAINS(byn_last_error(), "standard input");
    CHECK_STATUS(status_with((byn_process_options){.standard_input = BYN_STDIO_PIPE,
                                                   .standard_output = BYN_STDIO_FILE,
                                                   .standard_error = BYN_STDIO_APPEND,
                                                   .output_file = out,
                                                   .error_file = missing}),
                 BYN_E_NOTFOUND);
    CHECK_CONTAINS(byn_last_error(), "standard error");
    file_has(out, "");
    CHECK_STATUS(status_with((byn_process_options){.standard_input = BYN_STDIO_FILE,
                                                   .input_file = test_directory()}),
                 BYN_E_ACCESS);
    CHECK_CONTAINS(byn_last_error(), "directory");
    CHECK_STATUS(status_with((byn_process_options){.standard_input = BYN_STDIO_PIPE,
                                                   .standard_output = BYN_STDIO_FILE,
                                                   .output_file = test_directory()}),
                 BYN_E_ACCESS);
    CHECK_CONTAINS(byn_last_error(), "directory");
    nothing_more_is_open_than(before);
}

static void program_that_cannot_be_started_leaves_nothing_open(void)
{
    const char *const argv[] = {"/no/such/program", NULL};
    byn_process *process = NULL;
    long before = probe_open();
    int i;

    for (i = 0; i < 3; i++)
        CHECK_STATUS(byn_process_start(&process, argv, &with_pipes), BYN_E_NOTFOUND);
    nothing_more_is_open_than(before);
    process = start_child("returns", "0", &with_pipes);
    CHECK_INT(end_of(process).code, 0);
    byn_process_close(process);
    nothing_more_is_open_than(before);
}

/* ---- All at once */

static void everything_is_sent_and_collected(void)
{
    char *bytes = some_bytes(MILLION);
    byn_process *process = start_child("echoes_twice", NULL, &with_pipes);
    byn_process_output output;
    int i;

    for (i = 0; i < 2; i++) { /* it may be asked again */
        CHECK_STATUS(byn_process_communicate(process, bytes, MILLION, 0, &output, BYN_FOREVER),
                     BYN_OK);
        CHECK_INT(output.input_sent, MILLION);
        REQUIRE(output.output_size == MILLION && output.error_size == MILLION);
        CHECK(memcmp(output.output, bytes, MILLION) == 0);
        CHECK(memcmp(output.error, bytes, MILLION) == 0);
        CHECK(output.output[MILLION] == '\0' && output.error[MILLION] == '\0');
        CHECK(output.exit.known);
        CHECK_INT(output.exit.code, 0);
    }
    byn_process_close(process);
    free(bytes);
}

static void streams_that_are_no_pipes_take_no_part(void)
{
    byn_process *process =
        start_child("alternates", NULL,
                    &BYN_OPTIONS(byn_process_options, .standard_error = BYN_STDIO_PIPE,
                                 .standard_output = BYN_STDIO_NULL));
    byn_process_output output;

    CHECK_STATUS(byn_process_communicate(process, "x", 1, 0, &output, BYN_NOW), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "BYN_STDIO_PIPE");
    CHECK_STATUS(byn_process_communicate(process, NULL, 0, 0, &output, BYN_FOREVER), BYN_OK);
    CHECK_STR(output.output, "");
    CHECK_STR(output.error, "two four");
    byn_process_close(process);
    process = start_child("returns", "7", NULL);
    CHECK_STATUS(byn_process_communicate(process, NULL, 0, 0, &output, BYN_FOREVER), BYN_OK);
    CHECK_INT(output.exit.code, 7);
    CHECK_STR(output.output, "");
    byn_process_close(process);
}

static void child_need_not_want_all_input(void)
{
    char *bytes = some_bytes(MILLION);
    byn_process *process = start_child("takes", "100000", &with_pipes);
    byn_process_output output;

    CHECK_STATUS(byn_process_communicate(process, bytes, MILLION, 0, &output, BYN_FOREVER), BYN_OK);
    CHECK(output.input_sent >= 100000 && output.input_sent < MILLION);
    CHECK_INT(output.exit.code, 0);
    byn_process_close(process);
    free(bytes);
}

static void timeout_loses_nothing(void)
{
    char *bytes = some_bytes(MILLION);
    byn_process *process = start_child("echoes_later", life_begin(), &with_pipes);
    byn_process_output output;
    int64_t begin = platform_milliseconds();

    CHECK_STATUS(byn_process_communicate(process, bytes, MILLION, 0, &output, BYN_NOW),
                 BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_process_communicate(process, bytes, MILLION, 0, &output, 60), BYN_E_TIMEDOUT);
    CHECK(platform_milliseconds() - begin >= 60);
    CHECK(output.input_sent > 0 && output.input_sent < MILLION);
    CHECK(!output.exit.known);
    CHECK_STR(output.output, "");
    life_end();
    CHECK_STATUS(byn_process_communicate(process, bytes, MILLION, 0, &output, BYN_FOREVER), BYN_OK);
    CHECK_INT(output.input_sent, MILLION);
    REQUIRE(output.output_size == MILLION);
    CHECK(memcmp(output.output, bytes, MILLION) == 0);
    byn_process_close(process);
    free(bytes);
}

static void limit_is_told_and_loses_nothing(void)
{
    static const size_t limits[] = {1, 5000, 200000, MILLION - 1};
    char *bytes = some_bytes(MILLION);
    byn_process *process = start_child("echoes", NULL, &with_pipes);
    byn_process_output output;
    size_t i;

    for (i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        CHECK_STATUS(
            byn_process_communicate(process, bytes, MILLION, limits[i], &output, BYN_FOREVER),
            BYN_E_TOOBIG);
        CHECK_CONTAINS(byn_last_error(), "limit");
        REQUIRE(output.output_size == limits[i]);
        CHECK(memcmp(output.output, bytes, limits[i]) == 0);
    }
    CHECK_STATUS(byn_process_communicate(process, bytes, MILLION, MILLION, &output, BYN_FOREVER),
                 BYN_OK);
    REQUIRE(output.output_size == MILLION);
    CHECK(memcmp(output.output, bytes, MILLION) == 0);
    byn_process_close(process);
    free(bytes);
}

static void killed_child_tells_so_at_once(void)
{
    peer *killer = peer_start(PEER_THREAD, "kills_shared", NULL);
    byn_process_output output;

    shared = start_child("lives", life_begin(), &with_pipes);
    peer_tell(killer, "kill");
    CHECK_STATUS(byn_process_communicate(shared, NULL, 0, 0, &output, BYN_FOREVER), BYN_OK);
    CHECK_INT(output.exit.code, BYN_EXIT_KILLED);
    CHECK_INT(peer_finish(killer), 0);
    byn_process_close(shared);
    life_end();
}

/* ---- What is refused */

static void wrong_options_are_refused(void)
{
    const byn_process_options wrong[] = {
        {.standard_input = BYN_STDIO_APPEND, .input_file = "x"},
        {.standard_input = BYN_STDIO_MERGED},
        {.standard_output = BYN_STDIO_MERGED},
        {.standard_error = (byn_stdio)6},
        {.standard_input = (byn_stdio)-1},
        {.standard_input = BYN_STDIO_FILE},
        {.standard_output = BYN_STDIO_FILE, .output_file = ""},
        {.standard_error = BYN_STDIO_APPEND},
        {.input_file = "x"},
        {.standard_output = BYN_STDIO_PIPE, .output_file = "x"},
        {.standard_error = BYN_STDIO_MERGED, .error_file = "x"},
    };
    size_t i;

    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_STATUS(status_with(wrong[i]), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "error_file");
    CHECK_STATUS(status_with((byn_process_options){.name = ""}), BYN_E_NAME);
    CHECK_STATUS(status_with((byn_process_options){.name = "two\nlines"}), BYN_E_NAME);
}

static void wrong_arguments_are_refused(void)
{
    byn_process *plain = start_child("returns", "0", NULL);
    byn_process *piped = start_child("returns", "0", &with_pipes);
    byn_process_output output;
    size_t size = 1, none = 0;
    char byte;

    CHECK_STATUS(byn_process_write(NULL, "x", 1, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_process_write(piped, NULL, 1, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_process_write(piped, "x", 1, NULL, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_process_write(plain, "x", 1, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "BYN_STDIO_PIPE");
    CHECK_STATUS(byn_process_close_input(NULL), BYN_E_INVALID);
    CHECK_STATUS(byn_process_close_input(plain), BYN_E_INVALID);
    CHECK_STATUS(byn_process_read(NULL, BYN_STREAM_OUTPUT, &byte, &size, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_process_read(piped, (byn_stream)0, &byte, &size, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_process_read(piped, BYN_STREAM_OUTPUT, NULL, &size, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_process_read(piped, BYN_STREAM_OUTPUT, &byte, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_process_read(piped, BYN_STREAM_OUTPUT, &byte, &none, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_process_read(piped, BYN_STREAM_OUTPUT, &byte, &size, -2), BYN_E_INVALID);
    CHECK_STATUS(byn_process_read(plain, BYN_STREAM_OUTPUT, &byte, &size, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_process_communicate(NULL, NULL, 0, 0, &output, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_process_communicate(piped, NULL, 1, 0, &output, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_process_communicate(piped, NULL, 0, 0, NULL, BYN_NOW), BYN_E_INVALID);
    CHECK_STATUS(byn_process_communicate(piped, NULL, 0, 0, &output, -2), BYN_E_INVALID);
    CHECK_INT(end_of(plain).code, 0);
    CHECK_INT(end_of(piped).code, 0);
    byn_process_close(plain);
    byn_process_close(piped);
}

static const test_case cases[] = {
    TEST(bytes_go_to_the_child_and_come_back),
    TEST(read_times_out_and_never_early),
    TEST(write_times_out_and_tells_how_much_went),
    TEST(writer_is_told_when_nobody_reads_any_more),
    TEST(no_signal_kills_the_writer),
    TEST(death_of_the_child_ends_a_read),
    TEST(other_children_have_no_part_in_it),
    TEST(closing_the_handle_ends_who_writes),
    TEST(death_of_the_parent_ends_who_reads_or_writes),
    TEST(one_thread_writes_and_another_reads),
    TEST(reads_and_writes_may_be_interrupted),
    TEST(merged_error_is_in_order_with_the_output),
    TEST(own_streams_may_be_closed),
    TEST(files_are_read_written_anew_and_appended_to),
    TEST(merged_error_shares_the_file),
    TEST(merged_error_leads_to_where_the_output_is_inherited_to),
    TEST(file_that_cannot_be_had_is_told_by_start),
    TEST(program_that_cannot_be_started_leaves_nothing_open),
    TEST(everything_is_sent_and_collected),
    TEST(streams_that_are_no_pipes_take_no_part),
    TEST(child_need_not_want_all_input),
    TEST(timeout_loses_nothing),
    TEST(limit_is_told_and_loses_nothing),
    TEST(killed_child_tells_so_at_once),
    TEST(wrong_options_are_refused),
    TEST(wrong_arguments_are_refused),
    TEST_END,
};

static const peer_entry peers[] = {
    PEER(kills_shared), PEER(has_pipes), PEER(writes_much), PEER(merges_inherited), PEER_END,
};

int main(int argc, char **argv)
{
    int code;

    return child_main(argc, argv, &code) ? code
                                         : test_main(argc, argv, "process_stream", cases, peers);
}
