# Read by APR's own CMakeLists.txt through CMAKE_PROJECT_APR_INCLUDE. APR builds a generator and runs it; in
# a cross build it has to be one for the build machine, so that one name becomes HOST_GEN_TEST_CHAR.
macro(add_executable name)
    if("${name}" STREQUAL "gen_test_char")
        _add_executable(gen_test_char IMPORTED GLOBAL)
        set_target_properties(gen_test_char PROPERTIES IMPORTED_LOCATION "${HOST_GEN_TEST_CHAR}")
    else()
        _add_executable(${name} ${ARGN})
    endif()
endmacro()
