/* The lock inside an array, a dict or a list. The library's is not recursive; multiprocessing's is. */
#include "types.h"

/* 1: it is had; 0: not in time; -1: an exception. */
static int lock_it(byp_object *object, byn_timeout timeout)
{
    byn_status status = object->noun->lock(object->handle, BYN_NOW);

    if (status == BYN_E_INVALID && byp_revived(object))
        status = object->noun->lock(object->handle, BYN_NOW);
    if (status == BYN_E_TIMEDOUT && timeout != BYN_NOW) {
        byp_wait wait;

        byp_wait_begin(&wait);
        status = object->noun->lock(object->handle, timeout);
        byp_wait_end(&wait);
    }
    if (status == BYN_E_DEADLOCK) {
        object->depth++;
        return 1;
    }
    if (status == BYN_E_TIMEDOUT)
        return 0;
    if (status < 0) {
        byp_failed(object, status);
        return -1;
    }
    object->abandoned = status == BYN_ABANDONED;
    if (object->abandoned && object->raises) {
        (void)object->noun->unlock(object->handle);
        PyErr_SetString(byp_abandoned_error, "its last owner died holding it");
        return -1;
    }
    return 1;
}

PyObject *byp_inner_acquire(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                            PyObject *keywords)
{
    static const char *const names[] = {"block", "timeout", NULL};
    PyObject *given[2] = {NULL, NULL};
    byn_timeout timeout;
    int had;

    if (!byp_arguments("acquire", names, arguments, count, keywords, given) ||
        !byp_timeout(given[0], given[1], &timeout))
        return NULL;
    had = lock_it((byp_object *)self, timeout);
    return had < 0 ? NULL : PyBool_FromLong(had);
}

/* Only its owner changes the depth, so it must be known to be the caller: locking again says so. */
PyObject *byp_inner_release(PyObject *self, PyObject *unused)
{
    byp_object *object = (byp_object *)self;
    byn_status status;

    (void)unused;
    if (object->depth > 0 && object->noun->lock(object->handle, BYN_NOW) == BYN_E_DEADLOCK) {
        object->depth--;
        Py_RETURN_NONE;
    }
    status = object->noun->unlock(object->handle);
    if (status == BYN_E_NOTOWNER)
        return byp_raise(PyExc_AssertionError);
    if (status < 0)
        return byp_failed(object, status);
    Py_RETURN_NONE;
}

PyObject *byp_inner_enter(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (lock_it((byp_object *)self, BYN_FOREVER) < 0)
        return NULL;
    Py_RETURN_TRUE;
}

PyObject *byp_inner_leave(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    (void)arguments;
    (void)count;
    return byp_inner_release(self, NULL);
}
