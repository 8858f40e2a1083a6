/*
 * types.h - the types of values and of the elements of arrays, as numbers in 64 bits.
 *
 * A word holds a number in its low bits, as many as the type has; the others are ignored.
 */
#ifndef BYNI_TYPES_H
#define BYNI_TYPES_H

#include <byname/value.h>

/* What can be done with a type. */
typedef enum byni_sort {
    BYNI_NO_TYPE,
    BYNI_INTEGER,
    BYNI_FLAG, /* an integer that is not added to */
    BYNI_REAL,
    BYNI_RECORD
} byni_sort;

byni_sort byni_sort_of(uint64_t type);

/* "i32"; "" for what is no type. */
const char *byni_type_name(byn_value_type type);

/* Of one number in an array; 0 for BYN_BYTES, which is as the creator says. */
uint32_t byni_type_size(byn_value_type type);

/* Of integers and flags. */
int64_t byni_type_number(byn_value_type type, uint64_t word);
bool byni_type_fits(byn_value_type type, int64_t number);

/* Of reals. false: the number is finite and would not be. */
double byni_type_real(byn_value_type type, uint64_t word);
bool byni_type_real_fits(byn_value_type type, double number);
uint64_t byni_type_word(byn_value_type type, double number);

/* The same bits; neither 0.0 and -0.0 nor two NaN need be. */
bool byni_same_real(double one, double other);

/*
 * The failures of a call. It is not for this type: the sentence names the one that is (`double_call` for
 * reals, `record_call` for records, else `call`).
 */
typedef struct byni_calls {
    const char *call;
    const char *double_call;
    const char *record_call;
} byni_calls;

byn_status byni_type_refuse(byn_value_type type, const byni_calls *calls, const char *operation,
                            const char *object);
byn_status byni_type_does_not_fit(byn_value_type type, int64_t number, const char *operation,
                                  const char *object);
byn_status byni_type_real_does_not_fit(double number, const char *operation, const char *object);

#endif
