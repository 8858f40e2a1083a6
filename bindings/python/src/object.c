#include "object.h"
#include "fork.h"

#include <math.h>
#include <stddef.h>

unsigned byp_generation, byp_forks;
PyObject *byp_error, *byp_abandoned_error, *byp_deadlock_error, *byp_mismatch_error, *byp_empty,
    *byp_full, *byp_broken_barrier_error;

/* The package's function that pickles; set when it is imported. */
static PyObject *reduce_function;

PyMemberDef byp_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(byp_object, weak), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

/* ---- Making and closing ---------------------------------------------------------------------------- */

static bool open_handle(byp_object *object, const char *name, byn_open_mode mode)
{
    byn_status status = object->noun->open(object, name, mode, &object->handle);

    if (status < 0) {
        byp_failed(object, status);
        return false;
    }
    object->created = status == BYN_CREATED;
    object->generation = byp_generation;
    object->forks = byp_forks;
    return true;
}

PyObject *byp_new(PyTypeObject *type, const byp_noun *noun, const char *name, byn_open_mode mode,
                  const uint64_t parameters[3], bool keep, bool raises, PyObject *extra)
{
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    byp_object *object = (byp_object *)allocate(type, 0);

    if (object == NULL)
        return NULL;
    object->noun = noun;
    memcpy(object->parameters, parameters, sizeof object->parameters);
    object->keep = keep;
    object->raises = raises;
    Py_XINCREF(extra);
    object->extra = extra;
    if (!open_handle(object, name, mode)) {
        Py_DECREF(object);
        return NULL;
    }
    return (PyObject *)object;
}

PyObject *byp_state(PyObject *self, PyObject *unused)
{
    byp_object *object = (byp_object *)self;
    PyObject *extra = object->extra != NULL ? object->extra : Py_None;

    (void)unused;
    return Py_BuildValue("(sKKKiO)", object->noun->name(object->handle),
                         (unsigned long long)object->parameters[0],
                         (unsigned long long)object->parameters[1],
                         (unsigned long long)object->parameters[2], (int)object->raises, extra);
}

PyObject *byp_new_limited(PyTypeObject *type, const byp_noun *noun, PyObject *arguments,
                          PyObject *keywords)
{
    static char *names[] = {"name", "keep", "limit", "on_abandoned", NULL};
    const char *name = NULL, *on_abandoned = NULL;
    unsigned long long limit = 0;
    int keep = 0;
    bool raises;
    uint64_t parameters[3] = {0, 0, 0};

    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|zpKs", names, &name, &keep, &limit,
                                     &on_abandoned) ||
        !byp_on_abandoned(on_abandoned, &raises))
        return NULL;
    parameters[0] = limit;
    return byp_new(type, noun, name, BYN_OPEN_OR_CREATE, parameters, keep != 0, raises, NULL);
}

PyObject *byp_reopen(PyObject *type, const byp_noun *noun, PyObject *state)
{
    const char *name;
    unsigned long long first, second, third;
    uint64_t parameters[3];
    int raises;
    PyObject *extra;

    if (!PyArg_ParseTuple(state, "sKKKiO", &name, &first, &second, &third, &raises, &extra))
        return NULL;
    parameters[0] = first;
    parameters[1] = second;
    parameters[2] = third;
    return byp_new((PyTypeObject *)type, noun, name, BYN_OPEN_ONLY, parameters, false, raises != 0,
                   extra == Py_None ? NULL : extra);
}

bool byp_on_abandoned(const char *text, bool *raises)
{
    *raises = text != NULL && strcmp(text, "raise") == 0;
    if (*raises || text == NULL || strcmp(text, "note") == 0)
        return true;
    PyErr_SetString(PyExc_ValueError, "on_abandoned is \"note\" or \"raise\"");
    return false;
}

void byp_dealloc(PyObject *self)
{
    byp_object *object = (byp_object *)self;
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

    if (object->weak != NULL)
        PyObject_ClearWeakRefs(self);
    if (object->handle != NULL && !byp_fork_retains(object))
        object->noun->close(object->handle);
    Py_XDECREF(object->extra);
    release(self);
    Py_DECREF(type);
}

PyObject *byp_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (reduce_function == NULL)
        return PyErr_Format(byp_error, "the package byname is not imported");
    return PyObject_CallFunctionObjArgs(reduce_function, self, NULL);
}

PyObject *byp_set_reduce(PyObject *module, PyObject *function)
{
    (void)module;
    Py_INCREF(function);
    Py_XDECREF(reduce_function);
    reduce_function = function;
    Py_RETURN_NONE;
}

PyObject *byp_get_name(PyObject *self, void *unused)
{
    const byp_object *object = (const byp_object *)self;

    (void)unused;
    return PyUnicode_FromString(object->noun->name(object->handle));
}

