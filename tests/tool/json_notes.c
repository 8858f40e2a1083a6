/*
 * Writes down what the tool printed as JSON, for schema_test.py: the words of the command line, then the output.
 * A file for each test program, written anew by each run; characters that neither has part them.
 */
#include "tool_support.h"

#include <stdio.h>
#include <string.h>

static const char word_end = '\x1f', line_end = '\x1e', output_end = '\x1d';

static bool is_json(const char *const *words, const char *out)
{
    const bool is_map = strcmp(words[0], "map") == 0; /* whose -j is another */
    bool asked = strcmp(words[0], "help") != 0 && words[1] != NULL && strcmp(words[1], "dump") == 0;

    for (; *words != NULL && strcmp(*words, "--") != 0; words++) {
        if (strcmp(*words, "--help") == 0)
            return false;
        asked = asked || strcmp(*words, "--json") == 0 || (!is_map && strcmp(*words, "-j") == 0);
    }
    return asked && *out != '\0';
}

/* Of a tool that runs the tool: the inner one. */
static const char *const *last_of(const char *const *arguments)
{
    const char *const *at = arguments;

    for (; *at != NULL; at++)
        if (strcmp(*at, TOOL_PATH) == 0)
            arguments = at;
    return arguments;
}

static FILE *open_notes(void)
{
    static bool begun;
    const char *program = test_executable(), *name = program;
    char path[1024];
    FILE *file;

    for (; *program != '\0'; program++)
        if (*program == '/' || *program == '\\')
            name = program + 1;
    snprintf(path, sizeof path, "%s/%s.notes", TOOL_NOTES, name);
    file = fopen(path, begun ? "ab" : "wb");
    begun = file != NULL;
    return file;
}

void json_note(const char *const *arguments, const char *out)
{
    const char *const *words = last_of(arguments) + 1;
    FILE *file = words[0] != NULL && is_json(words, out) ? open_notes() : NULL;

    if (file == NULL)
        return;
    for (; *words != NULL; words++)
        fprintf(file, "%s%c", *words, word_end);
    fprintf(file, "%c%s%c", line_end, out, output_end);
    CHECK_INT(fclose(file), 0);
}
