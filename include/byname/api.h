/**
 * @file byname/api.h
 * How the library's functions are declared: the one public header that knows compilers and systems.
 *
 * Define BYN_STATIC when you link the static library by hand on Windows; the CMake target
 * byname::byname and pkg-config do it for you.
 */
#ifndef BYNAME_API_H
#define BYNAME_API_H

#if defined(_WIN32) && !defined(BYN_STATIC)
#ifdef BYN_BUILDING
#define BYN_EXPORT_ __declspec(dllexport)
#else
#define BYN_EXPORT_ __declspec(dllimport)
#endif
#elif defined(__GNUC__) && !defined(BYN_STATIC)
#define BYN_EXPORT_ __attribute__((visibility("default")))
#else
#define BYN_EXPORT_
#endif

#ifdef __cplusplus
#define BYN_API extern "C" BYN_EXPORT_
#else
#define BYN_API BYN_EXPORT_
#endif

/** Stands before what a program or a library of tasks exports, see BYN_TASK_LIBRARY. */
#if defined(_WIN32)
#define BYN_EXPORT_HERE_ __declspec(dllexport)
#elif defined(__GNUC__)
#define BYN_EXPORT_HERE_ __attribute__((visibility("default")))
#else
#define BYN_EXPORT_HERE_
#endif
#ifdef __cplusplus
#define BYN_EXPORT extern "C" BYN_EXPORT_HERE_
#else
#define BYN_EXPORT BYN_EXPORT_HERE_
#endif

/** Stands before a function whose result must be looked at. */
#if defined(__GNUC__)
#define BYN_MUST_CHECK __attribute__((warn_unused_result))
#elif defined(_MSC_VER)
#define BYN_MUST_CHECK _Check_return_
#else
#define BYN_MUST_CHECK
#endif

#if defined(_MSC_VER)
#include <sal.h>
#endif

#endif
