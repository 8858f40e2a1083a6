/*
 * Looking at all objects of a scope, and reclaiming those whose users were all killed.
 */
#include "posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SWEEP_MOST = 256 };

/* One entry of a directory. */
typedef struct finding {
    bynp_file file;
    byni_header header;
    byn_object_info info;
    char name[sizeof BYNI_MACHINE_PREFIX + NAME_MAX]; /* what the entry says of it */
} finding;

static bool is_object(const char *entry)
{
    return strncmp(entry, BYNP_FILE_PREFIX, sizeof BYNP_FILE_PREFIX - 1) == 0;
}

static void describe(finding *found, bool machine, const char *entry, byn_object_state state)
{
    byn_object_info *info = &found->info;
    uint64_t now = bynk_clock();

    memset(&found->header, 0, sizeof found->header);
    memset(info, 0, sizeof *info);
    info->machine = machine;
    info->name = found->name;
    (void)snprintf(found->name, sizeof found->name, "%s%s", machine ? BYNI_MACHINE_PREFIX : "",
                   entry + sizeof BYNP_FILE_PREFIX - 1);
    info->kind = "";
    info->state = state;
    info->place = found->file.place;
    if (found->file.fd < 0)
        return;
    info->size = found->file.size;
    if (bynp_file_header(&found->file, &found->header) < 0) {
        info->layout = byni_header_layout(&found->header);
        return;
    }
    info->layout = byni_header_layout(&found->header);
    info->size = found->file.size;
    info->name = found->header.name;
    info->kind = byni_kind_name(found->header.kind);
    info->creator = found->header.creator;
    info->kept = bynp_header_kept(&found->header);
    if (now > found->header.created)
        info->age_ms = (now - found->header.created) / NS_PER_MS;
}

/*
 * What is nobody's and is not kept is now removed, unless it is only to be looked at. A gate that is taken
 * means that somebody is there.
 */
static byn_object_state reclaim(bynp_file *file, bool look_only)
{
    if (bynp_gate_lock(file, BYNK_NOW) < 0)
        return BYN_OBJECT_IN_USE;
    if (file->gone || !bynp_attach_alone(file)) {
        bynp_gate_unlock(file);
        return BYN_OBJECT_IN_USE;
    }
    if (bynp_file_kept(file))
        return BYN_OBJECT_KEPT;
    if (look_only)
        return BYN_OBJECT_RECLAIMED;
    return bynp_file_remove(file) >= 0 ? BYN_OBJECT_RECLAIMED : BYN_OBJECT_IN_USE;
}

/* What is done with each entry; whether to go on. */
typedef bool (*entry_visitor)(int directory, bool machine, const char *entry, void *context);

/* A visit of byn_objects_visit() or byn_objects_look(). */
typedef struct visit {
    byn_object_visitor visitor;
    void *context;
    bool look_only;
} visit;

static bool visit_entry(int directory, bool machine, const char *entry, void *context)
{
    const visit *v = context;
    finding found;
    byn_status status = bynp_file_open_entry(directory, machine, entry, &found.file);
    bool go_on = true;

    if (status == BYN_E_NOTFOUND)
        return true;
    if (status < 0) {
        found.file.fd = -1;
        describe(&found, machine, entry, BYN_OBJECT_FOREIGN);
        return v->visitor(&found.info, v->context);
    }
    describe(&found, machine, entry, BYN_OBJECT_IN_USE);
    found.info.state = reclaim(&found.file, v->look_only);
    if (found.info.state != BYN_OBJECT_RECLAIMED && found.info.kind[0] == '\0')
        found.info.state = BYN_OBJECT_FOREIGN;
    bynp_file_close(&found.file); /* before the visitor: it may want to be alone with the object */
    if (!found.file.gone)
        go_on = v->visitor(&found.info, v->context);
    return go_on;
}

static byn_status visit_scope(bool machine, entry_visitor each, void *context, bool *go_on)
{
    byn_status status;
    int directory = bynp_directory_open(machine, false, &status);
    struct dirent *entry;
    DIR *stream;

    if (directory < 0)
        return status == BYN_E_NOTFOUND ? BYN_OK : status;
    stream = fdopendir(directory);
    if (stream == NULL) {
        status = bynp_fail(errno, "cannot read the directory of objects");
        (void)close(directory);
        return status;
    }
    while (*go_on && (entry = readdir(stream)) != NULL)
        if (is_object(entry->d_name))
            *go_on = each(directory, machine, entry->d_name, context);
    (void)closedir(stream);
    return BYN_OK;
}

static byn_status visit_scopes(entry_visitor each, void *context)
{
    bool go_on = true;
    byn_status status = visit_scope(false, each, context, &go_on);

    if (status >= 0 && go_on)
        status = visit_scope(true, each, context, &go_on);
    return status;
}

