/* What list of the package is made of. Its own calls do not ask for its lock. */
#include "item.h"
#include "types.h"

static byn_status open_list(const byp_object *object, const char *name, byn_open_mode mode,
                            void **handle)
{
    byn_list_options options = {.struct_size = sizeof options};

    options.open = mode;
    options.keep = object->keep;
    options.limit = object->parameters[0];
    return byn.list_open((byn_list **)handle, name, &options);
}

BYP_LOCKED_NOUN(list)

static const byp_noun noun = {"list",    open_list,   close_list, name_list,
                              lock_list, unlock_list, false,      false};

static PyObject *new_list(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    return byp_new_limited(type, &noun, arguments, keywords);
}

static PyObject *reopen(PyObject *type, PyObject *state)
{
    return byp_reopen(type, &noun, state);
}

/* The handle, opened in this process; NULL with an exception. */
static byn_list *handle_of(PyObject *self)
{
    byp_object *list = (byp_object *)self;

    if (!byp_is_here(list))
        return NULL;
    return list->handle;
}

static PyObject *failed(PyObject *self, byn_status status)
{
    if (status == BYN_E_NOTFOUND) {
        PyErr_SetString(PyExc_IndexError, "list index out of range");
        return NULL;
    }
    return byp_failed((byp_object *)self, status);
}

typedef byn_status (*reader)(byn_list *list, int64_t index, void *buffer, size_t *size);

/* The element at an index, by a function that copies it out, and perhaps takes it out. */
static PyObject *read_item(PyObject *self, Py_ssize_t index, reader function)
{
    byn_list *list = handle_of(self);
    byp_bytes bytes;
    PyObject *item = NULL;
    byn_status status;

    if (list == NULL)
        return NULL;
    byp_bytes_begin(&bytes);
    do {
        bytes.size = bytes.room;
        status = function(list, index, bytes.data, &bytes.size);
        if (status == BYN_E_TOOBIG) {
            size_t needed = bytes.size;

            bytes.size = 0;
            if (!byp_bytes_room(&bytes, needed + needed / 8))
                break;
        }
    } while (status == BYN_E_TOOBIG);
    if (status >= 0)
        item = byp_item_read(bytes.data, bytes.size);
    else
        failed(self, status);
    byp_bytes_free(&bytes);
    return item;
}

static bool index_of(PyObject *key, Py_ssize_t *index)
{
    *index = PyNumber_AsSsize_t(key, PyExc_IndexError);
    return *index != -1 || PyErr_Occurred() == NULL;
}

static PyObject *get(PyObject *self, PyObject *key)
{
    Py_ssize_t index;

    return index_of(key, &index) ? read_item(self, index, byn.list_get) : NULL;
}

static PyObject *pop(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Py_ssize_t index = -1;

    if (count > 1)
        return PyErr_Format(PyExc_TypeError, "pop() takes at most one argument");
    if (count == 1 && !index_of(arguments[0], &index))
        return NULL;
    return read_item(self, index, byn.list_pop);
}

typedef byn_status (*writer)(byn_list *list, int64_t index, const void *data, size_t size);

static byn_status append_at(byn_list *list, int64_t index, const void *data, size_t size)
{
    (void)index;
    return byn.list_append(list, data, size);
}

/* As Python's: an index outside is the nearest end. */
static byn_status insert_at(byn_list *list, int64_t index, const void *data, size_t size)
{
    byn_status status = byn.list_insert(list, index, data, size);

    if (status != BYN_E_NOTFOUND)
        return status;
    return index < 0 ? byn.list_insert(list, 0, data, size) : byn.list_append(list, data, size);
}

static bool write_item(PyObject *self, Py_ssize_t index, PyObject *item, writer function)
{
    byn_list *list = handle_of(self);
    byp_bytes bytes;
    bool done = false;

    if (list == NULL)
        return false;
    byp_bytes_begin(&bytes);
    if (byp_item_write(&bytes, item)) {
        byn_status status = function(list, index, bytes.data, bytes.size);

        done = status >= 0;
        if (!done)
            failed(self, status);
    }
    byp_bytes_free(&bytes);
    return done;
}

static PyObject *append(PyObject *self, PyObject *item)
{
    if (!write_item(self, 0, item, append_at))
        return NULL;
    Py_RETURN_NONE;
}

/* All items of a list of Python's behind one another, and how long each is; false with an exception. */
static bool write_items(byp_bytes *bytes, size_t *sizes, PyObject *items, Py_ssize_t count)
{
    Py_ssize_t i;

    for (i = 0; i < count; i++) {
        PyObject *item = PyList_GetItem(items, i); /* a pickle may have made the list shorter */
        size_t before = bytes->size;
        bool written;

        Py_XINCREF(item);
        written = item != NULL && byp_item_write(bytes, item);
        Py_XDECREF(item);
        if (!written)
            return false;
        sizes[i] = bytes->size - before;
    }
    return true;
}

