/*
 * Who has an object open: the processes with a handle to its section by which they may write (who only looks has none
 * such). The system lists all handles of all processes,
 * with the address of each one's object. It keeps that address from who is no administrator (as Windows 11 does, and
 * Wine): then each handle to a section is copied into this process for a moment, to be compared.
 */
#include "win32.h"

#include <stdlib.h>
#include <string.h>

typedef struct handle_entry {
    void *object;
    ULONG_PTR pid, handle;
    ULONG access;
    USHORT trace, type;
    ULONG attributes, reserved;
} handle_entry;

typedef struct handle_list {
    ULONG_PTR count, reserved;
    handle_entry entry[1];
} handle_list;

typedef LONG(NTAPI *query_system)(int what, void *buffer, ULONG size, ULONG *needed);
typedef LONG(NTAPI *compare_objects)(HANDLE one, HANDLE other);

/* Processes, each once. */
typedef struct pid_set {
    uint32_t *pid;
    size_t count, room;
    uint32_t handles; /* that led to them */
} pid_set;

/* To be freed. NULL with a cause. */
static handle_list *list_handles(byn_status *status)
{
    enum { EXTENDED_HANDLES = 64, TIMES = 10 };
    const LONG too_small = (LONG)0xc0000004;
    query_system query = (query_system)bynw_native("NtQuerySystemInformation");
    ULONG size = 1 << 20, needed = 0;
    handle_list *list = NULL;
    LONG result = too_small;
    int i;

    for (i = 0; i < TIMES && query != NULL && result == too_small; i++) {
        free(list);
        list = malloc(size);
        if (list == NULL) {
            *status = byni_fail(BYN_E_NOMEM, "no memory for a list of handles");
            return NULL;
        }
        result = query(EXTENDED_HANDLES, list, size, &needed);
        size = (needed > size ? needed : size) * 2; /* more come meanwhile */
    }
    if (result >= 0)
        return list;
    free(list);
    *status = byni_fail(BYN_E_UNSUPPORTED, "the system does not list handles (NTSTATUS 0x%08lx)",
                        (unsigned long)result);
    return NULL;
}

static const handle_entry *own_entry(const handle_list *list, HANDLE handle)
{
    ULONG_PTR i;

    for (i = 0; i < list->count; i++) {
        const handle_entry *entry = &list->entry[i];

        if (entry->pid == GetCurrentProcessId() && entry->handle == (ULONG_PTR)handle)
            return entry;
    }
    return NULL;
}

static bool contains(const pid_set *set, uint32_t pid)
{
    size_t i;

    for (i = 0; i < set->count; i++)
        if (set->pid[i] == pid)
            return true;
    return false;
}

static bool add(pid_set *set, uint32_t pid)
{
    size_t room = set->room == 0 ? 16 : set->room * 2;
    uint32_t *more;

    set->handles++;
    if (contains(set, pid))
        return true;
    if (set->count == set->room) {
        more = realloc(set->pid, room * sizeof *more);
        if (more == NULL)
            return false;
        set->pid = more;
        set->room = room;
    }
    set->pid[set->count++] = pid;
    return true;
}

/* By a copy of the other handle. `process` is of the one before and stays open for the next: they come together. */
static bool is_same(HANDLE ours, const handle_entry *other, HANDLE *process, uint32_t *pid)
{
    compare_objects compare = (compare_objects)bynw_native("NtCompareObjects");
    HANDLE copy = NULL;
    bool same = false;

    if (*pid != (uint32_t)other->pid) {
        if (*process != NULL)
            (void)CloseHandle(*process);
        *pid = (uint32_t)other->pid;
        *process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, *pid);
    }
    if (compare == NULL || *process == NULL ||
        !DuplicateHandle(*process, (HANDLE)other->handle, GetCurrentProcess(), &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS))
        return false;
    same = compare(ours, copy) == 0;
    (void)CloseHandle(copy);
    return same;
}

/* Whose handles, of such access, lead to the same object as one of this process, which itself does not count. */
static byn_status find_users(const handle_list *list, HANDLE ours, ULONG access, pid_set *found)
{
    const handle_entry *own = own_entry(list, ours);
    HANDLE process = NULL;
    uint32_t pid = 0;
    bool enough = true;
    ULONG_PTR i;

    if (own == NULL)
        return byni_fail(BYN_E_UNSUPPORTED, "the system does not list this process' handles");
    for (i = 0; i < list->count && enough; i++) {
        const handle_entry *entry = &list->entry[i];

        if (entry == own || entry->type != own->type || (entry->access & access) != access)
            continue;
        if (own->object != NULL ? entry->object == own->object
                                : is_same(ours, entry, &process, &pid))
            enough = add(found, (uint32_t)entry->pid);
    }
    if (process != NULL)
        (void)CloseHandle(process);
    return enough ? BYN_OK : byni_fail(BYN_E_NOMEM, "no memory for a list of processes");
}

/* The keepers hold the section, and a sign that they do. */
static byn_status find_all(HANDLE section, HANDLE sign, pid_set *users, pid_set *keepers)
{
    byn_status status = BYN_OK;
    handle_list *list = list_handles(&status);

    if (list == NULL)
        return status;
    status = find_users(list, section, SECTION_MAP_WRITE, users);
    if (status == BYN_OK && sign != NULL)
        status = find_users(list, sign, 0, keepers);
    free(list);
    return status;
}

static void tell(const pid_set *users, const pid_set *keepers, bynk_user_visitor visitor,
                 void *context)
{
    size_t i;

    for (i = 0; i < users->count; i++)
        if (!contains(keepers, users->pid[i]) && !visitor(users->pid[i], context))
            return;
}

/* Of an object that is kept; NULL: it is not. */
static HANDLE keepers_sign(HANDLE section, const char *place)
{
    const byni_header *header = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    uint64_t there = 0, reach, incarnation;

    if (header == NULL)
        return NULL;
    bynw_view_measure(header, &there, &reach);
    incarnation = there >= sizeof *header ? header->incarnation : 0;
    (void)UnmapViewOfFile(header);
    return there >= sizeof *header ? bynw_keepers_sign(place, incarnation) : NULL;
}

byn_status bynk_segment_users(const byni_name *name, bynk_user_visitor visitor, void *context,
                              uint32_t *unseen)
{
    pid_set users = {NULL, 0, 0, 0}, keepers = {NULL, 0, 0, 0};
    char place[BYNW_NAME_SIZE];
    HANDLE section = NULL, sign;
    unsigned handles = 0;
    byn_status status = bynw_name_place(name, place);

    *unseen = 0;
    if (status == BYN_OK)
        status = bynw_section_open(place, FILE_MAP_READ, &section);
    if (status < 0)
        return status == BYN_E_NOTFOUND ? BYN_OK : status;
    sign = keepers_sign(section, place);
    status = find_all(section, sign, &users, &keepers);
    if (status == BYN_OK && bynw_count_handles(section, &handles) && handles > users.handles + 1)
        *unseen = handles - users.handles - 1;
    if (sign != NULL)
        (void)CloseHandle(sign);
    (void)CloseHandle(section);
    if (status == BYN_OK)
        tell(&users, &keepers, visitor, context);
    free(users.pid);
    free(keepers.pid);
    return status;
}
