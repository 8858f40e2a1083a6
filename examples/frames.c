/* Pictures on their way to another process, drawn and looked at where they lie: nothing is copied. */
#include <stdio.h>
#include <string.h>

#include <byname/byname.h>

enum { FRAMES = 20, SIZE = 640 * 400 };

/* Draws, each picture in a grey of its own. */
static int child(const char *name)
{
    byn_queue *queue;
    byn_queue_place place;
    int i, failed = 0;

    if (byn_queue_open(&queue, name, NULL) < 0)
        return 1;
    for (i = 1; i <= FRAMES && failed == 0; i++) {
        if (byn_queue_reserve(queue, SIZE, &place, 10000) < 0)
            return 1;
        memset(place.data, i, place.size);
        failed = byn_queue_commit(queue, &place, SIZE) < 0;
    }
    byn_queue_shutdown(queue);
    byn_queue_close(queue);
    return failed;
}

/* Its grey; 0 if it is not the same in two corners. */
static int look_at(const byn_queue_place *picture)
{
    const unsigned char *points = picture->data;

    return points[0] == points[picture->size - 1] ? points[0] : 0;
}

static int parent(const char *program)
{
    const char *argv[] = {program, NULL, NULL};
    byn_process *process;
    byn_queue *queue;
    byn_queue_place place;
    int frames = 0, sum = 0;

    if (byn_queue_open(&queue, NULL, &BYN_OPTIONS(byn_queue_options, .largest = SIZE)) < 0)
        return 1;
    argv[1] = byn_queue_name(queue);
    if (byn_process_start(&process, argv, NULL) < 0)
        return 1;
    while (byn_queue_hold(queue, &place, 10000) >= 0) {
        sum += look_at(&place);
        frames++;
        if (byn_queue_release(queue, &place) < 0)
            return 1;
    }
    byn_process_wait(process, BYN_FOREVER, NULL);
    byn_process_close(process);
    byn_queue_close(queue);
    printf("%d pictures, %d together\n", frames, sum);
    return frames != FRAMES;
}

int main(int argc, char **argv)
{
    return argc > 1 ? child(argv[1]) : parent(argv[0]);
}