PyObject *byp_get_created(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(((const byp_object *)self)->created);
}

PyObject *byp_get_abandoned(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(((const byp_object *)self)->abandoned);
}

/* ---- Calling --------------------------------------------------------------------------------------- */

bool byp_revived(byp_object *object)
{
    void *inherited = object->handle;
    byn_status status;

    if (object->generation == byp_generation)
        return false;
    status =
        object->noun->open(object, object->noun->name(inherited), BYN_OPEN_ONLY, &object->handle);
    if (status < 0) {
        object->handle = inherited;
        byp_failed(object, status);
        return false;
    }
    object->generation = byp_generation;
    object->forks = byp_forks;
    object->depth = 0;
    if (!object->noun->is_pointed_at && object->places == 0)
        object->noun->close(inherited);
    object->places = 0; /* those are the parent's; what is seen of them stays mapped */
    return true;
}

/* Called by a wait that sleeps: after a signal, and every 50 ms. */
static bool interrupted(void *context)
{
    byp_wait *wait = context;
    bool raised;

    PyEval_RestoreThread(wait->state);
    raised = PyErr_CheckSignals() != 0;
    wait->state = PyEval_SaveThread();
    return raised;
}

void byp_wait_begin(byp_wait *wait)
{
    wait->state = PyEval_SaveThread();
    byn.wait_interruptible(interrupted, wait);
}

void byp_wait_end(byp_wait *wait)
{
    byn.wait_interruptible(NULL, NULL);
    PyEval_RestoreThread(wait->state);
}

PyObject *byp_raise(PyObject *exception)
{
    if (PyErr_Occurred() == NULL)
        PyErr_SetString(exception, byn.last_error());
    return NULL;
}

PyObject *byp_failed(const byp_object *object, byn_status status)
{
    (void)object;
    switch (status) {
    case BYN_E_INVALID:
    case BYN_E_NAME:
    case BYN_E_TOOBIG:
    case BYN_E_CLOSED:
    case BYN_E_NOTOWNER:
        return byp_raise(PyExc_ValueError);
    case BYN_E_NOTFOUND:
        return byp_raise(PyExc_FileNotFoundError);
    case BYN_E_EXISTS:
        return byp_raise(PyExc_FileExistsError);
    case BYN_E_ACCESS:
        return byp_raise(PyExc_PermissionError);
    case BYN_E_NOMEM:
        return byp_raise(PyExc_MemoryError);
    case BYN_E_TIMEDOUT:
        return byp_raise(PyExc_TimeoutError);
    case BYN_E_DEADLOCK:
        return byp_raise(byp_deadlock_error);
    case BYN_E_MISMATCH:
        return byp_raise(byp_mismatch_error);
    case BYN_E_BROKEN:
        return byp_raise(byp_broken_barrier_error);
    default:
        return byp_raise(byp_error);
    }
}

/* ---- Arguments ------------------------------------------------------------------------------------- */

static bool place_keyword(const char *function, const char *const *names, PyObject *keyword,
                          PyObject *value, PyObject **into)
{
    size_t i;

    for (i = 0; names[i] != NULL; i++)
        if (PyUnicode_CompareWithASCIIString(keyword, names[i]) == 0) {
            into[i] = value;
            return true;
        }
    PyErr_Format(PyExc_TypeError, "%s() has no argument '%U'", function, keyword);
    return false;
}

bool byp_arguments(const char *function, const char *const *names, PyObject *const *arguments,
                   Py_ssize_t count, PyObject *keywords, PyObject **into)
{
    Py_ssize_t i, n = keywords != NULL ? PyTuple_Size(keywords) : 0;

    for (i = 0; i < count; i++) {
        if (names[i] == NULL) {
            PyErr_Format(PyExc_TypeError, "%s() takes at most %zd arguments", function, i);
            return false;
        }
        into[i] = arguments[i];
    }
    for (i = 0; i < n; i++)
        if (!place_keyword(function, names, PyTuple_GetItem(keywords, i), arguments[count + i],
                           into))
            return false;
    return true;
}

bool byp_timeout(PyObject *block, PyObject *timeout, byn_timeout *into)
{
    int blocks = block != NULL ? PyObject_IsTrue(block) : 1;
    double seconds;

    if (blocks < 0)
        return false;
    *into = blocks ? BYN_FOREVER : BYN_NOW;
    if (!blocks || timeout == NULL || timeout == Py_None)
        return true;
    seconds = PyFloat_AsDouble(timeout);
    if (PyErr_Occurred() != NULL)
        return false;
    if (!(seconds > 0))
        *into = BYN_NOW;
    else if (seconds < 1e15)
        *into = (byn_timeout)ceil(seconds * 1000);
    return true;
}
