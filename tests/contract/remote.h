/*
 * A peer that does what it is told, one call of the library at a time, and tells what it answered.
 *
 *     peer *other = remote_start(PEER_PROCESS);
 *
 *     CHECK_STATUS(remote_call(other, "mutex 0 0 %s", name), BYN_OK);
 *     CHECK_STATUS(remote_call(other, "lock 0"), BYN_E_TIMEDOUT);
 *     remote_end(other);
 *
 * It has one object of each kind. Its commands, each noun's in a file remote_<noun>.c; OPEN is a byn_open_mode as a number:
 *
 *     mutex OPEN RECURSIVE NAME         lock TIMEOUT        unlock
 *     event OPEN MANUAL SET NAME        wait TIMEOUT        set         reset      is_set
 *     semaphore OPEN INITIAL MAX NAME   acquire N TIMEOUT   release N   permits
 *     undo OPEN INITIAL MAX NAME        (a semaphore with undo)
 *     rwlock OPEN NAME                  lock_shared TIMEOUT     lock_alone TIMEOUT     unlock_rwlock
 *     memory OPEN SIZE LIMIT NAME       size                grow SIZE   read OFFSET   write OFFSET BYTE
 *     value OPEN TYPE INITIAL NAME      get                 put NUMBER  add NUMBER
 *     bytes OPEN SIZE NAME              (a value of bytes)
 *     array OPEN TYPE SIZE LENGTH NAME
 *     barrier OPEN PARTIES PARTY NAME   meet TIMEOUT (the number is the index)   break   mend (reset)
 *     list OPEN LIMIT NAME              append NUMBER       at INDEX    length
 *                                       lock_list TIMEOUT   unlock_list
 *     pipe OPEN END CAPACITY LARGEST NAME (the number is the end)     poll TIMEOUT
 *     send TIMEOUT TEXT                 receive TIMEOUT (the number is the size, the text what came)
 *     queue OPEN CAPACITY ITEMS LARGEST ACKNOWLEDGE NAME    qput TIMEOUT NUMBER    qget TIMEOUT
 *     qreserve TIMEOUT SIZE   qcommit TEXT   qhold TIMEOUT   qrelease   qabandon
 *     qreceive TIMEOUT   qack   qback   qdone   qjoin TIMEOUT   qshutdown   qcount
 *     any TIMEOUT LETTERS     all TIMEOUT LETTERS (m, e, s, p, q: mutex, event, semaphore, pipe, queue)
 *     condition OPEN NAME               cwait TIMEOUT       cpass TIMEOUT (cwait, unlock)
 *                                       notify N            notify_all
 *     once OPEN NAME                    once_run TIMEOUT    is_done
 *     close KIND                        forget KIND (the handle stays open and is not used again)
 *     leave (end without closing or unlocking anything; also the way to end a thread)
 *
 * A name of "machine:..." opens with mode 0666 if MODE was told: mode OCTAL. What it opens after `keep 1`
 * is kept.
 */
#ifndef BYNAME_CONTRACT_REMOTE_H
#define BYNAME_CONTRACT_REMOTE_H

#include <stdint.h>

#include <byname/byname.h>

#include "peer.h"
#include "test.h"

/** To stand among the peers: PEER(remote). */
int remote(peer_self *self, int argc, char **argv);

#define remote_start(kind_) peer_start((kind_), "remote", NULL)

/** Lets it make one call, and waits for the answer. */
byn_status remote_call(peer *p, const char *format, ...);

/**
 * Lets it begin a call that may block; returns when it is about to, and where the system tells it,
 * asleep.
 */
void remote_begin(peer *p, const char *format, ...);

/** Waits for the answer of a call that has begun. */
byn_status remote_answer(peer *p);

/** What came with the last answer of any remote: a number, its byn_last_error(), or a text. */
long long remote_number(void);
const char *remote_text(void);
const char *remote_error(void);

/** Closes all that it has open, and ends it. */
void remote_end(peer *p);

#endif
