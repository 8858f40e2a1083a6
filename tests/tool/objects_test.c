/* byname ls, show and rm. */
#include "tool_test.h"

#include <stdio.h>
#include <string.h>

#include <byname/byname.h>

/* One of each kind; argv[0] begins their names. */
int opens_all_kinds(peer_self *self, int argc, char **argv)
{
    static const char *const kinds[] = {"mutex", "event", "semaphore", "value", "memory"};
    char names[5][128];
    byn_mutex *mutex;
    byn_event *event;
    byn_semaphore *semaphore;
    byn_value *value;
    byn_memory *memory;
    int i;

    REQUIRE_INT(argc, 1);
    for (i = 0; i < 5; i++)
        snprintf(names[i], sizeof names[i], "%s.%s", argv[0], kinds[i]);
    REQUIRE_STATUS(byn_mutex_open(&mutex, names[0], NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_event_open(&event, names[1], NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_semaphore_open(&semaphore, names[2], NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_value_open(&value, names[3], NULL), BYN_CREATED);
    REQUIRE_STATUS(
        byn_memory_open(&memory, names[4], &BYN_OPTIONS(byn_memory_options, .size = 5000)),
        BYN_CREATED);
    peer_say(self, "open");
    peer_wait(self, "close");
    byn_memory_close(memory);
    byn_value_close(value);
    byn_semaphore_close(semaphore);
    byn_event_close(event);
    byn_mutex_close(mutex);
    return 0;
}

/* What follows in the line after `part`, with it; a part may begin with the end of the line before. */
static const char *line_with(const char *text, const char *part)
{
    static char line[512];
    const char *found = strstr(text, part);

    line[0] = '\0';
    if (found != NULL && *found == '\n')
        found++;
    if (found != NULL)
        snprintf(line, sizeof line, "%.*s", (int)strcspn(found, "\n"), found);
    return line;
}

static const char *name_of(const char *base, const char *kind)
{
    static char name[160];

    snprintf(name, sizeof name, "%s.%s", base, kind);
    return name;
}

/* ---- ls */

void ls_of_nothing_is_empty(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "ls"), 0);
    CHECK(strstr(output->out, name) == NULL);
    CHECK_STR(output->err, "");
    CHECK_INT(TOOL(&output, "ls", "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK(strstr(output->out, name) == NULL);
    CHECK_INT(TOOL(&output, "ls", "--kind", "rwlock"), 0);
    CHECK_INT(TOOL(&output, "ls", "--kind", "mutexes"), 2);
    CHECK_CONTAINS(output->err, "--kind cannot be \"mutexes\"");
}

void ls_shows_objects(void)
{
    const char *base = fresh_name();
    peer *owner = peer_start(PEER_PROCESS, "opens_all_kinds", base, NULL);
    const test_output *output;
    char pid[32];

    peer_expect(owner, "open");
    snprintf(pid, sizeof pid, " %ld", peer_pid(owner));
    CHECK_INT(TOOL(&output, "show", name_of(base, "event")), 0);
    CHECK_CONTAINS(line_with(output->out, "has it open"), pid);
    CHECK_CONTAINS(output->out, "layout  ");
    CHECK_INT(TOOL(&output, "show", "--json", name_of(base, "memory")), 0);
    CHECK_CONTAINS(output->out, "\"openers\": [\n    {\n      \"pid\": ");
    CHECK_CONTAINS(output->out, "\"openers_untold\": ");
    CHECK_CONTAINS(output->out, pid);
    CHECK_INT(TOOL(&output, "ls"), 0);
    CHECK_CONTAINS(output->out, "NAME");
    CHECK_CONTAINS(output->out, "CREATOR\n");
    CHECK_CONTAINS(line_with(output->out, name_of(base, "mutex")), "  mutex");
    CHECK_CONTAINS(line_with(output->out, name_of(base, "event")), "  event");
    CHECK_CONTAINS(line_with(output->out, name_of(base, "semaphore")), "  semaphore");
    CHECK_CONTAINS(line_with(output->out, name_of(base, "value")), "  value");
    CHECK_CONTAINS(line_with(output->out, name_of(base, "memory")), "  memory");
    CHECK_CONTAINS(line_with(output->out, name_of(base, "memory")), "in use");
    CHECK_CONTAINS(line_with(output->out, name_of(base, "memory")), pid);
    peer_tell(owner, "close");
    peer_finish(owner);
    CHECK_INT(TOOL(&output, "ls"), 0);
    CHECK(strstr(output->out, base) == NULL);
}

void ls_json_is_json(void)
{
    const char *name = "q\"uo\\te \xe2\x82\xac of ls";
    const test_output *output;
    byn_event *event;

    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
    CHECK_INT(TOOL(&output, "ls", "-j"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"name\": \"q\\\"uo\\\\te \xe2\x82\xac of ls\",\n"
                                "    \"kind\": \"event\",\n"
                                "    \"scope\": \"user\",\n"
                                "    \"state\": \"in use\",\n"
                                "    \"size\": ");
    CHECK_CONTAINS(output->out, "\"age_ms\": ");
    CHECK_CONTAINS(output->out, "\"creator\": ");
    CHECK_CONTAINS(output->out, "\"place\": \"");
    byn_event_close(event);
}

/* On Windows the kernel has removed all before anybody looks. */
void ls_reports_what_it_reclaimed(void)
{
    const char *base = fresh_name();
    peer *owner = peer_start(PEER_PROCESS, "opens_all_kinds", base, NULL);
    const test_output *output;

    peer_expect(owner, "open");
    peer_kill(owner);
    CHECK_INT(TOOL(&output, "ls"), 0);
    if (strstr(output->out, base) != NULL) {
        CHECK_CONTAINS(line_with(output->out, name_of(base, "value")), "reclaimed");
        CHECK_CONTAINS(output->out, "5 reclaimed: the users were all killed");
    }
    CHECK_INT(TOOL(&output, "ls"), 0);
    CHECK(strstr(output->out, base) == NULL);
}

/* ---- show */

void show_tells_a_free_and_a_held_mutex(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_mutex *mutex;

    REQUIRE_STATUS(byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .recursive = true)),
                   BYN_CREATED);
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(line_with(output->out, "name "), name);
    CHECK_CONTAINS(line_with(output->out, "kind "), "mutex");
    CHECK_CONTAINS(line_with(output->out, "recursive "), "yes");
    CHECK_CONTAINS(line_with(output->out, "\nheld "), "no");
    CHECK_CONTAINS(line_with(output->out, "\nowner "), "nobody");
    CHECK_CONTAINS(line_with(output->out, "last_dead "), "nobody");

    REQUIRE_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    REQUIRE_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(line_with(output->out, "\nheld "), "yes");
    CHECK_CONTAINS(line_with(output->out, "\nowner "), "tool");
    CHECK_CONTAINS(line_with(output->out, "owner_is_dead "), "no");
    CHECK_CONTAINS(line_with(output->out, "depth "), "2");
    byn_mutex_unlock(mutex);
    byn_mutex_unlock(mutex);
    byn_mutex_close(mutex);
}

void show_tells_who_died(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_mutex *mutex;
    peer *holder;
    char pid[32];

    REQUIRE_STATUS(byn_mutex_open(&mutex, name, NULL), BYN_CREATED);
    holder = peer_start(PEER_PROCESS, "holds_mutex", name, NULL);
    peer_expect(holder, "locked");
    snprintf(pid, sizeof pid, "(pid %ld,", peer_pid(holder));
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(line_with(output->out, "\nowner "), pid);
    peer_kill(holder);
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(line_with(output->out, "owner_is_dead "), "yes");
    CHECK_CONTAINS(line_with(output->out, "\nowner "), pid);
    CHECK_CONTAINS(line_with(output->out, "\nowner "), ", dead");

    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_ABANDONED);
    byn_mutex_unlock(mutex);
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(line_with(output->out, "\nheld "), "no");
    CHECK_CONTAINS(line_with(output->out, "last_dead "), pid);
    CHECK_CONTAINS(line_with(output->out, "abandonings "), "1");
    byn_mutex_close(mutex);
}

void show_tells_an_event(void)
{
    const char *name = fresh_name();
    const char *other = fresh_name();
    const test_output *output;
    byn_event *event;
    byn_event *manual;

    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
    REQUIRE_STATUS(
        byn_event_open(&manual, other, &BYN_OPTIONS(byn_event_options, .manual_reset = true)),
        BYN_CREATED);
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(line_with(output->out, "manual_reset "), "no");
    CHECK_CONTAINS(line_with(output->out, "\nset "), "no");
    byn_event_set(manual);
    CHECK_INT(TOOL(&output, "show", other), 0);
    CHECK_CONTAINS(line_with(output->out, "manual_reset "), "yes");
    CHECK_CONTAINS(line_with(output->out, "\nset "), "yes");
    byn_event_close(manual);
    byn_event_close(event);
}

void show_tells_a_semaphore(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_semaphore *semaphore;

    REQUIRE_STATUS(
        byn_semaphore_open(&semaphore, name, &BYN_OPTIONS(byn_semaphore_options, .initial = 3)),
        BYN_CREATED);
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(line_with(output->out, "kind "), "semaphore");
    CHECK_CONTAINS(line_with(output->out, "permits "), "3");
    CHECK_CONTAINS(line_with(output->out, "maximum "), "1073741823");
    CHECK_CONTAINS(line_with(output->out, "undo "), "no");
    CHECK_STR(line_with(output->out, "held "), "");
    byn_semaphore_close(semaphore);
}

void show_tells_a_semaphore_with_undo(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_semaphore *semaphore;

    REQUIRE_STATUS(byn_semaphore_open(&semaphore, name,
                                      &BYN_OPTIONS(byn_semaphore_options, .initial = 7,
                                                   .maximum = 9, .undo = true)),
                   BYN_CREATED);
    REQUIRE_STATUS(byn_semaphore_acquire(semaphore, 5, BYN_NOW), BYN_OK);
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(line_with(output->out, "permits "), "2");
    CHECK_CONTAINS(line_with(output->out, "maximum "), "9");
    CHECK_CONTAINS(line_with(output->out, "undo "), "yes");
    CHECK_CONTAINS(line_with(output->out, "held "), "5");
    CHECK_CONTAINS(line_with(output->out, "holders "), "1");
    CHECK_INT(TOOL(&output, "show", "--json", name), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"held\": 5");
    CHECK_CONTAINS(output->out, "\"abandoned\": 0");
    byn_semaphore_close(semaphore);
}

static void nothing(void *context)
{
    (void)context;
}

void show_tells_a_condition_and_a_once(void)
{
    const char *name = fresh_name(), *once_name = fresh_name();
    const test_output *output;
    byn_condition *condition;
    byn_once *once;

    REQUIRE_STATUS(byn_condition_open(&condition, name, NULL), BYN_CREATED);
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(line_with(output->out, "kind "), "condition");
    CHECK_INT(TOOL(&output, "show", "--json", name), 0);
    CHECK_CONTAINS(output->out, "\"kind\": \"condition\"");
    byn_condition_close(condition);
    REQUIRE_STATUS(byn_once_open(&once, once_name, NULL), BYN_CREATED);
    CHECK_INT(TOOL(&output, "show", once_name), 0);
    CHECK_CONTAINS(line_with(output->out, "kind "), "once");
    CHECK_CONTAINS(line_with(output->out, "done "), "no");
    CHECK_STATUS(byn_once_run(once, nothing, NULL, BYN_NOW), BYN_OK);
    CHECK_INT(TOOL(&output, "show", "--json", once_name), 0);
    CHECK_CONTAINS(output->out, "\"done\": true");
    byn_once_close(once);
}

void show_tells_a_rwlock(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_rwlock *rwlock;

    REQUIRE_STATUS(byn_rwlock_open(&rwlock, name, NULL), BYN_CREATED);
    CHECK_STATUS(byn_rwlock_lock_shared(rwlock, BYN_NOW), BYN_OK);
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(line_with(output->out, "kind "), "rwlock");
    CHECK_CONTAINS(line_with(output->out, "readers "), "1");
    CHECK_CONTAINS(line_with(output->out, "written "), "no");
    CHECK_CONTAINS(line_with(output->out, "abandoned "), "no");
    CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    CHECK_STATUS(byn_rwlock_lock(rwlock, BYN_NOW), BYN_OK);
    CHECK_INT(TOOL(&output, "show", "--json", name), 0);
    CHECK_CONTAINS(output->out, "\"written\": true");
    CHECK_CONTAINS(output->out, "\"writer_pid\": ");
    byn_rwlock_close(rwlock);
}

void show_tells_values(void)
{
    const char *name = fresh_name();
    const char *large = fresh_name();
    const test_output *output;
    byn_value *value;
    byn_value *unsigned_value;

    REQUIRE_STATUS(byn_value_open(&value, name,
                                  &BYN_OPTIONS(byn_value_options, .type = BYN_I16, .initial = -5)),
                   BYN_CREATED);
    REQUIRE_STATUS(byn_value_open(&unsigned_value, large,
                                  &BYN_OPTIONS(byn_value_options, .type = BYN_U64, .initial = -1)),
                   BYN_CREATED);
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(line_with(output->out, "type "), "i16");
    CHECK_CONTAINS(line_with(output->out, "number "), " -5");
    CHECK_INT(TOOL(&output, "show", "-j", large), 0);
    CHECK_CONTAINS(output->out, "\"type\": \"u64\",\n  \"number\": 18446744073709551615,\n");
    byn_value_close(unsigned_value);
    byn_value_close(value);
}

void show_tells_reals_bytes_and_arrays(void)
{
    const char *of_bytes = fresh_name(), *of_real = fresh_name(), *of_array = fresh_name();
    const test_output *output;
    byn_value *bytes, *real;
    byn_array *array;

    REQUIRE_STATUS(byn_value_open(&bytes, of_bytes,
                                  &BYN_OPTIONS(byn_value_options, .type = BYN_BYTES, .size = 99)),
                   BYN_CREATED);
    REQUIRE_STATUS(
        byn_value_open(&real, of_real,
                       &BYN_OPTIONS(byn_value_options, .type = BYN_F32, .initial_double = -0.1)),
        BYN_CREATED);
    REQUIRE_STATUS(byn_array_open(&array, of_array,
                                  &BYN_OPTIONS(byn_array_options, .type = BYN_U16, .length = 7)),
                   BYN_CREATED);
    CHECK_STATUS(byn_value_write(bytes, "12345", 5), BYN_OK);
    CHECK_INT(TOOL(&output, "show", of_bytes), 0);
    CHECK_CONTAINS(line_with(output->out, "bytes "), " 5");
    CHECK_CONTAINS(line_with(output->out, "most "), " 99");
    CHECK_INT(TOOL(&output, "show", of_real), 0);
    CHECK_CONTAINS(line_with(output->out, "number "), " -0.1");
    CHECK_INT(TOOL(&output, "show", "-j", of_array), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"type\": \"u16\",\n  \"length\": 7");
    byn_value_close(bytes);
    byn_value_close(real);
    byn_array_close(array);
}

void show_tells_memory(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_memory *memory;

    REQUIRE_STATUS(byn_memory_open(&memory, name, &BYN_OPTIONS(byn_memory_options, .size = 12345)),
                   BYN_CREATED);
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(line_with(output->out, "bytes "), "12345");
    byn_memory_close(memory);
}

/* This process', which is in there as a holder. */
static unsigned own_pid(const char *text)
{
    const char *at = strstr(text, "\"pid\": ");
    unsigned pid = 0;

    CHECK(at != NULL && sscanf(at, "\"pid\": %u", &pid) == 1);
    return pid;
}

void show_json_is_json(void)
{
    const char *name = "q\"uo\\te \xe2\x82\xac of show";
    const test_output *output;
    byn_mutex *mutex;
    char pid[32];

    REQUIRE_STATUS(byn_mutex_open(&mutex, name, NULL), BYN_CREATED);
    CHECK_INT(TOOL(&output, "show", name, "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"name\": \"q\\\"uo\\\\te \xe2\x82\xac of show\",");
    CHECK_CONTAINS(output->out, "\"owner\": null,");
    REQUIRE_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_INT(TOOL(&output, "show", name, "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"owner\": {\n    \"pid\": ");
    CHECK_CONTAINS(output->out, "\"held\": true,");
    CHECK_INT(TOOL(&output, "holders", name, "--json"), 0);
    CHECK_CONTAINS(output->out, "\"role\": \"holds\",\n    \"name\": \"q\\\"uo\\\\te ");
    snprintf(pid, sizeof pid, "%u", own_pid(output->out));
    CHECK_INT(TOOL(&output, "who", pid, "--json"), 0);
    CHECK_CONTAINS(output->out, "\"name\": \"q\\\"uo\\\\te ");
    byn_mutex_unlock(mutex);
    byn_mutex_close(mutex);
}

void show_fails_for_nothing(void)
{
    const char *name = fresh_name();
    const test_output *output;

    CHECK_INT(TOOL(&output, "show", name), 1);
    CHECK_CONTAINS(output->err, "byname show: there is no object \"");
    CHECK_CONTAINS(output->err, name);
    CHECK_CONTAINS(output->err, "BYN_E_NOTFOUND");
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "show", "--json", name), 1);
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "rm", name), 1);
    CHECK_CONTAINS(output->err, "nothing has this name");
    CHECK_INT(TOOL(&output, "who"), 2);
    CHECK_CONTAINS(output->err, "which process?");
    CHECK_INT(TOOL(&output, "show", "planet:x"), 1);
    CHECK_CONTAINS(output->err, "BYN_E_NAME");
}

