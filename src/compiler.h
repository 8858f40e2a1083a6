/*
 * compiler.h - the one private header that knows compilers.
 *
 * Atomic words: plain structs of 8 to 64 bits, lock-free and address-free, so that they may lie in
 * memory that processes built with different compilers share. Two back ends, one interface; mingw-w64
 * builds the second one too (-DBYNI_ATOMIC_INTERLOCKED=1), so that it is tested without Visual Studio.
 * <stdatomic.h> is not used: Visual Studio has it behind an experimental switch only.
 *
 * Orders: load acquires, store releases, peek and poke have none, everything else is sequentially
 * consistent.
 */
#ifndef BYNI_COMPILER_H
#define BYNI_COMPILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(_MSC_VER) && !defined(BYNI_ATOMIC_INTERLOCKED)
#define BYNI_ATOMIC_INTERLOCKED 1
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define BYNI_THREAD_LOCAL __declspec(thread)
#define BYNI_PRINTF(text, first)
#define BYNI_UNLIKELY(condition) (condition)
#define BYNI_COLD __declspec(noinline)
#define BYNI_APART __declspec(noinline)
#define BYNI_IN_LINE static __forceinline
#define BYNI_NO_SANITIZE
#else
#define BYNI_THREAD_LOCAL _Thread_local
#define BYNI_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#define BYNI_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define BYNI_COLD __attribute__((noinline, cold)) /* kept out of the way of a hot path */
#define BYNI_APART __attribute__((noinline))      /* so that another one needs fewer registers */
#define BYNI_IN_LINE static inline __attribute__((always_inline)) /* part of one */
#define BYNI_NO_SANITIZE __attribute__((no_sanitize("address", "thread", "undefined")))
#endif

#if !defined(BYNI_ATOMIC_INTERLOCKED)

typedef struct {
    uint8_t value;
} byni_a8;

typedef struct {
    uint16_t value;
} byni_a16;

typedef struct {
    uint32_t value;
} byni_a32;

typedef struct {
    _Alignas(8) uint64_t value;
} byni_a64;

_Static_assert(__GCC_ATOMIC_INT_LOCK_FREE == 2 && __GCC_ATOMIC_LLONG_LOCK_FREE == 2,
               "words in shared memory must be lock-free");

static inline uint8_t byni_load8(const byni_a8 *a)
{
    return __atomic_load_n(&a->value, __ATOMIC_ACQUIRE);
}

static inline void byni_store8(byni_a8 *a, uint8_t value)
{
    __atomic_store_n(&a->value, value, __ATOMIC_RELEASE);
}

static inline uint16_t byni_load16(const byni_a16 *a)
{
    return __atomic_load_n(&a->value, __ATOMIC_ACQUIRE);
}

static inline void byni_store16(byni_a16 *a, uint16_t value)
{
    __atomic_store_n(&a->value, value, __ATOMIC_RELEASE);
}

static inline uint32_t byni_load32(const byni_a32 *a)
{
    return __atomic_load_n(&a->value, __ATOMIC_ACQUIRE);
}

/* After what was changed just before; costs no fence where a change is one. */
static inline uint32_t byni_load32_after(const byni_a32 *a)
{
    return __atomic_load_n(&a->value, __ATOMIC_SEQ_CST);
}

static inline void byni_store32(byni_a32 *a, uint32_t value)
{
    __atomic_store_n(&a->value, value, __ATOMIC_RELEASE);
}

static inline uint32_t byni_add32(byni_a32 *a, uint32_t value)
{
    return __atomic_fetch_add(&a->value, value, __ATOMIC_SEQ_CST);
}

static inline uint32_t byni_or32(byni_a32 *a, uint32_t value)
{
    return __atomic_fetch_or(&a->value, value, __ATOMIC_SEQ_CST);
}

static inline uint32_t byni_and32(byni_a32 *a, uint32_t value)
{
    return __atomic_fetch_and(&a->value, value, __ATOMIC_SEQ_CST);
}

