# Compiles each public header alone, twice in a row, as C11 and as C++17:
#   cmake -D ROOT=<source tree> "-D C=gcc;clang" "-D CXX=g++;clang++" [-D "APR_CFLAGS=..."] -P CheckHeaders.cmake
cmake_minimum_required(VERSION 3.16)

file(GLOB headers RELATIVE "${ROOT}/include" "${ROOT}/include/byname/*.h")
separate_arguments(APR_CFLAGS)
# APR's own header is not ours to warn about.
string(REGEX REPLACE "(^|;)-I" "\\1-isystem" apr_cflags "${APR_CFLAGS}")

set(checked 0)
set(failed 0)
macro(check language standard)
    foreach(compiler ${ARGN})
        foreach(header IN LISTS headers)
            set(extra "")
            if(header STREQUAL "byname/apr.h")
                if(compiler MATCHES "mingw" OR NOT apr_cflags)
                    continue()
                endif()
                set(extra ${apr_cflags})
            endif()
            execute_process(
                COMMAND ${compiler} -std=${standard} -Wall -Wextra -Wpedantic -Werror ${extra}
                        -I "${ROOT}/include" -fsyntax-only -include ${header} -include ${header} -include stddef.h
                        -x ${language} /dev/null    # stddef.h: a unit must declare something
                RESULT_VARIABLE result ERROR_VARIABLE errors)
            math(EXPR checked "${checked} + 1")
            if(NOT result EQUAL 0)
                message("${header} with ${compiler} as ${standard}:\n${errors}")
                math(EXPR failed "${failed} + 1")
            endif()
        endforeach()
    endforeach()
endmacro()
check(c c11 ${C})
check(c++ c++17 ${CXX})

if(failed OR checked EQUAL 0)
    message(FATAL_ERROR "${failed} of ${checked} compilations failed")
endif()
message("${checked} compilations of single headers passed")
