/*
 * Small tasks are submitted without the guard while no worker has to be called for them.
 *
 * Two things make that possible. This process has a stock of free places: an entry of it gives no right, the place is
 * taken by a compare and exchange of its word. And each submitter has a short ring of hints in shared memory, the posts:
 * only it writes there, and who holds the guard moves them to the ring of all, in their order.
 *
 * Killed, in this order:
 *   before the word is RESERVED        nothing has happened; the place is free, and is found by a look at all words
 *   RESERVED                           who cleans up after the dead finds its name in the word
 *   QUEUED, and not posted             the same; if tasks outlive their submitters, who cleans up makes the ring anew
 *   posted, and nobody was called      as QUEUED. Who goes to sleep says so and then looks at all posts; who posts looks
 *                                      for sleepers after that: so one of both sees the other
 * Who moves posts is killed with the guard: the ring is made anew of the words, and perhaps has some twice.
 */
#include "pool_state.h"

#include "crash.h"

enum {
    TRIES = 200, /* of the stock, which is held for less than a microsecond */
    AHEAD = 4    /* places that are fetched while others are filled */
};

/* ---- The stock ------------------------------------------------------------------------------------------ */

bool byni_stock_hold(byn_pool *pool)
{
    int i;

    for (i = 0; i < TRIES; i++) {
        if (byni_load32(&pool->stock.held) == 0 && byni_exchange32(&pool->stock.held, 1) == 0)
            return true;
        byni_pause();
    }
    return false;
}

void byni_stock_let_go(byn_pool *pool)
{
    byni_store32(&pool->stock.held, 0);
}

static uint32_t count(const byn_pool *pool)
{
    return byni_load32(&pool->stock.count);
}

/* If it is full, some entries are there twice, or outdated. */
static void add(byn_pool *pool, uint32_t index)
{
    if (count(pool) >= pool->capacity)
        return;
    pool->stock.places[count(pool)] = index;
    byni_store32(&pool->stock.count, count(pool) + 1);
}

void byni_stock_add(byn_pool *pool, const uint32_t *indices, size_t n)
{
    size_t i;

    if (byni_stock_hold(pool)) {
        for (i = 0; i < n; i++)
            add(pool, indices[i]);
        byni_stock_let_go(pool);
    } else if (byni_pool_lock(pool) >= 0) {
        for (i = 0; i < n; i++)
            byni_places_push(pool, indices[i]);
        byni_pool_unlock(pool);
    }
    /* Who is short of room says so, and then looks at all words. */
    if (byni_load32_after(&pool->words->short_of) == 0)
        return;
    byni_tasks_give_back(pool);
    byni_bell_ring(pool, &pool->words->room);
}

bool byni_place_claim(byn_pool *pool, uint32_t index)
{
    uint64_t word = byni_load64(&pool->tasks[index].word);

    return byni_word_kind(word) == BYNI_TASK_FREE &&
           byni_cas64(&pool->tasks[index].word, &word,
                      byni_task_word(byni_word_generation(word), pool->me, BYNI_TASK_RESERVED));
}

uint32_t byni_stock_claim(byn_pool *pool)
{
    const uint32_t *places = pool->stock.places;
    uint32_t left = count(pool), found = BYNI_POOL_NOWHERE;

    while (left > 0 && found == BYNI_POOL_NOWHERE) {
        uint32_t index = places[--left];

        if (left >= AHEAD)
            byni_place_fetch(pool, places[left - AHEAD]);
        if (byni_place_claim(pool, index))
            found = index;
    }
    byni_store32(&pool->stock.count, left);
    return found;
}

void byni_stock_return(byn_pool *pool)
{
    if (count(pool) == 0 || !byni_stock_hold(pool))
        return;
    while (count(pool) > 0) {
        byni_store32(&pool->stock.count, count(pool) - 1);
        byni_places_push(pool, pool->stock.places[count(pool)]);
    }
    byni_stock_let_go(pool);
}

void byni_kept_release(byn_pool *pool, byni_kept *kept)
{
    size_t i;

    for (i = 0; i < kept->count; i++) {
        uint64_t generation = byni_word_generation(byni_load64(&pool->tasks[kept->places[i]].word));

        byni_store64(&pool->tasks[kept->places[i]].word,
                     byni_task_word(generation, 0, BYNI_TASK_FREE));
    }
    if (kept->count > 0)
        byni_stock_add(pool, kept->places, kept->count);
    kept->count = 0;
}

/* ---- Posts ------------------------------------------------------------------------------------------------ */

/* What cannot be is taken for none: then the ring is made anew. */
static uint64_t waiting(const byni_submitter *submitter)
{
    return byni_load64(&submitter->posted) - byni_load64(&submitter->fetched);
}

