#include "fork.h"

#ifdef _WIN32

bool byp_fork_retains(const byp_object *object)
{
    (void)object;
    return false;
}

PyObject *byp_before_fork(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    Py_RETURN_NONE;
}

PyObject *byp_after_fork_in_parent(PyObject *module, PyObject *unused)
{
    return byp_before_fork(module, unused);
}

PyObject *byp_after_fork_in_child(PyObject *module, PyObject *unused)
{
    return byp_before_fork(module, unused);
}

PyObject *byp_sweep(PyObject *module, PyObject *unused)
{
    return byp_before_fork(module, unused);
}

#else

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* A child that may live; fork is what byp_forks became with it. All under the interpreter's lock. */
typedef struct child {
    struct child *next;
    unsigned fork;
    int alive; /* reading end: it says nothing, and ends with the child */
} child;

typedef struct retained {
    struct retained *next;
    const byp_noun *noun;
    void *handle;
    unsigned opened, closed; /* byp_forks then: of interest to children in between */
} retained;

static child *children;
static retained *kept;
static int ends[2] = {-1, -1};

static bool is_over(int alive)
{
    struct pollfd look = {alive, POLLIN, 0};

    return poll(&look, 1, 0) > 0;
}

static void forget_ended_children(void)
{
    child **place = &children;

    while (*place != NULL) {
        child *one = *place;

        if (is_over(one->alive)) {
            *place = one->next;
            (void)close(one->alive);
            free(one);
        } else {
            place = &one->next;
        }
    }
}

static bool wanted(unsigned opened, unsigned closed)
{
    const child *one;

    for (one = children; one != NULL; one = one->next)
        if (one->fork > opened && one->fork <= closed)
            return true;
    return false;
}

static void close_unwanted(void)
{
    retained **place = &kept;

    while (*place != NULL) {
        retained *one = *place;

        if (wanted(one->opened, one->closed)) {
            place = &one->next;
        } else {
            *place = one->next;
            one->noun->close(one->handle);
            free(one);
        }
    }
}

bool byp_fork_retains(const byp_object *object)
{
    retained *one;

    if (object->noun->is_presence || object->generation != byp_generation ||
        !wanted(object->forks, byp_forks))
        return false;
    forget_ended_children();
    close_unwanted();
    if (!wanted(object->forks, byp_forks))
        return false;
    one = malloc(sizeof *one);
    if (one == NULL)
        return true; /* it stays open until the process ends */
    one->noun = object->noun;
    one->handle = object->handle;
    one->opened = object->forks;
    one->closed = byp_forks;
    one->next = kept;
    kept = one;
    return true;
}

PyObject *byp_before_fork(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    forget_ended_children();
    close_unwanted();
    if (pipe(ends) != 0) {
        ends[0] = ends[1] = -1;
        Py_RETURN_NONE;
    }
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    Py_RETURN_NONE;
}

PyObject *byp_after_fork_in_parent(PyObject *module, PyObject *unused)
{
    child *one = malloc(sizeof *one);

    (void)module;
    (void)unused;
    byp_forks++;
    if (ends[1] >= 0)
        (void)close(ends[1]);
    if (one == NULL || ends[0] < 0) {
        if (ends[0] >= 0)
            (void)close(ends[0]);
        free(one);
    } else {
        one->fork = byp_forks;
        one->alive = ends[0];
        one->next = children;
        children = one;
    }
    ends[0] = ends[1] = -1;
    Py_RETURN_NONE;
}

/* The writing end stays open until this process, and all that it forks, have ended. What the parent keeps for
 * others is none of its own. */
PyObject *byp_after_fork_in_child(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    byp_generation++;
    if (ends[0] >= 0)
        (void)close(ends[0]);
    ends[0] = ends[1] = -1;
    while (children != NULL) {
        child *one = children;

        children = one->next;
        (void)close(one->alive);
        free(one);
    }
    while (kept != NULL) {
        retained *one = kept;

        kept = one->next;
        one->noun->close(one->handle);
        free(one);
    }
    Py_RETURN_NONE;
}

PyObject *byp_sweep(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    forget_ended_children();
    close_unwanted();
    Py_RETURN_NONE;
}

#endif
