/*
 * The inputs that fuzzing has found worth keeping, in every build: those that reach much, and each that
 * once showed a fault. A file that crashes or hangs is named by the last line of output.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include "test.h"

enum { MOST_FILES = 400, MOST_BYTES = 16384 };

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t list_files(const char *directory, const char **paths, apr_pool_t *pool)
{
    apr_dir_t *opened;
    apr_finfo_t info;
    size_t count = 0;

    REQUIRE(apr_dir_open(&opened, directory, pool) == APR_SUCCESS);
    while (apr_dir_read(&info, APR_FINFO_NAME, opened) == APR_SUCCESS && count < MOST_FILES) {
        if (info.name[0] != '.')
            paths[count++] = apr_pstrcat(pool, directory, "/", info.name, NULL);
    }
    apr_dir_close(opened);
    qsort(paths, count, sizeof paths[0], by_name);
    return count;
}

static size_t read_file(const char *path, uint8_t *bytes, apr_pool_t *pool)
{
    apr_file_t *file;
    size_t size = 0;

    REQUIRE(apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, 0, pool) == APR_SUCCESS);
    (void)apr_file_read_full(file, bytes, MOST_BYTES, &size);
    apr_file_close(file);
    return size;
}

static void run_corpus(const char *name, void (*target)(const uint8_t *data, size_t size))
{
    static const char *paths[MOST_FILES];
    static uint8_t bytes[MOST_BYTES];
    const char *trace = getenv("BYNAME_FUZZ_TRACE");
    apr_pool_t *pool = NULL;
    size_t count, i;

    apr_pool_create(&pool, NULL);
    count = list_files(apr_pstrcat(pool, CORPUS, "/", name, NULL), paths, pool);
    CHECK(count > 0);
    for (i = 0; i < count; i++) {
        size_t size = read_file(paths[i], bytes, pool);

        if (trace != NULL) {
            printf("     %s\n", paths[i]);
            fflush(stdout);
        }
        target(bytes, size);
    }
    printf("     %u inputs\n", (unsigned)count);
    apr_pool_destroy(pool);
}

static void objects_of_hostile_memory(void)
{
    run_corpus("objects", fuzz_objects);
}

static void names_of_any_bytes(void)
{
    run_corpus("names", fuzz_names);
}

#if defined(FUZZ_LINES)
static void lines_of_json(void)
{
    run_corpus("lines", fuzz_lines);
}
#endif

static const test_case cases[] = {
#if defined(FUZZ_LINES)
    TEST(lines_of_json),
#endif
    TEST(objects_of_hostile_memory),
    TEST(names_of_any_bytes),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "fuzz", cases, NULL);
}
