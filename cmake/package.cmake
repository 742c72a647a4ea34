# What is installed where, and the .deb made of it: `cpack -G DEB` in a build folder.
include(GNUInstallDirs)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # cpack packs what was built, and builds nothing by itself
install(TARGETS strongroom RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES deploy/strongroom.service DESTINATION lib/systemd/system)
install(FILES deploy/config.hcl DESTINATION /etc/strongroom)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/strongroom RENAME copyright)
if(AWS_LC_LICENSE)
  install(FILES ${AWS_LC_LICENSE} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/strongroom RENAME copyright.aws-lc)
endif()
install(FILES README.md SECURITY.md docs/compatibility.md docs/seals.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/strongroom)

# Manual and change log are compressed, as Debian wants them; -n leaves the time out, so that the same source gives the same package.
foreach(page man/strongroom.1 CHANGELOG.md)
  get_filename_component(name ${page} NAME)
  string(REPLACE CHANGELOG.md changelog name ${name})
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/${name}.gz DEPENDS ${CMAKE_SOURCE_DIR}/${page}
    COMMAND gzip -9 -n -c ${CMAKE_SOURCE_DIR}/${page} > ${CMAKE_BINARY_DIR}/${name}.gz)
  list(APPEND compressed ${CMAKE_BINARY_DIR}/${name}.gz)
endforeach()
add_custom_target(package_texts ALL DEPENDS ${compressed})
install(FILES ${CMAKE_BINARY_DIR}/strongroom.1.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/man/man1)
install(FILES ${CMAKE_BINARY_DIR}/changelog.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/strongroom)

# The shells' completion scripts, printed by the program itself.
foreach(place "bash:share/bash-completion/completions/strongroom" "zsh:share/zsh/vendor-completions/_strongroom" "fish:share/fish/vendor_completions.d/strongroom.fish")
  string(REGEX MATCH "^[a-z]+" shell ${place})
  string(REGEX REPLACE "^[a-z]+:" "" path ${place})
  get_filename_component(folder ${path} DIRECTORY)
  get_filename_component(name ${path} NAME)
  install(CODE "execute_process(COMMAND \"$<TARGET_FILE:strongroom>\" completion ${shell} OUTPUT_FILE \"${CMAKE_BINARY_DIR}/completion.${shell}\" COMMAND_ERROR_IS_FATAL ANY)")
  install(FILES ${CMAKE_BINARY_DIR}/completion.${shell} DESTINATION ${folder} RENAME ${name})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME strongroom)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Strongroom authors <strongroom@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "server for secrets with the API of Vault and OpenBao")
set(CPACK_PACKAGE_DESCRIPTION "Strongroom keeps passwords, keys and tokens of applications and hands them out by policy, with a record of
every access. Clients and scripts made for HashiCorp Vault and OpenBao work with it as they are.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, openssl")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/deploy/debian/postinst ${CMAKE_SOURCE_DIR}/deploy/debian/prerm
                                       ${CMAKE_SOURCE_DIR}/deploy/debian/postrm ${CMAKE_SOURCE_DIR}/deploy/debian/conffiles)
include(CPack)