/* If it is *expected it becomes desired; else *expected becomes what it is. */
static inline bool byni_cas32(byni_a32 *a, uint32_t *expected, uint32_t desired)
{
    return __atomic_compare_exchange_n(&a->value, expected, desired, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_ACQUIRE);
}

static inline uint64_t byni_load64(const byni_a64 *a)
{
    return __atomic_load_n(&a->value, __ATOMIC_ACQUIRE);
}

static inline uint64_t byni_load64_after(const byni_a64 *a)
{
    return __atomic_load_n(&a->value, __ATOMIC_SEQ_CST);
}

static inline void byni_store64(byni_a64 *a, uint64_t value)
{
    __atomic_store_n(&a->value, value, __ATOMIC_RELEASE);
}

/* Without an order: between byni_fence() and another, for copies. */
static inline uint64_t byni_peek64(const byni_a64 *a)
{
    return __atomic_load_n(&a->value, __ATOMIC_RELAXED);
}

static inline void byni_poke64(byni_a64 *a, uint64_t value)
{
    __atomic_store_n(&a->value, value, __ATOMIC_RELAXED);
}

static inline uint32_t byni_exchange32(byni_a32 *a, uint32_t value)
{
    return __atomic_exchange_n(&a->value, value, __ATOMIC_SEQ_CST);
}

static inline uint64_t byni_exchange64(byni_a64 *a, uint64_t value)
{
    return __atomic_exchange_n(&a->value, value, __ATOMIC_SEQ_CST);
}

static inline uint64_t byni_add64(byni_a64 *a, uint64_t value)
{
    return __atomic_fetch_add(&a->value, value, __ATOMIC_SEQ_CST);
}

static inline bool byni_cas64(byni_a64 *a, uint64_t *expected, uint64_t desired)
{
    return __atomic_compare_exchange_n(&a->value, expected, desired, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_ACQUIRE);
}

static inline void byni_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* What was read before is read before what is read after. */
static inline void byni_fence_loads(void)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

/* What was written before is written before what is written after. */
static inline void byni_fence_stores(void)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

/* As the thread itself does it, and the system sees it when the thread dies: for the compiler only. */
static inline void byni_in_order(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* It is going to be read, or changed, soon: fetch its line now, while others are on their way too. For change it
 * comes alone, so that it is not asked for twice. Any address will do. */
static inline void byni_prefetch(const void *address)
{
    __builtin_prefetch(address, 0);
}

static inline void byni_prefetch_to_change(const void *address)
{
#if defined(__x86_64__)
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)address));
#else
    __builtin_prefetch(address, 1);
#endif
}

/* Tell the processor that this loop waits. */
static inline void byni_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

#else

#include <intrin.h>

#if defined(_M_ARM64) || defined(__aarch64__)
#define BYNI_ACQUIRE() __dmb(_ARM64_BARRIER_ISHLD)
#define BYNI_RELEASE() __dmb(_ARM64_BARRIER_ISH)
#else
#define BYNI_ACQUIRE()                                                                             \
    _ReadWriteBarrier() /* x86 keeps loads in order; only the compiler must too */
#define BYNI_RELEASE() _ReadWriteBarrier() /* and stores */
#endif

typedef struct {
    volatile uint8_t value;
} byni_a8;

typedef struct {
    volatile uint16_t value;
} byni_a16;

typedef struct {
    volatile long value;
} byni_a32;

typedef struct {
    _Alignas(8) volatile __int64 value;
} byni_a64;

static __inline uint8_t byni_load8(const byni_a8 *a)
{
    uint8_t value = a->value;
    BYNI_ACQUIRE();
    return value;
}

static __inline void byni_store8(byni_a8 *a, uint8_t value)
{
    BYNI_RELEASE();
    a->value = value;
}

static __inline uint16_t byni_load16(const byni_a16 *a)
{
    uint16_t value = a->value;
    BYNI_ACQUIRE();
    return value;
}

