/*
 * Memory of a thread, freed with it; and threads of the library's own.
 */
#include "posix.h"

#include <signal.h>
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

int bynp_thread_create(void *(*function)(void *), void *argument)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;
    int error = pthread_attr_init(&attributes);

    if (error != 0)
        return error;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, function, argument);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return error;
}
