/* What queues and connections of the package are made of: messages of bytes. */
#include "types.h"

enum { CAPACITY, ITEMS, LARGEST };

static byn_status open_queue(const byp_object *object, const char *name, byn_open_mode mode,
                             void **handle)
{
    byn_queue_options options = {.struct_size = sizeof options};

    options.open = mode;
    options.keep = object->keep;
    options.capacity = object->parameters[CAPACITY];
    options.items = object->parameters[ITEMS];
    options.largest = object->parameters[LARGEST];
    return byn.queue_open((byn_queue **)handle, name, &options);
}

static void close_queue(void *handle)
{
    byn.queue_close(handle);
}

static const char *name_queue(const void *handle)
{
    return byn.queue_name(handle);
}

static const byp_noun noun = {"Queue", open_queue, close_queue, name_queue,
                              NULL,    NULL,       false,       false};

static PyObject *new_queue(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", "capacity", "items", "largest", "keep", NULL};
    const char *name = NULL;
    unsigned long long capacity = 0, items = 0, largest = 0;
    int keep = 0;
    uint64_t parameters[3];

    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|zKKKp", names, &name, &capacity, &items,
                                     &largest, &keep))
        return NULL;
    parameters[CAPACITY] = capacity;
    parameters[ITEMS] = items;
    parameters[LARGEST] = largest;
    return byp_new(type, &noun, name, BYN_OPEN_OR_CREATE, parameters, keep != 0, false, NULL);
}

static PyObject *reopen(PyObject *type, PyObject *state)
{
    return byp_reopen(type, &noun, state);
}

/* Empty or Full for a timeout, OSError for a queue that was shut down, or another exception. */
static PyObject *failed(byp_object *queue, byn_status status, PyObject *in_time)
{
    if (status == BYN_E_TIMEDOUT) {
        PyErr_SetNone(in_time);
        return NULL;
    }
    if (status == BYN_E_CLOSED)
        return byp_raise(PyExc_EOFError);
    return byp_failed(queue, status);
}

static PyObject *put(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                     PyObject *keywords)
{
    static const char *const names[] = {"data", "block", "timeout", NULL};
    byp_object *queue = (byp_object *)self;
    PyObject *given[3] = {NULL, NULL, NULL};
    byn_timeout timeout;
    byn_status status;
    char *data;
    Py_ssize_t size;

    if (!byp_arguments("put", names, arguments, count, keywords, given) ||
        !byp_timeout(given[1], given[2], &timeout))
        return NULL;
    if (given[0] == NULL || PyBytes_AsStringAndSize(given[0], &data, &size) != 0) {
        if (PyErr_Occurred() == NULL)
            PyErr_SetString(PyExc_TypeError, "put() needs bytes");
        return NULL;
    }
    status = byn.queue_put(queue->handle, data, (size_t)size, BYN_NOW);
    if (status == BYN_E_INVALID && byp_revived(queue))
        status = byn.queue_put(queue->handle, data, (size_t)size, BYN_NOW);
    if (status == BYN_E_TIMEDOUT && timeout != BYN_NOW) {
        byp_wait wait;

        byp_wait_begin(&wait);
        status = byn.queue_put(queue->handle, data, (size_t)size, timeout);
        byp_wait_end(&wait);
    }
    if (status < 0)
        return failed(queue, status, byp_full);
    Py_RETURN_NONE;
}

/* A message into new bytes, without waiting for it: *into, or what the library said, or an exception. */
static byn_status get_now(byp_object *queue, PyObject **into)
{
    char small[4096];
    size_t size = sizeof small;
    byn_status status = byn.queue_get(queue->handle, small, &size, BYN_NOW);

    if (status >= 0)
        *into = PyBytes_FromStringAndSize(small, (Py_ssize_t)size);
    while (status == BYN_E_TOOBIG) {
        Py_XDECREF(*into);
        *into = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
        if (*into == NULL)
            return BYN_E_NOMEM;
        status = byn.queue_get(queue->handle, PyBytes_AsString(*into), &size, BYN_NOW);
    }
    if (status >= 0 && *into != NULL && (size_t)PyBytes_Size(*into) != size) {
        /* Another took the large one meanwhile, and this was the next. */
        PyObject *all = *into;

        *into = PyBytes_FromStringAndSize(PyBytes_AsString(all), (Py_ssize_t)size);
        Py_DECREF(all);
    }
    if (status < 0)
        Py_CLEAR(*into);
    return status;
}

