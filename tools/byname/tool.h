/*
 * What the files of the tool share: verbs, the command line, exit codes.
 */
#ifndef BYNAME_TOOL_H
#define BYNAME_TOOL_H

#include <stdbool.h>
#include <stdint.h>

#include <apr_getopt.h>
#include <apr_pools.h>

/* Exit codes; docs/tool.md tells them to users. */
enum {
    EXIT_GOOD = 0,
    EXIT_BAD = 1,   /* the verb was understood and failed */
    EXIT_USAGE = 2, /* the command line was not understood; with a command EXIT_RUN_FAILED */
    EXIT_SOME_FAILED = 123, /* of the commands of "map" */
    EXIT_LATE = 124,        /* what was waited for was not to be had in time */
    EXIT_RUN_FAILED = 125,  /* with a command: byname itself failed, the command was not run */
    EXIT_RUN_CANNOT = 126,  /* the command is there but cannot be run */
    EXIT_RUN_MISSING = 127  /* there is no such command */
};

typedef struct command_line command_line;

/* Whether a verb runs a command, and where that stands. */
typedef enum command_place {
    COMMAND_NONE,
    COMMAND_IS_REST, /* it begins with the first word that is no option */
    COMMAND_NEEDED,  /* it stands behind "--" */
    COMMAND_ALLOWED  /* the same, and may be missing */
} command_place;

/*
 * One verb; its file defines it, and the table in main.c lists it. One with actions is a noun: it has
 * no options and no `run` of its own, and each action is a verb whose name is two words.
 */
typedef struct verb {
    const char *name;
    const char *line;      /* what it does, in a few words; NULL hides it */
    const char *arguments; /* what stands behind the name in the usage line */
    const char *text;      /* for its own help, behind the options */
    const char *example;   /* of an action */
    const char *no_words;  /* where more words than a name belong: the end of a sentence */
    const apr_getopt_option_t *options;
    const struct verb *const *actions; /* NULL-ended */
    command_place command;
    int usage_code;
    bool takes_numbers; /* "-5" and "-" are words, no options */
    int (*run)(command_line *line);
} verb;

extern const verb verb_run;
extern const verb verb_ls;
extern const verb verb_show;
extern const verb verb_holders;
extern const verb verb_who;
extern const verb verb_doctor;
extern const verb verb_rm;
extern const verb verb_gc;
extern const verb verb_repair;
extern const verb verb_top;
extern const verb verb_keeper;
extern const verb verb_worker;
extern const verb verb_demo;
extern const verb verb_demo_worker;
extern const verb verb_manual;
extern const verb verb_complete;

/* Every table of options ends with it. */
#define OPTION_HELP                                                                                \
    {                                                                                              \
        "help", 'h', 0, "show this help"                                                           \
    }
#define OPTION_END                                                                                 \
    {                                                                                              \
        NULL, 0, 0, NULL                                                                           \
    }

struct command_line {
    const verb *verb;
    const char *program; /* argv[0] of the tool */
    apr_pool_t *pool;
    apr_getopt_t *getopt;
    const char *const
        *command; /* what stands behind "--", for a verb that looks there; NULL: no "--" */
    bool over;    /* help was shown, or an option was wrong: return `result` */
    int result;
    char wrong_option[64];
};

bool command_line_begin(command_line *line, int argc, const char *const *argv);

/* The next option; false at their end, or when the line is over. */
bool command_line_next(command_line *line, int *letter, const char **argument);

/* What is no option; NULL-ended. Valid after command_line_next said false. */
const char *const *command_line_words(const command_line *line, int *count);

/*
 * Reads all options: `set` is called for each, and answers false if it cannot have that argument.
 * False: the line is over.
 */
bool command_line_options(command_line *line,
                          bool (*set)(void *context, int letter, const char *argument),
                          void *context);

/* The one word that is no option, for a verb that takes a NAME; NULL: the line is over. */
const char *command_line_name(command_line *line);

/* False: the command is missing and should not be, and the line is over. */
bool command_line_check_command(command_line *line);

/* Says what is wrong with the command line. @return the exit code for it. */
int command_line_wrong(command_line *line, const char *format, ...);

/* The exit code of a verb that was understood and failed by itself. */
int command_line_failure(const command_line *line);

/* "0.25" seconds as milliseconds, rounded up. */
bool parse_seconds(const char *text, int64_t *milliseconds);
bool parse_number(const char *text, int lowest, int highest, int *number);

/* The one of `words` that `word` is probably meant to be; NULL if none. */
const char *similar(const char *word, const char *const *words);

void print_verb_help(const verb *v);

/* How long the name of the argument is with which an option's description begins; 0: it takes none. */
size_t option_argument(const apr_getopt_option_t *option);

/* ---- actions.c */

/* "event wait" is called "wait". */
const char *action_name(const verb *action);
const verb *find_action(const verb *noun, const char *name);

/* Does what argv asks of a noun; argv[0] is the tool and argv[1] the noun. */
int run_action(const verb *noun, int argc, const char *const *argv, apr_pool_t *pool);

/* The help of a noun, or of one action of it. @return an exit code */
int print_noun_help(const verb *noun, const char *action);

/* ---- main.c */

extern const verb *const tool_verbs[]; /* NULL-ended */
const verb *find_verb(const char *name);

/* argv[0] is the verb's own last word. */
int run_verb(const verb *asked, int argc, const char *const *argv, const char *program,
             apr_pool_t *pool);

#endif
