/*
 * fork.h - objects and os.fork().
 *
 * A forked child opens by name, at first use, what it inherited. Until then the object must not be removed:
 * a parent that lets go of it meanwhile (multiprocessing does so with a process' arguments) would be the last
 * to have it open. So it keeps its handle while a child lives that was forked while the object was there. That
 * a child lives is told by a pipe of which the child, and its own children, have the other end.
 */
#ifndef BYP_FORK_H
#define BYP_FORK_H

#include "object.h"

/* Whether the object's handle is kept, in its place, for children; for byp_dealloc(). */
bool byp_fork_retains(const byp_object *object);

/* Functions for os.register_at_fork(). */
PyObject *byp_before_fork(PyObject *module, PyObject *unused);
PyObject *byp_after_fork_in_parent(PyObject *module, PyObject *unused);
PyObject *byp_after_fork_in_child(PyObject *module, PyObject *unused);

/* Close what is kept for children that have ended. */
PyObject *byp_sweep(PyObject *module, PyObject *unused);

#endif
