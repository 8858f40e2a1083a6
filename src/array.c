#include <byname/array.h>

#include <string.h>

#include "crash.h"
#include "parties.h"
#include "types.h"

/* Elements begin at BYNI_DATA_OFFSET, each in as many bytes as its type has. A set is one store; whatever
 * takes more is done by who has the lock, whose heir is told. */
typedef struct array_state {
    byni_lock_state lock;
} array_state;

_Static_assert(BYNI_STATE_OFFSET + sizeof(array_state) <= BYNI_DATA_OFFSET, "before the elements");

struct byn_array {
    byni_object object;
    unsigned char *elements;
    uint64_t length;
    byn_value_type type;
    byni_sort sort;
    uint32_t size; /* of an element, in bytes */
    byni_lock lock;
};

/* ---- Open and close ------------------------------------------------------------------------------- */

/* The creator's parameters. A size is that of a record; elements of other types have their own. */
enum { TYPE, SIZE, LENGTH };

static uint64_t element_size(uint64_t type, uint64_t size)
{
    return type == BYN_BYTES ? size : byni_type_size((byn_value_type)type);
}

/* Bytes of all elements; 0: these parameters are not possible. */
static uint64_t bytes_of(const uint64_t parameters[BYNI_PARAMETERS])
{
    uint64_t type = parameters[TYPE], size = parameters[SIZE], element;

    if (byni_sort_of(type) == BYNI_NO_TYPE || size > BYN_VALUE_SIZE_MAX ||
        (type == BYN_BYTES) != (size > 0))
        return 0;
    element = element_size(type, size);
    return parameters[LENGTH] <= (INT64_MAX - BYNI_DATA_OFFSET) / element
               ? parameters[LENGTH] * element
               : 0;
}

static bool is_sound(const byni_header *header)
{
    uint64_t bytes = bytes_of(header->parameters);

    return bytes > 0 && header->limit == BYNI_DATA_OFFSET + bytes &&
           byni_load64(&header->size) == header->limit;
}

static void initialise(void *at, const uint64_t parameters[BYNI_PARAMETERS], const void *options)
{
    (void)parameters;
    (void)options;
    byni_lock_initialise(&((array_state *)at)->lock);
}

static byn_status attach(byni_object *object)
{
    byn_array *array = (byn_array *)object;
    array_state *state = byni_object_state(object);

    array->type = (byn_value_type)object->parameters[TYPE];
    array->sort = byni_sort_of(object->parameters[TYPE]);
    array->size = (uint32_t)element_size(object->parameters[TYPE], object->parameters[SIZE]);
    array->length = object->parameters[LENGTH];
    array->elements = (unsigned char *)object->header + BYNI_DATA_OFFSET;
    byni_lock_attach(&array->lock, object->segment, &state->lock);
    return BYN_OK;
}

static bool detach(byni_object *object)
{
    byni_lock_detach(&((byn_array *)object)->lock);
    return true;
}

static const byni_kind kind = {
    BYNI_ARRAY,
    "byn_array_open",
    sizeof(byn_array),
    {"type", "size", "length"},
    is_sound,
    initialise,
    attach,
    detach,
    NULL,
};

static byn_status check_options(const byn_array_options *chosen,
                                const uint64_t created[BYNI_PARAMETERS])
{
    const char *type = byni_type_name((byn_value_type)created[TYPE]);

    if (*type == '\0')
        return byni_fail(BYN_E_INVALID, "%d is no type", (int)chosen->type);
    if (chosen->open == BYN_OPEN_ONLY)
        return BYN_OK;
    if (created[TYPE] == BYN_BYTES && (chosen->size == 0 || chosen->size > BYN_VALUE_SIZE_MAX))
        return byni_fail(BYN_E_INVALID, "a record of %u bytes: let it have 1 to %d", chosen->size,
                         BYN_VALUE_SIZE_MAX);
    if (chosen->type != BYN_ANY && chosen->type != BYN_BYTES && chosen->size != 0)
        return byni_fail(BYN_E_INVALID, "`size` is that of records, and the type is %s", type);
    if (chosen->length > 0 && chosen->size == 0 && bytes_of(created) == 0)
        return byni_fail(BYN_E_INVALID, "%llu elements are more than memory can have",
                         (unsigned long long)chosen->length);
    return BYN_OK;
}

