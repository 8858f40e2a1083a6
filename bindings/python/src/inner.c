/* The lock inside an array, a dict or a list. The library's is not recursive; multiprocessing's is. */
#include "types.h"

/* As byp_had(). */
static int lock_it(byp_object *object, byn_timeout timeout)
{
    byn_status status = object->noun->lock(object->handle, BYN_NOW);

    if (status < 0)
        status = byp_lock_otherwise(object, timeout, status);
    if (status == BYN_E_DEADLOCK) {
        object->depth++;
        return 1;
    }
    return byp_had(object, status, "its last owner died holding it");
}

PyObject *byp_inner_acquire(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                            PyObject *keywords)
{
    return byp_acquire(self, arguments, count, keywords, lock_it);
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
