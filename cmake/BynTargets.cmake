# byname_warnings(TARGET): the warnings that every target of the project is clean of.
function(byname_warnings target)
    if(MSVC)
        # What /W4 calls an extension and is C11: 4200 (flexible array), 4204 and 4221 (aggregates of what is not
        # constant), 4232 (address of a function of a DLL). 4127: a condition that is constant; 4324: padding.
        target_compile_options(${target} PRIVATE
            /W4 /wd4127 /wd4200 /wd4204 /wd4221 /wd4232 /wd4324 /utf-8 $<$<BOOL:${BYNAME_WERROR}>:/WX>)
        target_compile_definitions(${target} PRIVATE _CRT_SECURE_NO_WARNINGS)
    else()
        target_compile_options(${target} PRIVATE
            -Wall -Wextra -Wpedantic -Wvla -Wconversion -Wshadow -Wundef -Wpointer-arith
            -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes
            $<$<BOOL:${BYNAME_WERROR}>:-Werror>)
    endif()
endfunction()

# byname_quickly(TARGET): tests are not faster for being optimised, but longer in the making.
function(byname_quickly target)
    target_compile_options(${target} PRIVATE $<$<AND:$<C_COMPILER_ID:GNU>,$<CONFIG:RelWithDebInfo>>:-O0>)
endfunction()

# byname_library(TARGET): what `byname` and `byname_testing` have in common.
function(byname_library target)
    byname_warnings(${target})
    get_target_property(type ${target} TYPE)
    set(whoever PRIVATE)    # links it into what is loaded
    if(type STREQUAL "STATIC_LIBRARY")
        set(whoever INTERFACE)
    endif()
    if(WIN32)
        set(platform win32)
        target_link_libraries(${target} PRIVATE advapi32)
    else()
        set(platform posix)
        find_package(Threads REQUIRED)
        target_link_libraries(${target} PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
        # Before the first system header, so not in a source; not a standard's extension of C.
        target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
        # A call of the C library goes there, not by way of a jump of our own.
        include(CheckCCompilerFlag)
        check_c_compiler_flag(-fno-plt BYNAME_HAVE_NO_PLT)
        target_compile_options(${target} PRIVATE $<$<BOOL:${BYNAME_HAVE_NO_PLT}>:-fno-plt>)
        # Threads of it, and what it does at the end of any thread, outlive a dlclose(): of the shared library, or of
        # one that the static library is a part of.
        if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
            target_link_options(${target} ${whoever}
                $<$<IN_LIST:$<TARGET_PROPERTY:TYPE>,SHARED_LIBRARY$<SEMICOLON>MODULE_LIBRARY>:LINKER:-z,nodelete>)
        endif()
    endif()

    # As of an installed package: its headers are not what the warnings of a project around it are about.
    set(system "")
    if(NOT top_level)
        set(system SYSTEM)
    endif()
    target_include_directories(${target} ${system} PUBLIC
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    set(private "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/src/${platform}")
    if(BYNAME_PORTABLE_SPOT)
        list(APPEND private "${PROJECT_SOURCE_DIR}/src/posix/portable")
    elseif(NOT WIN32)
        list(APPEND private "${PROJECT_SOURCE_DIR}/src/posix/linux")
    endif()
    if(target STREQUAL "byname_testing" OR BYNAME_TEST_HOOKS)
        target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${private}>")
    else()
        target_include_directories(${target} PRIVATE ${private})
    endif()

    if(type STREQUAL "STATIC_LIBRARY")
        target_compile_definitions(${target} PUBLIC BYN_STATIC)
        # It may become part of a shared library: a plugin, an extension of a language.
        if(NOT DEFINED CMAKE_POSITION_INDEPENDENT_CODE)
            set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
        endif()
    else()
        target_compile_definitions(${target} PRIVATE BYN_BUILDING)
    endif()

    # Before 1.0 a minor version may change the interface, and so what a program was linked with.
    set(interface ${PROJECT_VERSION_MAJOR})
    if(PROJECT_VERSION_MAJOR EQUAL 0)
        set(interface ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
    endif()
    set_target_properties(${target} PROPERTIES
        VERSION ${PROJECT_VERSION}
        SOVERSION ${interface}
        EXPORT_NAME ${target})
    if(WIN32 AND type STREQUAL "SHARED_LIBRARY")
        set_target_properties(${target} PROPERTIES PREFIX "")    # byname.dll with every compiler
    endif()
endfunction()

# byname_sources(FILE...): adds files of the calling folder to the library and to its twin for tests.
function(byname_sources)
    foreach(file IN LISTS ARGN)
        foreach(target byname byname_testing)
            if(TARGET ${target} AND (target STREQUAL "byname" OR NOT BYNAME_TEST_HOOKS))
                target_sources(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
            endif()
        endforeach()
    endforeach()
endfunction()

# byname_test_objects(NAME file...): what several tests share, compiled once. It meets the library of either
# kind; calls without dllimport work with both.
function(byname_test_objects name)
    add_library(${name} OBJECT ${ARGN})
    byname_warnings(${name})
    byname_quickly(${name})
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/include")
    target_link_libraries(${name} PRIVATE byname_test_support)
    target_compile_definitions(${name} PRIVATE BYN_STATIC)
endfunction()

# byname_test(NAME name SOURCES file... [OBJECTS target...] [INTERNAL] [LABELS label...] [TIMEOUT seconds])
#
# A CUnit program that CTest runs as one test. INTERNAL links the library with the hooks for tests and
# opens its private headers. The label "threads" selects it for ThreadSanitizer.
function(byname_test)
    cmake_parse_arguments(PARSE_ARGV 0 test "INTERNAL" "NAME;TIMEOUT" "SOURCES;OBJECTS;LABELS")
    # A case that hangs is ended by the watchdog of the program itself, see DEADLINE in runner.c. In Wine, on a busy
    # machine, a program that starts many processes needs minutes.
    if(NOT test_TIMEOUT)
        set(test_TIMEOUT 320)
    endif()
    set(cost ${test_TIMEOUT})
    if(WIN32)
        set(test_TIMEOUT 600)
    endif()
    set(library byname)
    if(test_INTERNAL)
        set(library byname_testing)
    endif()

    add_executable(${test_NAME} ${test_SOURCES})
    if(BYNAME_SANITIZE STREQUAL "thread" AND NOT "threads" IN_LIST test_LABELS)
        set_target_properties(${test_NAME} PROPERTIES EXCLUDE_FROM_ALL TRUE)
    endif()
    byname_warnings(${test_NAME})
    byname_quickly(${test_NAME})
    target_link_libraries(${test_NAME} PRIVATE ${test_OBJECTS} byname_test_support ${library} APR::APR CUnit::CUnit)
    add_test(NAME ${test_NAME} COMMAND ${test_NAME})
    # What may take longest begins first.
    set_tests_properties(${test_NAME} PROPERTIES
        TIMEOUT ${test_TIMEOUT} COST ${cost} LABELS "${test_LABELS}")
endfunction()
