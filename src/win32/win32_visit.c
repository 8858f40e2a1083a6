/*
 * Looking at all objects of a scope: the system's own directory of names tells them. There is nothing to
 * reclaim.
 */
#include "win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winternl.h>

/* ---- The directory of names ---------------------------------------------------------------------------- */

typedef struct directory_entry {
    UNICODE_STRING name, type;
} directory_entry;

typedef LONG(NTAPI *open_directory)(HANDLE *directory, ACCESS_MASK access,
                                    OBJECT_ATTRIBUTES *which);
typedef LONG(NTAPI *query_directory)(HANDLE directory, void *buffer, ULONG size, BOOLEAN single,
                                     BOOLEAN restart, ULONG *context, ULONG *used);

/* Names of sections that are ours, as they are in the directory. */
typedef struct names {
    char (*name)[BYNW_NAME_SIZE];
    size_t count, room;
} names;

static byn_status open_scope(bool machine, HANDLE *directory)
{
    open_directory function = (open_directory)bynw_native("NtOpenDirectoryObject");
    char path[BYNW_NAME_SIZE] = "\\BaseNamedObjects";
    wchar_t wide[BYNW_NAME_SIZE];
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES which;
    DWORD session = 0;
    LONG result;

    if (!machine && ProcessIdToSessionId(GetCurrentProcessId(), &session) && session != 0) {
        (void)snprintf(path, sizeof path, "\\Sessions\\%lu\\BaseNamedObjects",
                       (unsigned long)session);
    }
    bynw_widen(path, wide);
    name.Buffer = wide;
    name.Length = name.MaximumLength = (USHORT)(wcslen(wide) * sizeof(wchar_t));
    memset(&which, 0, sizeof which);
    which.Length = sizeof which;
    which.ObjectName = &name;
    which.Attributes = OBJ_CASE_INSENSITIVE;
    result = function == NULL ? -1 : function(directory, 1 /* DIRECTORY_QUERY */, &which);
    if (result >= 0)
        return BYN_OK;
    return byni_fail((ULONG)result == 0xc0000022 ? BYN_E_ACCESS : BYN_E_OS,
                     "cannot read the directory of kernel objects %s (NTSTATUS 0x%08lx)", path,
                     (unsigned long)result);
}

/* UTF-16, not ended by zero; whether it is ASCII and fits. */
static bool copy_name(const UNICODE_STRING *from, char to[BYNW_NAME_SIZE])
{
    size_t length = from->Length / sizeof(wchar_t), i;

    if (length >= BYNW_NAME_SIZE)
        return false;
    for (i = 0; i < length; i++) {
        if (from->Buffer[i] == 0 || from->Buffer[i] > 0x7e)
            return false;
        to[i] = (char)from->Buffer[i];
    }
    to[length] = '\0';
    return true;
}

static bool add_name(names *all, const char *name)
{
    if (all->count == all->room) {
        size_t room = all->room == 0 ? 32 : all->room * 2;
        void *more = realloc(all->name, room * sizeof *all->name);

        if (more == NULL)
            return false;
        all->name = more;
        all->room = room;
    }
    memcpy(all->name[all->count++], name, BYNW_NAME_SIZE);
    return true;
}

static bool add_entry(names *all, const directory_entry *entry, const char *prefix)
{
    char name[BYNW_NAME_SIZE], type[BYNW_NAME_SIZE];

    if (!copy_name(&entry->type, type) || strcmp(type, "Section") != 0)
        return true;
    if (!copy_name(&entry->name, name) || strncmp(name, prefix, strlen(prefix)) != 0)
        return true;
    return add_name(all, name);
}

/*
 * single: one entry with each call, which is all that Wine can do; Windows fills the buffer, so that names
 * that come and go meanwhile do not shift the others. *able: whether the system can do it so.
 */
static byn_status read_names(names *all, HANDLE directory, const char *prefix, bool single,
                             bool *able)
{
    enum { SIZE = 256 * 1024 };
    const LONG not_implemented = (LONG)0xc0000002;
    query_directory query = (query_directory)bynw_native("NtQueryDirectoryObject");
    directory_entry *buffer = malloc(SIZE), *entry;
    ULONG context = 0, used;
    BOOLEAN restart = TRUE;
    byn_status status = BYN_OK;
    LONG result = 0;

    if (buffer == NULL || query == NULL)
        status = byni_fail(BYN_E_NOMEM, "no memory for a list of names");
    while (status == BYN_OK && (result = query(directory, buffer, SIZE, (BOOLEAN)single, restart,
                                               &context, &used)) >= 0) {
        restart = FALSE;
        for (entry = buffer; entry->name.Buffer != NULL && status == BYN_OK; entry++) {
            if (!add_entry(all, entry, prefix))
                status = byni_fail(BYN_E_NOMEM, "no memory for a list of names");
            if (single)
                break;
        }
    }
    *able = result != not_implemented;
    free(buffer);
    return status;
}

