#include <byname/memory.h>

#include "object.h"

/* The guard lets one at a time grow; header->size is what it changes, by one store. */
typedef struct memory_state {
    bynk_guard guard;
} memory_state;

_Static_assert(BYNI_STATE_OFFSET + sizeof(memory_state) <= BYNI_DATA_OFFSET, "before users' bytes");

struct byn_memory {
    byni_object object;
    uint64_t
        limit; /* bytes mapped for the user; what shared memory says later is not believed beyond */
    byni_a64 there; /* bytes of the segment that the system said are there */
};

static bool is_sound(const byni_header *header)
{
    return header->parameters[0] > 0 && header->parameters[0] <= header->parameters[1] &&
           header->parameters[1] <= INT64_MAX - BYNI_DATA_OFFSET &&
           header->limit == BYNI_DATA_OFFSET + header->parameters[1];
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    memory_state *state = at;

    (void)parameters;
    (void)options;
    bynk_guard_initialise(&state->guard);
}

static byn_status attach(byni_object *object)
{
    ((byn_memory *)object)->limit = object->limit - BYNI_DATA_OFFSET;
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    (void)object;
    return true;
}

static const byni_kind kind = {
    BYNI_MEMORY,
    "byn_memory_open",
    sizeof(byn_memory),
    {"size", "limit"},
    is_sound,
    initialise,
    attach,
    detach,
    NULL,
};

byn_status byn_memory_open(byn_memory **memory, const char *name, const byn_memory_options *options)
{
    byn_memory_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status =
        byni_opening_begin(&opening, &kind, memory, name, &chosen, sizeof chosen, options);

    if (status < 0)
        return status;
    opening.parameters[0] = opening.created[0] = chosen.size;
    opening.parameters[1] = chosen.limit;
    opening.created[1] = chosen.limit > 0 ? chosen.limit : chosen.size;
    if (chosen.size > opening.created[1] || opening.created[1] > INT64_MAX - BYNI_DATA_OFFSET) {
        (void)byni_fail(BYN_E_INVALID, "size %llu, limit %llu: let size <= limit, or limit be 0",
                        (unsigned long long)chosen.size, (unsigned long long)chosen.limit);
        return byni_failed(BYN_E_INVALID, kind.open, name);
    }
    opening.size = chosen.size > 0 ? BYNI_DATA_OFFSET + chosen.size : 0;
    opening.needed = "size";
    opening.limit = BYNI_DATA_OFFSET + opening.created[1];
    status = byni_object_open(&object, &kind, &opening);
    if (status >= 0)
        *memory = (byn_memory *)object;
    return status;
}

void byn_memory_close(byn_memory *memory)
{
    byni_object_close(memory != NULL ? &memory->object : NULL);
}

const char *byn_memory_name(const byn_memory *memory)
{
    return memory != NULL ? memory->object.name.full : NULL;
}

void *byn_memory_base(byn_memory *memory)
{
    if (memory == NULL || !byni_object_usable(&memory->object))
        return NULL;
    return (char *)memory->object.header + BYNI_DATA_OFFSET;
}

/* The header's, as far as it is true: who writes anything there shall not lead others beyond the end. */
static uint64_t segment_size(byn_memory *memory)
{
    uint64_t size = byni_load64(&memory->object.header->size), there = byni_load64(&memory->there);

    if (size > there) {
        there = bynk_segment_there(memory->object.segment);
        byni_store64(&memory->there, there);
    }
    return size < there ? size : there;
}

uint64_t byn_memory_size(byn_memory *memory)
{
    uint64_t size;

    if (memory == NULL || !byni_object_usable(&memory->object))
        return 0;
    size = segment_size(memory);
    size = size > BYNI_DATA_OFFSET ? size - BYNI_DATA_OFFSET : 0;
    return size < memory->limit ? size : memory->limit;
}

/* An heir of the guard finds nothing to repair: the size is the old one or the new one, and pages that a
 * dead grower had got already are got again. */
static byn_status grow(byn_memory *memory, uint64_t size)
{
    memory_state *state = byni_object_state(&memory->object);
    bynk_segment *segment = memory->object.segment;
    byn_status status;

    if (size > memory->limit)
        return byni_fail(BYN_E_LIMIT, "%llu bytes are above its limit of %llu",
                         (unsigned long long)size, (unsigned long long)memory->limit);
    status = bynk_guard_lock(segment, &state->guard, BYNK_SOON);
    if (status < 0)
        return status;
    status = BYN_OK;
    if (size > byn_memory_size(memory))
        status = bynk_segment_grow(segment, BYNI_DATA_OFFSET + size);
    bynk_guard_unlock(segment, &state->guard);
    return status;
}

byn_status byn_memory_grow(byn_memory *memory, uint64_t size)
{
    byn_status status;

    if (memory == NULL || !byni_object_usable(&memory->object))
        return byni_object_unusable((const byni_object *)memory, "byn_memory_grow");
    status = grow(memory, size);
    return status < 0 ? byni_failed(status, "byn_memory_grow", memory->object.name.full) : status;
}
