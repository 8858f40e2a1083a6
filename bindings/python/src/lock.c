/* Lock and RLock: mutexes. One that belongs to its thread can be inherited when that ends. */
#include "types.h"

enum { RECURSIVE = 0 };

static PyTypeObject *lock_type, *rlock_type;

static byn_status open_mutex(const byp_object *object, const char *name, byn_open_mode mode,
                             void **handle)
{
    byn_mutex_options options = {.struct_size = sizeof options};

    options.open = mode;
    options.keep = object->keep;
    options.recursive = object->parameters[RECURSIVE] != 0;
    return byn.mutex_open((byn_mutex **)handle, name, &options);
}

static void close_mutex(void *handle)
{
    byn.mutex_close(handle);
}

static const char *name_mutex(const void *handle)
{
    return byn.mutex_name(handle);
}

static byn_status lock_mutex(void *handle, byn_timeout timeout)
{
    return byn.mutex_lock(handle, timeout);
}

static byn_status unlock_mutex(void *handle)
{
    return byn.mutex_unlock(handle);
}

static const byp_noun noun = {"Lock",     open_mutex,   close_mutex, name_mutex,
                              lock_mutex, unlock_mutex, false,       false};

static PyObject *make(PyTypeObject *type, PyObject *arguments, PyObject *keywords, bool recursive)
{
    static char *names[] = {"name", "keep", "on_abandoned", "ctx", NULL};
    const char *name = NULL, *on_abandoned = NULL;
    int keep = 0;
    bool raises;
    PyObject *context = NULL;
    uint64_t parameters[3] = {recursive, 0, 0};

    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|$zpsO", names, &name, &keep,
                                     &on_abandoned, &context) ||
        !byp_on_abandoned(on_abandoned, &raises))
        return NULL;
    return byp_new(type, &noun, name, BYN_OPEN_OR_CREATE, parameters, keep != 0, raises, NULL);
}

static PyObject *new_lock(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    return make(type, arguments, keywords, false);
}

static PyObject *new_rlock(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    return make(type, arguments, keywords, true);
}

static PyObject *reopen(PyObject *type, PyObject *state)
{
    return byp_reopen(type, &noun, state);
}

/* A lock that the caller has itself cannot be had before the timeout; without one, never. */
static byn_status wait_in_vain(byn_timeout timeout)
{
    PyObject *module, *result = NULL;

    if (timeout <= BYN_NOW)
        return timeout == BYN_NOW ? BYN_E_TIMEDOUT : BYN_E_DEADLOCK;
    module = PyImport_ImportModule("time");
    if (module != NULL)
        result = PyObject_CallMethod(module, "sleep", "d", (double)timeout / 1000);
    Py_XDECREF(module);
    Py_XDECREF(result);
    return result != NULL ? BYN_E_TIMEDOUT : BYN_E_CANCELED;
}

/* As byp_had(). */
static int lock_it(byp_object *lock, byn_timeout timeout)
{
    byn_status status = byn.mutex_lock(lock->handle, BYN_NOW);

    if (status < 0)
        status = byp_lock_otherwise(lock, timeout, status);
    if (status == BYN_E_DEADLOCK)
        status = wait_in_vain(timeout);
    return byp_had(lock, status, "its last owner died holding it");
}

static PyObject *acquire(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                         PyObject *keywords)
{
    return byp_acquire(self, arguments, count, keywords, lock_it);
}

static bool unlock_it(byp_object *lock)
{
    byn_status status = byn.mutex_unlock(lock->handle);

    if (status == BYN_OK)
        return true;
    if (status == BYN_E_INVALID && byp_revived(lock))
        status = byn.mutex_unlock(lock->handle);
    if (status >= 0)
        return true;
    if (status == BYN_E_NOTOWNER && lock->parameters[RECURSIVE] != 0)
        byp_raise(PyExc_AssertionError);
    else
        byp_failed(lock, status);
    return false;
}

