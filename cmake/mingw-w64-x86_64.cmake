# Cross-compiles for 64-bit Windows with mingw-w64. The prefix with the Windows builds of APR and CUnit
# (made by cmake/deps/build.sh mingw) is BYNAME_MINGW_DEPS, a variable of CMake or of the environment.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

if(NOT BYNAME_MINGW_DEPS)
    set(BYNAME_MINGW_DEPS "$ENV{BYNAME_MINGW_DEPS}")
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES BYNAME_MINGW_DEPS)
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32 ${BYNAME_MINGW_DEPS})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# A program must not need the compiler's own DLLs beside it.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static-libgcc)
set(CMAKE_SHARED_LINKER_FLAGS_INIT -static-libgcc)

# CTest runs the programs through Wine.
find_program(BYNAME_WINE NAMES wine64 wine PATHS /usr/lib/wine NO_CMAKE_FIND_ROOT_PATH)
if(BYNAME_WINE)
    set(CMAKE_CROSSCOMPILING_EMULATOR ${BYNAME_WINE})
endif()
