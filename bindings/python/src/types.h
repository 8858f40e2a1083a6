/* types.h - the types of the extension, one file for each family of nouns; NULL with an exception. */
#ifndef BYP_TYPES_H
#define BYP_TYPES_H

#include "object.h"

/* Each adds its types to the module. */
bool byp_add_locks(PyObject *module);
bool byp_add_semaphores(PyObject *module);
bool byp_add_events(PyObject *module, PyTypeObject **type);
bool byp_add_conditions(PyObject *module);
bool byp_add_barriers(PyObject *module);
bool byp_add_arrays(PyObject *module);
bool byp_add_queues(PyObject *module, PyTypeObject **type);
bool byp_add_places(PyObject *module);
bool byp_add_dicts(PyObject *module);
bool byp_add_lists(PyObject *module);

/* For them. */
bool byp_add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **type);

/* A place that was reserved in a queue, or is held there; place.c. */
PyObject *byp_place_new(byp_object *queue, const byn_queue_place *it, bool is_written);

/* ---- acquire.c: of what has noun->lock() ---- */

/* All but the common case; status is what the first attempt said: opened anew in a forked child, or waited for. */
byn_status byp_lock_otherwise(byp_object *object, byn_timeout timeout, byn_status status);

/* What the library said. 1: it is had; 0: not in time; -1: an exception. If its last owner died, as `from` says, that
 * is noted, or it is given back. */
int byp_had(byp_object *object, byn_status status, const char *from);

/* acquire(block, timeout), by a function that answers as byp_had(). */
PyObject *byp_acquire(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                      PyObject *keywords, int (*take)(byp_object *object, byn_timeout timeout));

/* ---- inner.c ---- */

/* The lock inside an array, a dict or a list as methods; its owner may lock again. */
PyObject *byp_inner_acquire(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                            PyObject *keywords);
PyObject *byp_inner_release(PyObject *self, PyObject *unused);
PyObject *byp_inner_enter(PyObject *self, PyObject *unused);
PyObject *byp_inner_leave(PyObject *self, PyObject *const *arguments, Py_ssize_t count);

#define BYP_INNER_LOCK                                                                             \
    {"acquire", BYP_FASTCALL(byp_inner_acquire), METH_FASTCALL | METH_KEYWORDS,                    \
     "acquire(block=True, timeout=None)\n--\n\nWhether its lock was acquired."},                   \
        {"release", byp_inner_release, METH_NOARGS, "release()\n--\n\nGive its lock back."},       \
        {"__enter__", byp_inner_enter, METH_NOARGS, NULL},                                         \
    {                                                                                              \
        "__exit__", BYP_FASTCALL(byp_inner_leave), METH_FASTCALL, NULL                             \
    }

/* The mutex of a Lock or RLock, opened in this process; NULL with an exception. */
byn_mutex *byp_mutex_of(PyObject *lock);

#endif
