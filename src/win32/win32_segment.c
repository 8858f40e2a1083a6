/*
 * A segment is a section, reserved up to its limit and with memory up to its size. See win32_kernel.c for
 * its life.
 */
#include "win32.h"

#include <stdlib.h>
#include <string.h>

enum { GATE_TIMEOUT_S = 10, PAGE = 4096, MARGIN = 65536 };

#define SECTION_ACCESS (FILE_MAP_READ | FILE_MAP_WRITE | READ_CONTROL)

static const char privilege[] =
    ": names of the machine can be created by administrators and services "
    "only (SeCreateGlobalPrivilege): let one of them create it, or use a "
    "name without \"machine:\"";

/* ---- The section ---------------------------------------------------------------------------------------- */

byn_status bynw_section_open(const char *place, DWORD access, HANDLE *section)
{
    wchar_t wide[BYNW_NAME_SIZE];
    DWORD error;

    bynw_widen(place, wide);
    *section = OpenFileMappingW(access, FALSE, wide);
    if (*section != NULL)
        return BYN_OK;
    error = GetLastError();
    if (error == ERROR_FILE_NOT_FOUND)
        return BYN_E_NOTFOUND;
    return bynw_fail(error,
                     error == ERROR_INVALID_HANDLE
                         ? ": another program uses the name for a kernel object of another kind"
                         : NULL,
                     "cannot open the section %s", place);
}

void bynw_view_measure(const void *view, uint64_t *there, uint64_t *reach)
{
    const char *at = view;
    MEMORY_BASIC_INFORMATION region;
    bool gap = false;

    *there = *reach = 0;
    while (VirtualQuery(at, &region, sizeof region) != 0 && region.AllocationBase == view) {
        if (region.State != MEM_COMMIT)
            gap = true;
        if (!gap)
            *there += region.RegionSize;
        *reach += region.RegionSize;
        at += region.RegionSize;
    }
}

static byn_status map(bynk_segment *segment)
{
    segment->header = MapViewOfFile(segment->section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);
    if (segment->header == NULL)
        return bynw_fail(GetLastError(), NULL, "cannot map the section %s", segment->place);
    bynw_view_measure(segment->header, &segment->there, &segment->reach);
    return BYN_OK;
}

/* Back to where bynw_name_place() left it. */
static void let_go(bynk_segment *segment)
{
    if (segment->header != NULL)
        (void)UnmapViewOfFile(segment->header);
    segment->header = NULL;
    /* The section before its parts: who comes in between finds no name rather than a dead object. */
    if (segment->section != NULL)
        (void)CloseHandle(segment->section);
    segment->section = NULL;
    bynw_parts_close(segment);
    bynw_list_free(&segment->list);
}

/* BYN_E_NOTFOUND, without a cause: there is none. */
static byn_status open_section(bynk_segment *segment, const byni_name *name)
{
    byn_status status = bynw_section_open(segment->place, SECTION_ACCESS, &segment->section);

    if (status == BYN_OK)
        status = bynw_list_of(&segment->list, segment->section, !name->machine, segment->place);
    if (status == BYN_OK)
        status = map(segment);
    if (status < 0)
        let_go(segment);
    return status;
}

/* What cannot grow is all there from the beginning. Of others the last page stays unused: Wine forgets memory
 * that reaches the end of a reserved section, and tells other processes that it is not there. */
static HANDLE create_mapping(bynk_segment *segment, const bynk_segment_request *request)
{
    bool grows = request->limit > request->size;
    uint64_t reach = request->limit + (grows ? PAGE : 0);
    wchar_t wide[BYNW_NAME_SIZE];

    bynw_widen(segment->place, wide);
    return CreateFileMappingW(INVALID_HANDLE_VALUE, &segment->list.attributes,
                              PAGE_READWRITE | (grows ? SEC_RESERVE : SEC_COMMIT),
                              (DWORD)(reach >> 32), (DWORD)reach, wide);
}