void show_and_ls_tell_machine_objects(void)
{
    const test_output *output;
    byn_mutex *mutex;
    char name[128];

    snprintf(name, sizeof name, "machine:%s", fresh_name());
    REQUIRE_STATUS(byn_mutex_open(&mutex, name, NULL), BYN_CREATED);
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(line_with(output->out, "name "), name);
    CHECK_INT(TOOL(&output, "ls"), 0);
    CHECK_CONTAINS(line_with(output->out, name), "  mutex  ");
    CHECK_CONTAINS(line_with(output->out, name), "  machine  in use");
    CHECK_INT(TOOL(&output, "ls", "--scope", "machine", "--sort", "waiters"), 0);
    CHECK_CONTAINS(output->out, name);
    CHECK_INT(TOOL(&output, "ls", "--scope", "user", "--sort", "holders"), 0);
    CHECK(strstr(output->out, name) == NULL);
    CHECK_INT(TOOL(&output, "ls", "--held"), 0);
    CHECK(strstr(output->out, name) == NULL);
    REQUIRE_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_INT(TOOL(&output, "ls", "--held"), 0);
    CHECK_CONTAINS(output->out, name);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    CHECK_INT(TOOL(&output, "ls", "--scope", "planet"), 2);
    CHECK_INT(TOOL(&output, "show", name + strlen("machine:")), 1);
    byn_mutex_close(mutex);
}

