/*
 * A segment is a file in shared memory, mapped up to its limit and allocated up to its size. See
 * posix_kernel.c for its life.
 */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash.h"

enum { GATE_TIMEOUT_MS = 10000 };

struct bynk_segment {
    byni_header *header;
    size_t mapped;
    bynp_file file;
};

/*
 * A signal to this thread may undo what was allocated so far. A host whose timers come faster than so many pages would
 * try for ever: so it is tried with half as many, down to one page. errno.
 */
static int allocate_patiently(int fd, uint64_t from, uint64_t size)
{
    enum { LEAST = 4096 };
    uint64_t most = size - from;
    int error = 0;

    while (from < size && (error == 0 || error == EINTR)) {
        uint64_t piece = size - from < most ? size - from : most;

        error = posix_fallocate(fd, (off_t)from, (off_t)piece);
        if (error == 0)
            from += piece;
        else if (error == EINTR)
            most = piece / 2 > LEAST ? piece / 2 : LEAST;
    }
    return error;
}

/* Pages that are really there: a hole would be a SIGBUS on the day that the file system is full. Those before
 * `from` are there already. */
static byn_status allocate(const bynp_file *file, uint64_t from, uint64_t size)
{
    struct rlimit files;
    int error;

    /* Beyond it there would be a signal that ends the process. */
    if (getrlimit(RLIMIT_FSIZE, &files) == 0 && files.rlim_cur != RLIM_INFINITY &&
        size > files.rlim_cur)
        return byni_fail(BYN_E_LIMIT,
                         "%s would have %llu bytes, and this process may write files of %llu bytes "
                         "only: raise its limit (ulimit -f)",
                         file->place, (unsigned long long)size, (unsigned long long)files.rlim_cur);
    error = allocate_patiently(file->fd, from, size);
    if (error == 0)
        return BYN_OK;
    return bynp_fail(error,
                     "cannot get %llu bytes of shared memory for %s (its file system may be full)",
                     (unsigned long long)size, file->place);
}

static byn_status map(bynk_segment *segment, uint64_t limit)
{
    void *base;

    if (limit > SIZE_MAX / 2)
        return byni_fail(BYN_E_LIMIT, "%llu bytes do not fit into this process",
                         (unsigned long long)limit);
    base = mmap(NULL, (size_t)limit, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                segment->file.fd, 0);
    if (base == MAP_FAILED)
        return bynp_fail(errno, "cannot map %llu bytes of %s", (unsigned long long)limit,
                         segment->file.place);
    segment->header = base;
    segment->mapped = (size_t)limit;
    return BYN_OK;
}

static void unmap(bynk_segment *segment)
{
    if (segment->header != NULL)
        (void)munmap(segment->header, segment->mapped);
    segment->header = NULL;
}

/*
 * A user leaves, and the last one takes the name along. It lets go first and looks then: of several that leave
 * at once, the last to let go sees nobody. Who sees nobody may be one of two, or find a new user: that is
 * settled with the gate. A death after letting go leaves a file without users: no object any more.
 */
static void let_go(bynp_file *file)
{
    bynp_detach(file);
    byni_crash_point("segment.detached");
    if (bynp_attached_by_others(file) || bynp_gate_lock(file, byni_deadline(GATE_TIMEOUT_MS)) < 0)
        return;
    byni_crash_point("segment.closing");
    if (!file->gone && bynp_attach_alone(file) && !bynp_file_kept(file))
        (void)bynp_file_remove(file);
    byni_crash_point("segment.removed");
}

static void fill_header(byni_header *header, const bynk_segment_request *request)
{
    byn_status status = bynk_random(&header->incarnation, sizeof header->incarnation);

    if (status < 0)
        header->incarnation = bynk_clock();
    header->magic = BYNI_MAGIC;
    header->version = BYNI_LAYOUT_VERSION;
    header->fingerprint = byni_fingerprint();
    header->domain = bynk_domain();
    header->limit = request->limit;
    header->created = bynk_clock();
    header->creator = (uint32_t)getpid();
    memcpy(header->name, request->name->full, BYNI_NAME_SIZE);
    byni_store64(&header->size, request->size);
}

