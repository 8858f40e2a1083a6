#include "item.h"

#include <math.h>
#include <stdlib.h>

enum tag {
    INTEGER = 'i',
    REAL = 'f',
    TEXT = 's',
    BYTES = 'b',
    TRUE = 'T',
    FALSE = 'F',
    NONE = 'N',
    TUPLE = 't',
    PICKLE = 'p'
};

static PyObject *dumps, *dumps_key, *loads;

PyObject *byp_set_pickle(PyObject *module, PyObject *functions)
{
    (void)module;
    if (!PyArg_ParseTuple(functions, "OOO", &dumps, &dumps_key, &loads))
        return NULL;
    Py_INCREF(dumps);
    Py_INCREF(dumps_key);
    Py_INCREF(loads);
    Py_RETURN_NONE;
}

void byp_bytes_begin(byp_bytes *bytes)
{
    bytes->data = bytes->small;
    bytes->size = 0;
    bytes->room = sizeof bytes->small;
}

void byp_bytes_free(byp_bytes *bytes)
{
    if (bytes->data != bytes->small)
        free(bytes->data);
}

bool byp_bytes_room(byp_bytes *bytes, size_t room)
{
    char *larger;

    if (room <= bytes->room)
        return true;
    larger = malloc(room);
    if (larger == NULL) {
        PyErr_NoMemory();
        return false;
    }
    memcpy(larger, bytes->data, bytes->size);
    byp_bytes_free(bytes);
    bytes->data = larger;
    bytes->room = room;
    return true;
}

static bool append(byp_bytes *bytes, enum tag tag, const void *data, size_t size)
{
    size_t needed = bytes->size + 1 + size;

    if (needed > bytes->room && !byp_bytes_room(bytes, needed + needed / 2))
        return false;
    bytes->data[bytes->size] = (char)tag;
    if (size > 0)
        memcpy(bytes->data + bytes->size + 1, data, size);
    bytes->size = needed;
    return true;
}

static bool append_integer(byp_bytes *bytes, int64_t number)
{
    return append(bytes, INTEGER, &number, sizeof number);
}

static bool append_pickle(byp_bytes *bytes, PyObject *item, PyObject *how)
{
    PyObject *pickled = PyObject_CallFunctionObjArgs(how, item, NULL);
    char *data;
    Py_ssize_t size;
    bool done = pickled != NULL && PyBytes_AsStringAndSize(pickled, &data, &size) == 0 &&
                append(bytes, PICKLE, data, (size_t)size);

    Py_XDECREF(pickled);
    return done;
}

/* What is neither a number, a string nor bytes of 64 bits or UTF-8 is pickled: 0; -1: an exception. */
static int append_small(byp_bytes *bytes, PyObject *item)
{
    PyTypeObject *type = Py_TYPE(item);

    if (type == &PyUnicode_Type) {
        Py_ssize_t size;
        const char *text = PyUnicode_AsUTF8AndSize(item, &size);

        if (text != NULL)
            return append(bytes, TEXT, text, (size_t)size) ? 1 : -1;
        PyErr_Clear();
        return 0;
    }
    if (type == &PyLong_Type) {
        int overflow;
        long long number = PyLong_AsLongLongAndOverflow(item, &overflow);

        return overflow ? 0 : append_integer(bytes, number) ? 1 : -1;
    }
    if (type == &PyFloat_Type) {
        double number = PyFloat_AsDouble(item);

        return append(bytes, REAL, &number, sizeof number) ? 1 : -1;
    }
    if (type == &PyBytes_Type) {
        char *data;
        Py_ssize_t size;

        return PyBytes_AsStringAndSize(item, &data, &size) == 0 &&
                       append(bytes, BYTES, data, (size_t)size)
                   ? 1
                   : -1;
    }
    if (item == Py_None)
        return append(bytes, NONE, NULL, 0) ? 1 : -1;
    if (type == &PyBool_Type)
        return append(bytes, item == Py_True ? TRUE : FALSE, NULL, 0) ? 1 : -1;
    return 0;
}

