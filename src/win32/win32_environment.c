/*
 * The environment of a child: ours with changes, each variable once, sorted without regard to case, as the
 * system wants it.
 */
#include "win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What a child is called: BYNAME_NAME=<its parent's number>;<name>. A program that the child starts sees in the
 * number that the name is not its own. Callers cannot change the variable through the options.
 */
static const char name_of_name[] = "BYNAME_NAME";
#define WIDE_NAME_OF_NAME L"BYNAME_NAME"

/* Entries point into the parent's block and into the copies. */
typedef struct entries {
    const wchar_t **entry;
    size_t count;
} entries;

/* "=C:=C:\work" is a variable as well; its name begins with the sign. */
static int name_length(const wchar_t *entry)
{
    int length = entry[0] == L'=' ? 1 : 0;

    while (entry[length] != L'\0' && entry[length] != L'=')
        length++;
    return length;
}

static int compare_names(const wchar_t *one, const wchar_t *other)
{
    return CompareStringOrdinal(one, name_length(one), other, name_length(other), TRUE) -
           CSTR_EQUAL;
}

static int compare_entries(const void *one, const void *other)
{
    return compare_names(*(const wchar_t *const *)one, *(const wchar_t *const *)other);
}

static size_t count_block(const wchar_t *block)
{
    size_t count = 0;

    for (; *block != L'\0'; block += wcslen(block) + 1)
        count++;
    return count;
}

static size_t count_list(const char *const *list)
{
    size_t count = 0;

    while (list != NULL && list[count] != NULL)
        count++;
    return count;
}

/* The last of equal names holds; one without a value removes. */
static void apply(entries *all, const wchar_t *change)
{
    bool removes = change[name_length(change)] == L'\0';
    size_t i = 0;

    while (i < all->count && compare_names(all->entry[i], change) != 0)
        i++;
    if (!removes) {
        all->entry[i] = change;
        if (i == all->count)
            all->count++;
    } else if (i < all->count) {
        all->entry[i] = all->entry[--all->count];
    }
}

static byn_status join_entries(const entries *all, wchar_t **block)
{
    size_t size = 2, i;
    wchar_t *end;

    for (i = 0; i < all->count; i++)
        size += wcslen(all->entry[i]) + 1;
    *block = end = malloc(size * sizeof *end);
    if (end == NULL)
        return byni_fail(BYN_E_NOMEM, "no memory for the environment");
    for (i = 0; i < all->count; i++) {
        size_t length = wcslen(all->entry[i]) + 1;

        memcpy(end, all->entry[i], length * sizeof *end);
        end += length;
    }
    end[0] = end[1] = L'\0'; /* two, so that an empty one ends as well */
    return BYN_OK;
}

/* Wide copies of the changes, NULL-ended as far as it came. */
static byn_status widen_all(const char *const *list, wchar_t **copies)
{
    byn_status status = BYN_OK;
    size_t i;

    for (i = 0; list != NULL && list[i] != NULL && status == BYN_OK; i++)
        copies[i] = bynw_wide(list[i], &status);
    return status;
}

static void add_block(entries *all, const wchar_t *block)
{
    for (; *block != L'\0'; block += wcslen(block) + 1)
        all->entry[all->count++] = block;
}

/* The variable that names the child, or that removes our own name. */
static wchar_t *name_variable(const char *name, byn_status *status)
{
    char text[sizeof name_of_name + 24 + BYN_NAME_MAX];

    if (name != NULL)
        (void)snprintf(text, sizeof text, "%s=%lu;%s", name_of_name,
                       (unsigned long)GetCurrentProcessId(), name);
    else
        (void)snprintf(text, sizeof text, "%s", name_of_name);
    return bynw_wide(text, status);
}

static byn_status merge(const byn_process_options *options, const wchar_t *own, wchar_t **block)
{
    size_t changes = count_list(options->environment) + 1, i;
    wchar_t **copies = calloc(changes + 1, sizeof *copies);
    entries all = {calloc(count_block(own) + changes + 1, sizeof *all.entry), 0};
    byn_status status = BYN_OK;

    if (copies == NULL || all.entry == NULL)
        status = byni_fail(BYN_E_NOMEM, "no memory for the environment");
    if (status == BYN_OK)
        status = widen_all(options->environment, copies);
    if (status == BYN_OK)
        copies[changes - 1] = name_variable(options->name, &status);
    if (status == BYN_OK) {
        add_block(&all, own);
        for (i = 0; i < changes; i++)
            apply(&all, copies[i]);
        qsort(all.entry, all.count, sizeof *all.entry, compare_entries);
        status = join_entries(&all, block);
    }
    for (i = 0; copies != NULL && i < changes; i++)
        free(copies[i]);
    free(copies);
    free(all.entry);
    return status;
}

byn_status bynw_environment(const byn_process_options *options, wchar_t **block)
{
    wchar_t *own = options->clear_environment ? NULL : GetEnvironmentStringsW();
    byn_status status = merge(options, own == NULL ? L"" : own, block);

    if (own != NULL)
        (void)FreeEnvironmentStringsW(own);
    return status;
}

const wchar_t *bynw_environment_value(const wchar_t *block, const wchar_t *name)
{
    for (; *block != L'\0'; block += wcslen(block) + 1)
        if (compare_names(block, name) == 0 && block[name_length(block)] == L'=')
            return block + name_length(block) + 1;
    return NULL;
}

/* ---- The name of this process --------------------------------------------------------------------------- */

/* The kernel's structure; the last is the parent's number. */
typedef struct basic_information {
    void *exit_status, *environment;
    ULONG_PTR affinity;
    void *priority;
    ULONG_PTR own, parent;
} basic_information;

typedef LONG(WINAPI *query_process)(HANDLE process, int what, void *information, ULONG size,
                                    ULONG *got);

/* 0: not known. Nobody else has got it since: the number is the parent's as long as this process lives, or
 * rather was. */
static unsigned long parent_number(void)
{
    enum { BASIC_INFORMATION = 0 };
    bynw_function found = bynw_native("NtQueryInformationProcess");
    basic_information information;
    query_process query;

    memset(&information, 0, sizeof information);
    memcpy(&query, &found, sizeof query);
    if (query == NULL ||
        query(GetCurrentProcess(), BASIC_INFORMATION, &information, sizeof information, NULL) < 0)
        return 0;
    return (unsigned long)information.parent;
}

bool bynk_process_self_name(char name[BYN_NAME_MAX + 1])
{
    wchar_t value[BYN_NAME_MAX + 32];
    DWORD length =
        GetEnvironmentVariableW(WIDE_NAME_OF_NAME, value, sizeof value / sizeof value[0]);
    wchar_t *end;

    if (length == 0)
        return false;
    (void)SetEnvironmentVariableW(WIDE_NAME_OF_NAME, NULL);
    if (length >= sizeof value / sizeof value[0] || wcstoul(value, &end, 10) != parent_number() ||
        *end != L';')
        return false;
    bynw_narrow(end + 1, name, BYN_NAME_MAX + 1);
    return true;
}
