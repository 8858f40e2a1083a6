/*
 * This program, its environment, and where files are.
 */
#include "posix.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

/* ---- Environment --------------------------------------------------------------------------------- */

char *bynk_environment_copy(const char *name)
{
    const char *value = getenv(name);

    return value != NULL ? strdup(value) : NULL;
}

char *bynk_environment_take(const char *name)
{
    char *value = bynk_environment_copy(name);

    (void)unsetenv(name);
    return value;
}

/* ---- Files --------------------------------------------------------------------------------------- */

static byn_status copy_path(const char *text, char **path)
{
    *path = strdup(text);
    return *path != NULL ? BYN_OK : byni_fail(BYN_E_NOMEM, "no memory for a path");
}

static bool is_file(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

byn_status bynk_program_own(char **path)
{
    char text[PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", text, sizeof text - 1);

    if (length < 0)
        return bynp_fail(errno, "cannot tell the path of this program (/proc/self/exe)");
    text[length] = '\0';
    return copy_path(text, path);
}

byn_status bynk_file_find(const char *name, char **path)
{
    char *found = realpath(name, NULL);
    int error = errno;

    if (found == NULL)
        return bynp_fail(error, "cannot find the file \"%.200s\"", name);
    if (!is_file(found)) {
        free(found);
        return byni_fail(BYN_E_NOTFOUND, "\"%.200s\" is not a file", name);
    }
    *path = found;
    return BYN_OK;
}

/* ---- The tool ------------------------------------------------------------------------------------- */

/* "<directory of a file><between>byname" */
static bool is_beside(const char *file, const char *between, char candidate[PATH_SIZE])
{
    const char *slash = file != NULL ? strrchr(file, '/') : NULL;
    int length;

    if (slash == NULL)
        return false;
    length = snprintf(candidate, PATH_SIZE, "%.*s%sbyname", (int)(slash - file + 1), file, between);
    return length < PATH_SIZE && is_file(candidate);
}

/* Where programs are, as seen from where libraries are: lib, or lib/<machine>. */
static bool is_near_library(char candidate[PATH_SIZE])
{
    static const char here = 0;
    Dl_info about;

    return dladdr(&here, &about) != 0 && about.dli_fname != NULL &&
           (is_beside(about.dli_fname, "", candidate) ||
            is_beside(about.dli_fname, "../bin/", candidate) ||
            is_beside(about.dli_fname, "../../bin/", candidate));
}

static bool is_near_program(char candidate[PATH_SIZE])
{
    char *own = NULL;
    bool found = bynk_program_own(&own) >= 0 && is_beside(own, "", candidate);

    free(own);
    return found;
}

/* Neither BYNAME_TOOL nor PATH names a program for one that has more rights than who started it. */
byn_status bynk_tool_find(const char *purpose, char **path)
{
    const char *told = secure_getenv("BYNAME_TOOL");
    char candidate[PATH_SIZE];

    if (told != NULL && told[0] != '\0') {
        if (bynk_file_find(told, path) >= 0)
            return BYN_OK;
        return byni_fail(BYN_E_NOTFOUND,
                         "%s, and BYNAME_TOOL is not the path of a file (\"%.200s\"): correct it",
                         purpose, told);
    }
    if (is_near_library(candidate) || is_near_program(candidate))
        return bynk_file_find(candidate, path);
    if (secure_getenv("PATH") != NULL && bynk_program_find("byname", path) >= 0)
        return BYN_OK;
    return byni_fail(BYN_E_NOTFOUND,
                     "%s, and it is neither beside this program or its library nor in PATH: put it "
                     "there, or let BYNAME_TOOL be its path",
                     purpose);
}