/* The caller is alone and has the gate. Whatever lies in the file is nobody's: begin from nothing. */
static byn_status create(bynk_segment *segment, const bynk_segment_request *request)
{
    const bynp_file *file = &segment->file;
    byn_status status;

    if (request->size == 0)
        return byni_fail(BYN_E_INVALID, "it does not exist; to create it say the option `%s`",
                         request->needed);
    if (ftruncate(file->fd, 0) != 0)
        return bynp_fail(errno, "cannot empty %s", file->place);
    if (request->name->machine && fchmod(file->fd, request->mode) != 0)
        return bynp_fail(errno, "cannot set the rights of %s", file->place);
    status = allocate(file, 0, request->size);
    if (status >= 0)
        status = map(segment, request->limit);
    if (status < 0)
        return status;
    byni_crash_point("segment.mapped");
    fill_header(segment->header, request);
    request->initialise(segment->header, request->context);
    byni_crash_point("segment.initialised");
    byni_store32(&segment->header->state, BYNI_READY); /* from here on it is an object */
    byni_crash_point("segment.ready");
    return BYN_CREATED;
}

/* Whether a checked copy of a header is of what the caller wants. */
static byn_status accept_header(const bynk_segment *segment, const bynk_segment_request *request,
                                const byni_header *header)
{
    if (memcmp(header->name, request->name->full, strlen(request->name->full) + 1) != 0)
        return byni_fail(BYN_E_CORRUPT, "%s holds another object (\"%.40s\")", segment->file.place,
                         header->name);
    return request->accept(header, request->context);
}

/* Others use it, or it is kept. What is in shared memory is looked at in a copy before it is believed. */
static byn_status join(bynk_segment *segment, const bynk_segment_request *request, bool kept)
{
    bynp_file *file = &segment->file;
    byni_header header;
    byn_status status;

    if (request->open == BYN_CREATE_ONLY)
        return byni_fail(BYN_E_EXISTS, "it exists already, %s",
                         kept ? "kept, with no users" : "in use by others");
    status = bynp_file_header(file, &header);
    if (status >= 0)
        status = accept_header(segment, request, &header);
    if (status >= 0)
        status = map(segment, header.limit);
    return status;
}

/* Be a user of it, with others or as the first in a new crowd. */
static byn_status attach(bynk_segment *segment, const bynk_segment_request *request, bool kept)
{
    byn_status status = bynp_attach_shared(&segment->file);

    return status < 0 ? status : join(segment, request, kept);
}

/* With the gate. BYN_E_NOTFOUND: what is there has no users and is not kept, so that it does not exist. */
static byn_status enter(bynk_segment *segment, const bynk_segment_request *request)
{
    bynp_file *file = &segment->file;
    byn_status status;

    if (!bynp_attach_alone(file))
        return attach(segment, request, false);
    if (bynp_file_kept(file))
        return attach(segment, request, true);
    if (request->open == BYN_OPEN_ONLY)
        status = byni_fail(BYN_E_NOTFOUND, "nobody has it open");
    else
        status = create(segment, request);
    if (status >= 0) {
        byn_status shared = bynp_attach_shared(file);

        if (shared < 0)
            status = shared;
    }
    if (status < 0)
        (void)bynp_file_remove(file);
    return status;
}

/* One attempt. *again: the name was removed between finding the file and getting its gate. */
static byn_status attempt(bynk_segment *segment, const bynk_segment_request *request, int directory,
                          bool *again)
{
    bynp_file *file = &segment->file;
    byn_status status =
        bynp_file_open(directory, request->name, request->open != BYN_OPEN_ONLY, file);

    *again = false;
    if (status < 0)
        return status;
    byni_crash_point("segment.opened");
    status = bynp_gate_lock(file, byni_deadline(GATE_TIMEOUT_MS));
    byni_crash_point("segment.gated");
    if (status >= 0 && file->gone)
        *again = true;
    else if (status >= 0)
        status = enter(segment, request);
    if (status >= 0 && !*again) {
        bynp_gate_unlock(file);
        return status;
    }
    unmap(segment);
    bynp_file_close(file);
    return status;
}

/* The long way, which finds or makes it, or says why not. */
static byn_status open_with_gate(bynk_segment *segment, const bynk_segment_request *request)
{
    const bool machine = request->name->machine;
    byn_status status = BYN_OK;
    int directory = bynp_directory_open(machine, request->open != BYN_OPEN_ONLY, &status);
    bool again = true;

    if (directory < 0)
        return status;
    bynp_place_learn(machine);
    while (again)
        status = attempt(segment, request, directory, &again);
    if (status == BYN_CREATED)
        bynp_sweep(directory, machine);
    (void)close(directory);
    return status;
}

