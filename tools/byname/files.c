#include "files.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

typedef bool (*name_filter)(const char *name);

static apr_filetype_e type_of(const char *path, apr_pool_t *pool)
{
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_TYPE, pool);

    return status == APR_SUCCESS || status == APR_INCOMPLETE ? info.filetype : APR_NOFILE;
}

static const char *joined(const char *directory, const char *name, apr_pool_t *pool)
{
    size_t length = strlen(directory);
    bool slash = length > 0 && directory[length - 1] == '/';

    return apr_pstrcat(pool, directory, slash ? "" : "/", name, NULL);
}

static void add_directory(apr_array_header_t *files, apr_array_header_t *directories,
                          const char *path, name_filter wanted)
{
    apr_pool_t *pool = files->pool;
    apr_finfo_t info;
    apr_dir_t *directory;

    if (apr_dir_open(&directory, path, pool) != APR_SUCCESS)
        return;
    for (;;) {
        apr_status_t status = apr_dir_read(&info, APR_FINFO_NAME | APR_FINFO_TYPE, directory);

        if (status != APR_SUCCESS && status != APR_INCOMPLETE)
            break;
        if (strcmp(info.name, ".") == 0 || strcmp(info.name, "..") == 0)
            continue;
        if (info.filetype == APR_DIR)
            APR_ARRAY_PUSH(directories, const char *) = joined(path, info.name, pool);
        else if (info.filetype == APR_REG && (wanted == NULL || wanted(info.name)))
            APR_ARRAY_PUSH(files, const char *) = joined(path, info.name, pool);
    }
    apr_dir_close(directory);
}

/* A list of directories that grows while it is worked off: no recursion, whatever the depth. */
static void walk(apr_array_header_t *files, const char *path, name_filter wanted)
{
    apr_array_header_t *directories = apr_array_make(files->pool, 16, sizeof(const char *));
    int i;

    APR_ARRAY_PUSH(directories, const char *) = path;
    for (i = 0; i < directories->nelts; i++)
        add_directory(files, directories, APR_ARRAY_IDX(directories, i, const char *), wanted);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static apr_array_header_t *sorted_once(apr_array_header_t *files)
{
    const char **path = (const char **)files->elts;
    int kept = 0;
    int i;

    qsort(files->elts, (size_t)files->nelts, sizeof *path, compare);
    for (i = 0; i < files->nelts; i++) {
        if (kept == 0 || strcmp(path[i], path[kept - 1]) != 0)
            path[kept++] = path[i];
    }
    files->nelts = kept;
    return files;
}

apr_array_header_t *files_below(const char *const *paths, apr_pool_t *pool, const char **wrong)
{
    apr_array_header_t *files = apr_array_make(pool, 64, sizeof(const char *));

    for (; *paths != NULL; paths++) {
        switch (type_of(*paths, pool)) {
        case APR_DIR:
            walk(files, *paths, NULL);
            break;
        case APR_REG:
            APR_ARRAY_PUSH(files, const char *) = *paths;
            break;
        default:
            *wrong = *paths;
            return NULL;
        }
    }
    return sorted_once(files);
}

/* ---- Without arguments */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static bool is_documentation(const char *name)
{
    return strcmp(name, "copyright") == 0 ||
           (strncmp(name, "README", 6) == 0 && !ends_with(name, ".gz"));
}

/* Licences have all sorts of names. */
static void add_system(apr_array_header_t *files)
{
    walk(files, "/usr/share/common-licenses", NULL);
    walk(files, "/usr/share/licenses", NULL);
    walk(files, "/usr/share/doc", is_documentation);
}

static bool add_project(apr_array_header_t *files, const char *root)
{
    static const char *const parts[] = {"README.md", "LICENSE", "CHANGELOG.md", "docs",
                                        "examples",  "include", "src",          "tools"};
    apr_pool_t *pool = files->pool;
    size_t i;

    if (type_of(joined(root, "include/byname/byname.h", pool), pool) != APR_REG)
        return false;
    for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *path = joined(root, parts[i], pool);
        apr_filetype_e type = type_of(path, pool);

        if (type == APR_DIR)
            walk(files, path, NULL);
        else if (type == APR_REG)
            APR_ARRAY_PUSH(files, const char *) = path;
    }
    return true;
}

/* From the program's directory upwards: build/NAME/bin is three below the project. */
static void find_project(apr_array_header_t *files, const char *program)
{
    char *root = apr_pstrdup(files->pool, program);
    int level;

    if (add_project(files, "."))
        return;
    for (level = 0; level < 6; level++) {
        size_t length = strlen(root);

        while (length > 0 && root[length - 1] != '/' && root[length - 1] != '\\')
            length--;
        if (length < 2)
            return;
        root[length - 1] = '\0';
        if (add_project(files, root))
            return;
    }
}

apr_array_header_t *files_of_system(const char *program, int most, apr_pool_t *pool)
{
    apr_array_header_t *files = apr_array_make(pool, 64, sizeof(const char *));

    add_system(files);
    if (files->nelts == 0)
        find_project(files, program);
    sorted_once(files);
    if (files->nelts > most)
        files->nelts = most;
    return files;
}
