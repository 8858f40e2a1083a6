#include "holders.h"

/* Where this thread's entry was in the object that it last used; elsewhere a first guess. */
static BYNI_THREAD_LOCAL uint32_t last_index;

void byni_holders_attach(byni_holders *holders, const byni_object *object)
{
    char *base = (char *)object->header + BYNI_HOLDERS_OFFSET;

    holders->segment = object->segment;
    holders->state = (byni_holders_state *)base;
    holders->entries = (byni_holder *)(base + 64);
    byni_store32(&holders->there,
                 (BYNI_HOLDERS_SIZE - BYNI_HOLDERS_OFFSET - 64) / (uint32_t)sizeof(byni_holder));
}

static uint32_t fitting(uint64_t size)
{
    uint64_t bytes = size - BYNI_HOLDERS_OFFSET - 64;

    return size < BYNI_HOLDERS_SIZE ? 0 : (uint32_t)(bytes / sizeof(byni_holder));
}

/* How many entries of `wanted` have memory, as the system says. */
static uint32_t confirm(byni_holders *holders, uint32_t wanted)
{
    uint32_t there = byni_load32(&holders->there);

    if (wanted <= there)
        return wanted;
    there = fitting(bynk_segment_there(holders->segment));
    if (there > BYNI_HOLDERS_MOST)
        there = BYNI_HOLDERS_MOST;
    byni_store32(&holders->there, there);
    return wanted < there ? wanted : there;
}

uint32_t byni_holders_count(byni_holders *holders)
{
    return confirm(holders, byni_load32(&holders->state->used));
}

bynk_identity byni_holder_identity(const byni_holder *holder)
{
    bynk_identity who;

    who.pid = byni_load32(&holder->pid);
    who.thread = byni_load32(&holder->thread);
    who.started = byni_load64(&holder->started);
    return who;
}

bool byni_holder_alive(const byni_holder *holder)
{
    bynk_identity who = byni_holder_identity(holder);

    return bynk_identity_alive(&who);
}

bool byni_holder_is_of(const byni_holder *holder, const bynk_identity *process)
{
    return byni_load32(&holder->pid) == process->pid;
}

static bool is_of(const byni_holder *holder, const bynk_identity *who)
{
    return byni_load32(&holder->number) != 0 && byni_load32(&holder->thread) == who->thread &&
           byni_load32(&holder->pid) == who->pid && byni_load64(&holder->started) == who->started;
}

byni_holder *byni_holders_find_among(byni_holders *holders, const bynk_identity *who,
                                     uint32_t number_of_holders)
{
    uint32_t count = byni_holders_count(holders), i;

    if (last_index < count && is_of(&holders->entries[last_index], who))
        return &holders->entries[last_index];
    for (i = 0; i < count && number_of_holders > 0; i++) {
        if (is_of(&holders->entries[i], who)) {
            last_index = i;
            return &holders->entries[i];
        }
        if (byni_load32(&holders->entries[i].number) != 0)
            number_of_holders--;
    }
    return NULL;
}

byni_holder *byni_holders_find(byni_holders *holders, const bynk_identity *who)
{
    return byni_holders_find_among(holders, who, UINT32_MAX);
}

/* One entry more. Memory that a dead grower had got already is got again. */
static byn_status extend(byni_holders *holders, uint32_t used)
{
    const uint64_t step = 4096;
    uint64_t end = BYNI_HOLDERS_OFFSET + 64 + ((uint64_t)used + 1) * sizeof(byni_holder);
    byn_status status = BYN_OK;

    if (used >= BYNI_HOLDERS_MOST)
        return byni_fail(BYN_E_LIMIT, "%d threads or processes hold it or wait for it already",
                         BYNI_HOLDERS_MOST);
    if (confirm(holders, used + 1) <= used) {
        end = (end + step - 1) / step * step;
        status = bynk_segment_grow(holders->segment,
                                   end < BYNI_HOLDERS_LIMIT ? end : BYNI_HOLDERS_LIMIT);
    }
    if (status >= 0 && confirm(holders, used + 1) <= used)
        status = byni_fail(BYN_E_CORRUPT, "its table of holders is cut off");
    if (status >= 0)
        byni_store32(&holders->state->used, used + 1);
    return status;
}

byni_holder *byni_holders_add(byni_holders *holders, const bynk_identity *who, byn_status *status)
{
    uint32_t count = byni_holders_count(holders), i = last_index;
    byni_holder *entry;

    if (i >= count || byni_load32(&holders->entries[i].number) != 0)
        for (i = 0; i < count && byni_load32(&holders->entries[i].number) != 0; i++)
            continue;
    *status = i < count ? BYN_OK : extend(holders, count);
    if (*status < 0)
        return NULL;
    last_index = i;
    entry = &holders->entries[i];
    byni_store32(&entry->pid, who->pid);
    byni_store32(&entry->thread, who->thread);
    byni_store64(&entry->started, who->started);
    return entry;
}

byni_holder *byni_holders_next(byni_holders *holders, uint32_t *at)
{
    uint32_t count = byni_holders_count(holders);

    while (*at < count) {
        byni_holder *entry = &holders->entries[(*at)++];

        if (byni_load32(&entry->number) != 0)
            return entry;
    }
    return NULL;
}

unsigned byni_holders_watched(byni_holders *holders, bool (*wanted)(const byni_holder *holder),
                              bynk_identity watched[BYNI_WATCHED])
{
    byni_holder *holder;
    unsigned count = 0;
    uint32_t at = 0;

    while (count < BYNI_WATCHED && (holder = byni_holders_next(holders, &at)) != NULL)
        if (wanted == NULL || wanted(holder))
            watched[count++] = byni_holder_identity(holder);
    return count;
}
