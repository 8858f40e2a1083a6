/* The module byname._byname. */
#include "fork.h"
#include "item.h"
#include "types.h"

bool byp_add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **type)
{
    const char *name = strrchr(spec->name, '.');
    PyObject *made = PyType_FromModuleAndSpec(module, spec, NULL);

    if (made == NULL)
        return false;
    if (type != NULL)
        *type = (PyTypeObject *)made; /* as long as the process */
    if (PyModule_AddObjectRef(module, name + 1, made) != 0)
        return false;
    if (type == NULL)
        Py_DECREF(made);
    return true;
}

static bool add_exception(PyObject *module, const char *name, PyObject *base, PyObject **into)
{
    char full[60];

    (void)PyOS_snprintf(full, sizeof full, "byname.%s", name);
    *into = PyErr_NewException(full, base, NULL);
    return *into != NULL && PyModule_AddObjectRef(module, name, *into) == 0;
}

static bool take_exception(const char *module_name, const char *name, PyObject **into)
{
    PyObject *module = PyImport_ImportModule(module_name);

    if (module == NULL)
        return false;
    *into = PyObject_GetAttrString(module, name);
    Py_DECREF(module);
    return *into != NULL;
}

static bool load_library(void)
{
    PyObject *os = PyImport_ImportModule("os"), *path = NULL;
    const char *text, *why = NULL;

    if (os == NULL)
        return false;
    path = PyObject_CallMethod(os, "getenv", "s", "BYNAME_LIBRARY");
    Py_DECREF(os);
    if (path == NULL)
        return false;
    if (path != Py_None) {
        text = PyUnicode_AsUTF8AndSize(path, NULL);
        if (text != NULL && *text != '\0' && (why = byp_library_load(text)) != NULL)
            PyErr_Format(PyExc_ImportError, "BYNAME_LIBRARY: %s", why);
    }
    Py_DECREF(path);
    return PyErr_Occurred() == NULL;
}

static PyTypeObject *queue_type, *event_type;

static byp_object *waitable(PyObject *thing)
{
    byp_object *object = (byp_object *)thing;

    if (!PyObject_TypeCheck(thing, queue_type) && !PyObject_TypeCheck(thing, event_type)) {
        PyErr_SetString(PyExc_TypeError, "wait for queues, connections and events");
        return NULL;
    }
    if (!byp_is_here(object))
        return NULL;
    return object;
}

static int execute(PyObject *module)
{
    static bool loaded;

    if (loaded) {
        PyErr_SetString(PyExc_ImportError, "byname works in one interpreter of a process");
        return -1;
    }
    if (!load_library() || !add_exception(module, "Error", PyExc_OSError, &byp_error) ||
        !add_exception(module, "AbandonedError", PyExc_RuntimeError, &byp_abandoned_error) ||
        !add_exception(module, "DeadlockError", PyExc_RuntimeError, &byp_deadlock_error) ||
        !add_exception(module, "MismatchError", PyExc_ValueError, &byp_mismatch_error) ||
        !take_exception("queue", "Empty", &byp_empty) ||
        !take_exception("queue", "Full", &byp_full) ||
        !take_exception("threading", "BrokenBarrierError", &byp_broken_barrier_error))
        return -1;
    if (!byp_add_locks(module) || !byp_add_semaphores(module) ||
        !byp_add_events(module, &event_type) || !byp_add_conditions(module) ||
        !byp_add_barriers(module) || !byp_add_arrays(module) ||
        !byp_add_queues(module, &queue_type) || !byp_add_places(module) || !byp_add_dicts(module) ||
        !byp_add_lists(module))
        return -1;
    if (PyModule_AddStringConstant(module, "version", byn.version()) != 0)
        return -1;
    loaded = true;
    return 0;
}

static bool visit_all(const byn_object_info *info, void *context)
{
    (void)info;
    (void)context;
    return true;
}

/* Remove what killed processes left. */
static PyObject *reclaim(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    (void)byn.objects_visit(visit_all, NULL);
    Py_RETURN_NONE;
}

static PyObject *remove_name(PyObject *module, PyObject *name)
{
    const char *text = PyUnicode_AsUTF8AndSize(name, NULL);
    byn_status status;

    (void)module;
    if (text == NULL)
        return NULL;
    status = byn.remove(text);
    if (status < 0)
        return byp_failed(NULL, status);
    Py_RETURN_NONE;
}

/* wait_any(objects, timeout): until one of them can be had; nothing is taken of those it is used for. */
static PyObject *wait_any(PyObject *module, PyObject *arguments)
{
    PyObject *list, *seconds;
    void *handles[BYN_WAIT_MAX];
    byn_timeout timeout;
    byn_status status;
    byp_wait wait;
    Py_ssize_t i, n;

    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O", &PyList_Type, &list, &seconds) ||
        !byp_timeout(NULL, seconds, &timeout))
        return NULL;
    n = PyList_Size(list);
    if (n < 1 || n > BYN_WAIT_MAX) {
        PyErr_SetString(PyExc_ValueError, "wait for 1 to 64 objects");
        return NULL;
    }
    for (i = 0; i < n; i++) {
        byp_object *object = waitable(PyList_GetItem(list, i));

        if (object == NULL)
            return NULL;
        handles[i] = object->handle;
    }
    byp_wait_begin(&wait);
    status = byn.wait_any(handles, (size_t)n, timeout, NULL);
    byp_wait_end(&wait);
    if (status == BYN_E_TIMEDOUT)
        Py_RETURN_FALSE;
    if (status < 0)
        return byp_failed(NULL, status);
    Py_RETURN_TRUE;
}

static PyMethodDef functions[] = {
    {"wait_any", wait_any, METH_VARARGS, NULL},
    {"_set_reduce", byp_set_reduce, METH_O, NULL},
    {"_set_pickle", byp_set_pickle, METH_O, NULL},
    {"_before_fork", byp_before_fork, METH_NOARGS, NULL},
    {"_after_fork_in_parent", byp_after_fork_in_parent, METH_NOARGS, NULL},
    {"_after_fork_in_child", byp_after_fork_in_child, METH_NOARGS, NULL},
    {"_sweep", byp_sweep, METH_NOARGS, NULL},
    {"_reclaim", reclaim, METH_NOARGS, NULL},
    {"remove", remove_name, METH_O,
     "remove(name)\n--\n\nRemove what was opened with keep, or what killed processes left of it."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)execute}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    "byname._byname",
    "The part of byname that is in C.",
    0,
    functions,
    slots,
    NULL,
    NULL,
    NULL,
};

PyMODINIT_FUNC PyInit__byname(void);

PyMODINIT_FUNC PyInit__byname(void)
{
    return PyModuleDef_Init(&definition);
}