static __inline void byni_store16(byni_a16 *a, uint16_t value)
{
    BYNI_RELEASE();
    a->value = value;
}

/* A load must not write: the page may be mapped read-only. */
static __inline uint32_t byni_load32(const byni_a32 *a)
{
    uint32_t value = (uint32_t)a->value;
    BYNI_ACQUIRE();
    return value;
}

static __inline uint32_t byni_load32_after(const byni_a32 *a)
{
#if defined(_M_ARM64) || defined(__aarch64__)
    __dmb(_ARM64_BARRIER_ISH);
#endif
    return byni_load32(a); /* what changes is a fence on x86 */
}

static __inline void byni_store32(byni_a32 *a, uint32_t value)
{
    (void)_InterlockedExchange(&a->value, (long)value);
}

static __inline uint32_t byni_add32(byni_a32 *a, uint32_t value)
{
    return (uint32_t)_InterlockedExchangeAdd(&a->value, (long)value);
}

static __inline uint32_t byni_or32(byni_a32 *a, uint32_t value)
{
    return (uint32_t)_InterlockedOr(&a->value, (long)value);
}

static __inline uint32_t byni_and32(byni_a32 *a, uint32_t value)
{
    return (uint32_t)_InterlockedAnd(&a->value, (long)value);
}

static __inline bool byni_cas32(byni_a32 *a, uint32_t *expected, uint32_t desired)
{
    long before = _InterlockedCompareExchange(&a->value, (long)desired, (long)*expected);
    if ((uint32_t)before == *expected)
        return true;
    *expected = (uint32_t)before;
    return false;
}

static __inline bool byni_cas64(byni_a64 *a, uint64_t *expected, uint64_t desired)
{
    __int64 before = _InterlockedCompareExchange64(&a->value, (__int64)desired, (__int64)*expected);
    if ((uint64_t)before == *expected)
        return true;
    *expected = (uint64_t)before;
    return false;
}

static __inline uint64_t byni_load64(const byni_a64 *a)
{
#if defined(_WIN64)
    uint64_t value = (uint64_t)a->value;
    BYNI_ACQUIRE();
    return value;
#else
    /* 32 bits cannot load 64 at once; the exchange of equals is the load. */
    return (uint64_t)_InterlockedCompareExchange64((volatile __int64 *)&a->value, 0, 0);
#endif
}

static __inline uint64_t byni_load64_after(const byni_a64 *a)
{
#if defined(_M_ARM64) || defined(__aarch64__)
    __dmb(_ARM64_BARRIER_ISH);
#endif
    return byni_load64(a);
}

static __inline uint64_t byni_peek64(const byni_a64 *a)
{
    return byni_load64(a);
}

static __inline void byni_poke64(byni_a64 *a, uint64_t value)
{
#if defined(_WIN64)
    a->value = (__int64)value;
#else
    uint64_t before = byni_load64(a);
    while (!byni_cas64(a, &before, value)) {
    }
#endif
}

static __inline uint32_t byni_exchange32(byni_a32 *a, uint32_t value)
{
    return (uint32_t)_InterlockedExchange((volatile long *)&a->value, (long)value);
}

static __inline uint64_t byni_exchange64(byni_a64 *a, uint64_t value)
{
    uint64_t before = byni_load64(a);
    while (!byni_cas64(a, &before, value)) {
    }
    return before;
}

static __inline void byni_store64(byni_a64 *a, uint64_t value)
{
    (void)byni_exchange64(a, value);
}

static __inline uint64_t byni_add64(byni_a64 *a, uint64_t value)
{
#if defined(_WIN64)
    return (uint64_t)_InterlockedExchangeAdd64(&a->value, (__int64)value);
#else
    uint64_t before = byni_load64(a);
    while (!byni_cas64(a, &before, before + value)) {
    }
    return before;
#endif
}

