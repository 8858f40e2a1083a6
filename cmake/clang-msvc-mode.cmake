# Compiles for 64-bit Windows as Visual Studio's compiler would see the code: clang with _MSC_VER and the MSVC
# ABI, the headers and import libraries of mingw-w64, lld-link. It keeps the _MSC_VER branches compiled and run
# where no Visual Studio is. Limits: __GNUC__ is defined too, so a header asks for _MSC_VER first; the C library
# is msvcrt.dll, not the UCRT.
include("${CMAKE_CURRENT_LIST_DIR}/mingw-w64-x86_64.cmake")
set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET x86_64-pc-windows-msvc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_MSVC_RUNTIME_LIBRARY "")

# -fgnuc-version, because mingw's headers erase __attribute__ without __GNUC__; the macro, because they ask
# for it with #ifdef.
set(CMAKE_C_FLAGS_INIT "-fgnuc-version=4.2.1 -fms-compatibility-version=19.38 -D__declspec=__declspec -isystem /usr/share/mingw-w64/include")
# CMake's own would ask for the debug C library.
set(CMAKE_C_FLAGS_DEBUG "-g" CACHE STRING "")

# The import libraries under the names that lld-link looks for.
set(mingw /usr/x86_64-w64-mingw32/lib)
set(renamed "${CMAKE_BINARY_DIR}/msvc-mode-lib")
foreach(name kernel32 user32 advapi32 shell32 ws2_32 mswsock rpcrt4 iphlpapi bcrypt synchronization)
    if(EXISTS ${mingw}/lib${name}.a AND NOT EXISTS ${renamed}/${name}.lib)
        file(MAKE_DIRECTORY ${renamed})
        file(CREATE_LINK ${mingw}/lib${name}.a ${renamed}/${name}.lib SYMBOLIC)
    endif()
endforeach()

execute_process(COMMAND x86_64-w64-mingw32-gcc -print-libgcc-file-name
                OUTPUT_VARIABLE libgcc OUTPUT_STRIP_TRAILING_WHITESPACE)
set(CMAKE_C_STANDARD_LIBRARIES
    "-L${renamed} ${mingw}/libmingw32.a ${mingw}/libmingwex.a ${mingw}/libmsvcrt.a ${libgcc} -lkernel32 -luser32"
    CACHE STRING "")
# Names of Microsoft's C library that mingw's has under another name, or not at all: abs() stands in for
# _set_abort_behavior(), which has nothing to do in msvcrt.dll.
set(names "")
foreach(pair __image_base__=__ImageBase __chkstk=___chkstk_ms __imp__set_abort_behavior=__imp_abs)
    string(APPEND names " -Xlinker /alternatename:${pair}")
endforeach()
set(CMAKE_EXE_LINKER_FLAGS_INIT
    "${mingw}/crt2.o -Xlinker /entry:mainCRTStartup -Xlinker /alternatename:_fltused=mainCRTStartup ${names}")
set(CMAKE_SHARED_LINKER_FLAGS_INIT
    "${mingw}/dllcrt2.o -Xlinker /entry:DllMainCRTStartup -Xlinker /alternatename:_fltused=DllMainCRTStartup ${names}")
