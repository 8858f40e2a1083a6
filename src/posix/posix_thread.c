/*
 * Memory of a thread, freed with it.
 */
#include "posix.h"

#include <stdlib.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool there;

static void make_key(void)
{
    there = pthread_key_create(&key, free) == 0;
}

void *bynk_thread_memory(size_t size)
{
    void *memory;

    (void)pthread_once(&once, make_key);
    if (!there)
        return NULL;
    memory = pthread_getspecific(key);
    if (memory == NULL) {
        memory = calloc(1, size);
        if (memory != NULL && pthread_setspecific(key, memory) != 0) {
            free(memory);
            memory = NULL;
        }
    }
    return memory;
}
