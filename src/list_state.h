/*
 * list_state.h - what the sources of byn_list share.
 */
#ifndef BYNI_LIST_STATE_H
#define BYNI_LIST_STATE_H

#include <byname/list.h>

#include "list_tree.h"
#include "lock.h"

/*
 * In shared memory. The guard is held while the list is changed, and by a reader only if others changed it
 * each time that it looked. What a death leaves stands in list_tree.h and heap.h; its heir repairs it.
 */
typedef struct list_state {
    bynk_guard guard;
    byni_lock_state lock; /* users' own */
    _Alignas(64) byni_heap_state heap;
} list_state;

_Static_assert(BYNI_STATE_OFFSET + sizeof(list_state) <= BYNI_DATA_OFFSET, "the blocks follow");

struct byn_list {
    byni_object object;
    list_state *state;
    byni_lock lock;
    byni_heap heap;
};

/* BYN_OK: held, and what is there is sound. */
byn_status byni_list_lock_guard(byn_list *list);
void byni_list_unlock_guard(byn_list *list);

/* Reads by a function that writes nothing shared, without the guard if it can be. BYN_E_CORRUPT of the function: what it
 * found makes no sense, maybe because others were changing it. */
byn_status byni_list_read(byn_list *list, byn_status (*function)(byn_list *list, void *context),
                          void *context);

/* Which element a caller means; BYN_E_NOTFOUND. */
byn_status byni_list_index(byn_list *list, int64_t index, uint64_t *which);

/* What all calls begin with, and how they end: the failure is named. */
static inline bool byni_list_usable(const byn_list *list)
{
    return list != NULL && byni_object_usable(&list->object);
}

byn_status byni_list_failed(const byn_list *list, byn_status status, const char *operation);

#endif
