/*
 * A program that knows nothing of byname and loads many plugins that do, as a server or an interpreter: it uses all,
 * unloads them while a thread lives that was in them, and forks.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef const char *enter_function(const char *name, int *status);
typedef int leave_function(const char *name);

static pthread_barrier_t barrier;
static const char *const *plugins; /* NULL at the end */
static char name[64];

/* A function of a plugin; 0: it was found, and the plugin is to be closed. */
static int find(const char *file, const char *function, void **plugin, void *found)
{
    void *address;

    *plugin = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    address = *plugin == NULL ? NULL : dlsym(*plugin, function);
    if (address == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return -1;
    }
    memcpy(found, &address, sizeof address);
    return 0;
}

/* Tells in *status whether the plugin took the mutex. */
static int enter(const char *file, int *status)
{
    enter_function *function;
    void *plugin;

    if (find(file, "plugin_enter", &plugin, &function) != 0)
        return -1;
    printf("%s: %s\n", file, function(name, status));
    return dlclose(plugin);
}

static int leave(const char *file)
{
    leave_function *function;
    void *plugin;

    if (find(file, "plugin_leave", &plugin, &function) != 0)
        return -1;
    return function(name) < 0 ? -1 : dlclose(plugin);
}

/* The first takes the mutex; the others find it locked, whether the library is one for all or each has its own. */
static void *use_all(void *result)
{
    int failed = 0;
    int status;
    int i;

    for (i = 0; plugins[i] != NULL; i++)
        failed |= enter(plugins[i], &status) != 0 || (status >= 0) != (i == 0);
    (void)pthread_barrier_wait(&barrier);
    (void)pthread_barrier_wait(&barrier);
    for (i = 0; plugins[i] != NULL; i++)
        failed |= leave(plugins[i]) != 0;
    *(int *)result = failed;
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    int failed = 1;
    int status;
    pid_t child;

    if (argc < 3 || pthread_barrier_init(&barrier, NULL, 2) != 0)
        return 1;
    plugins = (const char *const *)argv + 1;
    snprintf(name, sizeof name, "consumer-%ld", (long)getpid());
    if (pthread_create(&thread, NULL, use_all, &failed) != 0)
        return 1;
    (void)pthread_barrier_wait(&barrier);
    child = fork();
    if (child == 0)
        _exit(enter(plugins[1], &status) != 0 || status >= 0);
    status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child)
        status = -1;
    (void)pthread_barrier_wait(&barrier);
    (void)pthread_join(thread, NULL);
    return failed || status != 0;
}
