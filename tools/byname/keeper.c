/* byname keeper: what keeps kept objects on Windows. */
#include "output.h"
#include "tool.h"

#include <byname/byname.h>

enum { IDLE_MS = 2000 };

static int keeper(command_line *line)
{
    byn_timeout idle = IDLE_MS;
    const char *argument;
    int letter, count;

    while (command_line_next(line, &letter, &argument))
        idle = letter == 's' ? BYN_FOREVER : idle;
    if (line->over)
        return line->result;
    argument = *command_line_words(line, &count);
    if (count > 0)
        return command_line_wrong(line, "it takes no argument (\"%s\")", argument);
    if (byn_keeper_run(idle) >= 0)
        return EXIT_GOOD;
    complain("byname keeper: %s\n", byn_last_error());
    return EXIT_BAD;
}

static const apr_getopt_option_t options[] = {
    {"stay", 's', 0, "go on when it keeps nothing"}, OPTION_HELP, OPTION_END};

const verb verb_keeper = {
    .name = "keeper",
    .line = "on Windows: the process that keeps kept objects",
    .arguments = "[OPTION...]",
    .text =
        "An open that asks for `keep` starts it by itself. It ends when it has kept nothing for\n"
        "two seconds. If it is killed, what it kept goes with its last user. Exit code 1 if\n"
        "there is a keeper already, and on systems that need none.\n",
    .options = options,
    .usage_code = EXIT_USAGE,
    .run = keeper,
};
