/* Sends a child its input and collects what it answers, with one deadline for all of it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <byname/byname.h>

static const char text[] = "a few words";

/* The child: what it reads it writes in capitals. */
static int shout(void)
{
    int letter;

    while ((letter = getchar()) != EOF)
        putchar(toupper(letter));
    return 0;
}

static byn_status ask(byn_process *process)
{
    byn_process_output answer;
    byn_status status = byn_process_communicate(process, text, strlen(text), 0, &answer, 10000);

    if (status < 0)
        return status;
    printf("%s answered: %s\n", byn_process_name(process), answer.output);
    printf("it ended with %d\n", (int)answer.exit.code);
    return BYN_OK;
}

int main(int argc, char **argv)
{
    const char *const child[] = {argv[0], "child", NULL};
    const byn_process_options options =
        BYN_OPTIONS(byn_process_options, .name = "shouter", .standard_input = BYN_STDIO_PIPE,
                    .standard_output = BYN_STDIO_PIPE, .standard_error = BYN_STDIO_MERGED);
    byn_process *process = NULL;
    byn_status status;

    if (argc > 1)
        return shout();

    status = byn_process_start(&process, child, &options);
    if (status >= 0)
        status = ask(process);
    if (status < 0)
        fprintf(stderr, "%s\n", byn_last_error());
    byn_process_close(process);
    return status < 0;
}
