include(CMakePackageConfigHelpers)

install(TARGETS byname EXPORT byname
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/byname DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/byname)
install(EXPORT byname NAMESPACE byname:: FILE byname-targets.cmake DESTINATION ${config_dir})
configure_package_config_file(cmake/byname-config.cmake.in byname-config.cmake
                              INSTALL_DESTINATION ${config_dir}
                              NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(byname-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/byname-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/byname-config-version.cmake
        DESTINATION ${config_dir})

# One prefix holds one kind of library, so the kind is settled here and a user of pkg-config need not know it:
# a static library asks for its flags and its dependencies without --static.
if(WIN32)
    set(system_libs "-ladvapi32")
else()
    set(system_libs "-pthread")
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
# The prefix follows the file, so that an installed tree can be moved.
file(RELATIVE_PATH PC_UP "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file(cmake/byname.pc.in byname.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/byname.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
