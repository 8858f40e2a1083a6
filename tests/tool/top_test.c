/* byname top as plain text; shells_test.sh has the full screen. */
#include "tool_test.h"

#include <stdio.h>
#include <string.h>

#include <byname/byname.h>

typedef struct sight {
    const char *name;
    const char *counts;
} sight;

/* A line of the picture begins with the counts and ends with the name. */
static bool is_seen(void *context)
{
    const sight *s = context;
    const test_output *output;
    const char *line;
    char end[160];

    snprintf(end, sizeof end, "  %s\n", s->name);
    CHECK_INT(TOOL(&output, "top", "-c", "1"), 0);
    for (line = output->out; line != NULL; line = strchr(line, '\n')) {
        const char *found;

        line += *line == '\n';
        found = strstr(line, end);
        if (found != NULL && found < line + strcspn(line, "\n"))
            return strncmp(line, s->counts, strlen(s->counts)) == 0;
    }
    return false;
}

void top_tells_who_holds_and_waits(void)
{
    char name[160];
    sight held = {name, "     0      1 "};
    sight waited = {name, "     1      1 "};
    byn_process *waiter;
    peer *holder;

    snprintf(name, sizeof name, "%s of \"Zo\xc3\xab's\"", fresh_name());
    holder = peer_start(PEER_PROCESS, "holds_mutex", name, NULL);
    peer_expect(holder, "locked");
    until(is_seen, &held);
    waiter = START("run", "-l", name, COMMAND("exits_with", "3"));
    until(is_seen, &waited);
    peer_tell(holder, "unlock");
    peer_finish(holder);
    CHECK_INT(command_end(waiter), 3);
}

void top_and_watch_refuse_wrong_numbers(void)
{
    const test_output *output;

    CHECK_INT(TOOL(&output, "top", "-d", "0.01"), 2);
    CHECK_CONTAINS(output->err, "-d cannot be \"0.01\"");
    CHECK_INT(TOOL(&output, "top", "--sort", "colour"), 2);
    CHECK_INT(TOOL(&output, "top", "name"), 2);
    CHECK_INT(TOOL(&output, "ls", "--watch", "0"), 2);
    CHECK_INT(TOOL(&output, "show", "--watch", "x", "name"), 2);
    CHECK_INT(TOOL(&output, "top", "-c", "2", "-d", "0.05", "--sort", "name"), 0);
    CHECK_CONTAINS(output->out, "\n\n"); /* between the two pictures */
    CHECK_CONTAINS(output->out, " waiter");
    CHECK(strchr(output->out, '\033') == NULL);
}
