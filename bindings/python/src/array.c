/* What Value and Array are made of: elements in shared memory, and their lock. */
#include "types.h"

enum { TYPE, SIZE, LENGTH };

static byn_status open_array(const byp_object *object, const char *name, byn_open_mode mode,
                             void **handle)
{
    byn_array_options options = {.struct_size = sizeof options};

    options.open = mode;
    options.keep = object->keep;
    options.type = (byn_value_type)object->parameters[TYPE];
    options.size = (uint32_t)object->parameters[SIZE];
    options.length = object->parameters[LENGTH];
    return byn.array_open((byn_array **)handle, name, &options);
}

BYP_LOCKED_NOUN(array)

static const byp_noun noun = {"Array",    open_array,   close_array, name_array,
                              lock_array, unlock_array, true,        false};

static PyObject *new_array(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"type", "size", "length", "name", "keep", "on_abandoned", NULL};
    const char *name = NULL, *on_abandoned = NULL;
    unsigned long long kind, size, length;
    int keep = 0;
    bool raises;
    uint64_t parameters[3];

    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "KKK|zps", names, &kind, &size, &length,
                                     &name, &keep, &on_abandoned) ||
        !byp_on_abandoned(on_abandoned, &raises))
        return NULL;
    parameters[TYPE] = kind;
    parameters[SIZE] = size;
    parameters[LENGTH] = length;
    return byp_new(type, &noun, name, BYN_OPEN_OR_CREATE, parameters, keep != 0, raises, NULL);
}

static PyObject *reopen(PyObject *type, PyObject *state)
{
    return byp_reopen(type, &noun, state);
}

/* Where the elements are: as long as this object is there, in a forked child too, which sees the same
 * memory as its parent. */
static PyObject *get_address(PyObject *self, void *unused)
{
    byp_object *array = (byp_object *)self;

    (void)unused;
    if (!byp_is_here(array))
        return NULL;
    return PyLong_FromVoidPtr(byn.array_data(array->handle));
}

static PyObject *get_length(PyObject *self, void *unused)
{
    byp_object *array = (byp_object *)self;

    (void)unused;
    if (!byp_is_here(array))
        return NULL;
    return PyLong_FromUnsignedLongLong(byn.array_length(array->handle));
}

static PyMethodDef methods[] = {
    BYP_INNER_LOCK,
    BYP_METHODS(reopen),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {
    BYP_GETTERS,
    BYP_ABANDONED,
    {"address", get_address, NULL, NULL, NULL},
    {"length", get_length, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, new_array},  {Py_tp_dealloc, byp_dealloc}, {Py_tp_methods, methods},
    {Py_tp_getset, getters}, {Py_tp_members, byp_members}, {0, NULL},
};

static PyType_Spec spec = {"byname._byname.Elements", sizeof(byp_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

bool byp_add_arrays(PyObject *module)
{
    return byp_add_type(module, &spec, NULL);
}
