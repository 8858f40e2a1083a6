/*
 * dlclose() of the library, of which this program knows nothing else: threads that used it end later, and children are
 * forked. A program of its own, since one that is linked with the library never unloads it.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef LIBRARY
#define LIBRARY "libbyname.so" /* where it is built the build says which */
#endif

static void *library;
static pthread_barrier_t barrier;

/* A failure has a text, which is freed when the thread ends. */
static void *uses_the_library(void *argument)
{
    int (*remove_name)(const char *name) = NULL;
    void *found = dlsym(library, "byn_remove");

    (void)argument;
    memcpy(&remove_name, &found, sizeof found);
    if (remove_name != NULL)
        (void)remove_name("nobody:has this");
    (void)pthread_barrier_wait(&barrier);
    (void)pthread_barrier_wait(&barrier);
    return found;
}

int main(void)
{
    pthread_t thread;
    void *used = NULL;
    int result = -1;
    pid_t child;

    library = dlopen(LIBRARY, RTLD_NOW);
    if (library == NULL || pthread_barrier_init(&barrier, NULL, 2) != 0 ||
        pthread_create(&thread, NULL, uses_the_library, NULL) != 0) {
        (void)fprintf(stderr, "cannot begin: %s\n", library == NULL ? dlerror() : "no thread");
        return 1;
    }
    (void)pthread_barrier_wait(&barrier);
    if (dlclose(library) != 0)
        return 1;
    (void)pthread_barrier_wait(&barrier);
    (void)pthread_join(thread, &used);
    child = fork();
    if (child == 0)
        _exit(0);
    return used == NULL || waitpid(child, &result, 0) != child || result != 0;
}
