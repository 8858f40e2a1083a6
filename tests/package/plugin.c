/* A shared library that has byname inside, or uses the shared one: a plugin, an extension of a language. */
#include <byname/byname.h>

BYN_EXPORT const char *plugin_enter(const char *name, byn_status *status);
BYN_EXPORT byn_status plugin_leave(const char *name);

/* What the library says of a failure; the mutex stays open and locked. */
const char *plugin_enter(const char *name, byn_status *status)
{
    byn_mutex *mutex;

    *status = byn_mutex_open(&mutex, name, NULL);
    if (*status >= 0)
        *status = byn_mutex_lock(mutex, BYN_NOW);
    return *status < 0 ? byn_last_error() : "";
}

/* The plugin itself may have been unloaded since, and knows nothing: its handle is the same again. */
byn_status plugin_leave(const char *name)
{
    byn_mutex *mutex;
    byn_status status = byn_mutex_open(&mutex, name, NULL);

    if (status >= 0) {
        byn_mutex_close(mutex);
        byn_mutex_close(mutex);
    }
    return status;
}
