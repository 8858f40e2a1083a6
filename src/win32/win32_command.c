/*
 * Which program, and its command line. Windows passes one string, which each program takes apart itself;
 * those written in C by the rules that are undone here.
 */
#include "win32.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_LINE = 32766, PATH_SIZE = 32768 };

/* ---- The command line --------------------------------------------------------------------------------- */

/* Quotes also keep '*' and '?' from being taken for file names. */
static bool needs_quotes(const wchar_t *argument)
{
    return argument[0] == L'\0' || wcspbrk(argument, L" \t\n\v\r\"*?'") != NULL;
}

/* Backslashes count only before a quote, and are doubled there. Needs room for 2 * length + 3. */
static wchar_t *quote(wchar_t *to, const wchar_t *argument)
{
    size_t slashes = 0;

    *to++ = L'"';
    for (; *argument != L'\0'; argument++) {
        if (*argument == L'"') {
            for (slashes++; slashes > 0; slashes--)
                *to++ = L'\\';
        } else {
            slashes = *argument == L'\\' ? slashes + 1 : 0;
        }
        *to++ = *argument;
    }
    for (; slashes > 0; slashes--)
        *to++ = L'\\';
    *to++ = L'"';
    return to;
}

static wchar_t *append(wchar_t *to, const wchar_t *argument)
{
    size_t length = wcslen(argument);

    if (needs_quotes(argument))
        return quote(to, argument);
    memcpy(to, argument, length * sizeof *to);
    return to + length;
}

/* In quotes and as it is. The program's name has no escapes: it ends with the second quote. */
static wchar_t *append_plain(wchar_t *to, const wchar_t *name)
{
    size_t length = wcslen(name);

    *to++ = L'"';
    memcpy(to, name, length * sizeof *to);
    to += length;
    *to++ = L'"';
    return to;
}

static bool is_cmd(const char *program)
{
    const char *name = program + strlen(program);

    while (name > program && strchr("\\/:", name[-1]) == NULL)
        name--;
    return _stricmp(name, "cmd") == 0 || _stricmp(name, "cmd.exe") == 0;
}

/*
 * "cmd /s /c TEXT": cmd knows no backslashes before quotes. It takes the first and the last quote off and
 * reads what is between them, whatever that is.
 */
static bool is_text_of_cmd(const char *const *argv, size_t i)
{
    size_t j;

    if (i < 3 || argv[i + 1] != NULL || _stricmp(argv[i - 1], "/c") != 0 || !is_cmd(argv[0]))
        return false;
    for (j = 1; j < i - 1; j++) {
        if (_stricmp(argv[j], "/s") == 0)
            return true;
    }
    return false;
}

byn_status bynw_command_line(const char *const *argv, wchar_t **line)
{
    byn_status status = BYN_OK;
    wchar_t *to, *argument;
    size_t size = 1, i;

    if (strchr(argv[0], '"') != NULL)
        return byni_fail(BYN_E_INVALID, "the program's name has a quotation mark in it");
    for (i = 0; argv[i] != NULL; i++)
        size += 2 * strlen(argv[i]) + 3;
    *line = to = malloc(size * sizeof *to);
    if (to == NULL)
        return byni_fail(BYN_E_NOMEM, "no memory for the command line");
    for (i = 0; argv[i] != NULL && status == BYN_OK; i++) {
        argument = bynw_wide(argv[i], &status);
        if (argument == NULL)
            break;
        if (i > 0)
            *to++ = L' ';
        to = i == 0 || is_text_of_cmd(argv, i) ? append_plain(to, argument) : append(to, argument);
        free(argument);
    }
    *to = L'\0';
    if (status == BYN_OK && to - *line > LONGEST_LINE)
        status = byni_fail(BYN_E_LIMIT, "the command line has %lu characters: Windows takes %d",
                           (unsigned long)(to - *line), LONGEST_LINE);
    if (status < 0) {
        free(*line);
        *line = NULL;
    }
    return status;
}

/* ---- The program's file ------------------------------------------------------------------------------- */

/* One search. */
typedef struct search {
    const char *name; /* as the caller gave it, for messages */
    wchar_t *found;   /* PATH_SIZE */
    bool directory;   /* something has the name, but it is a directory */
} search;

static bool is_slash(wchar_t c)
{
    return c == L'\\' || c == L'/';
}

static const wchar_t *extension(const wchar_t *path)
{
    const wchar_t *dot = NULL;

    for (; *path != L'\0'; path++) {
        if (is_slash(*path))
            dot = NULL;
        if (*path == L'.')
            dot = path;
    }
    return dot == NULL ? L"" : dot;
}

