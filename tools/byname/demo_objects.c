/* The objects of the demo, as the parent makes them and looks after them. */
#include "demo.h"

#include <string.h>

#include <apr_strings.h>

static uint64_t memory_size(const apr_array_header_t *files)
{
    uint64_t size = sizeof(demo_shared) + (uint64_t)files->nelts * sizeof(demo_file);
    int i;

    for (i = 0; i < files->nelts; i++)
        size += strlen(APR_ARRAY_IDX(files, i, const char *)) + 1;
    return size;
}

static void write_list(demo_part *part, const apr_array_header_t *files)
{
    char *base = byn_memory_base(part->memory);
    uint64_t end = sizeof(demo_shared) + (uint64_t)files->nelts * sizeof(demo_file);
    int i;

    for (i = 0; i < files->nelts; i++) {
        const char *path = APR_ARRAY_IDX(files, i, const char *);
        size_t size = strlen(path) + 1;

        part->shared->files[i].path = end;
        memcpy(base + end, path, size);
        end += size;
    }
    part->shared->file_count = (uint64_t)files->nelts;
    part->shared->stop_after = files->nelts > 0 ? ((uint64_t)files->nelts - 1) / 2 : 0;
}

byn_status demo_make(demo_part *part, const apr_array_header_t *files)
{
    byn_status status =
        byn_event_open(&part->start, NULL, &BYN_OPTIONS(byn_event_options, .manual_reset = true));

    if (status >= 0)
        status = byn_value_open(&part->next, NULL, NULL);
    if (status >= 0)
        status = byn_mutex_open(&part->mutex, NULL, NULL);
    if (status >= 0)
        status = byn_memory_open(&part->memory, NULL,
                                 &BYN_OPTIONS(byn_memory_options, .size = memory_size(files)));
    if (status < 0)
        return status;
    part->shared = byn_memory_base(part->memory);
    part->row = DEMO_WORKERS;
    write_list(part, files);
    return BYN_OK;
}

bool demo_unmake(demo_part *part)
{
    apr_pool_t *pool = part->pool;
    const char *names[] = {
        apr_pstrdup(pool, byn_event_name(part->start)),
        apr_pstrdup(pool, byn_value_name(part->next)),
        apr_pstrdup(pool, byn_mutex_name(part->mutex)),
        apr_pstrdup(pool, byn_memory_name(part->memory)),
    };
    bool clean = true;
    size_t i;

    demo_close(part);
    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        clean = byn_remove(names[i]) == BYN_E_NOTFOUND && clean;
    return clean;
}
