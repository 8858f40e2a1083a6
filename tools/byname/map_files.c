#include "map_files.h"

#include <string.h>

#include <apr_strings.h>

const char *map_files_directory(const char *leash, apr_pool_t *pool)
{
    const char *temporary;

    if (apr_temp_dir_get(&temporary, pool) != APR_SUCCESS)
        return NULL;
    return apr_pstrcat(pool, temporary, "/byname-map-", leash, NULL);
}

void map_files_remove_one(const char *directory, const char *path, apr_pool_t *pool)
{
    (void)apr_file_remove(path, pool);
    (void)apr_dir_remove(directory, pool);
}

void map_files_remove(const char *directory, apr_pool_t *pool)
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
