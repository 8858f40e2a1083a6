# Components, for packages: byname_runtime what programs need that were linked, byname_development what links them,
# byname_tool the tool; byname_python the package for Python.
include(CMakePackageConfigHelpers)

install(TARGETS byname EXPORT byname
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT byname_runtime
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT byname_runtime NAMELINK_COMPONENT byname_development
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT byname_development)
install(DIRECTORY include/byname DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT byname_development
        FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT byname_runtime)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/byname)
install(EXPORT byname NAMESPACE byname:: FILE byname-targets.cmake DESTINATION ${config_dir}
        COMPONENT byname_development)
configure_package_config_file(cmake/byname-config.cmake.in byname-config.cmake
                              INSTALL_DESTINATION ${config_dir}
                              NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(byname-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/byname-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/byname-config-version.cmake
        DESTINATION ${config_dir} COMPONENT byname_development)

# One prefix holds one kind of library, so the kind is settled here and a user of pkg-config need not know it:
# a static library asks for its flags and its dependencies without --static.
if(WIN32)
    set(system_libs "-ladvapi32")
else()
    set(system_libs "-pthread")
    if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND NOT BUILD_SHARED_LIBS)
        # In a shared library: as byname_library() says. A program heeds it not.
        string(APPEND system_libs " -Wl,-z,nodelete")
    endif()
endif()
if(BUILD_SHARED_LIBS)
    set(PC_CFLAGS "")
    set(PC_LIBS "")
    set(PC_LIBS_PRIVATE " ${system_libs}")
else()
    set(PC_CFLAGS " -DBYN_STATIC")
    set(PC_LIBS " ${system_libs}")
    set(PC_LIBS_PRIVATE "")
endif()
# The prefix follows the file, so that an installed tree can be moved; but for folders that are given in full.
file(RELATIVE_PATH up "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
string(REGEX REPLACE "/$" "" PC_PREFIX "\${pcfiledir}/${up}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    set(PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
endif()
foreach(folder IN ITEMS LIBDIR INCLUDEDIR)
    set(PC_${folder} "${CMAKE_INSTALL_${folder}}")
    if(NOT IS_ABSOLUTE "${PC_${folder}}")
        set(PC_${folder} "\${prefix}/${PC_${folder}}")
    endif()
endforeach()
configure_file(cmake/byname.pc.in byname.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/byname.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT byname_development)
