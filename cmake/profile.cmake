# What a server does all day, as the compiler wants to know it: which branches are taken, what is called from where, what is never run.
# A tenth to a sixth of a request's time. `scripts/profile` writes profile.tar.xz anew; of a function that has changed since, the compiler
# knows nothing, and compiles it as it would have without.
if(STRONGROOM_PROFILE STREQUAL generate)
  add_compile_options(-fprofile-generate)
  add_link_options(-fprofile-generate)
elseif(STRONGROOM_PROFILE STREQUAL use AND CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  set(packed ${CMAKE_SOURCE_DIR}/cmake/profile.tar.xz)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${packed})
  file(SHA256 ${packed} hash)
  string(SUBSTRING ${hash} 0 12 hash)  # in the name, so that with another profile everything is compiled anew
  set(folder ${CMAKE_BINARY_DIR}/profile-${hash})
  if(NOT EXISTS ${folder})
    file(ARCHIVE_EXTRACT INPUT ${packed} DESTINATION ${folder}.part)
    file(RENAME ${folder}.part ${folder})
  endif()
  add_compile_options(-fprofile-use=${folder}/strongroom.profdata -Wno-profile-instr-out-of-date -Wno-profile-instr-unprofiled -Wno-backend-plugin)
endif()