byn_status byn_array_open(byn_array **array, const char *name, const byn_array_options *options)
{
    byn_array_options chosen;
    byni_opening opening;
    byni_object *object = NULL;
    byn_status status =
        byni_opening_begin(&opening, &kind, array, name, &chosen, sizeof chosen, options);
    uint64_t bytes;

    if (status < 0)
        return status;
    opening.parameters[TYPE] = (uint64_t)chosen.type;
    opening.created[TYPE] = chosen.type == BYN_ANY ? BYN_I64 : (uint64_t)chosen.type;
    opening.parameters[SIZE] = opening.created[SIZE] = chosen.size;
    opening.parameters[LENGTH] = opening.created[LENGTH] = chosen.length;
    status = check_options(&chosen, opening.created);
    if (status < 0)
        return byni_failed(status, kind.open, name);
    bytes = bytes_of(opening.created);
    opening.size = opening.limit = bytes > 0 ? BYNI_DATA_OFFSET + bytes : 0;
    status = byni_object_open(&object, &kind, &opening);
    if (status >= 0)
        *array = (byn_array *)object;
    return status;
}

void byn_array_close(byn_array *array)
{
    byni_object_close(array != NULL ? &array->object : NULL);
}

static inline bool is_usable(const byn_array *array)
{
    return array != NULL && byni_object_usable(&array->object);
}

const char *byn_array_name(const byn_array *array)
{
    return array != NULL ? array->object.name.full : NULL;
}

uint64_t byn_array_length(const byn_array *array)
{
    return is_usable(array) ? array->length : 0;
}

byn_value_type byn_array_type_of(const byn_array *array)
{
    return is_usable(array) ? array->type : BYN_ANY;
}

size_t byn_array_element_size(const byn_array *array)
{
    return is_usable(array) ? array->size : 0;
}

void *byn_array_data(byn_array *array)
{
    return is_usable(array) ? array->elements : NULL;
}

/* ---- One element ---------------------------------------------------------------------------------- */

/* One aligned number of so many bytes. */
static inline uint64_t load(const unsigned char *at, uint32_t size)
{
    switch (size) {
    case 1:
        return byni_load8((const byni_a8 *)at);
    case 2:
        return byni_load16((const byni_a16 *)(const void *)at);
    case 4:
        return byni_load32((const byni_a32 *)(const void *)at);
    default:
        return byni_load64((const byni_a64 *)(const void *)at);
    }
}

static inline void store(unsigned char *at, uint32_t size, uint64_t word)
{
    switch (size) {
    case 1:
        byni_store8((byni_a8 *)at, (uint8_t)word);
        break;
    case 2:
        byni_store16((byni_a16 *)(void *)at, (uint16_t)word);
        break;
    case 4:
        byni_store32((byni_a32 *)(void *)at, (uint32_t)word);
        break;
    default:
        byni_store64((byni_a64 *)(void *)at, word);
        break;
    }
}

static inline unsigned char *element(const byn_array *array, uint64_t index)
{
    return array->elements + index * array->size;
}

static const byni_calls get_calls = {"byn_array_get", "byn_array_get_double", "byn_array_read"};
static const byni_calls set_calls = {"byn_array_set", "byn_array_set_double", "byn_array_write"};

static inline bool is_integer(const byn_array *array)
{
    return is_usable(array) && (array->sort == BYNI_INTEGER || array->sort == BYNI_FLAG);
}

static inline bool is_real(const byn_array *array)
{
    return is_usable(array) && array->sort == BYNI_REAL;
}

BYNI_COLD static byn_status refuse(const byn_array *array, const byni_calls *calls,
                                   const char *operation)
{
    if (!is_usable(array))
        return byni_object_unusable((const byni_object *)array, operation);
    return byni_type_refuse(array->type, calls, operation, array->object.name.full);
}

