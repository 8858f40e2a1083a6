/*
 * Places in a queue as buffers: a message is written, or read, where it lies.
 *
 * A place that is ended is somebody else's memory. So what points into it is counted, as bytearray does: it is not
 * ended before the last memoryview of it, slice of that, or array made of it has gone. Who would end it earlier gets
 * BufferError; then it is abandoned with the last of them.
 */
#include "types.h"

/* In the limited API since 3.11, and the same in 3.10. */
#ifndef Py_bf_getbuffer
#define Py_bf_getbuffer 1
#define Py_bf_releasebuffer 2
#endif
#ifndef PyBUF_WRITABLE
typedef struct Py_buffer {
    void *buf;
    PyObject *obj;
    Py_ssize_t len;
    Py_ssize_t itemsize;
    int readonly;
    int ndim;
    char *format;
    Py_ssize_t *shape;
    Py_ssize_t *strides;
    Py_ssize_t *suboffsets;
    void *internal;
} Py_buffer;
#define PyBUF_WRITABLE 0x0001
#define PyBUF_FORMAT 0x0004
#define PyBUF_ND 0x0008
#define PyBUF_STRIDES (0x0010 | PyBUF_ND)
#endif

typedef struct place {
    PyObject_HEAD byp_object *queue;
    byn_queue_place it;
    Py_ssize_t skip; /* bytes of the message that no buffer has */
    Py_ssize_t size; /* of buffers, when there is one */
    Py_ssize_t buffers;
    unsigned generation; /* of the process whose place it is */
    bool is_written;     /* reserved, not held */
    bool is_open;
    bool is_left; /* it ends with its last buffer */
} place;

static PyTypeObject *place_type;

/* ---- Beginning and end ----------------------------------------------------------------------------- */

PyObject *byp_place_new(byp_object *queue, const byn_queue_place *it, bool is_written)
{
    allocfunc allocate = (allocfunc)PyType_GetSlot(place_type, Py_tp_alloc);
    place *p = (place *)allocate(place_type, 0);

    if (p == NULL)
        return NULL;
    Py_INCREF((PyObject *)queue);
    queue->places++;
    p->queue = queue;
    p->it = *it;
    p->generation = byp_generation;
    p->is_written = is_written;
    p->is_open = true;
    return (PyObject *)p;
}

/* The place is no more, or is the parent's. */
static void forget(place *p)
{
    if (p->is_open && p->generation == byp_generation)
        p->queue->places--;
    p->is_open = false;
}

static void abandon(place *p)
{
    if (p->is_open && p->generation == byp_generation)
        (void)byn.queue_abandon(p->queue->handle, &p->it);
    forget(p);
}

static void dealloc(PyObject *self)
{
    place *p = (place *)self;
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

    abandon(p);
    Py_DECREF((PyObject *)p->queue);
    release(self);
    Py_DECREF(type);
}

/* ---- Buffers --------------------------------------------------------------------------------------- */

static bool is_usable(const place *p)
{
    if (p->is_open && !p->is_left && p->generation == byp_generation)
        return true;
    PyErr_SetString(PyExc_ValueError, p->generation != byp_generation
                                          ? "the place is that of the process that forked"
                                          : "the place has ended");
    return false;
}

static int get_buffer(PyObject *self, Py_buffer *view, int flags)
{
    place *p = (place *)self;

    view->obj = NULL;
    if (!is_usable(p))
        return -1;
    if ((flags & PyBUF_WRITABLE) != 0 && !p->is_written) {
        PyErr_SetString(PyExc_BufferError, "a message that is held can only be read");
        return -1;
    }
    p->size = (Py_ssize_t)p->it.size - p->skip;
    memset(view, 0, sizeof *view);
    view->buf = (char *)p->it.data + p->skip;
    view->len = p->size;
    view->itemsize = 1;
    view->readonly = !p->is_written;
    view->ndim = 1;
    view->format = (flags & PyBUF_FORMAT) != 0 ? (char *)"B" : NULL;
    view->shape = (flags & PyBUF_ND) != 0 ? &p->size : NULL;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &view->itemsize : NULL;
    Py_INCREF(self);
    view->obj = self;
    p->buffers++;
    return 0;
}

static void release_buffer(PyObject *self, Py_buffer *view)
{
    place *p = (place *)self;

    (void)view;
    p->buffers--;
    if (p->buffers == 0 && p->is_left)
        abandon(p);
}

/* ---- Methods --------------------------------------------------------------------------------------- */

/* Nothing points into it. False with an exception, and then it is abandoned as soon as nothing does. */
static bool may_end(place *p)
{
    if (!is_usable(p))
        return false;
    if (p->buffers == 0)
        return true;
    p->is_left = true;
    PyErr_SetString(
        PyExc_BufferError,
        "there are views of the place still: let them go before the with statement ends");
    return false;
}

static PyObject *ended(place *p, byn_status status)
{
    if (status >= 0) {
        forget(p);
        Py_RETURN_NONE;
    }
    if (status == BYN_E_CLOSED)
        byp_raise(PyExc_EOFError);
    else
        byp_failed(p->queue, status);
    abandon(p);
    return NULL;
}

/* abandon(): now, or with its last buffer. */
static PyObject *leave(PyObject *self, PyObject *unused)
{
    place *p = (place *)self;

    (void)unused;
    if (p->buffers == 0)
        abandon(p);
    p->is_left = true;
    Py_RETURN_NONE;
}

/* begin(head): the message begins so, and buffers behind that. */
static PyObject *begin(PyObject *self, PyObject *head)
{
    place *p = (place *)self;
    char *data;
    Py_ssize_t size;

    if (!is_usable(p) || PyBytes_AsStringAndSize(head, &data, &size) != 0)
        return NULL;
    if (p->buffers != 0 || (size_t)size > p->it.size) {
        PyErr_SetString(PyExc_ValueError, "the place has no room for that, or is used");
        return NULL;
    }
    if (p->is_written)
        memcpy(p->it.data, data, (size_t)size);
    p->skip = size;
    Py_RETURN_NONE;
}

/* commit(size): of the message, without its head. */
static PyObject *commit(PyObject *self, PyObject *size)
{
    place *p = (place *)self;
    size_t bytes = PyLong_AsSize_t(size);

    if (PyErr_Occurred() != NULL) {
        Py_XDECREF(leave(self, NULL));
        return NULL;
    }
    if (!may_end(p))
        return NULL;
    if (bytes > p->it.size - (size_t)p->skip) {
        PyErr_SetString(PyExc_ValueError, "so much was not reserved");
        abandon(p);
        return NULL;
    }
    return ended(p, byn.queue_commit(p->queue->handle, &p->it, bytes + (size_t)p->skip));
}

static PyObject *release(PyObject *self, PyObject *unused)
{
    place *p = (place *)self;

    (void)unused;
    if (!may_end(p))
        return NULL;
    return ended(p, byn.queue_release(p->queue->handle, &p->it));
}

static PyMethodDef methods[] = {
    {"begin", begin, METH_O, NULL},
    {"commit", commit, METH_O, NULL},
    {"release", release, METH_NOARGS, NULL},
    {"abandon", leave, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods},
    {Py_bf_getbuffer, get_buffer},
    {Py_bf_releasebuffer, release_buffer},
    {0, NULL},
};

static PyType_Spec spec = {"byname._byname.Place", sizeof(place), 0, Py_TPFLAGS_DEFAULT, slots};

bool byp_add_places(PyObject *module)
{
    return byp_add_type(module, &spec, &place_type);
}
