/**
 * @file byname/byname.h
 * Everything. Processes that were started in any way, by anyone, meet at a name.
 *
 * | I need                                  | take               |
 * |-----------------------------------------|--------------------|
 * | one at a time                           | byname/mutex.h     |
 * | the same, let go however a block is left | byname/guard.h     |
 * | "it has happened" / "go"                | byname/event.h     |
 * | at most n at a time, or a count of jobs | byname/semaphore.h |
 * | to wait until data are as I want them   | byname/condition.h |
 * | many readers or one writer              | byname/rwlock.h    |
 * | all to be here before any goes on       | byname/barrier.h   |
 * | something done once                     | byname/once.h      |
 * | one of several objects, or all          | byname/wait.h      |
 * | a counter, a flag, a few bytes          | byname/value.h     |
 * | many numbers, or records of one size    | byname/array.h     |
 * | bytes of my own                         | byname/memory.h    |
 * | messages from any to any                | byname/queue.h     |
 * | to talk with one other process          | byname/pipe.h      |
 * | values by their keys                    | byname/dict.h      |
 * | things in an order, a stack, a deque    | byname/list.h      |
 * | another program                         | byname/process.h   |
 * | functions run by other processes        | byname/pool.h, byname/task.h |
 * | what becomes of one of these            | byname/future.h    |
 * | to see and to clean what is there       | byname/object.h    |
 * | to see who holds it and who waits       | byname/who.h       |
 */
#ifndef BYNAME_BYNAME_H
#define BYNAME_BYNAME_H

#include <byname/array.h>
#include <byname/barrier.h>
#include <byname/condition.h>
#include <byname/dict.h>
#include <byname/event.h>
#include <byname/future.h>
#include <byname/guard.h>
#include <byname/list.h>
#include <byname/memory.h>
#include <byname/mutex.h>
#include <byname/object.h>
#include <byname/once.h>
#include <byname/options.h>
#include <byname/pipe.h>
#include <byname/pool.h>
#include <byname/process.h>
#include <byname/queue.h>
#include <byname/rwlock.h>
#include <byname/semaphore.h>
#include <byname/status.h>
#include <byname/task.h>
#include <byname/value.h>
#include <byname/version.h>
#include <byname/wait.h>
#include <byname/who.h>

#endif