/* _extend(list): all of them in one step. */
static PyObject *extend(PyObject *self, PyObject *items)
{
    byn_list *list = handle_of(self);
    Py_ssize_t count = PyList_Size(items);
    byp_bytes bytes;
    size_t *sizes;
    bool done;

    if (list == NULL || count < 0)
        return NULL;
    sizes = PyMem_Malloc(((size_t)count + 1) * sizeof *sizes);
    if (sizes == NULL)
        return PyErr_NoMemory();
    byp_bytes_begin(&bytes);
    done = write_items(&bytes, sizes, items, count);
    if (done) {
        byn_status status = byn.list_append_many(list, bytes.data, sizes, (size_t)count);

        done = status >= 0;
        if (!done)
            failed(self, status);
    }
    byp_bytes_free(&bytes);
    PyMem_Free(sizes);
    if (!done)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *insert(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Py_ssize_t index;

    if (count != 2)
        return PyErr_Format(PyExc_TypeError, "insert() takes an index and an object");
    if (!index_of(arguments[0], &index) || !write_item(self, index, arguments[1], insert_at))
        return NULL;
    Py_RETURN_NONE;
}

/* _assign(index, item) */
static PyObject *assign(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Py_ssize_t index;

    if (count != 2 || !index_of(arguments[0], &index) ||
        !write_item(self, index, arguments[1], byn.list_set))
        return NULL;
    Py_RETURN_NONE;
}

/* _delete(index) */
static PyObject *delete_at(PyObject *self, PyObject *key)
{
    byn_list *list = handle_of(self);
    Py_ssize_t index;
    byn_status status;

    if (list == NULL || !index_of(key, &index))
        return NULL;
    status = byn.list_remove(list, index);
    if (status < 0)
        return failed(self, status);
    Py_RETURN_NONE;
}

static Py_ssize_t length(PyObject *self)
{
    byn_list *list = handle_of(self);
    uint64_t count = 0;
    byn_status status;

    if (list == NULL)
        return -1;
    status = byn.list_count(list, &count);
    if (status < 0) {
        byp_failed((byp_object *)self, status);
        return -1;
    }
    return (Py_ssize_t)count;
}

static PyObject *clear(PyObject *self, PyObject *unused)
{
    byn_list *list = handle_of(self);
    byn_status status;

    (void)unused;
    if (list == NULL)
        return NULL;
    Py_BEGIN_ALLOW_THREADS status = byn.list_clear(list);
    Py_END_ALLOW_THREADS if (status < 0) return failed(self, status);
    Py_RETURN_NONE;
}

/* All elements of one moment, as a list of Python's. */
static PyObject *snapshot(PyObject *self, PyObject *unused)
{
    byn_list *list = handle_of(self);
    byn_list_iterator *iterator;
    byn_list_element element;
    PyObject *all;
    byn_status status;

    (void)unused;
    if (list == NULL)
        return NULL;
    Py_BEGIN_ALLOW_THREADS status = byn.list_iterator_open(&iterator, list);
    Py_END_ALLOW_THREADS if (status < 0) return failed(self, status);
    all = PyList_New(0);
    while (all != NULL && byn.list_iterator_next(iterator, &element) >= 0) {
        PyObject *item = byp_item_read(element.data, element.size);

        if (item == NULL || PyList_Append(all, item) != 0)
            Py_CLEAR(all);
        Py_XDECREF(item);
    }
    byn.list_iterator_close(iterator);
    return all;
}

static PyObject *subscript(PyObject *self, PyObject *key)
{
    PyObject *all, *part;

    if (!PySlice_Check(key))
        return get(self, key);
    all = snapshot(self, NULL);
    part = all != NULL ? PyObject_GetItem(all, key) : NULL;
    Py_XDECREF(all);
    return part;
}

static PyMethodDef methods[] = {
    BYP_INNER_LOCK,
    {"append", append, METH_O, NULL},
    {"insert", BYP_FASTCALL(insert), METH_FASTCALL, NULL},
    {"pop", BYP_FASTCALL(pop), METH_FASTCALL, NULL},
    {"clear", clear, METH_NOARGS, NULL},
    {"_assign", BYP_FASTCALL(assign), METH_FASTCALL, NULL},
    {"_delete", delete_at, METH_O, NULL},
    {"_extend", extend, METH_O, NULL},
    {"_snapshot", snapshot, METH_NOARGS, NULL},
    BYP_METHODS(reopen),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {BYP_GETTERS, BYP_ABANDONED, {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_new, new_list},        {Py_tp_dealloc, byp_dealloc},
    {Py_tp_methods, methods},     {Py_tp_getset, getters},
    {Py_tp_members, byp_members}, {Py_mp_subscript, subscript},
    {Py_mp_length, length},       {0, NULL},
};

static PyType_Spec spec = {"byname._byname.Row", sizeof(byp_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

bool byp_add_lists(PyObject *module)
{
    return byp_add_type(module, &spec, NULL);
}
