/*
 * Forced into every file of APR 1.7 when it is built with mingw-w64. APR's Windows headers play tricks
 * with Visual Studio's include guards; with the system headers read first, in this order, they are inert.
 */
#ifndef APR_PREFIX_H
#define APR_PREFIX_H

#ifndef RC_INVOKED
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
/* clang-format off */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <accctrl.h>
#include <aclapi.h>
#include <iphlpapi.h>
/* clang-format on */

/* APR knows these for Visual Studio alone. */
#define HAVE_STRUCT_IPMREQ 1
#define APR_INT64_STRFN _strtoi64

/* Windows has its own atomics; this keeps a Unix header from asking for a fallback that is not built. */
#define HAVE_ATOMIC_BUILTINS 1
#define HAVE_ATOMIC_BUILTINS64 1
#endif

#endif
