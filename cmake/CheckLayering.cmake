# Fails when a system or a compiler shows up outside its place:
#   cmake -D ROOT=<source tree> -P CheckLayering.cmake
#
# Also when the library looks at the wall clock: a change of it must not alter any wait.
#
# Portable are include/, src/, tools/, tests/, examples/ and bench/, but for src/posix, src/win32,
# posix_* and win32_* of the test support and the benchmarks, and the few headers that hide the compilers.
cmake_minimum_required(VERSION 3.16)

# Standard C is free everywhere; so are CUnit and APR outside the library (see below).
set(standard assert ctype errno float inttypes iso646 limits locale math setjmp signal stdalign stdarg
             stdbool stddef stdint stdio stdlib stdnoreturn string time)
string(REPLACE ";" "|" standard "${standard}")
set(platform_if "^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)[^a-zA-Z].*(_WIN32|_WIN64|WIN32|__linux|linux__|__APPLE__|__unix|_MSC_VER|__GNUC__|__clang__|__MINGW|__CYGWIN__|__FreeBSD__|__has_)")
set(compiler_words "(^|[^a-zA-Z0-9_])(ssize_t|__attribute__|__int128|__declspec|__typeof__|typeof)([^a-zA-Z0-9_]|$)")

file(GLOB_RECURSE files RELATIVE "${ROOT}"
     "${ROOT}/include/*.h" "${ROOT}/src/*.[ch]" "${ROOT}/tools/*.[ch]" "${ROOT}/tests/*.[ch]"
     "${ROOT}/examples/*.[ch]" "${ROOT}/bench/*.[ch]")
list(FILTER files EXCLUDE REGEX "^src/(posix|win32)/|^(tests|bench|tools/byname)/([^/]*/)*(posix|win32)_")

set(violations 0)
macro(violation line why)
    string(STRIP "${line}" text)
    message("${file}: ${why}: ${text}")
    math(EXPR violations "${violations} + 1")
endmacro()

foreach(file IN LISTS files)
    # Without brackets and semicolons, which CMake's lists treat specially; they decide nothing here.
    file(READ "${ROOT}/${file}" text)
    string(REGEX REPLACE "[][;]" " " text "${text}")
    string(REGEX REPLACE "\\\\\n" " " text "${text}")
    # Comments may speak of anything.
    string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" "" text "${text}")
    string(REPLACE "\n" ";" lines "${text}")
    foreach(line IN LISTS lines)
        if(line MATCHES "^[ \t]*#[ \t]*include[ \t]*<([^>]+)>")
            set(header "${CMAKE_MATCH_1}")
            if(header MATCHES "^(${standard})\\.h$" OR header MATCHES "^byname/")
                continue()
            elseif(header MATCHES "^(apr_?[a-z_]*|CUnit/[A-Za-z]+)\\.h$" AND
                   (file MATCHES "^(tools|tests|bench)/" OR file STREQUAL "include/byname/apr.h"))
                continue()
            elseif(file MATCHES "^(include/byname/api|src/compiler)\\.h$")
                continue()
            endif()
            violation("${line}" "system header in a portable file")
        elseif(file MATCHES "^(include/byname/(api|guard)\\.h|src/compiler\\.h)$")
            continue()
        elseif(line MATCHES "${platform_if}")
            violation("${line}" "platform #if in a portable file")
        elseif(line MATCHES "${compiler_words}")
            violation("${line}" "not in every C11 compiler")
        elseif(line MATCHES "^[ \t]*#[ \t]*include[ \t]*\"(\\.\\./)*(posix|win32)[/_]")
            violation("${line}" "portable file includes a platform's header")
        endif()
    endforeach()
endforeach()

set(wall_clock "(^|[^a-zA-Z0-9_])(CLOCK_REALTIME|(gettimeofday|ftime|timespec_get|time|GetSystemTime[A-Za-z]*|GetLocalTime|sem_timedwait|[a-z_]*_timed(lock|wait|rdlock|wrlock)) *\\()")
file(GLOB_RECURSE library RELATIVE "${ROOT}" "${ROOT}/src/*.[ch]")
foreach(file IN LISTS library)
    file(READ "${ROOT}/${file}" text)
    string(REGEX REPLACE "[][;]" " " text "${text}")
    string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" "" text "${text}")
    string(REPLACE "\n" ";" lines "${text}")
    foreach(line IN LISTS lines)
        if(line MATCHES "${wall_clock}")
            violation("${line}" "the wall clock may be changed at any time")
        endif()
    endforeach()
endforeach()

list(LENGTH files count)
if(count EQUAL 0)
    message(FATAL_ERROR "no source below \"${ROOT}\"")
elseif(violations)
    message(FATAL_ERROR "${violations} violations of the layers in ${count} files")
endif()
message("layers hold in ${count} files")
