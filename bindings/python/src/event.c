/* Event: a manual-reset event. Presence: one that is never set; that somebody has it open is what it says. */
#include "types.h"

static byn_status open_event(const byp_object *object, const char *name, byn_open_mode mode,
                             void **handle)
{
    byn_event_options options = {.struct_size = sizeof options};

    options.open = mode;
    options.keep = object->keep;
    options.manual_reset = true;
    return byn.event_open((byn_event **)handle, name, &options);
}

static void close_event(void *handle)
{
    byn.event_close(handle);
}

static const char *name_event(const void *handle)
{
    return byn.event_name(handle);
}

static const byp_noun noun = {"Event", open_event, close_event, name_event,
                              NULL,    NULL,       false,       false};
static const byp_noun presence = {"Presence", open_event, close_event, name_event,
                                  NULL,       NULL,       false,       true};

static PyObject *new_event(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", "keep", "ctx", NULL};
    const char *name = NULL;
    int keep = 0;
    PyObject *context = NULL;
    const uint64_t parameters[3] = {0, 0, 0};

    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|$zpO", names, &name, &keep, &context))
        return NULL;
    return byp_new(type, &noun, name, BYN_OPEN_OR_CREATE, parameters, keep != 0, false, NULL);
}

static PyObject *new_presence(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    const char *name = NULL;
    const uint64_t parameters[3] = {0, 0, 0};

    (void)keywords;
    if (!PyArg_ParseTuple(arguments, "|z", &name))
        return NULL;
    return byp_new(type, &presence, name, BYN_OPEN_OR_CREATE, parameters, false, false, NULL);
}

static PyObject *reopen_presence(PyObject *type, PyObject *state)
{
    return byp_reopen(type, &presence, state);
}

static PyObject *reopen(PyObject *type, PyObject *state)
{
    return byp_reopen(type, &noun, state);
}

static PyObject *change(PyObject *self, byn_status (*function)(byn_event *))
{
    byp_object *event = (byp_object *)self;
    byn_status status = function(event->handle);

    if (status == BYN_E_INVALID && byp_revived(event))
        status = function(event->handle);
    if (status < 0)
        return byp_failed(event, status);
    Py_RETURN_NONE;
}

static PyObject *set(PyObject *self, PyObject *unused)
{
    (void)unused;
    return change(self, byn.event_set);
}

static PyObject *clear(PyObject *self, PyObject *unused)
{
    (void)unused;
    return change(self, byn.event_reset);
}

static PyObject *is_set(PyObject *self, PyObject *unused)
{
    byp_object *event = (byp_object *)self;

    (void)unused;
    if (!byp_is_here(event))
        return NULL;
    return PyBool_FromLong(byn.event_is_set(event->handle));
}

static PyObject *wait(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                      PyObject *keywords)
{
    static const char *const names[] = {"timeout", NULL};
    byp_object *event = (byp_object *)self;
    PyObject *given = NULL;
    byn_timeout timeout;
    byn_status status;

    if (!byp_arguments("wait", names, arguments, count, keywords, &given) ||
        !byp_timeout(NULL, given, &timeout))
        return NULL;
    status = byn.event_wait(event->handle, BYN_NOW);
    if (status == BYN_E_INVALID && byp_revived(event))
        status = byn.event_wait(event->handle, BYN_NOW);
    if (status == BYN_E_TIMEDOUT && timeout != BYN_NOW) {
        byp_wait frame;

        byp_wait_begin(&frame);
        status = byn.event_wait(event->handle, timeout);
        byp_wait_end(&frame);
    }
    if (status == BYN_E_TIMEDOUT)
        Py_RETURN_FALSE;
    if (status < 0)
        return byp_failed(event, status);
    Py_RETURN_TRUE;
}

static PyObject *represent(PyObject *self)
{
    PyObject *set_ = is_set(self, NULL), *text;

    if (set_ == NULL)
        return NULL;
    text =
        PyUnicode_FromFormat("<Event at %p %s>", (void *)self, set_ == Py_True ? "set" : "unset");
    Py_DECREF(set_);
    return text;
}

static PyMethodDef methods[] = {
    {"set", set, METH_NOARGS, "set()\n--\n\nLet all through, until it is cleared."},
    {"clear", clear, METH_NOARGS, "clear()\n--\n\nLet nobody through any more."},
    {"is_set", is_set, METH_NOARGS, "is_set()\n--\n\nWhether it is set."},
    {"wait", BYP_FASTCALL(wait), METH_FASTCALL | METH_KEYWORDS,
     "wait(timeout=None)\n--\n\nWhether it was set, within timeout seconds."},
    BYP_METHODS(reopen),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {BYP_GETTERS, {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_new, new_event},
    {Py_tp_repr, represent},
    {Py_tp_dealloc, byp_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {Py_tp_members, byp_members},
    {Py_tp_doc, "A flag with a name that processes wait for."},
    {0, NULL},
};

static PyType_Spec spec = {"byname.Event", sizeof(byp_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

static PyMethodDef presence_methods[] = {BYP_METHODS(reopen_presence), {NULL, NULL, 0, NULL}};

static PyType_Slot presence_slots[] = {
    {Py_tp_new, new_presence}, {Py_tp_dealloc, byp_dealloc}, {Py_tp_methods, presence_methods},
    {Py_tp_getset, getters},   {Py_tp_members, byp_members}, {0, NULL},
};

static PyType_Spec presence_spec = {"byname._byname.Presence", sizeof(byp_object), 0,
                                    Py_TPFLAGS_DEFAULT, presence_slots};

bool byp_add_events(PyObject *module, PyTypeObject **type)
{
    return byp_add_type(module, &spec, type) && byp_add_type(module, &presence_spec, NULL);
}
