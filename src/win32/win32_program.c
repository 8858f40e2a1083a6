/*
 * This program, its environment, and where files are.
 */
#include "win32.h"

#include <stdlib.h>
#include <string.h>

static const wchar_t tool[] = L"byname.exe";

/* A copy in UTF-8, to be freed; NULL: no memory. */
static char *narrowed(const wchar_t *text)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *copy = size > 0 ? malloc((size_t)size) : NULL;

    if (copy != NULL)
        (void)WideCharToMultiByte(CP_UTF8, 0, text, -1, copy, size, NULL, NULL);
    return copy;
}

static byn_status no_memory(void)
{
    return byni_fail(BYN_E_NOMEM, "no memory for a path");
}

static byn_status give_path(const wchar_t *text, char **path)
{
    *path = narrowed(text);
    return *path != NULL ? BYN_OK : no_memory();
}

/* ---- Environment ---------------------------------------------------------------------------------------- */

/* What the C library knows of it is of no interest: children get the system's. */
static char *environment(const char *name, bool take)
{
    byn_status status = BYN_OK;
    wchar_t *wide = bynw_wide(name, &status), *value = NULL;
    DWORD size = wide != NULL ? GetEnvironmentVariableW(wide, NULL, 0) : 0;
    char *copy = NULL;

    if (size > 0)
        value = malloc(size * sizeof *value);
    if (value != NULL && GetEnvironmentVariableW(wide, value, size) < size)
        copy = narrowed(value);
    if (wide != NULL && take)
        (void)SetEnvironmentVariableW(wide, NULL);
    free(value);
    free(wide);
    return copy;
}

char *bynk_environment_copy(const char *name)
{
    return environment(name, false);
}

char *bynk_environment_take(const char *name)
{
    return environment(name, true);
}

/* ---- Files ---------------------------------------------------------------------------------------------- */

static bool is_file(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);

    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

byn_status bynk_program_own(char **path)
{
    wchar_t *wide = malloc(BYNW_PATH_SIZE * sizeof *wide);
    DWORD length = wide != NULL ? GetModuleFileNameW(NULL, wide, BYNW_PATH_SIZE) : 0;
    byn_status status = BYN_OK;

    if (wide == NULL)
        status = no_memory();
    else if (length == 0 || length >= BYNW_PATH_SIZE)
        status = bynw_fail(GetLastError(), NULL, "cannot tell the path of this program");
    else
        status = give_path(wide, path);
    free(wide);
    return status;
}

byn_status bynk_program_find(const char *name, char **path)
{
    wchar_t *block = GetEnvironmentStringsW(), *program = NULL;
    byn_status status = bynw_program_find(name, block != NULL ? block : L"", &program);

    if (status >= 0)
        status = give_path(program, path);
    free(program);
    if (block != NULL)
        (void)FreeEnvironmentStringsW(block);
    return status;
}

static byn_status find_file(const wchar_t *name, const char *told, char **path)
{
    wchar_t *full = malloc(BYNW_PATH_SIZE * sizeof *full);
    DWORD length = full != NULL ? GetFullPathNameW(name, BYNW_PATH_SIZE, full, NULL) : 0;
    byn_status status;

    if (full == NULL)
        status = no_memory();
    else if (length == 0 || length >= BYNW_PATH_SIZE || !is_file(full))
        status = byni_fail(BYN_E_NOTFOUND, "there is no file \"%.200s\"", told);
    else
        status = give_path(full, path);
    free(full);
    return status;
}

byn_status bynk_file_find(const char *name, char **path)
{
    byn_status status = BYN_OK;
    wchar_t *wide = bynw_wide(name, &status);

    if (wide != NULL)
        status = find_file(wide, name, path);
    free(wide);
    return status;
}

/* ---- The tool ------------------------------------------------------------------------------------------- */

/* The tool in the directory of a module. */
static bool find_beside(HMODULE module, wchar_t path[BYNW_PATH_SIZE])
{
    DWORD length = GetModuleFileNameW(module, path, BYNW_PATH_SIZE);
    wchar_t *slash;

    if (length == 0 || length >= BYNW_PATH_SIZE - sizeof tool / sizeof tool[0])
        return false;
    slash = wcsrchr(path, L'\\');
    if (slash == NULL)
        return false;
    memcpy(slash + 1, tool, sizeof tool);
    return is_file(path);
}

/* The module that this code is in: the DLL, or the program that it is linked into. */
static HMODULE own_module(void)
{
    static const char here = 0;
    const DWORD flags =
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    HMODULE module = NULL;

    (void)GetModuleHandleExW(flags, (const wchar_t *)(const void *)&here, &module);
    return module;
}

/* In PATH only, and not where this process happens to be. */
static bool find_in_path(wchar_t path[BYNW_PATH_SIZE])
{
    wchar_t *list = malloc(BYNW_PATH_SIZE * sizeof *list);
    DWORD length = list == NULL ? 0 : GetEnvironmentVariableW(L"PATH", list, BYNW_PATH_SIZE);
    bool found = length > 0 && length < BYNW_PATH_SIZE &&
                 SearchPathW(list, tool, NULL, BYNW_PATH_SIZE, path, NULL) != 0;

    free(list);
    return found;
}

byn_status bynw_tool_find(const char *purpose, wchar_t path[BYNW_PATH_SIZE])
{
    DWORD length = GetEnvironmentVariableW(L"BYNAME_TOOL", path, BYNW_PATH_SIZE);

    if (length > 0 && (length >= BYNW_PATH_SIZE || !is_file(path)))
        return byni_fail(BYN_E_NOTFOUND,
                         "%s, and BYNAME_TOOL is not the path of a file: correct it", purpose);
    if (length > 0 || find_beside(own_module(), path) || find_beside(NULL, path) ||
        find_in_path(path))
        return BYN_OK;
    return byni_fail(BYN_E_NOTFOUND,
                     "%s, and it is neither beside this program or its library nor in PATH: put it "
                     "there, or let BYNAME_TOOL be its path",
                     purpose);
}

byn_status bynk_tool_find(const char *purpose, char **path)
{
    wchar_t *wide = malloc(BYNW_PATH_SIZE * sizeof *wide);
    byn_status status = wide == NULL ? no_memory() : bynw_tool_find(purpose, wide);

    if (status >= 0)
        status = give_path(wide, path);
    free(wide);
    return status;
}