/* ---- rm */

/* On Windows the kernel was faster. */
void rm_removes_what_the_killed_left(void)
{
    const char *base = fresh_name();
    peer *owner = peer_start(PEER_PROCESS, "opens_all_kinds", base, NULL);
    const test_output *output;

    peer_expect(owner, "open");
    CHECK_INT(TOOL(&output, "rm", name_of(base, "memory")), 1);
    CHECK_CONTAINS(output->err, "BYN_E_EXISTS");
    peer_kill(owner);
    if (TOOL(&output, "rm", name_of(base, "memory")) != 0)
        CHECK_CONTAINS(output->err, "BYN_E_NOTFOUND");
    CHECK_INT(TOOL(&output, "rm", name_of(base, "memory")), 1);
    CHECK_CONTAINS(output->err, "BYN_E_NOTFOUND");
    CHECK_INT(TOOL(&output, "ls"), 0); /* the others */
}

void rm_removes_only_what_nobody_uses(void)
{
    const char *name = fresh_name();
    const char *other = fresh_name();
    const test_output *output;
    byn_event *event;

    CHECK_INT(TOOL(&output, "rm", name), 1);
    CHECK_CONTAINS(output->err, "BYN_E_NOTFOUND");
    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
    CHECK_INT(TOOL(&output, "rm", other, name), 1);
    CHECK_CONTAINS(output->err, other);
    CHECK_CONTAINS(output->err, "BYN_E_EXISTS");
    CHECK_INT(TOOL(&output, "show", name), 0);
    byn_event_close(event);
    CHECK_INT(TOOL(&output, "show", name), 1);
}

