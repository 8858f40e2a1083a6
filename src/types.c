#include "types.h"

#include <float.h>
#include <string.h>

#include "error.h"

static const struct {
    const char *name;
    byni_sort sort;
    unsigned char bits; /* of an element */
    bool has_sign;
} types[] = {
    [BYN_ANY] = {"", BYNI_NO_TYPE, 0, false},       [BYN_I8] = {"i8", BYNI_INTEGER, 8, true},
    [BYN_I16] = {"i16", BYNI_INTEGER, 16, true},    [BYN_I32] = {"i32", BYNI_INTEGER, 32, true},
    [BYN_I64] = {"i64", BYNI_INTEGER, 64, true},    [BYN_U8] = {"u8", BYNI_INTEGER, 8, false},
    [BYN_U16] = {"u16", BYNI_INTEGER, 16, false},   [BYN_U32] = {"u32", BYNI_INTEGER, 32, false},
    [BYN_U64] = {"u64", BYNI_INTEGER, 64, false},   [BYN_F32] = {"f32", BYNI_REAL, 32, true},
    [BYN_F64] = {"f64", BYNI_REAL, 64, true},       [BYN_BOOL] = {"bool", BYNI_FLAG, 8, false},
    [BYN_BYTES] = {"bytes", BYNI_RECORD, 0, false},
};

enum { TYPES = sizeof types / sizeof types[0] };

byni_sort byni_sort_of(uint64_t type)
{
    return type < TYPES ? types[type].sort : BYNI_NO_TYPE;
}

const char *byni_type_name(byn_value_type type)
{
    return (uint64_t)type < TYPES ? types[type].name : "";
}

uint32_t byni_type_size(byn_value_type type)
{
    return types[type].bits / 8;
}

/* ---- Integers and flags ---------------------------------------------------------------------------- */

int64_t byni_type_number(byn_value_type type, uint64_t word)
{
    unsigned bits = types[type].bits, unused = 64 - bits;

    word = word << unused >> unused;
    if (types[type].sort == BYNI_FLAG)
        return word != 0;
    /* The sign is spread without relying on how >> treats negative numbers. */
    if (types[type].has_sign && unused > 0 && (word >> (bits - 1)) != 0)
        word |= UINT64_MAX << bits;
    return (int64_t)word;
}

bool byni_type_fits(byn_value_type type, int64_t number)
{
    return byni_type_number(type, (uint64_t)number) == number;
}

/* ---- Reals ----------------------------------------------------------------------------------------- */

/* The least number that is rounded to more than FLT_MAX: half a step above it. */
#define FLOAT_OVERFLOW 0x1.ffffffp127

bool byni_type_real_fits(byn_value_type type, double number)
{
    if (type != BYN_F32 || number != number || number > DBL_MAX || number < -DBL_MAX)
        return true;
    return number < FLOAT_OVERFLOW && number > -FLOAT_OVERFLOW;
}

double byni_type_real(byn_value_type type, uint64_t word)
{
    uint32_t low = (uint32_t)word;
    double number;
    float single;

    if (type == BYN_F32) {
        memcpy(&single, &low, sizeof single);
        return (double)single;
    }
    memcpy(&number, &word, sizeof number);
    return number;
}

uint64_t byni_type_word(byn_value_type type, double number)
{
    uint64_t word;
    uint32_t low;

    if (type == BYN_F32) {
        float single = (float)number;

        memcpy(&low, &single, sizeof low);
        return low;
    }
    memcpy(&word, &number, sizeof word);
    return word;
}

bool byni_same_real(double one, double other)
{
    uint64_t bits, others;

    memcpy(&bits, &one, sizeof bits);
    memcpy(&others, &other, sizeof others);
    return bits == others;
}

/* ---- What is said ---------------------------------------------------------------------------------- */

byn_status byni_type_refuse(byn_value_type type, const byni_calls *calls, const char *operation,
                            const char *object)
{
    byni_sort sort = byni_sort_of((uint64_t)type);
    const char *right = sort == BYNI_REAL     ? calls->double_call
                        : sort == BYNI_RECORD ? calls->record_call
                                              : calls->call;

    if (right == NULL)
        (void)byni_fail(BYN_E_INVALID, "this cannot be done with the type %s",
                        byni_type_name(type));
    else
        (void)byni_fail(BYN_E_INVALID, "its type is %s: use %s()", byni_type_name(type), right);
    return byni_failed(BYN_E_INVALID, operation, object);
}

byn_status byni_type_does_not_fit(byn_value_type type, int64_t number, const char *operation,
                                  const char *object)
{
    (void)byni_fail(BYN_E_INVALID, "%lld does not fit the type %s", (long long)number,
                    byni_type_name(type));
    return byni_failed(BYN_E_INVALID, operation, object);
}

byn_status byni_type_real_does_not_fit(double number, const char *operation, const char *object)
{
    (void)byni_fail(BYN_E_INVALID, "%g is too large for the type f32", number);
    return byni_failed(BYN_E_INVALID, operation, object);
}
