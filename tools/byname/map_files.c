#include "map_files.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_user.h>

static const char prefix[] = "byname-map-", lock_suffix[] = ".lock";

/* ---- Whose it is */

static const char *lock_of(const char *directory, apr_pool_t *pool)
{
    return apr_pstrcat(pool, directory, lock_suffix, NULL);
}

/* NULL: it is not there, or another process has it. */
static apr_file_t *lock(const char *path, apr_int32_t more, apr_pool_t *pool)
{
    apr_file_t *file = NULL;

    if (apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_WRITE | more,
                      APR_FPROT_UREAD | APR_FPROT_UWRITE, pool) != APR_SUCCESS)
        return NULL;
    if (apr_file_lock(file, APR_FLOCK_EXCLUSIVE | APR_FLOCK_NONBLOCK) == APR_SUCCESS)
        return file;
    (void)apr_file_close(file);
    return NULL;
}

/* Who removes what others left may have had the new file, and removed it, before it was locked. */
static void lock_new(const char *path, apr_pool_t *pool)
{
    enum { TIMES = 3 };
    apr_finfo_t info;
    apr_file_t *file;
    int i;

    for (i = 0; i < TIMES; i++) {
        file = lock(path, APR_FOPEN_CREATE | APR_FOPEN_EXCL, pool);
        if (file != NULL && apr_stat(&info, path, APR_FINFO_TYPE, pool) == APR_SUCCESS)
            return;
        if (file != NULL)
            (void)apr_file_close(file);
    }
}

/* Itself, and not what a link leads to: where all may write, others may have put anything there. */
static bool is_own(const char *path, apr_filetype_e type, apr_pool_t *pool)
{
    const apr_int32_t wanted = APR_FINFO_TYPE | APR_FINFO_USER;
    apr_finfo_t info;
    apr_gid_t group;
    apr_uid_t user;

    return apr_stat(&info, path, wanted | APR_FINFO_LINK, pool) == APR_SUCCESS &&
           info.filetype == type && apr_uid_current(&user, &group, pool) == APR_SUCCESS &&
           apr_uid_compare(user, info.user) == APR_SUCCESS;
}

/* The lock goes after it, so that a remover that dies has a successor. */
static void remove_directory(const char *directory, apr_pool_t *pool)
{
    apr_finfo_t entry;
    apr_dir_t *all;

    if (apr_dir_open(&all, directory, pool) != APR_SUCCESS)
        return;
    while (apr_dir_read(&entry, APR_FINFO_NAME, all) == APR_SUCCESS)
        if (strcmp(entry.name, ".") != 0 && strcmp(entry.name, "..") != 0)
            (void)apr_file_remove(apr_pstrcat(pool, directory, "/", entry.name, NULL), pool);
    apr_dir_close(all);
    (void)apr_dir_remove(directory, pool);
}

static void remove_if_left(const char *path, apr_pool_t *pool)
{
    const char *directory = apr_pstrndup(pool, path, strlen(path) - strlen(lock_suffix));
    apr_file_t *file = is_own(path, APR_REG, pool) ? lock(path, 0, pool) : NULL;

    if (file == NULL)
        return;
    if (is_own(directory, APR_DIR, pool))
        remove_directory(directory, pool);
    (void)apr_file_remove(path, pool);
    (void)apr_file_close(file);
}

static bool is_lock(const char *name)
{
    size_t length = strlen(name), end = strlen(lock_suffix);

    return strncmp(name, prefix, strlen(prefix)) == 0 && length > strlen(prefix) + end &&
           strcmp(name + length - end, lock_suffix) == 0;
}

static void remove_left(const char *temporary, apr_pool_t *pool)
{
    apr_finfo_t entry;
    apr_dir_t *all;

    if (apr_dir_open(&all, temporary, pool) != APR_SUCCESS)
        return;
    while (apr_dir_read(&entry, APR_FINFO_NAME, all) == APR_SUCCESS)
        if (is_lock(entry.name))
            remove_if_left(apr_pstrcat(pool, temporary, "/", entry.name, NULL), pool);
    apr_dir_close(all);
}

const char *map_files_begin(const char *leash, apr_pool_t *pool)
{
    const char *temporary, *directory;

    if (apr_temp_dir_get(&temporary, pool) != APR_SUCCESS)
        return NULL;
    remove_left(temporary, pool);
    directory = apr_pstrcat(pool, temporary, "/", prefix, leash, NULL);
    lock_new(lock_of(directory, pool), pool);
    return directory;
}

/* ---- What is in it */

void map_files_remove_one(const char *directory, const char *path, apr_pool_t *pool)
{
    (void)apr_file_remove(path, pool);
    (void)apr_dir_remove(directory, pool);
}

void map_files_remove(const char *directory, apr_pool_t *pool)
{
    remove_directory(directory, pool);
    (void)apr_file_remove(lock_of(directory, pool), pool);
}

static apr_status_t make_directory(const char *directory, apr_pool_t *pool)
{
    apr_status_t status =
        apr_dir_make(directory, APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE, pool);

    return APR_STATUS_IS_EEXIST(status) ? APR_SUCCESS : status;
}

apr_file_t *map_files_create(const char *directory, const char **path, apr_status_t *status,
                             apr_pool_t *pool)
{
    char *name = apr_pstrcat(pool, directory, "/output-XXXXXX", NULL);
    apr_file_t *file = NULL;

    *status = directory[0] != '\0' ? make_directory(directory, pool) : APR_ENOENT;
    if (*status == APR_SUCCESS)
        *status = apr_file_mktemp(
            &file, name, APR_FOPEN_CREATE | APR_FOPEN_EXCL | APR_FOPEN_WRITE | APR_FOPEN_BINARY,
            pool);
    *path = name;
    return *status == APR_SUCCESS ? file : NULL;
}
