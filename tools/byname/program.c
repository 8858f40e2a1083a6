#include "program.h"

#include "system.h"

#include <string.h>

#include <apr_env.h>
#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_tables.h>

bool program_is_path(const char *name)
{
    return strchr(name, '/') != NULL || (system_is_windows() && strpbrk(name, "\\:") != NULL);
}

static bool is_there(const char *path, apr_pool_t *pool)
{
    apr_finfo_t about;
    apr_status_t status = apr_stat(&about, path, APR_FINFO_TYPE, pool);

    return status == APR_SUCCESS || status == APR_INCOMPLETE;
}

/* The endings are those of Windows, and do no harm elsewhere. */
static bool is_there_with_ending(const char *path, apr_pool_t *pool)
{
    return is_there(path, pool) || is_there(apr_pstrcat(pool, path, ".exe", NULL), pool) ||
           is_there(apr_pstrcat(pool, path, ".com", NULL), pool);
}

/* On Windows a directory may stand in quotes. */
static const char *unquoted(const char *directory, apr_pool_t *pool)
{
    size_t length = strlen(directory);

    if (!system_is_windows() || length < 2 || directory[0] != '"')
        return directory;
    return apr_pstrmemdup(pool, directory + 1, length - 2);
}

bool program_is_there(const char *name, apr_pool_t *pool)
{
    apr_array_header_t *directories;
    char *path = NULL;
    int i;

    if (program_is_path(name))
        return is_there_with_ending(name, pool);
    if (apr_env_get(&path, "PATH", pool) != APR_SUCCESS ||
        apr_filepath_list_split(&directories, path, pool) != APR_SUCCESS)
        return true; /* the system has a usual one */
    for (i = 0; i < directories->nelts; i++) {
        const char *directory = unquoted(APR_ARRAY_IDX(directories, i, const char *), pool);

        if (is_there_with_ending(apr_pstrcat(pool, directory, "/", name, NULL), pool))
            return true;
    }
    return false;
}