/* With the gate. BYN_E_EXISTS: somebody without manners has just made one. */
static byn_status create_section(bynk_segment *segment, const bynk_segment_request *request)
{
    byn_status status = bynw_list_make(&segment->list, request->name, request->mode);
    DWORD error;

    if (status < 0)
        return status;
    segment->section = create_mapping(segment, request);
    error = GetLastError();
    if (segment->section == NULL)
        return bynw_fail(error,
                         error == ERROR_ACCESS_DENIED && request->name->machine ? privilege : NULL,
                         "cannot create the section %s of %llu bytes", segment->place,
                         (unsigned long long)request->limit);
    if (error == ERROR_ALREADY_EXISTS)
        return byni_fail(BYN_E_EXISTS, "another program keeps creating the section %s",
                         segment->place);
    byni_crash_point("segment.created");
    return map(segment);
}

/* With the gate: who was removing it has died, and what has not ended yet goes on. */
static void removing_is_over(const bynk_segment *segment)
{
    byni_header *header = segment->header;

    if (segment->there >= sizeof *header && byni_load32(&header->state) == BYNI_REMOVING)
        byni_store32(&header->state, BYNI_READY);
}

/* ---- Joining a life ------------------------------------------------------------------------------------ */

/* A consistent copy of the header of a living object; false: it is not there, not yet, or no longer. */
static bool read_header(const bynk_segment *segment, byni_header *copy)
{
    const byni_header *header = segment->header;

    if (segment->there < sizeof *header || byni_load32(&header->state) != BYNI_READY)
        return false;
    memcpy(copy, header, sizeof *copy);
    byni_fence();
    /* A new life began meanwhile? Its creator first takes READY away, and has another incarnation. */
    return byni_load32(&header->state) == BYNI_READY && header->incarnation == copy->incarnation &&
           byni_load32(&copy->state) == BYNI_READY;
}

static byn_status check_header(const bynk_segment *segment, const bynk_segment_request *request,
                               const byni_header *copy)
{
    byn_status status = byni_header_check(copy, segment->there);

    if (status < 0)
        return status;
    if (copy->limit > segment->reach)
        return byni_fail(BYN_E_CORRUPT, "%s is smaller than its header says", segment->place);
    if (strcmp(copy->name, request->name->full) != 0)
        return byni_fail(BYN_E_MISMATCH, "%s holds another object (\"%.40s\")", segment->place,
                         copy->name);
    return BYN_OK;
}

/* After a user's parts are open: see win32_keep.c. */
static bool is_ready(const bynk_segment *segment, uint64_t incarnation)
{
    byni_fence();
    return byni_load32(&segment->header->state) == BYNI_READY &&
           segment->header->incarnation == incarnation;
}

/* Become a user of what is in the section, if it lives. BYN_E_NOTFOUND, without a cause: it does not. */
static byn_status join(bynk_segment *segment, const bynk_segment_request *request)
{
    byni_header copy;
    byn_status status;

    if (!read_header(segment, &copy))
        return BYN_E_NOTFOUND;
    /* It has grown since the view was measured. */
    if (byni_load64(&copy.size) > segment->there)
        bynw_view_measure(segment->header, &segment->there, &segment->reach);
    status = check_header(segment, request, &copy);
    if (status == BYN_OK && request->open != BYN_CREATE_ONLY)
        status = request->accept(&copy, request->context);
    if (status < 0)
        return status;
    status = bynw_parts_open(segment, &copy.area, copy.incarnation, byni_load64(&copy.size));
    if (status == BYN_OK && !is_ready(segment, copy.incarnation)) {
        bynw_parts_close(segment);
        return BYN_E_NOTFOUND; /* it is being removed, and whoever does it has not seen us */
    }
    if (status == BYN_OK && request->open == BYN_CREATE_ONLY)
        status = byni_fail(BYN_E_EXISTS, "it exists already, in use by others");
    return status;
}

/* ---- Beginning a life ---------------------------------------------------------------------------------- */

static byn_status commit(bynk_segment *segment, uint64_t size)
{
    if (VirtualAlloc(segment->header, (SIZE_T)size, MEM_COMMIT, PAGE_READWRITE) != NULL)
        return BYN_OK;
    return bynw_fail(GetLastError(), NULL, "cannot get %llu bytes of memory for the section %s",
                     (unsigned long long)size, segment->place);
}

