/* Who has a mutex, and who died with it. */
#include "mutex_state.h"

#include <string.h>

#include "parties.h"

static void tell_owner(byn_owner *owner, const byni_owner_record *record)
{
    uint64_t numbers = byni_load64(&record->numbers), words[BYNI_PROGRAM_WORDS];
    int i;

    for (i = 0; i < BYNI_PROGRAM_WORDS; i++)
        words[i] = byni_load64(&record->program[i]);
    owner->pid = (uint32_t)(numbers >> 32);
    owner->thread = (uint32_t)numbers;
    memcpy(owner->program, words, sizeof owner->program);
    owner->program[sizeof owner->program - 1] = '\0';
}

byn_status byn_mutex_owner(byn_mutex *mutex, byn_mutex_info *info)
{
    const byni_mutex_state *state;
    byn_mutex_info found;
    uint64_t who;

    if (mutex == NULL || !byni_object_usable(&mutex->object))
        return byni_object_unusable((const byni_object *)mutex, "byn_mutex_owner");
    if (!byni_struct_fits(info, sizeof found))
        return byni_wrong_struct("byn_mutex_owner", "info");
    memset(&found, 0, sizeof found);
    found.struct_size = info->struct_size;
    state = mutex->state;
    found.depth = byni_load32(&state->depth);
    who = byni_load64(&state->owner);
    tell_owner(&found.owner, &state->record);
    tell_owner(&found.last_dead, &state->dead);
    found.abandonings = byni_load64(&state->abandonings);
    found.held = found.depth > 0;
    /* It changed hands while we read: whose name that is we cannot tell. */
    byni_fence();
    if (!found.held || who == 0 || who != byni_load64(&state->owner))
        memset(&found.owner, 0, sizeof found.owner);
    else
        found.owner_is_dead = bynk_thread_is_dead(who, found.owner.pid);
    memcpy(info, &found, found.struct_size);
    return BYN_OK;
}

void byni_mutex_holds(const byni_header *copy, size_t size, byni_hold_sink sink, void *context)
{
    const byni_mutex_state *state = byni_copy_state(copy, size, sizeof *state);
    uint64_t numbers;
    byni_hold hold = {0};

    if (state == NULL || byni_load32(&state->depth) == 0)
        return;
    numbers = byni_load64(&state->record.numbers);
    hold.me = byni_load64(&state->owner);
    hold.count = byni_load32(&state->depth);
    hold.since = byni_load64(&state->awaited);
    if (hold.me != 0) {
        hold.pid = (uint32_t)(numbers >> 32);
        hold.thread = (uint32_t)numbers;
    }
    sink(&hold, context);
}