BYNI_COLD static byn_status is_outside(const byn_array *array, uint64_t first, uint64_t count,
                                       const char *operation)
{
    if (count == 1)
        (void)byni_fail(BYN_E_INVALID, "there is no element %llu, of %llu (the first is 0)",
                        (unsigned long long)first, (unsigned long long)array->length);
    else
        (void)byni_fail(BYN_E_INVALID, "there are no %llu elements from %llu on, of %llu",
                        (unsigned long long)count, (unsigned long long)first,
                        (unsigned long long)array->length);
    return byni_failed(BYN_E_INVALID, operation, array->object.name.full);
}

byn_status byn_array_get(byn_array *array, uint64_t index, int64_t *number)
{
    if (!is_integer(array))
        return refuse(array, &get_calls, "byn_array_get");
    if (number == NULL)
        return byni_invalid("byn_array_get", "the place for the number is NULL");
    if (index >= array->length)
        return is_outside(array, index, 1, "byn_array_get");
    *number = byni_type_number(array->type, load(element(array, index), array->size));
    return BYN_OK;
}

byn_status byn_array_get_double(byn_array *array, uint64_t index, double *number)
{
    if (!is_real(array))
        return refuse(array, &get_calls, "byn_array_get_double");
    if (number == NULL)
        return byni_invalid("byn_array_get_double", "the place for the number is NULL");
    if (index >= array->length)
        return is_outside(array, index, 1, "byn_array_get_double");
    *number = byni_type_real(array->type, load(element(array, index), array->size));
    return BYN_OK;
}

byn_status byn_array_set(byn_array *array, uint64_t index, int64_t number)
{
    if (!is_integer(array))
        return refuse(array, &set_calls, "byn_array_set");
    if (index >= array->length)
        return is_outside(array, index, 1, "byn_array_set");
    if (!byni_type_fits(array->type, number))
        return byni_type_does_not_fit(array->type, number, "byn_array_set",
                                      array->object.name.full);
    store(element(array, index), array->size, (uint64_t)number);
    return BYN_OK;
}

byn_status byn_array_set_double(byn_array *array, uint64_t index, double number)
{
    if (!is_real(array))
        return refuse(array, &set_calls, "byn_array_set_double");
    if (index >= array->length)
        return is_outside(array, index, 1, "byn_array_set_double");
    if (!byni_type_real_fits(array->type, number))
        return byni_type_real_does_not_fit(number, "byn_array_set_double", array->object.name.full);
    store(element(array, index), array->size, byni_type_word(array->type, number));
    return BYN_OK;
}

/* ---- Lock ------------------------------------------------------------------------------ */

byn_status byn_array_lock(byn_array *array, byn_timeout timeout)
{
    byn_status status;

    if (!is_usable(array))
        return byni_object_unusable((const byni_object *)array, "byn_array_lock");
    if (!byni_timeout_valid(timeout))
        return byni_invalid("byn_array_lock", "the timeout is negative and not BYN_FOREVER");
    status = byni_lock_take(&array->lock, BYNI_CHANGES, timeout);
    return status < 0 ? byni_object_call_failed(&array->object, status, "byn_array_lock") : status;
}

byn_status byn_array_unlock(byn_array *array)
{
    byn_status status;

    if (!is_usable(array))
        return byni_object_unusable((const byni_object *)array, "byn_array_unlock");
    status = byni_lock_give(&array->lock);
    return status < 0 ? byni_object_call_failed(&array->object, status, "byn_array_unlock")
                      : status;
}

/* ---- Slices --------------------------------------------------------------------------------------- */

/*
 * Where a slice is. Whoever gets and sets beside it, without the lock, shall find whole elements: it is
 * copied in aligned words, and in units at its ends.
 */
typedef struct slice {
    unsigned char *at;
    const unsigned char *end;
    uint32_t unit;
} slice;

static slice slice_of(const byn_array *array, uint64_t first, uint64_t count)
{
    unsigned char *at = element(array, first);
    const slice result = {at, at + count * array->size,
                          array->sort == BYNI_RECORD ? 1 : array->size};

    return result;
}

static inline uint32_t step_of(const slice *s)
{
    bool whole =
        (uintptr_t)s->at % sizeof(uint64_t) == 0 && (size_t)(s->end - s->at) >= sizeof(uint64_t);

    return whole ? (uint32_t)sizeof(uint64_t) : s->unit;
}

