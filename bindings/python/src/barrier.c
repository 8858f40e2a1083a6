/* Barrier. Its action runs in the wait of the last to arrive, with the interpreter's lock. */
#include "types.h"

enum { PARTIES, HAS_TIMEOUT, TIMEOUT };

/* What the action of the barrier raised in this thread; under the interpreter's lock. One action runs at a time
 * in a barrier, but those of several may. */
typedef struct failure {
    struct failure *next;
    const void *thread;
    PyObject *type, *value, *trace;
} failure;

static failure *failures;

static void act(void *context)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *result = PyObject_CallFunctionObjArgs(context, NULL);
    failure *one;

    if (result == NULL && (one = malloc(sizeof *one)) != NULL) {
        one->thread = PyThreadState_Get();
        PyErr_Fetch(&one->type, &one->value, &one->trace);
        one->next = failures;
        failures = one;
    }
    PyErr_Clear();
    Py_XDECREF(result);
    PyGILState_Release(state);
}

/* Raise what the action raised here, if it did. */
static bool action_failed(void)
{
    failure **place;

    for (place = &failures; *place != NULL; place = &(*place)->next)
        if ((*place)->thread == PyThreadState_Get()) {
            failure *one = *place;

            *place = one->next;
            PyErr_Restore(one->type, one->value, one->trace);
            free(one);
            return true;
        }
    return false;
}

static byn_status open_barrier(const byp_object *object, const char *name, byn_open_mode mode,
                               void **handle)
{
    byn_barrier_options options = {.struct_size = sizeof options};

    options.open = mode;
    options.keep = object->keep;
    options.parties = (uint32_t)object->parameters[PARTIES];
    if (object->extra != NULL) {
        /* It is the process' action from now on, also when this object has gone. */
        Py_INCREF(object->extra);
        options.action = act;
        options.action_context = object->extra;
    }
    return byn.barrier_open((byn_barrier **)handle, name, &options);
}

static void close_barrier(void *handle)
{
    byn.barrier_close(handle);
}

static const char *name_barrier(const void *handle)
{
    return byn.barrier_name(handle);
}

static const byp_noun noun = {"Barrier", open_barrier, close_barrier, name_barrier,
                              NULL,      NULL,         false,         false};

static PyObject *new_barrier(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"parties", "action", "timeout", "name", "keep", "ctx", NULL};
    const char *name = NULL;
    int parties = 0, keep = 0;
    PyObject *action = Py_None, *timeout = Py_None, *context = NULL;
    uint64_t parameters[3] = {0, 0, 0};
    byn_timeout limit;

    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "i|OO$zpO", names, &parties, &action,
                                     &timeout, &name, &keep, &context) ||
        !byp_timeout(NULL, timeout, &limit))
        return NULL;
    if (parties < 1 && name == NULL) {
        PyErr_SetString(PyExc_ValueError, "parties must be one or more");
        return NULL;
    }
    parameters[PARTIES] = (uint64_t)(parties > 0 ? parties : 0);
    parameters[HAS_TIMEOUT] = limit != BYN_FOREVER;
    parameters[TIMEOUT] = limit != BYN_FOREVER ? (uint64_t)limit : 0;
    return byp_new(type, &noun, name, BYN_OPEN_OR_CREATE, parameters, keep != 0, false,
                   action != Py_None ? action : NULL);
}

static PyObject *reopen(PyObject *type, PyObject *state)
{
    return byp_reopen(type, &noun, state);
}

static PyObject *wait(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                      PyObject *keywords)
{
    static const char *const names[] = {"timeout", NULL};
    byp_object *barrier = (byp_object *)self;
    PyObject *given = Py_None;
    byn_timeout timeout;
    byn_status status;
    byp_wait frame;
    uint32_t index = 0;

    if (!byp_arguments("wait", names, arguments, count, keywords, &given) ||
        !byp_timeout(NULL, given, &timeout) || !byp_is_here(barrier))
        return NULL;
    if (given == Py_None && barrier->parameters[HAS_TIMEOUT])
        timeout = (byn_timeout)barrier->parameters[TIMEOUT];
    byp_wait_begin(&frame);
    status = byn.barrier_wait(barrier->handle, timeout, &index);
    byp_wait_end(&frame);
    if (barrier->extra != NULL && action_failed()) {
        /* As the standard library's: the others get on, and then find it broken. */
        (void)byn.barrier_abort(barrier->handle);
        return NULL;
    }
    if (status == BYN_E_TIMEDOUT)
        status = BYN_E_BROKEN;
    return status < 0 ? byp_failed(barrier, status) : PyLong_FromUnsignedLong(index);
}

static PyObject *change(PyObject *self, byn_status (*function)(byn_barrier *))
{
    byp_object *barrier = (byp_object *)self;
    byn_status status;

    if (!byp_is_here(barrier))
        return NULL;
    status = function(barrier->handle);
    if (status < 0)
        return byp_failed(barrier, status);
    Py_RETURN_NONE;
}

static PyObject *reset(PyObject *self, PyObject *unused)
{
    (void)unused;
    return change(self, byn.barrier_reset);
}

static PyObject *abort_it(PyObject *self, PyObject *unused)
{
    (void)unused;
    return change(self, byn.barrier_abort);
}

static PyObject *get_parties(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromUnsignedLong(byn.barrier_parties(((byp_object *)self)->handle));
}

static PyObject *get_waiting(PyObject *self, void *unused)
{
    byp_object *barrier = (byp_object *)self;

    (void)unused;
    if (!byp_is_here(barrier))
        return NULL;
    return PyLong_FromUnsignedLong(byn.barrier_waiting(barrier->handle));
}

static PyObject *get_broken(PyObject *self, void *unused)
{
    byp_object *barrier = (byp_object *)self;

    (void)unused;
    if (!byp_is_here(barrier))
        return NULL;
    return PyBool_FromLong(byn.barrier_is_broken(barrier->handle));
}

static PyMethodDef methods[] = {
    {"wait", BYP_FASTCALL(wait), METH_FASTCALL | METH_KEYWORDS,
     "wait(timeout=None)\n--\n\nWait for all parties; 0 to parties - 1, each once."},
    {"reset", reset, METH_NOARGS, "reset()\n--\n\nMake it whole again."},
    {"abort", abort_it, METH_NOARGS, "abort()\n--\n\nBreak it."},
    BYP_METHODS(reopen),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {
    BYP_GETTERS,
    {"parties", get_parties, NULL, "How many meet here.", NULL},
    {"n_waiting", get_waiting, NULL, "How many wait.", NULL},
    {"broken", get_broken, NULL, "Whether it is broken.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, new_barrier},
    {Py_tp_dealloc, byp_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {Py_tp_members, byp_members},
    {Py_tp_doc, "A place with a name where processes wait for each other."},
    {0, NULL},
};

static PyType_Spec spec = {"byname.Barrier", sizeof(byp_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

bool byp_add_barriers(PyObject *module)
{
    return byp_add_type(module, &spec, NULL);
}
