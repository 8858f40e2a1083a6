/*
 * object.h - what all types of the extension have in common: a handle of the library that is opened by name,
 * closed with its object, and opened anew in a forked child.
 *
 * Policy of the interpreter's lock: a call is tried with the lock held and without waiting, which takes
 * nanoseconds. Only if it would have to wait the interpreter's lock is let go. While it waits, signal handlers
 * of Python run, within 50 ms; what they raise ends the wait, and nothing was taken then.
 */
#ifndef BYP_OBJECT_H
#define BYP_OBJECT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include "library.h"

typedef struct byp_object byp_object;

/* What differs between the nouns. */
typedef struct byp_noun {
    const char *type; /* "Lock", for messages */
    byn_status (*open)(const byp_object *object, const char *name, byn_open_mode mode,
                       void **handle);
    void (*close)(void *handle);
    const char *(*name)(const void *handle);
    /* Of what can be had, or has a lock inside; else NULL. */
    byn_status (*lock)(void *handle, byn_timeout timeout);
    byn_status (*unlock)(void *handle);
    bool is_pointed_at; /* Python has addresses in its memory, which stays mapped where it is */
    bool
        is_presence; /* somebody has it open: that is all it says. A parent keeps none for children */
} byp_noun;

/* What the library calls them, of one with a lock inside: close_dict() and so on. */
#define BYP_LOCKED_NOUN(noun_)                                                                     \
    static void close_##noun_(void *handle)                                                        \
    {                                                                                              \
        byn.noun_##_close(handle);                                                                 \
    }                                                                                              \
    static const char *name_##noun_(const void *handle)                                            \
    {                                                                                              \
        return byn.noun_##_name(handle);                                                           \
    }                                                                                              \
    static byn_status lock_##noun_(void *handle, byn_timeout timeout)                              \
    {                                                                                              \
        return byn.noun_##_lock(handle, timeout);                                                  \
    }                                                                                              \
    static byn_status unlock_##noun_(void *handle)                                                 \
    {                                                                                              \
        return byn.noun_##_unlock(handle);                                                         \
    }

struct byp_object {
    PyObject_HEAD PyObject *weak; /* list of weak references */
    const byp_noun *noun;
    void *handle;
    uint64_t parameters[3]; /* what it was opened with, of each noun its own */
    PyObject *extra;        /* an action of a barrier; usually NULL */
    unsigned generation;    /* byp_generation when the handle was opened */
    unsigned forks;         /* byp_forks then */
    unsigned places;        /* of a queue: how many are reserved or held */
    unsigned depth;         /* of an array's lock: more locks by its owner than the library knows */
    bool keep;
    bool created;   /* the first open made the object */
    bool raises;    /* on_abandoned="raise" */
    bool abandoned; /* the last acquire was the first after the owner's death */
};

/* How often this process and its parents have become children; how often this one has forked. */
extern unsigned byp_generation, byp_forks;

/* Exceptions of the package, made with the module. */
extern PyObject *byp_error, *byp_abandoned_error, *byp_deadlock_error, *byp_mismatch_error,
    *byp_empty, *byp_full, *byp_broken_barrier_error;

/* ---- Making and closing ---------------------------------------------------------------------------- */

/* A new object of type; name NULL for a fresh one. Takes a reference to extra. */
PyObject *byp_new(PyTypeObject *type, const byp_noun *noun, const char *name, byn_open_mode mode,
                  const uint64_t parameters[3], bool keep, bool raises, PyObject *extra);

/* The same for what has a limit and nothing else: name, keep, limit, on_abandoned. */
PyObject *byp_new_limited(PyTypeObject *type, const byp_noun *noun, PyObject *arguments,
                          PyObject *keywords);

/* Out of what byp_state() told, in another process: the object must be there. */
PyObject *byp_reopen(PyObject *type, const byp_noun *noun, PyObject *state);

/* "raise" or "note" of the argument on_abandoned; false with an exception. */
bool byp_on_abandoned(const char *text, bool *raises);

/* Methods that all types have. */
void byp_dealloc(PyObject *self);
PyObject *byp_state(PyObject *self, PyObject *unused);
PyObject *byp_reduce(PyObject *self, PyObject *unused);
PyObject *byp_set_reduce(PyObject *module, PyObject *function);
PyObject *byp_get_name(PyObject *self, void *unused);
PyObject *byp_get_created(PyObject *self, void *unused);
PyObject *byp_get_abandoned(PyObject *self, void *unused);

#define BYP_METHODS(reopen)                                                                        \
    {"__reduce__", byp_reduce, METH_NOARGS, NULL}, {"_state", byp_state, METH_NOARGS, NULL},       \
    {                                                                                              \
        "_reopen", reopen, METH_O | METH_CLASS, NULL                                               \
    }

#define BYP_GETTERS                                                                                \
    {"name", byp_get_name, NULL, "The full name, enough for any process to open the same.", NULL}, \
    {                                                                                              \
        "created", byp_get_created, NULL, "Whether this object made what has the name.", NULL      \
    }

#define BYP_ABANDONED                                                                              \
    {                                                                                              \
        "abandoned", byp_get_abandoned, NULL,                                                      \
            "Whether the last owner had died when this object last acquired it.", NULL             \
    }

#define BYP_FASTCALL(function) ((PyCFunction)(void (*)(void))(function))

extern PyMemberDef byp_members[];

/* ---- Calling --------------------------------------------------------------------------------------- */

/* Whether the object had been opened by a parent that forked and is open here now; then the call is repeated. */
bool byp_revived(byp_object *object);

/* Whether it is open in this process, or is now. */
static inline bool byp_is_here(byp_object *object)
{
    return object->generation == byp_generation || byp_revived(object);
}

/* How a wait that lets go of the interpreter's lock is framed; waits of the main thread hear signals. */
typedef struct byp_wait {
    PyThreadState *state;
} byp_wait;

void byp_wait_begin(byp_wait *wait);
void byp_wait_end(byp_wait *wait);

/* The exception that belongs to a status; NULL always. An exception that there is already stays. */
PyObject *byp_failed(const byp_object *object, byn_status status);

/* The same, with the exception that it is in Python. */
PyObject *byp_raise(PyObject *exception);

/* ---- Arguments ------------------------------------------------------------------------------------- */

/* Positional arguments and keywords of a METH_FASTCALL | METH_KEYWORDS into an array of as many as there are
 * names; what is not given stays as it was. */
bool byp_arguments(const char *function, const char *const *names, PyObject *const *arguments,
                   Py_ssize_t count, PyObject *keywords, PyObject **into);

/* block and timeout as multiprocessing has them; either may be NULL. */
bool byp_timeout(PyObject *block, PyObject *timeout, byn_timeout *into);

#endif