/* ---- What is kept */

void ls_show_and_rm_know_what_is_kept(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_value *value;

    REQUIRE_STATUS(byn_value_open(&value, name, &BYN_OPTIONS(byn_value_options, .keep = true)),
                   BYN_CREATED);
    CHECK_INT(TOOL(&output, "ls"), 0);
    CHECK_CONTAINS(line_with(output->out, name), "in use, kept");
    CHECK_INT(TOOL(&output, "rm", name), 1);
    CHECK_CONTAINS(output->err, "BYN_E_EXISTS");
    byn_value_close(value);
    CHECK_INT(TOOL(&output, "ls"), 0);
    CHECK_CONTAINS(line_with(output->out, name), "  kept  ");
    CHECK_INT(TOOL(&output, "ls", "--json"), 0);
    CHECK(json_is_valid(output->out));
    CHECK_CONTAINS(output->out, "\"state\": \"kept\"");
    CHECK_CONTAINS(output->out, "\"kept\": true,");
    CHECK_INT(TOOL(&output, "show", name), 0);
    CHECK_CONTAINS(line_with(output->out, "in_use "), "no");
    CHECK_CONTAINS(line_with(output->out, "kept "), "yes");
    CHECK_INT(TOOL(&output, "rm", name), 0);
    CHECK_STR(output->err, "");
    CHECK_INT(TOOL(&output, "show", name), 1);
}