static byn_status fill_header(bynk_segment *segment, const bynk_segment_request *request)
{
    byni_header *header = segment->header;
    byn_status status;

    do {
        status = bynk_random(&segment->incarnation, sizeof segment->incarnation);
        if (status < 0)
            return status;
    } while (segment->incarnation == 0);
    header->magic = BYNI_MAGIC;
    header->version = BYNI_LAYOUT_VERSION;
    header->fingerprint = byni_fingerprint();
    header->incarnation = segment->incarnation;
    header->domain = bynk_domain();
    header->limit = request->limit;
    header->created = bynk_clock();
    header->creator = GetCurrentProcessId();
    memcpy(header->name, request->name->full, BYNI_NAME_SIZE);
    byni_store64(&header->size, request->size);
    return BYN_OK;
}

/* With the gate. What the section may hold is nobody's: half-made, or of users who are gone. */
static byn_status begin_life(bynk_segment *segment, const bynk_segment_request *request)
{
    byni_header *header = segment->header;
    byn_status status;

    if (segment->there >= sizeof *header) {
        byni_store32(&header->state, BYNI_NOTHING);
        byni_fence(); /* whoever reads what follows sees this too */
        memset(header, 0, (size_t)segment->there);
    }
    status = commit(segment, request->size);
    if (status == BYN_OK)
        status = fill_header(segment, request);
    if (status < 0)
        return status;
    bynw_parts_expect(segment);
    request->initialise(header, request->context);
    bynw_parts_finish(segment);
    byni_crash_point("segment.initialised");
    if (segment->birth < 0)
        return segment->birth;
    byni_store32(&header->state, BYNI_READY); /* from here on it is an object */
    byni_crash_point("segment.ready");
    return BYN_CREATED;
}

/* Why no life can begin here, if so. */
static byn_status may_begin(const bynk_segment_request *request)
{
    if (request->open == BYN_OPEN_ONLY)
        return byni_fail(BYN_E_NOTFOUND, "nobody has it open");
    if (request->size == 0)
        return byni_fail(BYN_E_INVALID, "it does not exist; to create it say the option `%s`",
                         request->needed);
    if (request->limit > SIZE_MAX / 2 - MARGIN)
        return byni_fail(BYN_E_LIMIT, "%llu bytes do not fit into this process",
                         (unsigned long long)request->limit);
    return BYN_OK;
}

/* One attempt with the gate. *again: what has the name is dead, of too small a section, and still held by
 * somebody who is about to see that. */
static byn_status attempt(bynk_segment *segment, const bynk_segment_request *request, bool *again)
{
    byn_status status = open_section(segment, request->name);

    *again = false;
    if (status == BYN_OK) {
        removing_is_over(segment);
        status = join(segment, request);
        if (status != BYN_E_NOTFOUND)
            return status;
        status = may_begin(request);
        if (status < 0)
            return status;
        if (segment->reach >= request->limit)
            return begin_life(segment, request);
        *again = true;
        return byni_fail(BYN_E_TIMEDOUT,
                         "the section %s of dead users does not go away: another process "
                         "holds it open",
                         segment->place);
    }
    if (status != BYN_E_NOTFOUND)
        return status;
    status = may_begin(request);
    if (status == BYN_OK)
        status = create_section(segment, request);
    if (status == BYN_E_EXISTS)
        *again = true;
    return status == BYN_OK ? begin_life(segment, request) : status;
}

static byn_status open_gated(bynk_segment *segment, const bynk_segment_request *request)
{
    bynk_deadline deadline = bynk_clock() + (uint64_t)GATE_TIMEOUT_S * NS_PER_S;
    HANDLE gate;
    byn_status status = bynw_gate_enter(&gate, segment->place, request->name, deadline);
    bool again = true;

    if (status < 0)
        return status;
    byni_crash_point("segment.gated");
    for (;;) {
        status = attempt(segment, request, &again);
        if (status < 0)
            let_go(segment);
        if (!again || bynk_clock() >= deadline)
            break;
        Sleep(1);
    }
    bynw_gate_leave(gate);
    return status;
}

/* ---- The seam ------------------------------------------------------------------------------------------ */

/* Without the gate, if the object is there and is what the caller wants; whatever else is looked at again
 * with it, when it stands still. */