static byn_status wait_for_message(byp_object *queue, byn_timeout timeout)
{
    byn_status status;
    size_t size;
    byp_wait wait;

    byp_wait_begin(&wait);
    status = byn.queue_peek(queue->handle, &size, timeout);
    byp_wait_end(&wait);
    return status;
}

/* The time that is left of a timeout that began at a time of time.monotonic(). */
static double monotonic(void)
{
    PyObject *module = PyImport_ImportModule("time"), *now = NULL;
    double seconds = 0;

    if (module != NULL)
        now = PyObject_CallMethod(module, "monotonic", NULL);
    if (now != NULL)
        seconds = PyFloat_AsDouble(now);
    Py_XDECREF(module);
    Py_XDECREF(now);
    return seconds;
}

static byn_timeout remaining(byn_timeout timeout, double begin)
{
    double left;

    if (timeout <= BYN_NOW)
        return timeout;
    left = (double)timeout - (monotonic() - begin) * 1000;
    return left > 0 ? (byn_timeout)left + 1 : BYN_NOW;
}

static PyObject *get(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                     PyObject *keywords)
{
    static const char *const names[] = {"block", "timeout", NULL};
    byp_object *queue = (byp_object *)self;
    PyObject *given[2] = {NULL, NULL}, *message = NULL;
    byn_timeout timeout, left;
    byn_status status;
    double begin;

    if (!byp_arguments("get", names, arguments, count, keywords, given) ||
        !byp_timeout(given[0], given[1], &timeout))
        return NULL;
    status = get_now(queue, &message);
    if (status == BYN_E_INVALID && byp_revived(queue))
        status = get_now(queue, &message);
    if (status == BYN_E_TIMEDOUT && timeout != BYN_NOW) {
        begin = timeout > BYN_NOW ? monotonic() : 0;
        left = timeout;
        do {
            status = wait_for_message(queue, left);
            if (status >= 0)
                status = get_now(queue, &message); /* another may have been quicker */
            if (status == BYN_E_TIMEDOUT)
                left = remaining(timeout, begin);
        } while (status == BYN_E_TIMEDOUT && left != BYN_NOW);
    }
    if (status < 0)
        return failed(queue, status, byp_empty);
    return message;
}

/* poll(timeout): whether there is a message; EOFError as get(). */
static PyObject *poll_it(PyObject *self, PyObject *seconds)
{
    byp_object *queue = (byp_object *)self;
    byn_timeout timeout;
    byn_status status;
    size_t size;

    if (!byp_timeout(NULL, seconds, &timeout) || !byp_is_here(queue))
        return NULL;
    status = byn.queue_peek(queue->handle, &size, BYN_NOW);
    if (status == BYN_E_TIMEDOUT && timeout != BYN_NOW)
        status = wait_for_message(queue, timeout);
    if (status == BYN_E_TIMEDOUT)
        Py_RETURN_FALSE;
    if (status < 0)
        return failed(queue, status, byp_empty);
    Py_RETURN_TRUE;
}

/* ---- Places ---------------------------------------------------------------------------------------- */

static byn_status take_place(byp_object *queue, bool is_written, size_t size,
                             byn_queue_place *place, byn_timeout timeout)
{
    return is_written ? byn.queue_reserve(queue->handle, size, place, timeout)
                      : byn.queue_hold(queue->handle, place, timeout);
}

static PyObject *wait_for_place(byp_object *queue, bool is_written, size_t size,
                                byn_timeout timeout)
{
    byn_queue_place place;
    byn_status status = take_place(queue, is_written, size, &place, BYN_NOW);
    PyObject *made;

    if (status == BYN_E_INVALID && byp_revived(queue))
        status = take_place(queue, is_written, size, &place, BYN_NOW);
    if (status == BYN_E_TIMEDOUT && timeout != BYN_NOW) {
        byp_wait wait;

        byp_wait_begin(&wait);
        status = take_place(queue, is_written, size, &place, timeout);
        byp_wait_end(&wait);
    }
    if (status < 0)
        return failed(queue, status, is_written ? byp_full : byp_empty);
    made = byp_place_new(queue, &place, is_written);
    if (made == NULL)
        (void)byn.queue_abandon(queue->handle, &place);
    return made;
}

