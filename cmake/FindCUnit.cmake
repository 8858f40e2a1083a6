# FindCUnit: CUnit 2.1 as the imported target CUnit::CUnit, looked for as in FindAPR.
include(FindPackageHandleStandardArgs)

if(NOT TARGET CUnit::CUnit)
    find_package(unofficial-cunit CONFIG QUIET)
    foreach(target unofficial::cunit::cunit unofficial::cunit::libcunit)
        if(NOT TARGET CUnit::CUnit AND TARGET ${target})
            add_library(CUnit::CUnit INTERFACE IMPORTED)
            set_property(TARGET CUnit::CUnit PROPERTY INTERFACE_LINK_LIBRARIES ${target})
            set(CUNIT_LIBRARY ${target})
        endif()
    endforeach()
endif()

if(NOT TARGET CUnit::CUnit AND NOT CMAKE_CROSSCOMPILING)
    find_package(PkgConfig QUIET)
    if(PKG_CONFIG_FOUND)
        pkg_check_modules(CUNIT_PC QUIET IMPORTED_TARGET cunit)
        if(CUNIT_PC_FOUND)
            add_library(CUnit::CUnit INTERFACE IMPORTED)
            set_property(TARGET CUnit::CUnit PROPERTY INTERFACE_LINK_LIBRARIES PkgConfig::CUNIT_PC)
            set(CUNIT_LIBRARY cunit)
        endif()
    endif()
endif()

if(NOT TARGET CUnit::CUnit)
    find_path(CUNIT_INCLUDE_DIR NAMES CUnit/CUnit.h cunit/CUnit.h)
    find_library(CUNIT_LIBRARY NAMES cunit libcunit)
    mark_as_advanced(CUNIT_INCLUDE_DIR CUNIT_LIBRARY)
    if(CUNIT_INCLUDE_DIR AND CUNIT_LIBRARY)
        add_library(CUnit::CUnit UNKNOWN IMPORTED)
        set_target_properties(CUnit::CUnit PROPERTIES
            IMPORTED_LOCATION "${CUNIT_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${CUNIT_INCLUDE_DIR}")
    endif()
endif()

if(NOT TARGET CUnit::CUnit)
    set(CUNIT_LIBRARY CUNIT_LIBRARY-NOTFOUND)    # a library without its header
endif()
find_package_handle_standard_args(CUnit REQUIRED_VARS CUNIT_LIBRARY
    REASON_FAILURE_MESSAGE "install it (libcunit1-dev on Debian and Ubuntu, CUnit-devel on Fedora, cunit on Arch and in vcpkg), \
or build no tests: -D BYNAME_TESTS=OFF")
