/* byname demo, on files that are made for it. */
#include "tool_test.h"

#include <stdio.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>

enum { DEMO_DEADLINE = 60 };

/* ---- A directory of files */

typedef struct texts {
    apr_pool_t *pool;
    const char *directory;
} texts;

static texts make_directory(void)
{
    const apr_fileperms_t ours = APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE;
    const char *parent;
    texts t;

    REQUIRE(apr_pool_create(&t.pool, NULL) == APR_SUCCESS);
    REQUIRE(apr_temp_dir_get(&parent, t.pool) == APR_SUCCESS);
    t.directory = apr_psprintf(t.pool, "%s/%s Zo\xc3\xab", parent, fresh_name());
    REQUIRE(apr_dir_make(t.directory, ours, t.pool) == APR_SUCCESS);
    return t;
}

static const char *path_of(const texts *t, const char *name)
{
    return apr_psprintf(t->pool, "%s/%s", t->directory, name);
}

static void write_file(const texts *t, const char *name, const char *content, size_t size)
{
    const apr_int32_t how = APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_BINARY;
    apr_file_t *file;

    REQUIRE(apr_file_open(&file, path_of(t, name), how, APR_FPROT_OS_DEFAULT, t->pool) ==
            APR_SUCCESS);
    REQUIRE(apr_file_write_full(file, content, size, NULL) == APR_SUCCESS);
    apr_file_close(file);
}

static void remove_below(const char *path, apr_pool_t *pool)
{
    apr_dir_t *directory;
    apr_finfo_t info;

    if (apr_dir_open(&directory, path, pool) == APR_SUCCESS) {
        while (apr_dir_read(&info, APR_FINFO_NAME | APR_FINFO_TYPE, directory) == APR_SUCCESS) {
            if (strcmp(info.name, ".") != 0 && strcmp(info.name, "..") != 0)
                remove_below(apr_psprintf(pool, "%s/%s", path, info.name), pool);
        }
        apr_dir_close(directory);
        apr_dir_remove(path, pool);
    } else {
        apr_file_remove(path, pool);
    }
}

static void remove_directory(texts *t)
{
    remove_below(t->directory, t->pool);
    apr_pool_destroy(t->pool);
}

static int run_demo(const test_output **output, const char *path, const char *second)
{
    const char *const argv[] = {TOOL_PATH, "demo", path, second, NULL};
    const test_command command = {argv, NULL, NULL, DEMO_DEADLINE};

    return test_run_command(&command, output);
}

/* "together  40  820" in any width, and the same of one process alone. */
static bool says_totals(const char *text, const char *files, const char *words)
{
    static const char *const rows[] = {"\ntogether ", "\none process alone "};
    size_t i;

    for (i = 0; i < 2; i++) {
        const char *row = strstr(text, rows[i]);

        if (row == NULL)
            return false;
        row += strlen(rows[i]);
        row += strspn(row, " ");
        if (strncmp(row, files, strlen(files)) != 0)
            return false;
        row += strlen(files);
        if (*row != ' ')
            return false;
        row += strspn(row, " ");
        if (strncmp(row, words, strlen(words)) != 0 || strchr(" \n", row[strlen(words)]) == NULL)
            return false;
    }
    return strstr(text, "  equal\n") != NULL;
}

/* ---- Cases */

void demo_counts_and_survives(void)
{
    enum { FILES = 40 };
    const test_output *output;
    texts t = make_directory();
    char content[512];
    int i;
    int word;

    /* File i has i words: 0 + 1 + ... + 39 = 780; the directory below has 41 more. */
    for (i = 0; i < FILES; i++) {
        content[0] = '\0';
        for (word = 0; word < i; word++)
            strcat(content, word % 2 == 0 ? "word " : "\tand,more\r\n\n");
        write_file(&t, apr_psprintf(t.pool, "file %02d", i), content, strlen(content));
    }
    REQUIRE(apr_dir_make(path_of(&t, "below"), APR_FPROT_OS_DEFAULT, t.pool) == APR_SUCCESS);
    write_file(&t, "below/one", " a b", 4);
    CHECK_INT(run_demo(&output, t.directory, NULL), 0);
    CHECK(says_totals(output->out, "41", "782"));
    CHECK_CONTAINS(output->out, "files: 41;");
    CHECK_CONTAINS(output->out, "half-way through an update: killed now\n");
    CHECK_CONTAINS(output->out, "killed holding the mutex\n");
    CHECK_CONTAINS(output->out, "told of the death of ");
    CHECK_CONTAINS(output->out, " again\n");
    CHECK_CONTAINS(output->out, "left behind: nothing\n");
    CHECK_STR(output->err, "");
    remove_directory(&t);
}