bool byp_item_write(byp_bytes *bytes, PyObject *item)
{
    int done = append_small(bytes, item);

    return done != 0 ? done > 0 : append_pickle(bytes, item, dumps);
}

/* Each element with its size in front. */
static bool append_tuple(byp_bytes *bytes, PyObject *tuple)
{
    Py_ssize_t i, n = PyTuple_Size(tuple);

    if (!append(bytes, TUPLE, NULL, 0))
        return false;
    for (i = 0; i < n; i++) {
        size_t at = bytes->size;
        uint32_t size = 0;

        if (!append(bytes, TUPLE, &size, sizeof size) ||
            !byp_key_write(bytes, PyTuple_GetItem(tuple, i)))
            return false;
        size = (uint32_t)(bytes->size - at - 1 - sizeof size);
        memcpy(bytes->data + at + 1, &size, sizeof size);
    }
    return true;
}

bool byp_key_write(byp_bytes *bytes, PyObject *key)
{
    PyTypeObject *type = Py_TYPE(key);
    int done;

    if (type == &PyTuple_Type)
        return append_tuple(bytes, key);
    if (type == &PyBool_Type)
        return append_integer(bytes, key == Py_True);
    if (type == &PyFloat_Type) {
        double number = PyFloat_AsDouble(key);

        if (floor(number) == number && fabs(number) < 9e18)
            return append_integer(bytes, (int64_t)number);
    }
    done = append_small(bytes, key);
    if (done != 0)
        return done > 0;
    /* What has no hash is no key, and says so. */
    return PyObject_Hash(key) != -1 && append_pickle(bytes, key, dumps_key);
}

static PyObject *damaged(void)
{
    PyErr_SetString(byp_error,
                    "these bytes are no object of Python: another program put them there");
    return NULL;
}

static PyObject *read_tuple(const char *data, size_t size)
{
    PyObject *list = PyList_New(0), *tuple;
    size_t at = 0;

    while (list != NULL && at < size) {
        uint32_t length;
        PyObject *item = NULL;

        if (size - at > sizeof length + 1) {
            memcpy(&length, data + at + 1, sizeof length);
            at += 1 + sizeof length;
            item = length <= size - at ? byp_item_read(data + at, length) : damaged();
            at += length;
        } else {
            damaged();
        }
        if (item == NULL || PyList_Append(list, item) != 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    if (list == NULL)
        return NULL;
    tuple = PyList_AsTuple(list);
    Py_DECREF(list);
    return tuple;
}

static PyObject *unpickle(const char *data, size_t size)
{
    PyObject *bytes = PyBytes_FromStringAndSize(data, (Py_ssize_t)size), *item;

    if (bytes == NULL)
        return NULL;
    item = PyObject_CallFunctionObjArgs(loads, bytes, NULL);
    Py_DECREF(bytes);
    return item;
}

PyObject *byp_item_read(const char *data, size_t size)
{
    int64_t integer;
    double real;

    if (size == 0)
        return damaged();
    size--;
    switch (*data++) {
    case INTEGER:
        if (size != sizeof integer)
            return damaged();
        memcpy(&integer, data, sizeof integer);
        return PyLong_FromLongLong(integer);
    case REAL:
        if (size != sizeof real)
            return damaged();
        memcpy(&real, data, sizeof real);
        return PyFloat_FromDouble(real);
    case TEXT:
        return PyUnicode_DecodeUTF8(data, (Py_ssize_t)size, NULL);
    case BYTES:
        return PyBytes_FromStringAndSize(data, (Py_ssize_t)size);
    case TRUE:
        Py_RETURN_TRUE;
    case FALSE:
        Py_RETURN_FALSE;
    case NONE:
        Py_RETURN_NONE;
    case TUPLE:
        return read_tuple(data, size);
    case PICKLE:
        return unpickle(data, size);
    default:
        return damaged();
    }
}
