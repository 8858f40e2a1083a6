#include "people.h"

#include "output.h"
#include "system.h"

#include <inttypes.h>
#include <string.h>

#include <apr_strings.h>

typedef struct collection {
    apr_pool_t *pool;
    apr_array_header_t *people;
} collection;

static bool collect(const byn_party *party, void *context)
{
    collection *c = context;
    byn_party *copy = apr_array_push(c->people);

    *copy = *party;
    copy->object = apr_pstrdup(c->pool, party->object);
    copy->kind = apr_pstrdup(c->pool, party->kind);
    copy->as = apr_pstrdup(c->pool, party->as);
    copy->program = apr_pstrdup(c->pool, party->program);
    return true;
}

apr_array_header_t *people_collect(const char *object, apr_pool_t *pool)
{
    collection c = {pool, apr_array_make(pool, 16, sizeof(byn_party))};

    return byn_parties_visit(object, collect, &c) < 0 ? NULL : c.people;
}

static bool collect_other(const byn_party *party, void *context)
{
    return party->pid == system_pid() || collect(party, context);
}

apr_array_header_t *people_openers(const char *object, apr_pool_t *pool)
{
    collection c = {pool, apr_array_make(pool, 16, sizeof(byn_party))};

    return byn_openers_visit(object, collect_other, &c) < 0 ? NULL : c.people;
}

static const char *const roles[] = {"holds", "waits", "not told", "has it open"};

static const byn_party *person(const apr_array_header_t *people, int i)
{
    return &APR_ARRAY_IDX(people, i, byn_party);
}

uint32_t people_count(const apr_array_header_t *people, const char *object, byn_role role)
{
    uint32_t count = 0;
    int i;

    for (i = 0; i < people->nelts; i++) {
        const byn_party *p = person(people, i);

        if (p->role == role && strcmp(p->object, object) == 0)
            count += role == BYN_ROLE_UNTOLD ? p->count : 1;
    }
    return count;
}

static const char *role_text(const byn_party *p, apr_pool_t *pool)
{
    const char *what = roles[p->role];

    return *p->as != '\0' ? format_text(pool, "%s to %s", what, p->as) : what;
}

/* Of a holder it is a lower bound, and not known if nobody has waited. */
static const char *since_text(const byn_party *p, apr_pool_t *pool)
{
    if (p->role == BYN_ROLE_UNTOLD || p->role == BYN_ROLE_OPEN ||
        (p->role == BYN_ROLE_HOLDS && p->ms == 0))
        return "";
    return format_text(pool, "%s%s", p->role == BYN_ROLE_HOLDS ? ">= " : "", age_text(p->ms, pool));
}

static const char *count_text(const byn_party *p, apr_pool_t *pool)
{
    return p->count > 1 ? format_text(pool, "%" PRIu32, p->count) : "";
}

static const char *thread_text(const byn_party *p, apr_pool_t *pool)
{
    return p->thread != 0 ? format_text(pool, "%" PRIu32, p->thread) : "";
}

static const char *pid_text(const byn_party *p, apr_pool_t *pool)
{
    if (p->role == BYN_ROLE_UNTOLD)
        return "";
    return p->pid == 0 ? "?" : format_text(pool, "%" PRIu32, p->pid);
}

const char *people_command(uint32_t pid, apr_pool_t *pool)
{
    byn_pid_info info = {.struct_size = sizeof info};

    return pid != 0 && byn_pid_describe(pid, &info) >= 0 ? apr_pstrdup(pool, info.command) : "";
}

static const char *program_text(const byn_party *p, apr_pool_t *pool)
{
    const char *command;

    if (p->dead)
        return "dead";
    command = people_command(p->pid, pool);
    return shown(*command != '\0' ? command : p->program, pool);
}

void people_print_objects(const apr_array_header_t *people, apr_pool_t *pool)
{
    table *t = table_create(6, pool);
    int i;

    if (people->nelts == 0)
        return;
    table_row(t, "ROLE", "NAME", "KIND", "THREAD", "COUNT", "SINCE");
    for (i = 0; i < people->nelts; i++) {
        const byn_party *p = person(people, i);

        table_row(t, role_text(p, pool), shown(p->object, pool), p->kind, thread_text(p, pool),
                  count_text(p, pool), since_text(p, pool));
    }
    table_print(t);
}

void people_print_processes(const apr_array_header_t *people, apr_pool_t *pool)
{
    table *t = table_create(6, pool);
    int i;

    if (people->nelts == 0)
        return;
    table_row(t, "ROLE", "PID", "THREAD", "COUNT", "SINCE", "COMMAND");
    for (i = 0; i < people->nelts; i++) {
        const byn_party *p = person(people, i);

        table_row(t, role_text(p, pool), pid_text(p, pool), thread_text(p, pool),
                  count_text(p, pool), since_text(p, pool), program_text(p, pool));
    }
    table_print(t);
}

static void one_json(json *j, const byn_party *p, apr_pool_t *pool)
{
    json_open(j, NULL, '{');
    json_text(j, "role", p->role == BYN_ROLE_UNTOLD ? "untold" : roles[p->role]);
    json_text(j, "name", p->object);
    json_text(j, "kind", p->kind);
    json_text(j, "as", *p->as != '\0' ? p->as : NULL);
    json_unsigned(j, "pid", p->pid);
    json_unsigned(j, "thread", p->thread);
    json_text(j, "program", p->program);
    json_text(j, "command", people_command(p->pid, pool));
    json_unsigned(j, "count", p->count);
    json_unsigned(j, "ms", p->ms);
    json_bool(j, "dead", p->dead);
    json_close(j, '}');
}

void people_json(json *j, const char *key, const apr_array_header_t *people)
{
    int i;

    json_open(j, key, '[');
    for (i = 0; i < people->nelts; i++)
        one_json(j, person(people, i), people->pool);
    json_close(j, ']');
}

void openers_json(json *j, const char *key, const apr_array_header_t *openers)
{
    int i;

    json_open(j, key, '[');
    for (i = 0; i < openers->nelts; i++) {
        const byn_party *p = person(openers, i);

        if (p->role != BYN_ROLE_OPEN)
            continue;
        json_open(j, NULL, '{');
        json_unsigned(j, "pid", p->pid);
        json_text(j, "program", p->program);
        json_text(j, "command", people_command(p->pid, openers->pool));
        json_close(j, '}');
    }
    json_close(j, ']');
}