byn_status bynk_segments_visit(byn_object_visitor visitor, void *context, bool look_only)
{
    visit v = {visitor, context, look_only};

    return visit_scopes(visit_entry, &v);
}

/* ---- At a glance --------------------------------------------------------------------------------- */

typedef struct glancing {
    bynk_glance glance;
    void *context;
    size_t most;
    byni_header *copy; /* and room for `most` */
} glancing;

/* By a read, not by a mapping: who cuts the file off meanwhile does not end this process. */
static size_t copy_object(bynp_file *file, const glancing *g)
{
    byni_header header;
    ssize_t got;
    size_t size;

    if (bynp_file_header(file, &header) < 0)
        return 0;
    size = header.limit <= g->most ? g->most : BYNI_DATA_OFFSET;
    got = pread(file->fd, g->copy, size, 0);
    memcpy(g->copy, &header, sizeof header);
    return got > BYNI_STATE_OFFSET ? (size_t)got : 0;
}

/* And close it. */
static bool glance_at(bynp_file *file, const glancing *g)
{
    size_t size = copy_object(file, g);

    bynp_file_close(file);
    return size == 0 || g->glance(g->copy, size, g->context);
}

static bool glance_entry(int directory, bool machine, const char *entry, void *context)
{
    bynp_file file;

    return bynp_file_open_entry(directory, machine, entry, &file) < 0 || glance_at(&file, context);
}

static byn_status glance_only(const byni_name *name, const glancing *g)
{
    byn_status status;
    int directory = bynp_directory_open(name->machine, false, &status);
    bynp_file file;

    if (directory < 0)
        return status == BYN_E_NOTFOUND ? BYN_OK : status;
    if (bynp_file_open(directory, name, false, &file) >= 0)
        (void)glance_at(&file, g);
    (void)close(directory);
    return BYN_OK;
}

byn_status bynk_segments_glance(const byni_name *only, size_t most, bynk_glance glance,
                                void *context)
{
    glancing g = {glance, context, most, malloc(most)};
    byn_status status;

    if (g.copy == NULL)
        return byni_fail(BYN_E_NOMEM, "out of memory");
    status = only != NULL ? glance_only(only, &g) : visit_scopes(glance_entry, &g);
    free(g.copy);
    return status;
}

static byn_status fail_in_use(const bynp_file *file)
{
    return byni_fail(BYN_E_EXISTS, bynp_file_kept(file)
                                       ? "it is in use, and is kept: end its users first"
                                       : "it is in use, and goes with its last user");
}

byn_status bynk_segment_remove(const byni_name *name)
{
    byn_status status;
    int directory = bynp_directory_open(name->machine, false, &status);
    bynp_file file;

    if (directory < 0)
        return status;
    status = bynp_file_open(directory, name, false, &file);
    (void)close(directory);
    if (status < 0)
        return status;
    status = bynp_gate_lock(&file, byni_deadline(1000));
    if (status >= 0 && file.gone)
        status = byni_fail(BYN_E_NOTFOUND, "it has just been removed");
    else if (status >= 0 && !bynp_attach_alone(&file))
        status = fail_in_use(&file);
    else if (status >= 0)
        status = bynp_file_remove(&file);
    bynp_file_close(&file);
    return status;
}

/* ---- Sweeping ------------------------------------------------------------------------------------ */

static size_t count_objects(DIR *stream)
{
    size_t count = 0;
    struct dirent *entry;

    while ((entry = readdir(stream)) != NULL)
        count += is_object(entry->d_name);
    rewinddir(stream);
    return count;
}

static void sweep_entry(int directory, bool machine, const char *entry)
{
    bynp_file file;

    if (bynp_file_open_entry(directory, machine, entry, &file) < 0)
        return;
    (void)reclaim(&file, false);
    bynp_file_close(&file);
}

/*
 * Once in each process and scope, when it first creates something: so what is left by the killed cannot
 * grow without bound, and who only opens pays nothing. Of very many objects a part, at random.
 */
void bynp_sweep(int directory, bool machine)
{
    static uint64_t swept[2]; /* under the library's lock, as every opening is */
    struct dirent *entry;
    size_t count, first, index = 0;
    DIR *stream;
    int copy;

    if (swept[machine] == bynk_token())
        return;
    copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    stream = copy < 0 ? NULL : fdopendir(copy);
    if (stream == NULL) {
        if (copy >= 0)
            (void)close(copy);
        return;
    }
    swept[machine] = bynk_token();
    count = count_objects(stream);
    first = count > SWEEP_MOST ? (size_t)(bynk_clock() / 1000 % count) : 0;
    while (index < count && (entry = readdir(stream)) != NULL) {
        if (!is_object(entry->d_name))
            continue;
        if ((index + count - first) % count < SWEEP_MOST)
            sweep_entry(directory, machine, entry->d_name);
        index++;
    }
    (void)closedir(stream);
}