/*
 * The caller is attached, so that nobody makes the file shorter. The header is looked at where it is mapped, in
 * a copy; that of one that may grow is mapped again, up to its limit.
 */
static byn_status map_and_accept(bynk_segment *segment, const bynk_segment_request *request)
{
    const bynp_file *file = &segment->file;
    byni_header header;
    byn_status status;

    if (file->size < sizeof header)
        return BYN_E_CORRUPT;
    status = map(segment, file->size);
    if (status < 0)
        return status;
    memcpy(&header, segment->header, sizeof header);
    status = byni_header_check(&header, file->size);
    if (status >= 0)
        status = accept_header(segment, request, &header);
    if (status < 0 || header.limit == segment->mapped)
        return status;
    unmap(segment);
    return map(segment, header.limit);
}

/*
 * Most often somebody has it open. Then there is nothing to create, and the gate is not needed: who looks, sees a
 * user, and attaches itself, is in the same object as that user, or in one that came after it.
 *
 *   - The users may all be gone before it attaches. Then the object is as they left it, and stays, for who comes
 *     next finds the caller attached; or the name was removed meanwhile, which the file itself tells; or somebody
 *     made the object anew, alone, which is finished before anybody else can attach.
 *   - Nobody may attach without having seen a user: who has the gate and finds another one attached takes
 *     it for granted that there is an object.
 *
 * Whatever is not as expected goes the long way, which tells the reason. Who has attached itself leaves as a user
 * does: the last one may have gone meanwhile, and left the name to the caller. A death in here lets go.
 */
static bool join_users(bynk_segment *segment, const bynk_segment_request *request)
{
    bynp_file *file = &segment->file;

    if (request->open == BYN_CREATE_ONLY || !bynp_file_open_known(request->name, file))
        return false;
    byni_crash_point("segment.opened");
    if (bynp_attached_by_others(file) && bynp_attach_shared(file) >= 0) {
        byni_crash_point("segment.attached");
        if (bynp_file_check(file, request->name->machine) >= 0 && !file->gone &&
            map_and_accept(segment, request) >= 0)
            return true;
        unmap(segment);
        let_go(file);
    }
    bynp_file_close(file);
    return false;
}

byn_status bynk_segment_open(bynk_segment **out, const bynk_segment_request *request)
{
    bynk_segment *segment = calloc(1, sizeof *segment);
    byn_status status = BYN_OK;

    if (segment == NULL)
        return byni_fail(BYN_E_NOMEM, "out of memory");
    if (!join_users(segment, request))
        status = open_with_gate(segment, request);
    if (status == BYN_E_NOTFOUND)
        status = byni_fail(status, "nobody has it open");
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
    return segment->file.place;
}

uint64_t bynk_segment_there(const bynk_segment *segment)
{
    struct stat info;

    if (fstat(segment->file.fd, &info) != 0 || info.st_size < 0)
        return 0;
    return (uint64_t)info.st_size < segment->mapped ? (uint64_t)info.st_size : segment->mapped;
}

/* The caller is attached, so nobody closes or removes it for good meanwhile; two who do this do the same. */
byn_status bynk_segment_keep(bynk_segment *segment)
{
    byni_header *header = segment->header;

    if (bynp_header_kept(header))
        return BYN_OK;
    if (bynp_boot() == 0)
        return byni_fail(BYN_E_UNSUPPORTED, "nothing tells this run of the system from the next "
                                            "one: let " BYNP_BOOT_FILE " be readable");
    byni_store64(&header->boot, bynp_boot());
    byni_crash_point("segment.keeping");
    byni_store32(&header->keep, BYNI_KEPT); /* from here on it stays */
    byni_crash_point("segment.kept");
    return BYN_OK;
}

void bynk_segment_close(bynk_segment *segment, bool inherited)
{
    unmap(segment);
    byni_crash_point("segment.unmapped");
    /* In a forked child the lock calls would act for the parent: it just closes. */
    if (!inherited)
        let_go(&segment->file);
    bynp_file_close(&segment->file);
    free(segment);
}

void bynk_segment_leave(bynk_segment *segment)
{
    free(segment);
}

byn_status bynk_segment_grow(bynk_segment *segment, uint64_t size)
{
    uint64_t there = bynk_segment_there(segment);
    byn_status status = there < size ? allocate(&segment->file, there, size) : BYN_OK;

    byni_crash_point("segment.grown");
    if (status >= 0)
        byni_store64(&segment->header->size, size);
    return status;
}
