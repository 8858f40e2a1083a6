/* Semaphore and BoundedSemaphore. */
#include "types.h"

enum { INITIAL, MAXIMUM, UNDO };

static byn_status open_semaphore(const byp_object *object, const char *name, byn_open_mode mode,
                                 void **handle)
{
    byn_semaphore_options options = {.struct_size = sizeof options};

    options.open = mode;
    options.keep = object->keep;
    options.initial = (uint32_t)object->parameters[INITIAL];
    options.maximum = (uint32_t)object->parameters[MAXIMUM];
    options.undo = object->parameters[UNDO] != 0;
    return byn.semaphore_open((byn_semaphore **)handle, name, &options);
}

static void close_semaphore(void *handle)
{
    byn.semaphore_close(handle);
}

static const char *name_semaphore(const void *handle)
{
    return byn.semaphore_name(handle);
}

static byn_status acquire_permit(void *handle, byn_timeout timeout)
{
    return byn.semaphore_acquire(handle, 1, timeout);
}

static byn_status release_permit(void *handle)
{
    return byn.semaphore_release(handle, 1, NULL);
}

static const byp_noun noun = {"Semaphore",    open_semaphore, close_semaphore, name_semaphore,
                              acquire_permit, release_permit, false,           false};

static PyObject *make(PyTypeObject *type, PyObject *arguments, PyObject *keywords, bool bounded)
{
    static char *names[] = {"value", "name", "keep", "undo", "on_abandoned", "ctx", NULL};
    const char *name = NULL, *on_abandoned = NULL;
    int value = 1, keep = 0, undo = 0;
    bool raises;
    PyObject *context = NULL;
    uint64_t parameters[3];

    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|i$zppsO", names, &value, &name, &keep,
                                     &undo, &on_abandoned, &context) ||
        !byp_on_abandoned(on_abandoned, &raises))
        return NULL;
    if (value < 0 || (bounded && value == 0)) {
        PyErr_SetString(PyExc_ValueError, "the value is too small");
        return NULL;
    }
    parameters[INITIAL] = (uint64_t)value;
    parameters[MAXIMUM] = bounded ? (uint64_t)value : BYN_SEMAPHORE_MAXIMUM;
    parameters[UNDO] = (uint64_t)undo;
    return byp_new(type, &noun, name, BYN_OPEN_OR_CREATE, parameters, keep != 0, raises, NULL);
}

static PyObject *new_semaphore(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    return make(type, arguments, keywords, false);
}

static PyObject *new_bounded(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    return make(type, arguments, keywords, true);
}

static PyObject *reopen(PyObject *type, PyObject *state)
{
    return byp_reopen(type, &noun, state);
}

/* As byp_had(). */
static int acquire_one(byp_object *semaphore, byn_timeout timeout)
{
    byn_status status = byn.semaphore_acquire(semaphore->handle, 1, BYN_NOW);

    if (status < 0)
        status = byp_lock_otherwise(semaphore, timeout, status);
    return byp_had(semaphore, status, "a process that held its permit died");
}

static PyObject *acquire(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                         PyObject *keywords)
{
    return byp_acquire(self, arguments, count, keywords, acquire_one);
}

static PyObject *give(byp_object *semaphore, uint32_t count)
{
    byn_status status = byn.semaphore_release(semaphore->handle, count, NULL);

    if (status == BYN_E_INVALID && byp_revived(semaphore))
        status = byn.semaphore_release(semaphore->handle, count, NULL);
    if (status >= 0)
        Py_RETURN_NONE;
    if (status == BYN_E_LIMIT)
        return byp_raise(PyExc_ValueError);
    return byp_failed(semaphore, status);
}

static PyObject *release(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                         PyObject *keywords)
{
    static const char *const names[] = {"n", NULL};
    PyObject *given = NULL;
    unsigned long n = 1;

    if (!byp_arguments("release", names, arguments, count, keywords, &given))
        return NULL;
    if (given != NULL)
        n = PyLong_AsUnsignedLong(given);
    if (PyErr_Occurred() != NULL)
        return NULL;
    if (n == 0 || n > BYN_SEMAPHORE_MAXIMUM) {
        PyErr_SetString(PyExc_ValueError, "n must be one or more");
        return NULL;
    }
    return give((byp_object *)self, (uint32_t)n);
}

static PyObject *enter(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (acquire_one((byp_object *)self, BYN_FOREVER) < 0)
        return NULL;
    Py_RETURN_TRUE;
}

static PyObject *leave(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    (void)arguments;
    (void)count;
    return give((byp_object *)self, 1);
}

static PyObject *get_value(PyObject *self, PyObject *unused)
{
    byp_object *semaphore = (byp_object *)self;
    uint32_t value = 0;
    byn_status status = byn.semaphore_value(semaphore->handle, &value);

    (void)unused;
    if (status == BYN_E_INVALID && byp_revived(semaphore))
        status = byn.semaphore_value(semaphore->handle, &value);
    return status < 0 ? byp_failed(semaphore, status) : PyLong_FromUnsignedLong(value);
}

static PyObject *represent(PyObject *self)
{
    byp_object *semaphore = (byp_object *)self;
    bool bounded = semaphore->parameters[MAXIMUM] != BYN_SEMAPHORE_MAXIMUM;
    PyObject *value = get_value(self, NULL), *text;

    if (value == NULL)
        return NULL;
    text = bounded ? PyUnicode_FromFormat("<BoundedSemaphore(value=%R, maxvalue=%lu)>", value,
                                          (unsigned long)semaphore->parameters[MAXIMUM])
                   : PyUnicode_FromFormat("<Semaphore(value=%R)>", value);
    Py_DECREF(value);
    return text;
}

static PyMethodDef methods[] = {
    {"acquire", BYP_FASTCALL(acquire), METH_FASTCALL | METH_KEYWORDS,
     "acquire(block=True, timeout=None)\n--\n\nWhether a permit was had, within timeout seconds."},
    {"release", BYP_FASTCALL(release), METH_FASTCALL | METH_KEYWORDS,
     "release(n=1)\n--\n\nGive permits; whoever acquired them."},
    {"get_value", get_value, METH_NOARGS, "get_value()\n--\n\nHow many permits there are."},
    {"__enter__", enter, METH_NOARGS, NULL},
    {"__exit__", BYP_FASTCALL(leave), METH_FASTCALL, NULL},
    BYP_METHODS(reopen),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {BYP_GETTERS, BYP_ABANDONED, {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_new, new_semaphore},
    {Py_tp_repr, represent},
    {Py_tp_dealloc, byp_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {Py_tp_members, byp_members},
    {Py_tp_doc, "A count of permits with a name."},
    {0, NULL},
};

static PyType_Slot bounded_slots[] = {
    {Py_tp_new, new_bounded},
    {Py_tp_repr, represent},
    {Py_tp_dealloc, byp_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {Py_tp_members, byp_members},
    {Py_tp_doc, "A semaphore that never has more permits than in the beginning."},
    {0, NULL},
};

static PyType_Spec spec = {"byname.Semaphore", sizeof(byp_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
static PyType_Spec bounded_spec = {"byname.BoundedSemaphore", sizeof(byp_object), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, bounded_slots};

bool byp_add_semaphores(PyObject *module)
{
    return byp_add_type(module, &spec, NULL) && byp_add_type(module, &bounded_spec, NULL);
}