uint64_t byni_posts_count(const byn_pool *pool)
{
    uint32_t i, used = byni_used_submitters(pool);
    uint64_t sum = 0;

    for (i = 0; i < used; i++)
        sum += waiting(&pool->submitters[i]);
    return sum;
}

static void fetch_posts(byn_pool *pool, byni_submitter *submitter)
{
    uint64_t at = byni_load64(&submitter->fetched), posted = byni_load64(&submitter->posted);
    byni_ticket tickets[BYNI_POSTS];
    size_t n = 0;

    if (BYNI_UNLIKELY(posted - at > BYNI_POSTS)) {
        byni_hints_rebuild(pool);
        return;
    }
    for (; at != posted; at++)
        tickets[n++] = byni_hint_ticket(byni_load64(&submitter->post[at % BYNI_POSTS]));
    byni_hints_push(pool, tickets, n);
    byni_crash_point("pool.fetched");
    byni_store64(&submitter->fetched, posted);
}

void byni_posts_fetch(byn_pool *pool)
{
    uint32_t i, used = byni_used_submitters(pool);

    for (i = 0; i < used; i++)
        if (waiting(&pool->submitters[i]) != 0)
            fetch_posts(pool, &pool->submitters[i]);
}

/* For a ring that is made of the words, in which all that was posted is. */
void byni_posts_forget(byn_pool *pool)
{
    uint32_t i, used = byni_used_submitters(pool);

    for (i = 0; i < used; i++)
        byni_store64(&pool->submitters[i].fetched, byni_load64(&pool->submitters[i].posted));
}

/* ---- A submission ------------------------------------------------------------------------------------------ */

uint64_t byni_order_next(byn_pool *pool)
{
    uint64_t mine = byni_load64(&pool->order), all = byni_load64(&pool->words->order);

    mine = mine > all ? mine : all;
    byni_store64(&pool->order, mine + 1);
    return mine;
}

bool byni_task_may_post(const byn_pool *pool)
{
    const byni_pool_words *words = pool->words;

    return pool->me < BYN_POOL_MEMBERS_MAX && byni_load32(&words->phase) == 0 &&
           byni_load32(&words->short_of) == 0 && !byni_worker_is_wanted(pool) &&
           waiting(&pool->submitters[pool->me]) < BYNI_POSTS && count(pool) > 0;
}

/* With the stock. The last store is a fence, too. */
static void publish(byn_pool *pool, byni_ticket ticket)
{
    byni_submitter *me = &pool->submitters[pool->me];
    byni_task *task = &pool->tasks[ticket.index];
    uint64_t posted = byni_load64(&me->posted);

    byni_store64(&task->order, byni_order_next(pool));
    byni_store64(&task->word, byni_task_word(ticket.generation, 0, BYNI_TASK_QUEUED));
    byni_crash_point("pool.queued");
    byni_store64(&me->post[posted % BYNI_POSTS], byni_hint_of(ticket));
    (void)byni_exchange64(&me->posted, posted + 1);
    byni_crash_point("pool.posted");
}

/* With the stock. */
static bool post(byn_pool *pool, const byni_submission *what, byni_ticket *ticket)
{
    byni_task *task;
    uint32_t index = waiting(&pool->submitters[pool->me]) < BYNI_POSTS ? byni_stock_claim(pool)
                                                                       : BYNI_POOL_NOWHERE;

    if (index == BYNI_POOL_NOWHERE)
        return false;
    task = &pool->tasks[index];
    ticket->index = index;
    ticket->generation = byni_word_generation(byni_load64(&task->word));
    byni_crash_point("pool.reserved");
    byni_task_fill(pool, task, what);
    publish(pool, *ticket);
    return true;
}

/*
 * The phase has changed meanwhile. Who changed it may not have seen the task, and no worker may be there: it is taken
 * back, unless it was begun, or has ended with all the others.
 */
static byn_status take_back(byn_pool *pool, byni_ticket ticket)
{
    byni_task *task = &pool->tasks[ticket.index];
    uint64_t word = byni_task_word(ticket.generation, 0, BYNI_TASK_QUEUED);

    if (!byni_cas64(&task->word, &word, byni_task_word(ticket.generation + 1, 0, BYNI_TASK_FREE)))
        return BYN_OK;
    byni_stock_add(pool, &ticket.index, 1);
    return byni_pool_refused(pool);
}

bool byni_task_post(byn_pool *pool, const byni_submission *what, byni_ticket *ticket,
                    byn_status *status)
{
    bool posted;

    if (!byni_stock_hold(pool))
        return false;
    posted = post(pool, what, ticket);
    byni_stock_let_go(pool);
    if (!posted)
        return false;
    *status = BYN_OK;
    if (BYNI_UNLIKELY(byni_load32_after(&pool->words->phase) != 0))
        *status = take_back(pool, *ticket);
    else
        byni_worker_call_now(pool); /* who has gone to sleep meanwhile */
    return true;
}