/* Not on Windows, where other tests' objects would go too. */
void rm_all_removes_what_nobody_uses(void)
{
    const char *kept = fresh_name(), *used = fresh_name();
    const test_output *output;
    byn_value *one, *two;

    CHECK_INT(TOOL(&output, "rm", "--all", kept), 2);
    CHECK_CONTAINS(output->err, "no name");
    if (test_on_windows())
        test_skip("other tests' objects would go too");
    REQUIRE_STATUS(byn_value_open(&one, kept, &BYN_OPTIONS(byn_value_options, .keep = true)),
                   BYN_CREATED);
    REQUIRE_STATUS(byn_value_open(&two, used, &BYN_OPTIONS(byn_value_options, .keep = true)),
                   BYN_CREATED);
    byn_value_close(one);
    CHECK_INT(TOOL(&output, "rm", "--all"), 0);
    CHECK_STR(output->err, "");
    CHECK_STATUS(byn_remove(kept), BYN_E_NOTFOUND);
    CHECK_STATUS(byn_remove(used), BYN_E_EXISTS);
    byn_value_close(two);
    CHECK_INT(TOOL(&output, "rm", "-a"), 0);
    CHECK_STATUS(byn_remove(used), BYN_E_NOTFOUND);
}

void keeper_is_one_or_not_needed(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_value *value;

    REQUIRE_STATUS(byn_value_open(&value, name, &BYN_OPTIONS(byn_value_options, .keep = true)),
                   BYN_CREATED);
    CHECK_INT(TOOL(&output, "keeper"), 1);
    CHECK_CONTAINS(output->err, test_on_windows() ? "BYN_E_EXISTS" : "BYN_E_UNSUPPORTED");
    CHECK_INT(TOOL(&output, "keeper", "now"), 2);
    byn_value_close(value);
    CHECK_STATUS(byn_remove(name), BYN_OK);
}

void json_check_knows_wrong_json(void)
{
    CHECK(json_is_valid("[]"));
    CHECK(json_is_valid("{\"a\": [1, -2.5e3, \"x\\\"\\u00e4\", null, true, {}]}\n"));
    CHECK(!json_is_valid(""));
    CHECK(!json_is_valid("[1,]"));
    CHECK(!json_is_valid("[1 2]"));
    CHECK(!json_is_valid("{\"a\" 1}"));
    CHECK(!json_is_valid("{a: 1}"));
    CHECK(!json_is_valid("\"a\nb\""));
    CHECK(!json_is_valid("\"\\x\""));
    CHECK(!json_is_valid("01"));
    CHECK(!json_is_valid("[] []"));
    CHECK(!json_is_valid("[\"a"));
}