/* Write "<directory>\<name><suffix>" made absolute; whether it is a file. */
static bool try_file(search *all, const wchar_t *directory, size_t length, const wchar_t *name,
                     const wchar_t *suffix)
{
    size_t size = length + wcslen(name) + wcslen(suffix) + 2;
    wchar_t *path = malloc(size * sizeof *path), *to = path;
    DWORD used, attributes;

    if (path == NULL)
        return false;
    if (length > 0) {
        memcpy(to, directory, length * sizeof *to);
        to += length;
        if (!is_slash(to[-1]))
            *to++ = L'\\';
    }
    memcpy(to, name, wcslen(name) * sizeof *to);
    to += wcslen(name);
    memcpy(to, suffix, (wcslen(suffix) + 1) * sizeof *to);
    used = GetFullPathNameW(path, PATH_SIZE, all->found, NULL);
    free(path);
    if (used == 0 || used >= PATH_SIZE)
        return false;
    attributes = GetFileAttributesW(all->found);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return false;
    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) == 0)
        return true;
    all->directory = true;
    return false;
}

/* With the endings that a program may have; first of all as it stands, if it has one. */
static bool try_name(search *all, const wchar_t *directory, size_t length, const wchar_t *name)
{
    bool ends = extension(name)[0] != L'\0';

    return (ends && try_file(all, directory, length, name, L"")) ||
           try_file(all, directory, length, name, L".exe") ||
           try_file(all, directory, length, name, L".com") ||
           (!ends && try_file(all, directory, length, name, L""));
}

static bool try_list(search *all, const wchar_t *list, const wchar_t *name)
{
    while (list != NULL && *list != L'\0') {
        const wchar_t *end = list + wcscspn(list, L";");
        const wchar_t *begin = list;
        size_t length = (size_t)(end - begin);

        if (length > 1 && begin[0] == L'"' && end[-1] == L'"') {
            begin++;
            length -= 2;
        }
        if (length > 0 && try_name(all, begin, length, name))
            return true;
        list = *end == L';' ? end + 1 : end;
    }
    return false;
}

static bool is_path(const char *name)
{
    return strpbrk(name, "\\/:") != NULL;
}

/* A path is relative to this process' directory, not to the child's. */
static bool try_everywhere(search *all, const wchar_t *block, const wchar_t *name)
{
    const wchar_t *list = bynw_environment_value(block, L"PATH");
    wchar_t usual[MAX_PATH];
    UINT length;

    if (is_path(all->name))
        return try_name(all, L"", 0, name);
    if (list != NULL)
        return try_list(all, list, name);
    length = GetSystemDirectoryW(usual, MAX_PATH);
    return length < MAX_PATH && try_name(all, usual, length, name);
}

static bool is_batch(const wchar_t *path)
{
    const wchar_t *ending = extension(path);

    return _wcsicmp(ending, L".bat") == 0 || _wcsicmp(ending, L".cmd") == 0;
}

static byn_status check(const search *all, bool found)
{
    if (!found && all->directory)
        return byni_fail(BYN_E_ACCESS, "\"%.200s\" is a directory and no program", all->name);
    if (!found)
        return byni_fail(BYN_E_NOTFOUND, "there is no program \"%.200s\"%s", all->name,
                         is_path(all->name) ? "" : " in PATH, with or without .exe or .com");
    if (is_batch(all->found))
        return byni_fail(BYN_E_UNSUPPORTED,
                         "\"%.200s\" is a batch file; cmd.exe would read its arguments in its own "
                         "way and perhaps run them: start \"cmd.exe\", \"/d\", \"/c\", \"...\" "
                         "yourself, if you know them to be harmless",
                         all->name);
    return BYN_OK;
}

byn_status bynw_program_find(const char *name, const wchar_t *block, wchar_t **program)
{
    byn_status status = BYN_OK;
    wchar_t *wide = bynw_wide(name, &status);
    search all = {name, malloc(PATH_SIZE * sizeof(wchar_t)), false};

    if (wide != NULL && all.found == NULL)
        status = byni_fail(BYN_E_NOMEM, "no memory for a path");
    if (status == BYN_OK) {
        all.found[0] = L'\0';
        status = check(&all, try_everywhere(&all, block, wide));
    }
    free(wide);
    if (status < 0)
        free(all.found);
    else
        *program = all.found;
    return status;
}

/* ---- Creation ------------------------------------------------------------------------------------------ */

/* On a busy machine Wine's new process may end before it has begun; then none of the program has run. */
BOOL bynw_create_process(const wchar_t *program, wchar_t *line, BOOL inherit, DWORD flags,
                         wchar_t *block, const wchar_t *directory, STARTUPINFOW *startup,
                         PROCESS_INFORMATION *created)
{
    enum { TRIES = 6, PAUSE_MS = 50 };
    int left = TRIES;

    while (!CreateProcessW(program, line, NULL, NULL, inherit, flags, block, directory, startup,
                           created)) {
        if (--left == 0 || GetLastError() != ERROR_INTERNAL_ERROR)
            return FALSE;
        Sleep(PAUSE_MS);
    }
    return TRUE;
}
