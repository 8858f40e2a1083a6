/*
 * Memory of a thread, freed with it; and threads of the library's own.
 */
#include "posix.h"

#include <signal.h>
#include <stdlib.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool there;
static BYNI_THREAD_LOCAL void *found BYNP_TLS_FAST; /* the same, without a call */

static void release(void *memory)
{
    found = NULL;
    free(memory);
}

static void make_key(void)
{
    there = pthread_key_create(&key, release) == 0;
}

void *bynk_thread_memory(size_t size)
{
    void *memory = found;

    if (memory != NULL)
        return memory;
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
    found = memory;
    return memory;
}

/* ---- Threads --------------------------------------------------------------------------------------- */

/* All signals are blocked in it: they are for the host's threads. errno. */
static int create(pthread_t *thread, int state, void *(*function)(void *), void *argument)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);

    if (error != 0)
        return error;
    (void)pthread_attr_setdetachstate(&attributes, state);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(thread, &attributes, function, argument);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return error;
}

int bynp_thread_create(void *(*function)(void *), void *argument)
{
    pthread_t thread;

    return create(&thread, PTHREAD_CREATE_DETACHED, function, argument);
}

struct bynk_thread {
    pthread_t thread; /* for who joins it */
    byni_a64 me;      /* bynk_me() of it */
    void (*function)(void *);
    void *argument;
};

static void *run(void *argument)
{
    bynk_thread *self = argument;

    byni_store64(&self->me, bynk_me());
    self->function(self->argument);
    return NULL;
}

byn_status bynk_thread_start(bynk_thread **thread, void (*function)(void *), void *argument)
{
    bynk_thread *made = calloc(1, sizeof *made);
    int error;

    if (made == NULL)
        return byni_fail(BYN_E_NOMEM, "no memory for a thread");
    made->function = function;
    made->argument = argument;
    *thread = made;
    error = create(&made->thread, PTHREAD_CREATE_JOINABLE, run, made);
    if (error == 0)
        return BYN_OK;
    *thread = NULL;
    free(made);
    return bynp_fail(error, "cannot make a thread");
}

bool bynk_thread_is_me(const bynk_thread *thread)
{
    return byni_load64(&thread->me) == bynk_me();
}

/* Not canceled, since who joins has locks. */
void bynk_thread_join(bynk_thread *thread)
{
    int cancellation;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation);
    (void)pthread_join(thread->thread, NULL);
    (void)pthread_setcancelstate(cancellation, NULL);
    free(thread);
}

void bynk_thread_leave(bynk_thread *thread)
{
    (void)pthread_detach(pthread_self());
    free(thread);
}