/* reserve(size, block, timeout) */
static PyObject *reserve(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                         PyObject *keywords)
{
    static const char *const names[] = {"size", "block", "timeout", NULL};
    PyObject *given[3] = {NULL, NULL, NULL};
    byn_timeout timeout;
    size_t size;

    if (!byp_arguments("reserve", names, arguments, count, keywords, given) ||
        !byp_timeout(given[1], given[2], &timeout))
        return NULL;
    if (given[0] == NULL) {
        PyErr_SetString(PyExc_TypeError, "reserve() needs a size");
        return NULL;
    }
    size = PyLong_AsSize_t(given[0]);
    if (PyErr_Occurred() != NULL)
        return NULL;
    return wait_for_place((byp_object *)self, true, size, timeout);
}

/* hold(block, timeout) */
static PyObject *hold(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                      PyObject *keywords)
{
    static const char *const names[] = {"block", "timeout", NULL};
    PyObject *given[2] = {NULL, NULL};
    byn_timeout timeout;

    if (!byp_arguments("hold", names, arguments, count, keywords, given) ||
        !byp_timeout(given[0], given[1], &timeout))
        return NULL;
    return wait_for_place((byp_object *)self, false, 0, timeout);
}

/* ---- The others ------------------------------------------------------------------------------------ */

static PyObject *count_them(PyObject *self, PyObject *unused)
{
    byp_object *queue = (byp_object *)self;
    uint64_t n = 0;
    byn_status status = byn.queue_count(queue->handle, &n);

    (void)unused;
    if (status == BYN_E_INVALID && byp_revived(queue))
        status = byn.queue_count(queue->handle, &n);
    return status < 0 ? byp_failed(queue, status) : PyLong_FromUnsignedLongLong(n);
}

static PyObject *task_done(PyObject *self, PyObject *unused)
{
    byp_object *queue = (byp_object *)self;
    byn_status status;

    (void)unused;
    if (!byp_is_here(queue))
        return NULL;
    status = byn.queue_task_done(queue->handle);
    if (status < 0)
        return byp_failed(queue, status);
    Py_RETURN_NONE;
}

static PyObject *join(PyObject *self, PyObject *unused)
{
    byp_object *queue = (byp_object *)self;
    byn_status status;
    byp_wait wait;

    (void)unused;
    if (!byp_is_here(queue))
        return NULL;
    byp_wait_begin(&wait);
    status = byn.queue_join(queue->handle, BYN_FOREVER);
    byp_wait_end(&wait);
    if (status < 0)
        return byp_failed(queue, status);
    Py_RETURN_NONE;
}

static PyObject *shut_down(PyObject *self, PyObject *unused)
{
    byp_object *queue = (byp_object *)self;
    byn_status status;

    (void)unused;
    if (!byp_is_here(queue))
        return NULL;
    status = byn.queue_shutdown(queue->handle);
    if (status < 0)
        return byp_failed(queue, status);
    Py_RETURN_NONE;
}

static PyObject *describe(PyObject *self, PyObject *unused)
{
    byp_object *queue = (byp_object *)self;
    byn_queue_info info = {.struct_size = sizeof info};
    byn_status status;

    (void)unused;
    if (!byp_is_here(queue))
        return NULL;
    status = byn.queue_describe(queue->handle, &info);
    if (status < 0)
        return byp_failed(queue, status);
    return Py_BuildValue("(KKKK)", (unsigned long long)info.capacity,
                         (unsigned long long)info.items, (unsigned long long)info.largest,
                         (unsigned long long)info.unfinished);
}

static PyMethodDef methods[] = {
    {"put", BYP_FASTCALL(put), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"get", BYP_FASTCALL(get), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"poll", poll_it, METH_O, NULL},
    {"reserve", BYP_FASTCALL(reserve), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"hold", BYP_FASTCALL(hold), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"count", count_them, METH_NOARGS, NULL},
    {"task_done", task_done, METH_NOARGS, NULL},
    {"join", join, METH_NOARGS, NULL},
    {"shutdown", shut_down, METH_NOARGS, NULL},
    {"describe", describe, METH_NOARGS, NULL},
    BYP_METHODS(reopen),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {BYP_GETTERS, {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_new, new_queue},  {Py_tp_dealloc, byp_dealloc}, {Py_tp_methods, methods},
    {Py_tp_getset, getters}, {Py_tp_members, byp_members}, {0, NULL},
};

static PyType_Spec spec = {"byname._byname.Messages", sizeof(byp_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

bool byp_add_queues(PyObject *module, PyTypeObject **type)
{
    return byp_add_type(module, &spec, type);
}