static PyObject *release(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (!unlock_it((byp_object *)self))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *enter(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (lock_it((byp_object *)self, BYN_FOREVER) < 0)
        return NULL;
    Py_RETURN_TRUE;
}

static PyObject *leave(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    (void)arguments;
    (void)count;
    if (!unlock_it((byp_object *)self))
        return NULL;
    Py_RETURN_NONE;
}

/* (pid, thread, program, is dead), or None. */
static PyObject *owner(PyObject *self, PyObject *unused)
{
    byp_object *lock = (byp_object *)self;
    byn_mutex_info info = {.struct_size = sizeof info};
    byn_status status = byn.mutex_owner(lock->handle, &info);

    (void)unused;
    if (status == BYN_E_INVALID && byp_revived(lock))
        status = byn.mutex_owner(lock->handle, &info);
    if (status < 0)
        return byp_failed(lock, status);
    if (!info.held)
        Py_RETURN_NONE;
    return Py_BuildValue("(IIsO)", (unsigned)info.owner.pid, (unsigned)info.owner.thread,
                         info.owner.program, info.owner_is_dead ? Py_True : Py_False);
}

static PyObject *locked(PyObject *self, PyObject *unused)
{
    PyObject *found = owner(self, unused);
    int held = found != Py_None;

    if (found == NULL)
        return NULL;
    Py_DECREF(found);
    return PyBool_FromLong(held);
}

static PyObject *represent(PyObject *self)
{
    PyObject *found = owner(self, NULL), *text;
    const char *type = ((byp_object *)self)->parameters[RECURSIVE] != 0 ? "RLock" : "Lock";

    if (found == NULL)
        return NULL;
    text = PyUnicode_FromFormat("<%s(owner=%R)>", type, found);
    Py_DECREF(found);
    return text;
}

byn_mutex *byp_mutex_of(PyObject *lock)
{
    byp_object *object = (byp_object *)lock;

    if (!PyObject_TypeCheck(lock, lock_type) && !PyObject_TypeCheck(lock, rlock_type)) {
        PyErr_SetString(PyExc_TypeError, "a Lock or RLock of byname is needed");
        return NULL;
    }
    if (!byp_is_here(object))
        return NULL;
    return object->handle;
}

static PyMethodDef methods[] = {
    {"acquire", BYP_FASTCALL(acquire), METH_FASTCALL | METH_KEYWORDS,
     "acquire(block=True, timeout=None)\n--\n\nWhether it was acquired, within timeout seconds."},
    {"release", release, METH_NOARGS, "release()\n--\n\nGive it back; by the thread that has it."},
    {"owner", owner, METH_NOARGS,
     "owner()\n--\n\n(pid, thread, program, is dead) of who has it, or None."},
    {"locked", locked, METH_NOARGS, "locked()\n--\n\nWhether anybody has it."},
    {"__enter__", enter, METH_NOARGS, NULL},
    {"__exit__", BYP_FASTCALL(leave), METH_FASTCALL, NULL},
    BYP_METHODS(reopen),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {BYP_GETTERS, BYP_ABANDONED, {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot lock_slots[] = {
    {Py_tp_new, new_lock},
    {Py_tp_repr, represent},
    {Py_tp_dealloc, byp_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {Py_tp_members, byp_members},
    {Py_tp_doc, "A lock with a name, for threads and processes."},
    {0, NULL},
};

static PyType_Slot rlock_slots[] = {
    {Py_tp_new, new_rlock},
    {Py_tp_repr, represent},
    {Py_tp_dealloc, byp_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {Py_tp_members, byp_members},
    {Py_tp_doc, "A lock with a name that its owner may acquire again."},
    {0, NULL},
};

static PyType_Spec lock_spec = {"byname.Lock", sizeof(byp_object), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, lock_slots};
static PyType_Spec rlock_spec = {"byname.RLock", sizeof(byp_object), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, rlock_slots};

bool byp_add_locks(PyObject *module)
{
    return byp_add_type(module, &lock_spec, &lock_type) &&
           byp_add_type(module, &rlock_spec, &rlock_type);
}
