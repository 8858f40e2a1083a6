/* How what can be had is had: locks, permits, the locks inside objects. All by noun->lock() and noun->unlock(). */
#include "types.h"

byn_status byp_lock_otherwise(byp_object *object, byn_timeout timeout, byn_status status)
{
    if (status == BYN_E_INVALID && byp_revived(object))
        status = object->noun->lock(object->handle, BYN_NOW);
    if (status == BYN_E_TIMEDOUT && timeout != BYN_NOW) {
        byp_wait wait;

        byp_wait_begin(&wait);
        status = object->noun->lock(object->handle, timeout);
        byp_wait_end(&wait);
    }
    return status;
}

static bool inherited(byp_object *object, const char *from)
{
    object->abandoned = true;
    if (!object->raises)
        return true;
    (void)object->noun->unlock(object->handle);
    PyErr_SetString(byp_abandoned_error, from);
    return false;
}

int byp_had(byp_object *object, byn_status status, const char *from)
{
    if (status == BYN_ABANDONED)
        return inherited(object, from) ? 1 : -1;
    if (status == BYN_E_TIMEDOUT)
        return 0;
    if (status < 0) {
        byp_failed(object, status);
        return -1;
    }
    object->abandoned = false; /* and not before: who has it may ask meanwhile */
    return 1;
}

PyObject *byp_acquire(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                      PyObject *keywords, int (*take)(byp_object *object, byn_timeout timeout))
{
    static const char *const names[] = {"block", "timeout", NULL};
    PyObject *given[2] = {NULL, NULL};
    byn_timeout timeout = BYN_FOREVER;
    int had;

    if ((count > 0 || keywords != NULL) &&
        (!byp_arguments("acquire", names, arguments, count, keywords, given) ||
         !byp_timeout(given[0], given[1], &timeout)))
        return NULL;
    had = take((byp_object *)self, timeout);
    return had < 0 ? NULL : PyBool_FromLong(had);
}
