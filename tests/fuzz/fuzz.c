#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t fuzz_byte(fuzz_input *in)
{
    if (in->size == 0)
        return 0;
    in->size--;
    return *in->data++;
}

uint64_t fuzz_number(fuzz_input *in, unsigned bytes)
{
    uint64_t number = 0;
    unsigned i;

    for (i = 0; i < bytes; i++)
        number |= (uint64_t)fuzz_byte(in) << 8 * i;
    return number;
}

const uint8_t *fuzz_bytes(fuzz_input *in, size_t most, size_t *size)
{
    const uint8_t *begin;
    size_t wanted = fuzz_byte(in);

    if (wanted > most)
        wanted = most;
    if (wanted > in->size)
        wanted = in->size;
    begin = in->data;
    in->data += wanted;
    in->size -= wanted;
    *size = wanted;
    return begin;
}

uint64_t fuzz_special(fuzz_input *in)
{
    static const uint64_t numbers[] = {
        0,
        1,
        2,
        3,
        UINT64_MAX,
        UINT64_MAX - 7,
        INT64_MAX,
        UINT64_C(1) << 63,
        UINT32_MAX,
        INT32_MAX,
        UINT64_C(0x80000000),
        UINT64_C(0x100000000),
        UINT64_C(0x3fffffff),
        UINT64_C(0x40000000),
        1024,
        4096,
        4088,
        8192,
        65536,
        UINT64_C(1) << 40,
        UINT64_MAX - 4095,
    };
    const size_t count = sizeof numbers / sizeof numbers[0];
    uint8_t which = fuzz_byte(in);

    if (which < count)
        return numbers[which];
    if (which < 2 * count) /* near one of them */
        return numbers[which - count] + fuzz_byte(in) - 128;
    if (which < 3 * count)
        return world_own_number(which % 4);
    return which;
}

void fuzz_fault(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("fault: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

byn_status fuzz_status(byn_status status, const char *call)
{
    if (strcmp(byn_status_name(status), "BYN_?") == 0)
        fuzz_fault("%s answers %d, which is no status", call, (int)status);
    if (status == BYN_E_OS)
        fuzz_fault("%s: %s", call, byn_last_error());
    if (status < 0 && status != BYN_E_TIMEDOUT && byn_last_error()[0] == '\0')
        fuzz_fault("%s answers %s without a reason", call, byn_status_name(status));
    return status;
}

fuzz_room fuzz_room_make(fuzz_input *in, size_t most)
{
    uint8_t first = fuzz_byte(in);
    fuzz_room room = {NULL, first < 200 ? first % 64u : (size_t)first * first % (most + 1)};

    room.bytes = malloc(room.size > 0 ? room.size : 1);
    if (room.bytes == NULL)
        abort();
    memset(room.bytes, first, room.size);
    return room;
}

byn_status fuzz_room_end(fuzz_room *room, byn_status status, size_t size)
{
    if (status >= 0 && size > room->size)
        fuzz_fault("%u bytes, and there was room for %u", (unsigned)size, (unsigned)room->size);
    free(room->bytes);
    return status;
}
