/* Two processes drain a queue of 100 numbers; each number is got by one of them. */
#include <inttypes.h>
#include <stdio.h>

#include <byname/byname.h>

enum { CHILDREN = 2, NUMBERS = 100 };

/* Until the queue is shut down and empty. */
static int child(const char *queue_name, const char *count_name, const char *sum_name)
{
    byn_queue *queue;
    byn_value *count;
    byn_value *sum;
    byn_status status;
    int number;
    size_t size = sizeof number;

    if (byn_queue_open(&queue, queue_name, NULL) < 0)
        return 1;
    if (byn_value_open(&count, count_name, NULL) < 0 || byn_value_open(&sum, sum_name, NULL) < 0)
        return 1;
    while ((status = byn_queue_get(queue, &number, &size, 10000)) >= 0) {
        byn_value_add(count, 1, NULL);
        byn_value_add(sum, number, NULL);
        byn_queue_task_done(queue);
    }
    byn_value_close(sum);
    byn_value_close(count);
    byn_queue_close(queue);
    return status != BYN_E_CLOSED;
}

static int parent(const char *program)
{
    byn_process *children[CHILDREN];
    byn_queue *queue;
    byn_value *count;
    byn_value *sum;
    int64_t counted = 0, added = 0;
    int i, failed = 0;

    if (byn_queue_open(&queue, NULL, NULL) < 0)
        return 1;
    if (byn_value_open(&count, NULL, NULL) < 0 || byn_value_open(&sum, NULL, NULL) < 0)
        return 1;
    for (i = 0; i < CHILDREN; i++) {
        const char *argv[] = {program, byn_queue_name(queue), byn_value_name(count),
                              byn_value_name(sum), NULL};

        if (byn_process_start(&children[i], argv, NULL) < 0)
            return 1;
    }
    for (i = 1; i <= NUMBERS; i++)
        failed += byn_queue_put(queue, &i, sizeof i, 10000) < 0;
    failed += byn_queue_join(queue, 10000) < 0;
    byn_queue_shutdown(queue);
    for (i = 0; i < CHILDREN; i++) {
        byn_process_wait(children[i], BYN_FOREVER, NULL);
        byn_process_close(children[i]);
    }
    byn_value_get(count, &counted);
    byn_value_get(sum, &added);
    printf("%d processes got %" PRId64 " numbers, %" PRId64 " together\n", CHILDREN, counted,
           added);
    byn_value_close(sum);
    byn_value_close(count);
    byn_queue_close(queue);
    return failed > 0;
}

int main(int argc, char **argv)
{
    return argc > 3 ? child(argv[1], argv[2], argv[3]) : parent(argv[0]);
}
