# FindAPR: the Apache Portable Runtime 1.x as the imported target APR::APR.
#
# Looked for in this order:
#   1. CMake packages: apr (upstream and vcpkg), unofficial-apr and unofficial-apr-1 (older vcpkg);
#   2. pkg-config's apr-1; not when cross-compiling, because it would find the build machine's;
#   3. the header and the library themselves (CMAKE_PREFIX_PATH, CMAKE_FIND_ROOT_PATH).
include(FindPackageHandleStandardArgs)

function(_apr_header_version header)
    set(version "")
    foreach(part MAJOR MINOR PATCH)
        file(STRINGS "${header}" line REGEX "^#define APR_${part}_VERSION +[0-9]+")
        string(REGEX MATCH "[0-9]+$" number "${line}")
        list(APPEND version "${number}")
    endforeach()
    string(REPLACE ";" "." version "${version}")
    set(APR_VERSION "${version}" PARENT_SCOPE)
endfunction()

if(NOT TARGET APR::APR)
    foreach(package apr unofficial-apr unofficial-apr-1)
        find_package(${package} CONFIG QUIET)
        foreach(target ${package}::libapr-1 ${package}::apr-1)
            string(REPLACE "unofficial-" "unofficial::" target ${target})
            if(NOT TARGET APR::APR AND TARGET ${target})
                add_library(APR::APR INTERFACE IMPORTED)
                set_property(TARGET APR::APR PROPERTY INTERFACE_LINK_LIBRARIES ${target})
                if(WIN32 AND target MATCHES "::apr-1$")
                    set_property(TARGET APR::APR PROPERTY INTERFACE_COMPILE_DEFINITIONS APR_DECLARE_STATIC)
                endif()
                set(APR_LIBRARY ${target})
                # These packages have no version file.
                get_property(includes TARGET ${target} PROPERTY INTERFACE_INCLUDE_DIRECTORIES)
                find_file(APR_VERSION_HEADER apr_version.h HINTS ${includes} PATH_SUFFIXES apr-1 apr-1.0)
                mark_as_advanced(APR_VERSION_HEADER)
                if(APR_VERSION_HEADER)
                    _apr_header_version(${APR_VERSION_HEADER})
                endif()
            endif()
        endforeach()
    endforeach()
endif()

if(NOT TARGET APR::APR AND NOT CMAKE_CROSSCOMPILING)
    find_package(PkgConfig QUIET)
    if(PKG_CONFIG_FOUND)
        pkg_check_modules(APR_PC QUIET IMPORTED_TARGET apr-1)
        if(APR_PC_FOUND)
            add_library(APR::APR INTERFACE IMPORTED)
            set_property(TARGET APR::APR PROPERTY INTERFACE_LINK_LIBRARIES PkgConfig::APR_PC)
            set(APR_VERSION "${APR_PC_VERSION}")
            set(APR_LIBRARY apr-1)
        endif()
    endif()
endif()

if(NOT TARGET APR::APR)
    find_path(APR_INCLUDE_DIR apr_version.h PATH_SUFFIXES apr-1 apr-1.0)
    find_library(APR_LIBRARY NAMES apr-1 libapr-1)
    mark_as_advanced(APR_INCLUDE_DIR APR_LIBRARY)
    if(APR_INCLUDE_DIR AND APR_LIBRARY)
        _apr_header_version(${APR_INCLUDE_DIR}/apr_version.h)
        add_library(APR::APR UNKNOWN IMPORTED)
        set_target_properties(APR::APR PROPERTIES
            IMPORTED_LOCATION "${APR_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${APR_INCLUDE_DIR}")
        get_filename_component(file "${APR_LIBRARY}" NAME)
        if(WIN32 AND file MATCHES "^(libapr-1\\.a|apr-1\\.lib)$")    # the names of the static library
            set_target_properties(APR::APR PROPERTIES
                INTERFACE_COMPILE_DEFINITIONS APR_DECLARE_STATIC
                INTERFACE_LINK_LIBRARIES "ws2_32;mswsock;rpcrt4;iphlpapi;advapi32;shell32")
        endif()
    endif()
endif()

if(NOT TARGET APR::APR)
    set(APR_LIBRARY APR_LIBRARY-NOTFOUND)    # a library without its header
endif()
find_package_handle_standard_args(APR REQUIRED_VARS APR_LIBRARY VERSION_VAR APR_VERSION
    REASON_FAILURE_MESSAGE "install it (libapr1-dev on Debian and Ubuntu, apr-devel on Fedora, apr on Arch and in vcpkg), \
or build the library alone: -D BYNAME_TOOL=OFF -D BYNAME_TESTS=OFF")
