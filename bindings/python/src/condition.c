/* What Condition of the package is made of: waiting with a mutex. */
#include "types.h"

static byn_status open_condition(const byp_object *object, const char *name, byn_open_mode mode,
                                 void **handle)
{
    byn_condition_options options = {.struct_size = sizeof options};

    options.open = mode;
    options.keep = object->keep;
    return byn.condition_open((byn_condition **)handle, name, &options);
}

static void close_condition(void *handle)
{
    byn.condition_close(handle);
}

static const char *name_condition(const void *handle)
{
    return byn.condition_name(handle);
}

static const byp_noun noun = {"Condition", open_condition, close_condition, name_condition,
                              NULL,        NULL,           false,           false};

static PyObject *new_condition(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", "keep", NULL};
    const char *name = NULL;
    int keep = 0;
    const uint64_t parameters[3] = {0, 0, 0};

    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|zp", names, &name, &keep))
        return NULL;
    return byp_new(type, &noun, name, BYN_OPEN_OR_CREATE, parameters, keep != 0, false, NULL);
}

static PyObject *reopen(PyObject *type, PyObject *state)
{
    return byp_reopen(type, &noun, state);
}

/* wait(lock, timeout): whether it was notified in time; the lock is held again in any case. */
static PyObject *wait(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    byp_object *condition = (byp_object *)self;
    byn_mutex *mutex;
    byn_timeout timeout;
    byn_status status;
    byp_wait frame;

    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "wait() takes a lock and a timeout");
        return NULL;
    }
    mutex = byp_mutex_of(arguments[0]);
    if (mutex == NULL || !byp_timeout(NULL, arguments[1], &timeout) || !byp_is_here(condition))
        return NULL;
    byp_wait_begin(&frame);
    status = byn.condition_wait(condition->handle, mutex, timeout);
    byp_wait_end(&frame);
    condition->abandoned = status == BYN_ABANDONED;
    if (status == BYN_E_TIMEDOUT)
        Py_RETURN_FALSE;
    if (status == BYN_E_NOTOWNER)
        return byp_raise(PyExc_AssertionError);
    if (status < 0)
        return byp_failed(condition, status);
    Py_RETURN_TRUE;
}

/* notify(n): at most so many; 0: all. */
static PyObject *notify(PyObject *self, PyObject *count)
{
    byp_object *condition = (byp_object *)self;
    unsigned long n = PyLong_AsUnsignedLong(count);
    byn_status status;

    if (PyErr_Occurred() != NULL || !byp_is_here(condition))
        return NULL;
    status = n == 0 ? byn.condition_notify_all(condition->handle)
                    : byn.condition_notify(condition->handle, (uint32_t)n);
    if (status < 0)
        return byp_failed(condition, status);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"wait", BYP_FASTCALL(wait), METH_FASTCALL, NULL},
    {"notify", notify, METH_O, NULL},
    BYP_METHODS(reopen),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {BYP_GETTERS, BYP_ABANDONED, {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_new, new_condition}, {Py_tp_dealloc, byp_dealloc}, {Py_tp_methods, methods},
    {Py_tp_getset, getters},    {Py_tp_members, byp_members}, {0, NULL},
};

static PyType_Spec spec = {"byname._byname.Waiting", sizeof(byp_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

bool byp_add_conditions(PyObject *module)
{
    return byp_add_type(module, &spec, NULL);
}
