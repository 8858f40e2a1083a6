/* byname repair: what the dead have left behind in objects that live. */
#include "listing.h"
#include "nouns.h"
#include "output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One object: what is wrong with it, and whether that is only to be told. */
typedef struct patient {
    const char *name;
    apr_pool_t *pool;
    bool dry_run;
    bool held_by_dead;
    uint32_t dead_permits;
    const char *wrong; /* NULL: nothing */
    const char *cure;  /* what is so then */
} patient;

static byn_status found(patient *p, const char *wrong, const char *cure)
{
    p->wrong = wrong;
    p->cure = cure;
    return BYN_OK;
}

static bool note_dead(const byn_party *party, void *context)
{
    patient *p = context;

    if (party->role == BYN_ROLE_HOLDS && party->dead) {
        p->held_by_dead = true;
        p->dead_permits += party->count;
    }
    return true;
}

/* ---- What is locked: who locks it is told of the dead, and that is all the cure. Not to wait: a living one
 * that has it meanwhile was told itself. */

#define LOCK_REPAIR(noun_, lock_, unlock_)                                                         \
    static byn_status repair_##noun_(patient *p)                                                   \
    {                                                                                              \
        byn_##noun_ *object;                                                                       \
        byn_status status = byn_##noun_##_open(                                                    \
            &object, p->name, &BYN_OPTIONS(byn_##noun_##_options, .open = BYN_OPEN_ONLY));         \
                                                                                                   \
        if (status < 0)                                                                            \
            return status;                                                                         \
        if (is_abandoned_##noun_(p, object))                                                       \
            (void)found(p, "a process died holding its lock", "the next one is not told");         \
        if (p->wrong != NULL && !p->dry_run && (status = lock_(object, BYN_NOW)) >= 0)             \
            status = unlock_(object);                                                              \
        byn_##noun_##_close(object);                                                               \
        return status;                                                                             \
    }

static bool is_abandoned_mutex(const patient *p, byn_mutex *mutex)
{
    byn_mutex_info info = {.struct_size = sizeof info};

    (void)p;
    return byn_mutex_owner(mutex, &info) >= 0 && info.owner_is_dead;
}

static bool is_abandoned_rwlock(const patient *p, byn_rwlock *rwlock)
{
    byn_rwlock_info info = {.struct_size = sizeof info};

    return p->held_by_dead || (byn_rwlock_holders(rwlock, &info) >= 0 && info.abandoned);
}

#define BY_ITS_HOLDERS(noun_)                                                                      \
    static bool is_abandoned_##noun_(const patient *p, const byn_##noun_ *object)                  \
    {                                                                                              \
        (void)object;                                                                              \
        return p->held_by_dead;                                                                    \
    }

BY_ITS_HOLDERS(value)
BY_ITS_HOLDERS(array)
BY_ITS_HOLDERS(dict)
BY_ITS_HOLDERS(list)

LOCK_REPAIR(mutex, byn_mutex_lock, byn_mutex_unlock)
LOCK_REPAIR(rwlock, byn_rwlock_lock, byn_rwlock_unlock)
LOCK_REPAIR(value, byn_value_lock, byn_value_unlock)
LOCK_REPAIR(array, byn_array_lock, byn_array_unlock)
LOCK_REPAIR(dict, byn_dict_lock, byn_dict_unlock)
LOCK_REPAIR(list, byn_list_lock, byn_list_unlock)

/* ---- The others */

static byn_status repair_barrier(patient *p)
{
    byn_barrier *barrier;
    byn_status status = byn_barrier_open(&barrier, p->name,
                                         &BYN_OPTIONS(byn_barrier_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    if (byn_barrier_is_broken(barrier)) {
        (void)found(p, "it is broken", "it is whole again");
        if (!p->dry_run)
            status = byn_barrier_reset(barrier);
    }
    byn_barrier_close(barrier);
    return status;
}

/*
 * Who misses permits looks for dead holders: one more is asked for than there are. Then one is taken and
 * given back, with which the mark is gone.
 */
static byn_status take_permits_back(byn_semaphore *semaphore, uint32_t free)
{
    byn_status status = byn_semaphore_acquire(semaphore, free + 1, BYN_NOW);

    if (status >= 0)
        return byn_semaphore_release(semaphore, free + 1, NULL);
    status = status == BYN_E_TIMEDOUT ? byn_semaphore_acquire(semaphore, 1, BYN_NOW) : status;
    return status < 0 ? status : byn_semaphore_release(semaphore, 1, NULL);
}

static byn_status repair_semaphore(patient *p)
{
    byn_semaphore_info info = {.struct_size = sizeof info};
    byn_semaphore *semaphore;
    byn_status status = byn_semaphore_open(
        &semaphore, p->name, &BYN_OPTIONS(byn_semaphore_options, .open = BYN_OPEN_ONLY));

    if (status < 0)
        return status;
    status = byn_semaphore_holders(semaphore, &info);
    if (status >= 0 && info.undo && (p->dead_permits > 0 || info.abandoned > 0)) {
        (void)found(p,
                    format_text(p->pool, "dead processes held %" PRIu32 " of its permits",
                                p->dead_permits + info.abandoned),
                    "they are back, and the next one is not told");
        if (!p->dry_run)
            status = take_permits_back(semaphore, info.value);
    }
    byn_semaphore_close(semaphore);
    return status;
}

static const struct {
    const char *kind;
    byn_status (*repair)(patient *p);
} repairs[] = {{"mutex", repair_mutex},     {"rwlock", repair_rwlock},      {"value", repair_value},
               {"array", repair_array},     {"dict", repair_dict},          {"list", repair_list},
               {"barrier", repair_barrier}, {"semaphore", repair_semaphore}};

/* Other kinds have nothing that the next user would not repair by itself. */
static byn_status look_and_repair(patient *p, const char *kind)
{
    byn_status status = byn_parties_visit(p->name, note_dead, p);
    size_t i;

    for (i = 0; status >= 0 && i < sizeof repairs / sizeof repairs[0]; i++) {
        if (strcmp(repairs[i].kind, kind) == 0)
            return repairs[i].repair(p);
    }
    return status;
}

/* ---- The command line */

/* @param named  one that is well is told of too. */
static int repair_object(const listing_settings *s, const byn_object_info *info, bool named)
{
    patient p = {.name = info->name, .pool = s->line->pool, .dry_run = s->dry_run};
    const char *name = shown(info->name, s->line->pool);
    byn_status status;

    if (info->state != BYN_OBJECT_IN_USE && info->state != BYN_OBJECT_KEPT)
        return EXIT_GOOD;
    status = look_and_repair(&p, info->kind);
    if (status == BYN_E_NOTFOUND && !named)
        return EXIT_GOOD; /* gone meanwhile */
    if (status < 0)
        return call_failed(s->line);
    if (p.wrong != NULL)
        printf("%s \"%s\": %s; %s%s\n", info->kind, name, p.wrong,
               s->dry_run ? "would be repaired: " : "repaired: ", p.cure);
    else if (named)
        printf("%s \"%s\": nothing to repair\n", info->kind, name);
    return EXIT_GOOD;
}

static int repair_named(const listing_settings *s, const apr_array_header_t *objects,
                        const char *const *words)
{
    int result = EXIT_GOOD;
    int i;

    for (; *words != NULL; words++) {
        apr_array_header_t *matching = listing_match(objects, *words, s->line->pool);

        if (matching->nelts == 0) {
            complain("byname repair: there is no object \"%s\"\n", shown(*words, s->line->pool));
            result = EXIT_BAD;
        }
        for (i = 0; i < matching->nelts; i++) {
            if (repair_object(s, APR_ARRAY_IDX(matching, i, const byn_object_info *), true) !=
                EXIT_GOOD)
                result = EXIT_BAD;
        }
    }
    return result;
}

static int repair(command_line *line)
{
    listing_settings s = {line, false, false};
    apr_array_header_t *objects;
    const char *const *words;
    int result;
    int i;

    objects = listing_asked(&s, &words, &result);
    if (objects == NULL)
        return result;
    if (!s.all)
        return repair_named(&s, objects, words);
    for (i = 0; i < objects->nelts; i++) {
        if (repair_object(&s, &APR_ARRAY_IDX(objects, i, byn_object_info), false) != EXIT_GOOD)
            result = EXIT_BAD;
    }
    return result;
}

static const apr_getopt_option_t options[] = {
    {"all", 'a', 0, "all objects that need it"},
    {"dry-run", LISTING_DRY_RUN, 0, "say what would be repaired, and change nothing"},
    OPTION_HELP,
    OPTION_END};

const verb verb_repair = {
    .name = "repair",
    .line = "take away what the dead have left: marks, permits, a broken barrier",
    .arguments = "(NAME... | --all) [--dry-run]",
    .text =
        "A lock whose owner died tells the next one who takes it, so that this one looks at what\n"
        "it guards. Say repair when you have looked: it takes the lock and lets it go, and\n"
        "nobody is told any more. A reader-writer lock is written for a moment. Permits of\n"
        "dead processes come back. A broken barrier is whole again. Nothing else needs it.\n\n"
        "A NAME that no object has may be a pattern, as for \"byname rm\".\n"
        "Exit code 1 if one could not be repaired.\n",
    .example = "byname repair --all --dry-run",
    .options = options,
    .usage_code = EXIT_USAGE,
    .run = repair,
};