static byn_status open_any(bynk_segment *segment, const bynk_segment_request *request)
{
    byn_status status = open_section(segment, request->name);

    if (status == BYN_OK) {
        byni_crash_point("segment.opened");
        status = join(segment, request);
        if (status == BYN_OK)
            return status;
        let_go(segment);
    } else if (status != BYN_E_NOTFOUND) {
        return status;
    } else if (request->open == BYN_OPEN_ONLY) {
        return may_begin(request);
    }
    return open_gated(segment, request);
}

byn_status bynk_segment_open(bynk_segment **out, const bynk_segment_request *request)
{
    bynk_segment *segment = calloc(1, sizeof *segment);
    byn_status status;

    if (segment == NULL)
        return byni_fail(BYN_E_NOMEM, "out of memory");
    status = bynw_name_place(request->name, segment->place);
    if (status >= 0)
        status = open_any(segment, request);
    if (status < 0)
        free(segment);
    else
        *out = segment;
    return status;
}

byni_header *bynk_segment_header(const bynk_segment *segment)
{
    return segment->header;
}

const char *bynk_segment_place(const bynk_segment *segment)
{
    return segment->place;
}

uint64_t bynk_segment_there(const bynk_segment *segment)
{
    uint64_t there, reach;

    bynw_view_measure(segment->header, &there, &reach);
    return there;
}

void bynk_segment_close(bynk_segment *segment, bool inherited)
{
    (void)inherited; /* there is no fork */
    bynw_events_close(segment);
    let_go(segment);
    free(segment);
}

/* The handles of the section and of its parts stay, like the view. */
void bynk_segment_leave(bynk_segment *segment)
{
    bynw_events_close(segment);
    bynw_list_free(&segment->list);
    free(segment);
}

/* Other processes see new memory without a call of their own. */
byn_status bynk_segment_grow(bynk_segment *segment, uint64_t size)
{
    byn_status status = commit(segment, size);

    byni_crash_point("segment.grown");
    if (status >= 0)
        byni_store64(&segment->header->size, size);
    return status;
}

/* ---- Removing -------------------------------------------------------------------------------------------- */

/* With the gate. */
static byn_status remove_here(bynk_segment *segment)
{
    byni_header copy;

    removing_is_over(segment);
    if (!read_header(segment, &copy) || !bynw_is_kept(segment->place, copy.incarnation))
        return byni_fail(BYN_E_EXISTS, "it is in use, and goes with its last user");
    return bynw_release_kept(segment->header, segment->place);
}

static byn_status remove_gated(bynk_segment *segment, const byni_name *name)
{
    bynk_deadline deadline = bynk_clock() + (uint64_t)GATE_TIMEOUT_S * NS_PER_S;
    HANDLE gate;
    byn_status status = bynw_gate_enter(&gate, segment->place, name, deadline);

    if (status < 0)
        return status;
    status = open_section(segment, name);
    if (status == BYN_OK)
        status = remove_here(segment);
    let_go(segment);
    bynw_gate_leave(gate);
    return status;
}

/* What is there is in use or kept: the kernel would have removed anything else itself. */
static byn_status try_to_remove(const byni_name *name)
{
    bynk_segment segment;
    byn_status status;

    memset(&segment, 0, sizeof segment);
    status = bynw_name_place(name, segment.place);
    if (status < 0)
        return status;
    status = bynw_section_open(segment.place, FILE_MAP_READ, &segment.section);
    if (status == BYN_OK) {
        (void)CloseHandle(segment.section);
        segment.section = NULL;
        status = remove_gated(&segment, name);
    }
    return status == BYN_E_NOTFOUND ? byni_fail(status, "nothing has this name") : status;
}

/* Who looks at all objects has each of them open for an instant: that is not to be in use. */
byn_status bynk_segment_remove(const byni_name *name)
{
    enum { TIMES = 10, PAUSE_MS = 10 };
    byn_status status = try_to_remove(name);
    int i;

    for (i = 1; i < TIMES && status == BYN_E_EXISTS; i++) {
        Sleep(PAUSE_MS);
        status = try_to_remove(name);
    }
    return status;
}
