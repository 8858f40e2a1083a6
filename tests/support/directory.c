/* The directory of a run, and names that no other run uses. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <apr_env.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

static const char *directory;

static unsigned random_number(void)
{
    unsigned number = 0;

    apr_generate_random_bytes((unsigned char *)&number, sizeof number);
    return number;
}

void directory_create(void)
{
    apr_pool_t *pool = runner_pool();
    const char *parent = platform_memory_directory();
    apr_status_t status;

    if (parent == NULL && apr_temp_dir_get(&parent, pool) != APR_SUCCESS)
        parent = ".";
    directory = apr_psprintf(pool, "%s/byname-test-%s-%ld-%08x", parent, runner_name(),
                             platform_pid(), random_number());
    status = apr_dir_make(directory, APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE, pool);
    if (status == APR_SUCCESS)
        status = apr_env_set("BYNAME_DIR", directory, pool);
    if (status != APR_SUCCESS) {
        fprintf(stderr, "cannot make the directory %s (%d)\n", directory, status);
        exit(EXIT_FAILURE);
    }
}

const char *test_directory(void)
{
    return directory;
}

/* Calls `visit` for everything below, directories after what is in them. */
static void walk(const char *path, apr_pool_t *pool,
                 void (*visit)(const char *path, apr_filetype_e type, void *context), void *context)
{
    apr_dir_t *open_directory;
    apr_finfo_t info;

    if (apr_dir_open(&open_directory, path, pool) != APR_SUCCESS)
        return;
    while (apr_dir_read(&info, APR_FINFO_NAME | APR_FINFO_TYPE, open_directory) == APR_SUCCESS) {
        const char *inner;

        if (strcmp(info.name, ".") == 0 || strcmp(info.name, "..") == 0)
            continue;
        inner = apr_psprintf(pool, "%s/%s", path, info.name);
        if (info.filetype == APR_DIR)
            walk(inner, pool, visit, context);
        visit(inner, info.filetype, context);
    }
    apr_dir_close(open_directory);
}

typedef struct counting {
    size_t count;
    void (*show)(const char *path);
} counting;

static void count_file(const char *path, apr_filetype_e type, void *context)
{
    counting *c = context;

    if (type == APR_DIR)
        return;
    c->count++;
    if (c->show != NULL)
        c->show(path);
}

static void remove_entry(const char *path, apr_filetype_e type, void *context)
{
    apr_pool_t *pool = context;

    if (type == APR_DIR)
        apr_dir_remove(path, pool);
    else
        apr_file_remove(path, pool);
}

size_t directory_count(void (*show)(const char *path))
{
    counting c = {0, show};
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    walk(directory, pool, count_file, &c);
    apr_pool_destroy(pool);
    return c.count;
}

void directory_remove(void)
{
    apr_pool_t *pool;

    if (directory == NULL)
        return;
    apr_pool_create(&pool, NULL);
    walk(directory, pool, remove_entry, pool);
    apr_dir_remove(directory, pool);
    apr_pool_destroy(pool);
}

const char *fresh_name(void)
{
    enum { COUNT = 64, SIZE = 96 };
    static char names[COUNT][SIZE];
    static unsigned counter;
    char *name = names[counter % COUNT];

    apr_snprintf(name, SIZE, "%.40s-%ld-%08x-%u", runner_name(), platform_pid(), random_number(),
                 counter);
    counter++;
    return name;
}