/* Whether the names from `now` on are those from `before` to there. */
static bool are_the_same(const names *all, size_t before, size_t now)
{
    size_t count = now - before, i = 0;

    while (all->count - now == count && i < count &&
           strcmp(all->name[before + i], all->name[now + i]) == 0)
        i++;
    return all->count - now == count && i == count;
}

static int compare_names(const void *one, const void *other)
{
    return strcmp(one, other);
}

static void keep_each_once(names *all)
{
    size_t kept = 0, i;

    if (all->count > 1)
        qsort(all->name, all->count, sizeof *all->name, compare_names);
    for (i = 0; i < all->count; i++)
        if (kept == 0 || strcmp(all->name[kept - 1], all->name[i]) != 0)
            memmove(all->name[kept++], all->name[i], sizeof *all->name);
    all->count = kept;
}

/* The system counts: a name that goes between two calls moves those behind it, and one is passed over; one that
 * comes shows another twice. So it is read again until it says the same twice, and what was seen once counts. */
static byn_status read_calmly(names *all, HANDLE directory, const char *prefix, bool single,
                              bool *able)
{
    enum { TIMES = 8 };
    size_t before = 0, now;
    byn_status status = read_names(all, directory, prefix, single, able);
    bool calm = false;
    int i;

    for (i = 1; i < TIMES && status == BYN_OK && *able && !calm; i++) {
        now = all->count;
        status = read_names(all, directory, prefix, single, able);
        calm = status == BYN_OK && are_the_same(all, before, now);
        if (calm)
            all->count = now;
        before = now;
    }
    keep_each_once(all);
    return status;
}

static byn_status list_names(names *all, bool machine, const char *prefix)
{
    HANDLE directory;
    byn_status status = open_scope(machine, &directory);
    bool able = true;

    if (status < 0)
        return status;
    status = read_calmly(all, directory, prefix, false, &able);
    if (status == BYN_OK && !able)
        status = read_calmly(all, directory, prefix, true, &able);
    (void)CloseHandle(directory);
    return status;
}

/* ---- The objects ------------------------------------------------------------------------------------------ */

/* A copy of what a section begins with; false: it is not ready or not readable. */
static bool read_header(const void *view, byni_header *header, bool *ready, bool *sound)
{
    uint64_t there, reach;

    bynw_view_measure(view, &there, &reach);
    *ready = *sound = false;
    if (there < sizeof *header)
        return false;
    memcpy(header, view, sizeof *header);
    bynw_view_measure(view, &there, &reach);          /* it may have grown before it was copied */
    if (byni_load32(&header->state) == BYNI_REMOVING) /* not gone yet */
        byni_store32(&header->state, BYNI_READY);
    *ready = byni_load32(&header->state) == BYNI_READY;
    *sound = byni_header_check(header, there) == BYN_OK;
    return true;
}

static void describe(byn_object_info *info, const byni_header *header)
{
    uint64_t now = bynk_clock();

    info->name = header->name;
    info->kind = byni_kind_name(header->kind);
    info->size = byni_load64(&header->size);
    info->creator = header->creator;
    if (now > header->created)
        info->age_ms = (now - header->created) / NS_PER_MS;
    info->state = info->kind[0] == '\0' ? BYN_OBJECT_FOREIGN : BYN_OBJECT_IN_USE;
}

/* Whether the keeper and this visitor are the only ones that have the section open. Other visitors do not stay: so it is
 * looked again after a nap, of which a visit has some. */
static bool nobody_uses(HANDLE section, unsigned *naps)
{
    enum { TIMES = 5, MINE_AND_THE_KEEPERS = 2 };
    unsigned handles = 0;
    int i;

    for (i = 0; i < TIMES; i++) {
        if (i > 0 && *naps == 0)
            break;
        if (i > 0) {
            --*naps;
            Sleep(1);
        }
        if (!bynw_count_handles(section, &handles))
            return false;
        if (handles <= MINE_AND_THE_KEEPERS)
            return true;
    }
    return false;
}

static void tell_kept(byn_object_info *info, const byni_header *header, HANDLE section,
                      unsigned *naps)
{
    info->kept = info->kind[0] != '\0' && bynw_is_kept(info->place, header->incarnation);
    if (info->kept && nobody_uses(section, naps))
        info->state = BYN_OBJECT_KEPT;
}

/* Look at one; whether it is an object, or in the place of one. Nothing is held open any more: the visitor
 * may want it to be gone. */
static bool look(byn_object_info *info, byni_header *header, const char *place, unsigned *naps)
{
    HANDLE section = NULL;
    byn_status status = bynw_section_open(place, FILE_MAP_READ, &section);
    void *view = status == BYN_OK ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) : NULL;
    bool ready = true, sound = false;

    if (view != NULL) {
        if (read_header(view, header, &ready, &sound))
            info->layout = byni_header_layout(header);
        (void)UnmapViewOfFile(view);
    }
    if (sound) {
        describe(info, header);
        tell_kept(info, header, section, naps);
    }
    if (section != NULL)
        (void)CloseHandle(section);
    return status != BYN_E_NOTFOUND && ready;
}

