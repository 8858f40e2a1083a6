/* What dict and Namespace of the package are made of. Its own calls do not ask for its lock. */
#include "item.h"
#include "types.h"

static byn_status open_dict(const byp_object *object, const char *name, byn_open_mode mode,
                            void **handle)
{
    byn_dict_options options = {.struct_size = sizeof options};

    options.open = mode;
    options.keep = object->keep;
    options.limit = object->parameters[0];
    return byn.dict_open((byn_dict **)handle, name, &options);
}

BYP_LOCKED_NOUN(dict)

static const byp_noun noun = {"dict",    open_dict,   close_dict, name_dict,
                              lock_dict, unlock_dict, false,      false};

static PyObject *new_dict(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    return byp_new_limited(type, &noun, arguments, keywords);
}

static PyObject *reopen(PyObject *type, PyObject *state)
{
    return byp_reopen(type, &noun, state);
}

/* The handle, opened in this process; NULL with an exception. */
static byn_dict *handle_of(PyObject *self)
{
    byp_object *dict = (byp_object *)self;

    if (!byp_is_here(dict))
        return NULL;
    return dict->handle;
}

static PyObject *failed(PyObject *self, byn_status status, PyObject *key)
{
    if (status == BYN_E_NOTFOUND) {
        PyErr_SetObject(PyExc_KeyError, key);
        return NULL;
    }
    return byp_failed((byp_object *)self, status);
}

/* The value's bytes. What the library says; BYN_E_OS with an exception. */
static byn_status fetch(byn_dict *dict, const byp_bytes *key, byp_bytes *value)
{
    byn_status status;

    do {
        value->size = value->room;
        status = byn.dict_get(dict, key->data, key->size, value->data, &value->size);
        if (status == BYN_E_TOOBIG) {
            size_t needed = value->size;

            value->size = 0;
            if (!byp_bytes_room(value, needed + needed / 8))
                return BYN_E_OS;
        }
    } while (status == BYN_E_TOOBIG);
    return status;
}

/* A new reference; NULL without an exception: there is no such key. */
static PyObject *look_up(PyObject *self, PyObject *key)
{
    byn_dict *dict = handle_of(self);
    byp_bytes name, value;
    PyObject *item = NULL;

    byp_bytes_begin(&name);
    byp_bytes_begin(&value);
    if (dict != NULL && byp_key_write(&name, key)) {
        byn_status status = fetch(dict, &name, &value);

        if (status >= 0)
            item = byp_item_read(value.data, value.size);
        else if (status != BYN_E_NOTFOUND)
            byp_failed((byp_object *)self, status);
    }
    byp_bytes_free(&name);
    byp_bytes_free(&value);
    return item;
}

static PyObject *subscript(PyObject *self, PyObject *key)
{
    PyObject *item = look_up(self, key);

    if (item == NULL && PyErr_Occurred() == NULL)
        PyErr_SetObject(PyExc_KeyError, key);
    return item;
}

static int assign(PyObject *self, PyObject *key, PyObject *item)
{
    byn_dict *dict = handle_of(self);
    byp_bytes name, value;
    byn_status status = BYN_E_OS;

    byp_bytes_begin(&name);
    byp_bytes_begin(&value);
    if (dict != NULL && byp_key_write(&name, key) &&
        (item == NULL || byp_item_write(&value, item))) {
        status = item == NULL ? byn.dict_remove(dict, name.data, name.size)
                              : byn.dict_put(dict, name.data, name.size, value.data, value.size);
        if (status < 0)
            failed(self, status, key);
    }
    byp_bytes_free(&name);
    byp_bytes_free(&value);
    return status < 0 ? -1 : 0;
}

static int contains(PyObject *self, PyObject *key)
{
    byn_dict *dict = handle_of(self);
    byp_bytes name;
    byn_status status = BYN_E_OS;

    byp_bytes_begin(&name);
    if (dict != NULL && byp_key_write(&name, key)) {
        status = byn.dict_contains(dict, name.data, name.size);
        if (status < 0 && status != BYN_E_NOTFOUND)
            byp_failed((byp_object *)self, status);
    }
    byp_bytes_free(&name);
    return status >= 0 ? 1 : PyErr_Occurred() != NULL ? -1 : 0;
}

