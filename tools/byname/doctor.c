/* byname doctor: what is wrong, and what to do. */
#include "doctor.h"
#include "json.h"
#include "output.h"
#include "people.h"
#include "tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

void doctor_add(findings *f, finding_level level, const char *topic, const char *text,
                const char *remedy)
{
    finding *next = apr_array_push(f->list);

    *next = (finding){level, topic, text, remedy};
}

/* ---- Circles of waits */

static const char *program_of(uint32_t pid, apr_pool_t *pool)
{
    byn_pid_info info = {.struct_size = sizeof info};

    return byn_pid_describe(pid, &info) >= 0 ? shown(info.program, pool) : "the process";
}

/* "byname (pid 12) let go of \"a\", or make (pid 13) let go of \"b\"": the one before holds what one waits for. */
static const char *who_must_let_go(const byn_circle *circle, apr_pool_t *pool)
{
    const char *text = "make ";
    size_t i;

    for (i = 0; i < circle->count; i++) {
        const byn_party *before = &circle->waits[(i + circle->count - 1) % circle->count];

        text = format_text(pool, "%s%s%s (pid %" PRIu32 ") let go of \"%s\"", text,
                           i > 0 ? ", or " : "", program_of(circle->holders[i], pool),
                           circle->holders[i], shown(before->object, pool));
    }
    return format_text(
        pool,
        "%s, or end one of them. To be told instead of waiting: the option "
        "detect_deadlock, \"byname run --detect-deadlock\". To prevent it: take locks "
        "in one order everywhere",
        text);
}

static bool add_circle(const byn_circle *circle, void *context)
{
    findings *f = context;

    doctor_add(f, FINDING_PROBLEM, "circle",
               format_text(f->pool, "%s%s",
                           circle->certain ? "" : "probably: ", shown(circle->text, f->pool)),
               who_must_let_go(circle, f->pool));
    return true;
}

/* ---- Objects */

/* An open says best why it cannot be used. */
static const char *why_foreign(const char *name, byn_status *status, apr_pool_t *pool)
{
    byn_mutex *mutex;

    *status = byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .open = BYN_OPEN_ONLY));
    if (*status < 0)
        return format_text(pool, "cannot be used: %s", shown(byn_last_error(), pool));
    byn_mutex_close(mutex);
    return "could not be looked at";
}

static void add_foreign(findings *f, const byn_object_info *info)
{
    const char *name = shown(info->name, f->pool), *why, *owner;
    byn_status status;

    why = why_foreign(info->name, &status, f->pool);
    owner = doctor_owner(info->place, f->pool);
    if (owner == NULL)
        owner = "the system does not tell to whom it belongs";
    else
        owner = format_text(f->pool, "it belongs to %s", shown(owner, f->pool));
    doctor_add(f, FINDING_NOTICE, status == BYN_E_ACCESS ? "rights" : "foreign",
               format_text(f->pool, "\"%s\" %s; %s", name, why, owner),
               status == BYN_E_ACCESS
                   ? format_text(f->pool,
                                 "leave it to its owner, or let the owner make it anew for others "
                                 "too: a name with \"machine:\", and a mode that admits them; if "
                                 "it is nobody's: byname rm \"%s\", as its owner",
                                 name)
                   : format_text(f->pool,
                                 "leave it to whom it belongs (another version of byname, another "
                                 "pid name space); if it is nobody's: byname rm \"%s\"",
                                 name));
}

static bool add_object(const byn_object_info *info, void *context)
{
    findings *f = context;

    f->reclaimed += info->state == BYN_OBJECT_RECLAIMED;
    if (info->state == BYN_OBJECT_FOREIGN)
        add_foreign(f, info);
    return true;
}

static void add_people(findings *f)
{
    apr_array_header_t *people = people_collect(NULL, f->pool);
    int i;

    for (i = 0; people != NULL && i < people->nelts; i++) {
        const byn_party *p = &APR_ARRAY_IDX(people, i, byn_party);

        if (p->role == BYN_ROLE_HOLDS && p->dead)
            doctor_add(f, FINDING_NOTICE, "abandoned",
                       format_text(f->pool, "%s \"%s\" is held by pid %" PRIu32 ", which is dead",
                                   p->kind, shown(p->object, f->pool), p->pid),
                       "nothing if it is locked again: the next one gets it, is told "
                       "BYN_ABANDONED and repairs what it guards");
        if (p->role == BYN_ROLE_UNTOLD)
            doctor_add(f, FINDING_FACT, "crowd",
                       format_text(f->pool,
                                   "at %s \"%s\" more threads waited at once than can be told one "
                                   "by one: %" PRIu32 " sleeps were not",
                                   p->kind, shown(p->object, f->pool), p->count),
                       NULL);
    }
}

