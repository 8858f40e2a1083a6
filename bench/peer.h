/*
 * peer.h - peers in Python: programs (peers.py) that are started once, and asked again and again in the rounds.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "bench.h"

typedef struct bench_peer bench_peer;

/* `what` is what peers.py knows, with its arguments, NULL-ended. NULL: it cannot be had here. */
bench_peer *bench_peer_start(const char *what, ...);

/* Of a peer that does one thing: do it so often. Is the `run` of a bench_entry. */
void bench_peer_run(void *peer, uint32_t times);

double bench_peer_time(bench_peer *peer, uint32_t times); /* how many nanoseconds that took it */

/* Of a peer that measures itself: do it for so long. @return per second; and a second figure, if it is not NULL */
double bench_peer_measure(bench_peer *peer, int milliseconds, double *second);

void bench_peer_end(bench_peer *peer); /* NULL: nothing */

#endif