static __inline void byni_fence(void)
{
    volatile long fence = 0;
    (void)_InterlockedExchange(&fence, 1);
}

static __inline void byni_fence_loads(void)
{
    BYNI_ACQUIRE();
}

static __inline void byni_fence_stores(void)
{
    BYNI_RELEASE();
}

static __inline void byni_in_order(void)
{
    _ReadWriteBarrier();
}

#if defined(_M_X64) || defined(__x86_64__)
static __inline void byni_prefetch(const void *address)
{
    _mm_prefetch((const char *)address, _MM_HINT_T0);
}

static __inline void byni_prefetch_to_change(const void *address)
{
    _m_prefetchw((void *)(uintptr_t)address);
}
#else
static __inline void byni_prefetch(const void *address)
{
    (void)address;
}

static __inline void byni_prefetch_to_change(const void *address)
{
    (void)address;
}
#endif

static __inline void byni_pause(void)
{
#if defined(_M_ARM64) || defined(__aarch64__)
    __yield();
#else
    _mm_pause();
#endif
}

#endif

_Static_assert(sizeof(byni_a8) == 1 && sizeof(byni_a16) == 2, "shared by all compilers");
_Static_assert(sizeof(byni_a32) == 4 && sizeof(byni_a64) == 8, "shared by all compilers");

/*
 * Two words that stand side by side, to or from memory of this process, each as byni_peek64() reads it and
 * byni_poke64() writes it. x86 does that in two instructions, and none of its processors moves an aligned word in parts.
 */
#if defined(__x86_64__) && !defined(BYNI_ATOMIC_INTERLOCKED)
typedef uint64_t byni_pair __attribute__((vector_size(16)));

static inline void byni_peek_pair(void *to, const byni_a64 *from)
{
    byni_pair pair;

    __asm__ volatile("movdqu %1, %0" : "=x"(pair) : "m"(*(const byni_a64(*)[2])from));
    memcpy(to, &pair, sizeof pair);
}

static inline void byni_poke_pair(byni_a64 *to, const void *from)
{
    byni_pair pair;

    memcpy(&pair, from, sizeof pair);
    __asm__ volatile("movdqu %1, %0" : "=m"(*(byni_a64(*)[2])to) : "x"(pair));
}
#else
static inline void byni_peek_pair(void *to, const byni_a64 *from)
{
    const uint64_t pair[2] = {byni_peek64(&from[0]), byni_peek64(&from[1])};

    memcpy(to, pair, sizeof pair);
}

static inline void byni_poke_pair(byni_a64 *to, const void *from)
{
    uint64_t pair[2];

    memcpy(pair, from, sizeof pair);
    byni_poke64(&to[0], pair[0]);
    byni_poke64(&to[1], pair[1]);
}
#endif

/* The word whose bytes, as they lie in memory, begin with the last `count` of another one's; the rest is 0. */
static inline uint64_t byni_end_of_word(uint64_t word, size_t count)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return word << (8 - count) * 8;
#else
    return word >> (8 - count) * 8;
#endif
}

/* The 128 bits of a product, one half laid over the other: what hashes are made of. The same everywhere. */
#if defined(__SIZEOF_INT128__)
static inline uint64_t byni_fold64(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}
#elif defined(_MSC_VER) && defined(_M_X64)
static __inline uint64_t byni_fold64(uint64_t a, uint64_t b)
{
    uint64_t high, low = _umul128(a, b, &high);

    return low ^ high;
}
#else
static inline uint64_t byni_fold64(uint64_t a, uint64_t b)
{
    uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;
    uint64_t low = a_low * b_low, one = a_high * b_low, other = a_low * b_high;
    uint64_t middle = (low >> 32) + (uint32_t)one + (uint32_t)other;
    uint64_t high = a_high * b_high + (one >> 32) + (other >> 32) + (middle >> 32);

    return (middle << 32 | (uint32_t)low) ^ high;
}
#endif

#endif
