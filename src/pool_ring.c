/*
 * The ring of hints, and the list of free places. See pool_words.h.
 */
#include "pool_state.h"

enum { AHEAD = 4 /* free places that are fetched while others are filled */ };

/* ---- Ring: with the guard ----------------------------------------------------------------------------- */

static uint64_t places(const byn_pool *pool)
{
    return pool->ring_mask + 1;
}

/* Far from 0, so that there is room in front. */
static uint64_t begin_of(const byn_pool *pool)
{
    return places(pool) << 24;
}

static bool has_room(const byn_pool *pool, size_t n)
{
    const byni_pool_words *words = pool->words;
    uint64_t queued = byni_load64(&words->tail) - byni_load64(&words->head);

    return queued <= places(pool) && places(pool) - queued >= n;
}

/* If there is no room, most are outdated. Its task is queued, and so in a ring made anew. */
void byni_hints_push(byn_pool *pool, const byni_ticket *tickets, size_t n)
{
    uint64_t tail = byni_load64(&pool->words->tail);
    size_t i;

    if (BYNI_UNLIKELY(!has_room(pool, n))) {
        byni_hints_rebuild(pool);
        return;
    }
    for (i = 0; i < n; i++)
        byni_store64(&pool->ring[(tail + i) & pool->ring_mask], byni_hint_of(tickets[i]));
    byni_store64(&pool->words->tail, tail + n);
}

void byni_hints_push_front(byn_pool *pool, byni_ticket ticket)
{
    uint64_t head = byni_load64(&pool->words->head);

    if (!has_room(pool, 1)) {
        byni_hints_rebuild(pool);
        return;
    }
    byni_store64(&pool->ring[(head - 1) & pool->ring_mask], byni_hint_of(ticket));
    byni_store64(&pool->words->head, head - 1);
}

/* The order of the task that the hint in this place of the ring is for. Of what cannot be: any. */
static uint64_t order_at(const byn_pool *pool, uint64_t i)
{
    byni_ticket ticket = byni_hint_ticket(byni_load64(&pool->ring[i]));

    return ticket.index < pool->capacity ? byni_load64(&pool->tasks[ticket.index].order) : 0;
}

static void swap(byn_pool *pool, uint64_t i, uint64_t k)
{
    uint64_t hint = byni_load64(&pool->ring[i]);

    byni_store64(&pool->ring[i], byni_load64(&pool->ring[k]));
    byni_store64(&pool->ring[k], hint);
}

/* Of a heap whose root is the latest. */
static void sink(byn_pool *pool, uint64_t i, uint64_t count)
{
    uint64_t child;

    for (child = 2 * i + 1; child < count; i = child, child = 2 * i + 1) {
        if (child + 1 < count && order_at(pool, child + 1) > order_at(pool, child))
            child++;
        if (order_at(pool, i) >= order_at(pool, child))
            break;
        swap(pool, i, child);
    }
}

/* In place, since who inherits the guard may have no memory. */
static void sort(byn_pool *pool, uint64_t count)
{
    uint64_t i;

    for (i = count / 2; i > 0; i--)
        sink(pool, i - 1, count);
    for (i = count; i > 1; i--) {
        swap(pool, 0, i - 1);
        sink(pool, 0, i - 1);
    }
}

void byni_hints_rebuild(byn_pool *pool)
{
    uint64_t count = 0, begin = begin_of(pool);
    uint32_t i;

    byni_posts_forget(pool);
    for (i = 0; i < pool->capacity; i++) {
        uint64_t word = byni_load64(&pool->tasks[i].word);
        byni_ticket ticket = {i, byni_word_generation(word)};

        if (byni_word_kind(word) == BYNI_TASK_QUEUED)
            byni_store64(&pool->ring[count++], byni_hint_of(ticket));
    }
    sort(pool, count);
    byni_store64(&pool->words->head, begin);
    byni_store64(&pool->words->tail, begin + count);
}

/* ---- Free ones: with the guard ------------------------------------------------------------------------ */

/* An entry gives no right either: a task that is not free is passed over by who takes it out. If the list is
 * full, there are such entries; what finds no room is found when all are looked at. */
void byni_places_push(byn_pool *pool, uint32_t index)
{
    uint32_t count = byni_load32(&pool->words->free);

    if (count >= pool->capacity)
        return;
    byni_store32(&pool->free[count], index);
    byni_store32(&pool->words->free, count + 1);
}

uint32_t byni_places_pop(byn_pool *pool)
{
    uint32_t count = byni_load32(&pool->words->free), index, found = BYNI_POOL_NOWHERE;

    if (count > pool->capacity)
        count = 0;
    while (count > 0 && found == BYNI_POOL_NOWHERE) {
        index = byni_load32(&pool->free[--count]);
        if (count >= AHEAD)
            byni_place_fetch(pool, byni_load32(&pool->free[count - AHEAD]));
        if (index < pool->capacity && byni_place_claim(pool, index))
            found = index;
    }
    byni_store32(&pool->words->free, count);
    return found;
}

void byni_places_rebuild(byn_pool *pool)
{
    uint32_t i;

    byni_store32(&pool->words->free, 0);
    for (i = pool->capacity; i > 0; i--)
        if (byni_word_kind(byni_load64(&pool->tasks[i - 1].word)) == BYNI_TASK_FREE)
            byni_places_push(pool, i - 1);
}

/* Who was freeing their blocks died: the repair of the heap does that. */
void byni_places_finish(byn_pool *pool)
{
    uint32_t i;

    for (i = 0; i < pool->capacity; i++) {
        byni_task *task = &pool->tasks[i];
        uint64_t word = byni_load64(&task->word);

        if (byni_word_kind(word) != BYNI_TASK_RESERVED || byni_word_who(word) != BYNI_POOL_CLEANER)
            continue;
        byni_store32(&task->argument_place, 0);
        byni_store32(&task->result_place, 0);
        byni_store64(&task->word, byni_task_word(byni_word_generation(word), 0, BYNI_TASK_FREE));
    }
}
