/*
 * What the tests of this folder share.
 *
 * A board is a file that all processes of a case map: numbers and seats, apart from the objects under
 * test. A seat is where a peer that sleeps says what it is doing, so that the case and a victim can
 * wait until it sleeps, and see at once whether it was woken.
 */
#ifndef CRASH_BOARD_H
#define CRASH_BOARD_H

#include "peer.h"
#include "step.h"

#include <apr_atomic.h>

#include <byname/byname.h>

/*
 * CMake sets it for the sweeps that would take too long at every instruction in every run: 1, or 2 where
 * Windows' stride is coarse enough already.
 */
#ifndef CRASH_ROTATES
#define CRASH_ROTATES 0
#endif

enum { BOARD_SEATS = 72, BOARD_WORDS = 256 };

typedef enum seat_state { SEAT_IDLE, SEAT_WAITING, SEAT_RETURNED } seat_state;

typedef struct seat {
    volatile apr_uint32_t state;
    volatile apr_uint32_t thread;
    volatile apr_uint32_t since;  /* board_ms() */
    volatile apr_uint32_t failed; /* the wait answered a failure */
} seat;

/* Only apr_atomic_...32() and plain loads and stores of what one process at a time owns. */
typedef struct board {
    volatile apr_uint32_t word[BOARD_WORDS];
    volatile apr_uint32_t victim; /* its process */
    seat seats[BOARD_SEATS];
} board;

/* posix_board.c, win32_board.c: which thread a seat is of; whether a process has ended. posix_sight.c, no_sight.c: whether it sleeps. */
apr_uint32_t board_thread(void);
bool board_process_is_dead(apr_uint32_t pid);
bool board_asleep(const seat *s);

/** In the case: a board that belongs to a name, zero; the last one is valid. */
board *board_create(const char *name);

/** At the head of a case in which somebody dies: skips it where that cannot be, or sets its deadline; a board. */
board *board_begin(const char *name, int seconds);

/** In the case: removes it. */
void board_destroy(const char *name);

/** In peers and victims. Lives as long as the process. */
board *board_open(const char *name);

/** In a victim, before it is stepped: this process is it. */
void board_mark_victim(board *b);

/**
 * In the case, when a victim is said to sleep: where that cannot be seen it may only be slow, and die before it
 * comes to what it is to sleep for. Waits until it has set a word, or is dead; whether it has set it.
 */
bool board_await_victim(board *b, unsigned index);
bool board_victim_is_dead(const board *b);

apr_uint32_t board_ms(void);

/** Before and after a sleep. */
void seat_wait(seat *s);
void seat_return(seat *s, byn_status status);

/** In a peer: waits to be told "sleep", says on its seat that it does; false at the end. */
bool seat_told(peer_self *self, seat *s);

/** What the first `count` seats do. */
typedef struct board_view {
    unsigned asleep;   /* in the kernel, for another process */
    unsigned returned; /* from their wait */
    unsigned failed;   /* of these, with a failure */
    unsigned moving;   /* neither: woken, or about to sleep */
} board_view;

board_view board_look(board *b, unsigned count);

/** Waits until nobody moves; false, and a failed check, if that does not come about. */
bool board_settle(board *b, unsigned count, board_view *view);

/**
 * After board_settle(), when so many must have been woken: where a sleep cannot be seen who has not returned yet is
 * waited for, since he may only be slow. Where it can be seen he is not, and `view` stays.
 */
void board_await_returned(board *b, unsigned count, unsigned wanted, board_view *view);

/** Waits until a word is at least `value`; false after test_patience(). */
bool board_await(board *b, unsigned index, apr_uint32_t value);

/**
 * Whether a sleep can be seen as such. If not, `asleep` means that a seat has not moved for some
 * time, and a heartbeat may repair a lost wake-up unseen.
 */
bool board_sees_sleep(void);

/** NULL, or why nothing can be stepped or killed here. */
const char *board_unsupported(void);

/** Skips the case where step_switch() would, but before it has begun anything. */
void board_need_races(void);

/**
 * Strides of the platform: every instruction where that is cheap, else this many. Of the longer sweeps a
 * small prime that differs from run to run. BYNAME_CRASH_STRIDE=1 kills everywhere in one run.
 */
#define board_stride(where_it_is_expensive_)                                                       \
    board_stride_of((where_it_is_expensive_), CRASH_ROTATES)
long board_stride_of(long where_it_is_expensive, int rotates);

/**
 * For operations of thousands of instructions: a stride that differs from run to run and is prime, so
 * that many runs kill everywhere. BYNAME_CRASH_STRIDE=1 kills everywhere in one run.
 */
long board_rotating_stride(void);

/**
 * Kills before and after each system call of an operation, and calls `verify` after each kill. Like
 * step_sweep, with few kills. Linux only; elsewhere it does nothing and answers 0 instructions.
 */
step_report board_sweep_calls(const step_operation *operation, const char *arg,
                              void (*verify)(void *context, long k), void *context);

void board_pause(void);

/**
 * In a peer: waits until a word is no longer `last`, and answers what it is. Looks ever more rarely, so that several
 * who wait for their turn leave the processors to the victim.
 */
apr_uint32_t board_await_turn(volatile apr_uint32_t *word, apr_uint32_t last);

/**
 * In the case: keep to one processor, and back. In a peer: run on that one, and interrupt nobody there when woken. So
 * a peer that the case wakes does not run before the case has killed it. Its share of a busy processor is that of all
 * others: with less it would not come to its sleep. Linux only.
 */
void board_keep_to_one_processor(bool on);
void board_run_last(void);

/** In a victim, before it is stepped: what the library makes at first use is made. */
void board_warm_up(void);

/** This process, as byn_owner tells it. */
apr_uint32_t board_pid(void);

/** Files below the directory of this run that begin with "byname.": what objects leave. */
unsigned board_files(void);

#endif
