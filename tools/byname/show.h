/* What the files of byname show share. */
#ifndef BYNAME_TOOL_SHOW_H
#define BYNAME_TOOL_SHOW_H

#include "json.h"
#include "output.h"
#include "tool.h"

#include <byname/byname.h>

/* Lines of text or members of a JSON object. */
typedef struct picture {
    apr_pool_t *pool;
    table *table;
    json json;
    bool as_json;
    byn_object_info object;
} picture;

/* All that byname show tells of one object; failures are said. @return the exit code */
int show_one(const char *name, bool as_json, apr_pool_t *pool);

void show_text(picture *p, const char *key, const char *text);
void show_unsigned(picture *p, const char *key, uint64_t number);
void show_bool(picture *p, const char *key, bool value);

/* What every object has. Called when the rest is known too, so that there is all or nothing. */
void show_object(picture *p);

/* show_<noun>(): what tell_<noun>() tells of one that is there. */
#define SHOW(noun)                                                                                 \
    byn_status show_##noun(picture *p, const char *name)                                           \
    {                                                                                              \
        byn_##noun *shown;                                                                         \
        byn_status status = byn_##noun##_open(                                                     \
            &shown, name, &BYN_OPTIONS(byn_##noun##_options, .open = BYN_OPEN_ONLY));              \
                                                                                                   \
        if (status < 0)                                                                            \
            return status;                                                                         \
        status = tell_##noun(p, shown);                                                            \
        byn_##noun##_close(shown);                                                                 \
        return status;                                                                             \
    }

/* All of one kind; a failure has shown nothing. */
byn_status show_mutex(picture *p, const char *name);
byn_status show_event(picture *p, const char *name);
byn_status show_semaphore(picture *p, const char *name);
byn_status show_once(picture *p, const char *name);
byn_status show_rwlock(picture *p, const char *name);
byn_status show_barrier(picture *p, const char *name);
byn_status show_pipe(picture *p, const char *name);
byn_status show_value(picture *p, const char *name);
byn_status show_array(picture *p, const char *name);
byn_status show_memory(picture *p, const char *name);
byn_status show_dict(picture *p, const char *name);
byn_status show_list(picture *p, const char *name);
byn_status show_queue(picture *p, const char *name);
byn_status show_pool(picture *p, const char *name);

/* How far a pool is. */
void show_pool_state(picture *p, const byn_pool_state *state);

#endif