/* The low bytes of a word, wherever this machine has them. */
static inline void take_apart(unsigned char *to, uint64_t word, uint32_t size)
{
    const uint32_t low4 = (uint32_t)word;
    const uint16_t low2 = (uint16_t)word;

    switch (size) {
    case 1:
        *to = (unsigned char)word;
        break;
    case 2:
        memcpy(to, &low2, sizeof low2);
        break;
    case 4:
        memcpy(to, &low4, sizeof low4);
        break;
    default:
        memcpy(to, &word, sizeof word);
        break;
    }
}

static inline uint64_t put_together(const unsigned char *from, uint32_t size)
{
    uint64_t word;
    uint32_t low4;
    uint16_t low2;

    switch (size) {
    case 1:
        return *from;
    case 2:
        memcpy(&low2, from, sizeof low2);
        return low2;
    case 4:
        memcpy(&low4, from, sizeof low4);
        return low4;
    default:
        memcpy(&word, from, sizeof word);
        return word;
    }
}

static void copy_out(slice s, unsigned char *to)
{
    uint32_t step;

    for (; s.at < s.end; s.at += step, to += step) {
        step = step_of(&s);
        take_apart(to, load(s.at, step), step);
    }
}

static void copy_in(slice s, const unsigned char *from)
{
    uint32_t step;

    for (; s.at < s.end; s.at += step, from += step) {
        step = step_of(&s);
        store(s.at, step, put_together(from, step));
    }
}

/* What others wrote into the memory of a flag need not be a bool. */
static void make_bools(unsigned char *bytes, uint64_t count)
{
    uint64_t i;

    for (i = 0; i < count; i++)
        bytes[i] = bytes[i] != 0;
}

static byn_status check_slice(const byn_array *array, uint64_t first, uint64_t count,
                              const void *buffer, byn_timeout timeout, const char *operation)
{
    if (!is_usable(array))
        return byni_object_unusable((const byni_object *)array, operation);
    if (first > array->length || count > array->length - first)
        return is_outside(array, first, count, operation);
    if (buffer == NULL && count > 0)
        return byni_invalid(operation, "the buffer is NULL");
    if (!byni_timeout_valid(timeout))
        return byni_invalid(operation, "the timeout is negative and not BYN_FOREVER");
    return BYN_OK;
}

/* A caller that has the lock keeps it. */
static byn_status enter(byn_array *array, uint32_t as, byn_timeout timeout, bool *mine,
                        const char *operation)
{
    byn_status status;

    *mine = byni_lock_is_mine(&array->lock);
    if (*mine)
        return BYN_OK;
    status = byni_lock_take(&array->lock, as, timeout);
    return status < 0 ? byni_object_call_failed(&array->object, status, operation) : status;
}

static void leave(byn_array *array, bool mine)
{
    if (!mine)
        (void)byni_lock_give(&array->lock);
}

byn_status byn_array_read(byn_array *array, uint64_t first, uint64_t count, void *buffer,
                          byn_timeout timeout)
{
    byn_status status = check_slice(array, first, count, buffer, timeout, "byn_array_read");
    bool mine;

    if (status >= 0)
        status = enter(array, BYNI_LOOKS, timeout, &mine, "byn_array_read");
    if (status < 0)
        return status;
    copy_out(slice_of(array, first, count), buffer);
    leave(array, mine);
    if (array->sort == BYNI_FLAG)
        make_bools(buffer, count);
    return status;
}

byn_status byn_array_write(byn_array *array, uint64_t first, uint64_t count, const void *buffer,
                           byn_timeout timeout)
{
    byn_status status = check_slice(array, first, count, buffer, timeout, "byn_array_write");
    bool mine;

    if (status >= 0)
        status = enter(array, BYNI_CHANGES, timeout, &mine, "byn_array_write");
    if (status < 0)
        return status;
    copy_in(slice_of(array, first, count), buffer);
    byni_crash_point("array.written");
    leave(array, mine);
    return status;
}

/* ---- Who ------------------------------------------------------------------------------------------- */

void byni_array_holds(const byni_header *copy, size_t size, byni_hold_sink sink, void *context)
{
    const array_state *state = byni_copy_state(copy, size, sizeof *state);

    if (state != NULL)
        byni_lock_holds(&state->lock, sink, context);
}