static Py_ssize_t length(PyObject *self)
{
    byn_dict *dict = handle_of(self);
    uint64_t count = 0;
    byn_status status;

    if (dict == NULL)
        return -1;
    status = byn.dict_count(dict, &count);
    if (status < 0) {
        byp_failed((byp_object *)self, status);
        return -1;
    }
    return (Py_ssize_t)count;
}

static PyObject *get(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                     PyObject *keywords)
{
    static const char *const names[] = {"key", "default", NULL};
    PyObject *given[2] = {NULL, Py_None}, *item;

    if (!byp_arguments("get", names, arguments, count, keywords, given))
        return NULL;
    if (given[0] == NULL)
        return PyErr_Format(PyExc_TypeError, "get() needs a key");
    item = look_up(self, given[0]);
    if (item == NULL && PyErr_Occurred() == NULL) {
        item = given[1];
        Py_INCREF(item);
    }
    return item;
}

/* setdefault(key, default=None): in one step. */
static PyObject *set_default(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                             PyObject *keywords)
{
    static const char *const names[] = {"key", "default", NULL};
    PyObject *given[2] = {NULL, Py_None}, *item = NULL;
    byn_dict *dict = handle_of(self);
    byp_bytes name, value;

    if (dict == NULL || !byp_arguments("setdefault", names, arguments, count, keywords, given))
        return NULL;
    if (given[0] == NULL)
        return PyErr_Format(PyExc_TypeError, "setdefault() needs a key");
    byp_bytes_begin(&name);
    byp_bytes_begin(&value);
    if (byp_key_write(&name, given[0]) && byp_item_write(&value, given[1])) {
        byn_status status =
            byn.dict_get_or_put(dict, name.data, name.size, value.data, value.size, NULL, NULL);

        if (status == BYN_CREATED) {
            item = given[1];
            Py_INCREF(item);
        } else if (status >= 0) {
            status = fetch(dict, &name, &value);
            /* Somebody may have removed it meanwhile. */
            item = status >= 0 ? byp_item_read(value.data, value.size)
                               : failed(self, status, given[0]);
        } else {
            failed(self, status, given[0]);
        }
    }
    byp_bytes_free(&name);
    byp_bytes_free(&value);
    return item;
}

/* pop(key[, default]): what it removes is what it returns. */
static PyObject *pop(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    byn_dict *dict = handle_of(self);
    byp_bytes name, value;
    PyObject *item = NULL;
    byn_status status = BYN_E_OS;

    if (dict == NULL)
        return NULL;
    if (count < 1 || count > 2)
        return PyErr_Format(PyExc_TypeError, "pop() takes a key and a default");
    byp_bytes_begin(&name);
    byp_bytes_begin(&value);
    if (byp_key_write(&name, arguments[0])) {
        do {
            status = fetch(dict, &name, &value);
            if (status >= 0)
                status = byn.dict_compare_exchange(dict, name.data, name.size, value.data,
                                                   value.size, NULL, 0);
        } while (status == BYN_E_MISMATCH);
        if (status >= 0)
            item = byp_item_read(value.data, value.size);
        else if (status == BYN_E_NOTFOUND && count == 2)
            Py_INCREF(item = arguments[1]);
        else
            failed(self, status, arguments[0]);
    }
    byp_bytes_free(&name);
    byp_bytes_free(&value);
    return item;
}

