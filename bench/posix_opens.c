#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "opens.h"

enum { MAPPED = 4096 };

const char *bench_raw_open_name(void)
{
    return "shm_open, fstat, mmap and a touch";
}

static const char *path_of(const char *name)
{
    static char path[128];

    (void)snprintf(path, sizeof path, "/raw-%s", name);
    return path;
}

static void failed(void)
{
    perror("shm_open");
    exit(2);
}

void bench_raw_open_make(const char *name)
{
    int file = shm_open(path_of(name), O_CREAT | O_RDWR, 0600);

    if (file < 0 || ftruncate(file, MAPPED) != 0)
        failed();
    (void)close(file);
}

void bench_raw_open_run(void *name, uint32_t times)
{
    const char *path = path_of(name);

    while (times-- > 0) {
        int file = shm_open(path, O_RDWR, 0);
        struct stat about;
        volatile char *memory;

        if (file < 0 || fstat(file, &about) != 0)
            failed();
        memory = mmap(NULL, (size_t)about.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (memory == MAP_FAILED)
            failed();
        memory[0] = 1;
        (void)munmap((void *)memory, (size_t)about.st_size);
        (void)close(file);
    }
}

void bench_raw_open_remove(const char *name)
{
    (void)shm_unlink(path_of(name));
}
