/* Who reads the standard output, if that is a pipe, may go before there is anything to read. */
#ifndef BYNAME_TOOL_READER_H
#define BYNAME_TOOL_READER_H

#include <stdbool.h>
#include <stdint.h>

/* From now on waits of this thread end with BYN_E_CANCELED when the reader has gone, about 50 ms later. */
void reader_heed(void);

/* As far as the system tells. */
bool reader_is_gone(void);

/* Sleeps for so long, or until the reader has gone: then false. */
bool reader_await(int64_t milliseconds);

#endif
