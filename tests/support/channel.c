#include "support.h"

#include <stdlib.h>

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

typedef struct line_node {
    struct line_node *next;
    char *text;
} line_node;

struct channel {
    apr_thread_mutex_t *mutex;
    apr_thread_cond_t *changed;
    line_node *first;
    line_node **end;
    bool closed;
};

static apr_status_t channel_free(void *c)
{
    channel *channel_ = c;
    char *line;

    channel_close(channel_);
    while ((line = channel_get(channel_, 0, NULL)) != NULL)
        free(line);
    return APR_SUCCESS;
}

channel *channel_create(apr_pool_t *pool)
{
    channel *c = apr_pcalloc(pool, sizeof *c);

    apr_thread_mutex_create(&c->mutex, APR_THREAD_MUTEX_DEFAULT, pool);
    apr_thread_cond_create(&c->changed, pool);
    c->end = &c->first;
    apr_pool_cleanup_register(pool, c, channel_free, apr_pool_cleanup_null);
    return c;
}

void channel_put(channel *c, const char *line)
{
    line_node *node = calloc(1, sizeof *node);

    if (node == NULL)
        abort();
    node->text = copied(line);
    apr_thread_mutex_lock(c->mutex);
    *c->end = node;
    c->end = &node->next;
    apr_thread_cond_signal(c->changed);
    apr_thread_mutex_unlock(c->mutex);
}

static bool wait_for_change(channel *c, int64_t until)
{
    int64_t left;

    if (until < 0)
        return apr_thread_cond_wait(c->changed, c->mutex) == APR_SUCCESS;
    left = until - platform_milliseconds();
    if (left <= 0)
        return false;
    apr_thread_cond_timedwait(c->changed, c->mutex, apr_time_from_msec(left));
    return true;
}

char *channel_get(channel *c, int timeout, bool *late)
{
    int64_t until = timeout < 0 ? -1 : platform_milliseconds() + timeout;
    bool in_time = true;
    line_node *node;
    char *text = NULL;

    apr_thread_mutex_lock(c->mutex);
    while (c->first == NULL && !c->closed && in_time)
        in_time = wait_for_change(c, until);
    node = c->first;
    if (node != NULL) {
        c->first = node->next;
        if (c->first == NULL)
            c->end = &c->first;
        text = node->text;
    }
    if (late != NULL)
        *late = text == NULL && !c->closed;
    apr_thread_mutex_unlock(c->mutex);
    free(node);
    return text;
}

void channel_close(channel *c)
{
    apr_thread_mutex_lock(c->mutex);
    c->closed = true;
    apr_thread_cond_broadcast(c->changed);
    apr_thread_mutex_unlock(c->mutex);
}