/* What is done with each name, whose beginning is `prefix` long; whether to go on. */
typedef bool (*name_visitor)(const char *name, bool machine, size_t prefix, void *context);

/* A visit of byn_objects_visit(). */
typedef struct visit {
    byn_object_visitor visitor;
    void *context;
    unsigned naps; /* that are left; it takes up to 16 ms each */
} visit;

static bool visit_one(const char *name, bool machine, size_t prefix, void *context)
{
    visit *v = context;
    char place[BYNW_NAME_SIZE + 8], rest[BYNW_NAME_SIZE + sizeof BYNI_MACHINE_PREFIX];
    byni_header header;
    byn_object_info info;

    (void)snprintf(place, sizeof place, "%s%s", machine ? "Global\\" : "Local\\", name);
    (void)snprintf(rest, sizeof rest, "%s%s", machine ? BYNI_MACHINE_PREFIX : "", name + prefix);
    memset(&info, 0, sizeof info);
    info.name = rest;
    info.machine = machine;
    info.kind = "";
    info.state = BYN_OBJECT_FOREIGN;
    info.place = place;
    return !look(&info, &header, place, &v->naps) || v->visitor(&info, v->context);
}

static byn_status visit_scope(bool machine, name_visitor each, void *context, bool *go_on)
{
    char prefix[BYNW_NAME_SIZE];
    names all = {NULL, 0, 0};
    byn_status status = bynw_name_prefix(machine, prefix);
    size_t i;

    if (status == BYN_OK)
        status = list_names(&all, machine, prefix);
    for (i = 0; status == BYN_OK && i < all.count && *go_on; i++)
        *go_on = each(all.name[i], machine, strlen(prefix), context);
    free(all.name);
    return status;
}

static byn_status visit_scopes(name_visitor each, void *context)
{
    bool go_on = true;
    byn_status status = visit_scope(false, each, context, &go_on);

    if (status == BYN_OK && go_on)
        status = visit_scope(true, each, context, &go_on);
    return status;
}

byn_status bynk_segments_visit(byn_object_visitor visitor, void *context, bool look_only)
{
    visit v = {visitor, context, 20};

    (void)look_only; /* it never does more */
    return visit_scopes(visit_one, &v);
}

/* ---- At a glance ------------------------------------------------------------------------------------------ */

typedef struct glancing {
    bynk_glance glance;
    void *context;
    size_t most;
    byni_header *copy; /* and room for `most` */
} glancing;

/* What is there of it, up to what is wanted; 0: it is no object. */
static size_t copy_object(const void *view, const glancing *g)
{
    byni_header header;
    uint64_t there, reach;
    bool ready, sound;
    size_t size;

    if (!read_header(view, &header, &ready, &sound) || !ready || !sound)
        return 0;
    bynw_view_measure(view, &there, &reach);
    size = header.limit <= g->most ? g->most : BYNI_DATA_OFFSET;
    if (there < size)
        size = (size_t)there;
    memcpy(g->copy, view, size);
    memcpy(g->copy, &header, sizeof header);
    return size > BYNI_STATE_OFFSET ? size : 0;
}

static bool glance_at(const char *place, const glancing *g)
{
    HANDLE section = NULL;
    void *view;
    size_t size = 0;

    if (bynw_section_open(place, FILE_MAP_READ, &section) != BYN_OK)
        return true;
    view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    if (view != NULL) {
        size = copy_object(view, g);
        (void)UnmapViewOfFile(view);
    }
    (void)CloseHandle(section);
    return size == 0 || g->glance(g->copy, size, g->context);
}

static bool glance_one(const char *name, bool machine, size_t prefix, void *context)
{
    char place[BYNW_NAME_SIZE + 8];

    (void)prefix;
    (void)snprintf(place, sizeof place, "%s%s", machine ? "Global\\" : "Local\\", name);
    return glance_at(place, context);
}

static byn_status glance_only(const byni_name *name, const glancing *g)
{
    char place[BYNW_NAME_SIZE];
    byn_status status = bynw_name_place(name, place);

    if (status == BYN_OK)
        (void)glance_at(place, g);
    return status;
}

byn_status bynk_segments_glance(const byni_name *only, size_t most, bynk_glance glance,
                                void *context)
{
    glancing g = {glance, context, most, malloc(most)};
    byn_status status;

    if (g.copy == NULL)
        return byni_fail(BYN_E_NOMEM, "out of memory");
    status = only != NULL ? glance_only(only, &g) : visit_scopes(glance_one, &g);
    free(g.copy);
    return status;
}