/* replace(key, expected, desired): whether it was what is expected, and is what is desired now. */
static PyObject *replace(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    byn_dict *dict = handle_of(self);
    byp_bytes name, expected, desired;
    byn_status status = BYN_E_OS;

    if (dict == NULL)
        return NULL;
    if (count != 3)
        return PyErr_Format(PyExc_TypeError, "replace() takes a key and two values");
    byp_bytes_begin(&name);
    byp_bytes_begin(&expected);
    byp_bytes_begin(&desired);
    if (byp_key_write(&name, arguments[0]) && byp_item_write(&expected, arguments[1]) &&
        byp_item_write(&desired, arguments[2])) {
        status = byn.dict_compare_exchange(dict, name.data, name.size, expected.data, expected.size,
                                           desired.data, desired.size);
        if (status < 0 && status != BYN_E_MISMATCH)
            byp_failed((byp_object *)self, status);
    }
    byp_bytes_free(&name);
    byp_bytes_free(&expected);
    byp_bytes_free(&desired);
    if (PyErr_Occurred() != NULL)
        return NULL;
    return PyBool_FromLong(status >= 0);
}

static PyObject *clear(PyObject *self, PyObject *unused)
{
    byn_dict *dict = handle_of(self);
    byn_status status;

    (void)unused;
    if (dict == NULL)
        return NULL;
    Py_BEGIN_ALLOW_THREADS status = byn.dict_clear(dict);
    Py_END_ALLOW_THREADS if (status < 0) return byp_failed((byp_object *)self, status);
    Py_RETURN_NONE;
}

static PyObject *entry_as(const byn_dict_entry *entry, int what)
{
    PyObject *key = what != 'v' ? byp_item_read(entry->key, entry->key_size) : NULL;
    PyObject *value = what != 'k' ? byp_item_read(entry->value, entry->value_size) : NULL;
    PyObject *both;

    if (what == 'k')
        return key;
    if (what == 'v')
        return value;
    both = key != NULL && value != NULL ? PyTuple_Pack(2, key, value) : NULL;
    Py_XDECREF(key);
    Py_XDECREF(value);
    return both;
}

/* snapshot("k" | "v" | "i"): keys, values or items of one moment, as a list. */
static PyObject *snapshot(PyObject *self, PyObject *what)
{
    byn_dict *dict = handle_of(self);
    byn_dict_iterator *iterator;
    byn_dict_entry entry;
    PyObject *list = NULL;
    const char *text = PyUnicode_AsUTF8AndSize(what, NULL);
    byn_status status;

    if (dict == NULL || text == NULL)
        return NULL;
    Py_BEGIN_ALLOW_THREADS status = byn.dict_iterator_open(&iterator, dict);
    Py_END_ALLOW_THREADS if (status < 0) return byp_failed((byp_object *)self, status);
    list = PyList_New(0);
    while (list != NULL && byn.dict_iterator_next(iterator, &entry) >= 0) {
        PyObject *item = entry_as(&entry, *text);

        if (item == NULL || PyList_Append(list, item) != 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    byn.dict_iterator_close(iterator);
    return list;
}

static PyMethodDef methods[] = {
    BYP_INNER_LOCK,
    {"get", BYP_FASTCALL(get), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"setdefault", BYP_FASTCALL(set_default), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"pop", BYP_FASTCALL(pop), METH_FASTCALL, NULL},
    {"replace", BYP_FASTCALL(replace), METH_FASTCALL,
     "replace(key, expected, desired)\n--\n\nPut desired if expected is there; whether it was."},
    {"clear", clear, METH_NOARGS, NULL},
    {"_snapshot", snapshot, METH_O, NULL},
    BYP_METHODS(reopen),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {BYP_GETTERS, BYP_ABANDONED, {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_new, new_dict},         {Py_tp_dealloc, byp_dealloc},
    {Py_tp_methods, methods},      {Py_tp_getset, getters},
    {Py_tp_members, byp_members},  {Py_mp_subscript, subscript},
    {Py_mp_ass_subscript, assign}, {Py_mp_length, length},
    {Py_sq_contains, contains},    {0, NULL},
};

static PyType_Spec spec = {"byname._byname.Entries", sizeof(byp_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

bool byp_add_dicts(PyObject *module)
{
    return byp_add_type(module, &spec, NULL);
}