void demo_of_one_file_and_of_none(void)
{
    const test_output *output;
    texts t = make_directory();

    CHECK_INT(run_demo(&output, t.directory, NULL), 0);
    CHECK(says_totals(output->out, "0", "0"));
    CHECK(strstr(output->out, "killed") == NULL);

    write_file(&t, "one", "just three words", 16);
    CHECK_INT(run_demo(&output, path_of(&t, "one"), NULL), 0);
    CHECK(says_totals(output->out, "1", "3"));
    CHECK_CONTAINS(output->out, "killed holding the mutex\n");
    CHECK_CONTAINS(output->out, "counted file 1 again");

    /* Named twice, and named in its directory. */
    CHECK_INT(run_demo(&output, path_of(&t, "one"), t.directory), 0);
    CHECK(says_totals(output->out, "1", "3"));
    remove_directory(&t);
}

void demo_counts_bytes_of_any_encoding(void)
{
    static const char odd[] = "\xff\xfe\0x \x80\v\xa0\f\xc2\x85\r\x1f\n\x7f";
    const test_output *output;
    texts t = make_directory();
    char *large = apr_palloc(t.pool, 200000);

    write_file(&t, "odd", odd, sizeof odd - 1);
    /* Words that lie across the blocks in which files are read. */
    memset(large, 'w', 200000);
    large[65535] = ' ';
    large[131072] = '\n';
    write_file(&t, "L\xc3\xa4nge", large, 200000);
    write_file(&t, "empty", "", 0);
    CHECK_INT(run_demo(&output, t.directory, NULL), 0);
    CHECK(says_totals(output->out, "3", "9"));
    remove_directory(&t);
}

/* Linux has a file that nobody can read. */
void demo_skips_what_it_cannot_read(void)
{
    static const char unreadable[] = "/proc/self/mem";
    const test_output *output;
    apr_finfo_t info;
    texts t = make_directory();
    bool there = apr_stat(&info, unreadable, APR_FINFO_TYPE, t.pool) == APR_SUCCESS &&
                 info.filetype == APR_REG;

    write_file(&t, "one", "one", 3);
    if (there) {
        CHECK_INT(run_demo(&output, unreadable, t.directory), 0);
        CHECK(says_totals(output->out, "1", "1"));
        CHECK_CONTAINS(output->out, "not readable, skipped: /proc/self/mem\n");
    }
    remove_directory(&t);
    if (!there)
        test_skip("no file here that even the superuser cannot read");
}

void demo_refuses_a_missing_path(void)
{
    const test_output *output;

    CHECK_INT(run_demo(&output, "no-such-path", NULL), 1);
    CHECK_STR(output->err, "byname demo: no-such-path is neither a file nor a directory\n");
}

void demo_without_arguments_finds_files(void)
{
    const test_output *output;

    CHECK_INT(run_demo(&output, NULL, NULL), 0);
    CHECK(strstr(output->out, "files: 0;") == NULL);
    CHECK_CONTAINS(output->out, "  equal\n");
    CHECK_CONTAINS(output->out, "left behind: nothing\n");
}

void demo_worker_alone_is_wrong(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "demo-worker"), 2);
    CHECK_CONTAINS(output->err, "started by byname demo");
    CHECK_INT(TOOL(&output, "demo-worker", "a", "b", "c", "d"), 1);
    CHECK_CONTAINS(output->err, "BYN_E_NOTFOUND");
}
