/* One process writes into shared memory and tells another, by an event, that it has. */
#include <stdio.h>
#include <string.h>

#include <byname/byname.h>

static int reader(const char *event_name, const char *memory_name)
{
    byn_event *written;
    byn_memory *memory;
    byn_status status;

    if (byn_event_open(&written, event_name, NULL) < 0)
        return 1;
    if (byn_memory_open(&memory, memory_name, NULL) < 0)
        return 1;
    status = byn_event_wait(written, 10000);
    if (status >= 0)
        printf("the reader found: %s\n", (const char *)byn_memory_base(memory));
    byn_memory_close(memory);
    byn_event_close(written);
    return status < 0;
}

static int writer(const char *program)
{
    byn_event *written;
    byn_memory *memory;
    byn_process *process;
    byn_exit result = {false, 0, 0};

    if (byn_event_open(&written, NULL, NULL) < 0)
        return 1;
    if (byn_memory_open(&memory, NULL, &BYN_OPTIONS(byn_memory_options, .size = 4096)) < 0)
        return 1;
    static const char text[] = "a text of the writer";
    const char *argv[] = {program, byn_event_name(written), byn_memory_name(memory), NULL};
    if (byn_process_start(&process, argv, NULL) < 0)
        return 1;

    memcpy(byn_memory_base(memory), text, sizeof text);
    byn_event_set(written);

    byn_process_wait(process, BYN_FOREVER, &result);
    byn_process_close(process);
    byn_memory_close(memory);
    byn_event_close(written);
    return result.code;
}

int main(int argc, char **argv)
{
    return argc > 2 ? reader(argv[1], argv[2]) : writer(argv[0]);
}