static void examine_objects(findings *f)
{
    if (byn_objects_visit(add_object, f) < 0) {
        doctor_add(f, FINDING_PROBLEM, "rights", apr_pstrdup(f->pool, byn_last_error()),
                   "see what the sentence says; nothing works until objects can be seen");
        return;
    }
    if (f->reclaimed > 0)
        doctor_add(f, FINDING_NOTICE, "left",
                   format_text(f->pool, "%d objects were left by processes that were killed",
                               f->reclaimed),
                   "nothing: they are removed now");
    if (byn_circles_visit(add_circle, f) < 0)
        doctor_add(f, FINDING_PROBLEM, "circle", apr_pstrdup(f->pool, byn_last_error()), NULL);
    add_people(f);
}

/* One without a name, which goes at once. Behind the look at all: who makes something sweeps before. */
static void examine_making(findings *f)
{
    byn_event *event;

    if (byn_event_open(&event, NULL, NULL) >= 0)
        byn_event_close(event);
    else
        doctor_add(
            f, FINDING_PROBLEM, "making",
            format_text(f->pool, "no object can be made: %s", shown(byn_last_error(), f->pool)),
            "see what the sentence says; until then only what is there can be used");
}

/* ---- Telling */

static const char *level_text(finding_level level)
{
    static const char *const texts[] = {"fact", "notice", "problem"};

    return texts[level];
}

static void print_json(const findings *f)
{
    json j = {stdout, 0, true};
    int i;

    json_open(&j, NULL, '[');
    for (i = 0; i < f->list->nelts; i++) {
        const finding *one = &APR_ARRAY_IDX(f->list, i, finding);

        json_open(&j, NULL, '{');
        json_text(&j, "level", level_text(one->level));
        json_text(&j, "topic", one->topic);
        json_text(&j, "text", one->text);
        json_text(&j, "remedy", one->remedy);
        json_close(&j, '}');
    }
    json_close(&j, ']');
}

static void print_text(const findings *f, bool all)
{
    int i, told = 0;

    for (i = 0; i < f->list->nelts; i++) {
        const finding *one = &APR_ARRAY_IDX(f->list, i, finding);

        if (one->level == FINDING_FACT && !all)
            continue;
        told++;
        printf("%s: %s: %s\n", level_text(one->level), one->topic, one->text);
        if (one->remedy != NULL)
            printf("    %s\n", one->remedy);
    }
    if (told == 0)
        puts("nothing is wrong");
}

typedef struct settings {
    bool as_json, all;
} settings;

static bool set_option(void *context, int letter, const char *argument)
{
    settings *s = context;

    (void)argument;
    s->as_json = s->as_json || letter == 'j';
    s->all = s->all || letter == 'a';
    return true;
}

static int doctor(command_line *line)
{
    findings f = {line->pool, apr_array_make(line->pool, 16, sizeof(finding)), 0};
    settings s = {false, false};
    const char *const *words;
    int count, i;

    if (!command_line_options(line, set_option, &s))
        return line->result;
    words = command_line_words(line, &count);
    if (count > 0)
        return command_line_wrong(line, "it takes no argument (\"%s\")", *words);
    examine_objects(&f);
    examine_making(&f);
    doctor_examine_system(&f);
    if (s.as_json)
        print_json(&f);
    else
        print_text(&f, s.all);
    for (i = 0; i < f.list->nelts; i++) {
        if (APR_ARRAY_IDX(f.list, i, finding).level == FINDING_PROBLEM)
            return EXIT_BAD;
    }
    return EXIT_GOOD;
}

static const apr_getopt_option_t options[] = {
    {"json", 'j', 0, "as JSON, with all facts"},
    {"all", 'a', 0, "tell also what is only good to know"},
    OPTION_HELP,
    OPTION_END};

const verb verb_doctor = {
    .name = "doctor",
    .line = "find what is wrong: circles of waits, what is abandoned, traps of the system",
    .arguments = "[OPTION...]",
    .text =
        "Each finding with what to do. A \"problem\" is wrong now, a \"notice\" may become one.\n"
        "Exit code 1 if there is a problem.\n",
    .options = options,
    .usage_code = EXIT_USAGE,
    .run = doctor,
};
