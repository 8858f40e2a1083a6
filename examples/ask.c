/* A parent asks, a child answers; when the parent has closed its end the child is done. */
#include <stdio.h>

#include <byname/byname.h>

enum { LATE = 10000 }; /* ms */

typedef struct question {
    int a;
    int b;
} question;

static byn_status answer_one(byn_pipe *pipe)
{
    question q;
    size_t size = sizeof q;
    int answer;
    byn_status status = byn_pipe_receive(pipe, &q, &size, LATE);

    if (status < 0)
        return status;
    answer = q.a * q.b;
    return byn_pipe_send(pipe, &answer, sizeof answer, LATE);
}

static int child(const char *name)
{
    byn_pipe *pipe;
    byn_status status;

    if (byn_pipe_open(&pipe, name, &BYN_OPTIONS(byn_pipe_options, .end = BYN_PIPE_SECOND)) < 0)
        return 1;
    do
        status = answer_one(pipe);
    while (status >= 0);
    byn_pipe_close(pipe);
    return status == BYN_E_CLOSED ? 0 : 1; /* the parent has closed its end, or died */
}

static byn_status ask(byn_pipe *pipe, int a, int b)
{
    question q = {a, b};
    int answer;
    size_t size = sizeof answer;
    byn_status status = byn_pipe_send(pipe, &q, sizeof q, LATE);

    if (status >= 0)
        status = byn_pipe_receive(pipe, &answer, &size, LATE);
    if (status >= 0)
        printf("%d * %d = %d\n", a, b, answer);
    return status; /* BYN_E_CLOSED: the child has died */
}

static int parent(const char *program)
{
    byn_pipe *pipe;
    byn_process *process;
    byn_exit end = {0};

    if (byn_pipe_open(&pipe, NULL, &BYN_OPTIONS(byn_pipe_options, .end = BYN_PIPE_FIRST)) < 0)
        return 1;
    const char *argv[] = {program, byn_pipe_name(pipe), NULL};

    if (byn_process_start(&process, argv, NULL) < 0)
        return 1;
    if (ask(pipe, 6, 7) < 0 || ask(pipe, 12, 12) < 0)
        fprintf(stderr, "%s\n", byn_last_error());
    byn_pipe_close(pipe);
    byn_process_wait(process, BYN_FOREVER, &end);
    byn_process_close(process);
    printf("the child ended with %d\n", end.code);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 1 ? child(argv[1]) : parent(argv[0]);
}
