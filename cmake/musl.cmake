# Compiles for Linux with musl, on a glibc system: static programs, which run as they are. The prefix with the
# musl builds of APR and CUnit (made by cmake/deps/build.sh musl) is BYNAME_MUSL_DEPS, a variable of CMake or of
# the environment.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${CMAKE_HOST_SYSTEM_PROCESSOR})
set(CMAKE_C_COMPILER musl-gcc)

if(NOT BYNAME_MUSL_DEPS)
    set(BYNAME_MUSL_DEPS "$ENV{BYNAME_MUSL_DEPS}")
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES BYNAME_MUSL_DEPS)
set(CMAKE_FIND_ROOT_PATH ${BYNAME_MUSL_DEPS})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# The kernel's headers are the system's; whatever musl has itself goes first.
execute_process(COMMAND gcc -print-multiarch OUTPUT_VARIABLE multiarch OUTPUT_STRIP_TRAILING_WHITESPACE)
set(CMAKE_C_FLAGS_INIT "-idirafter /usr/include/${multiarch} -idirafter /usr/include")
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
