# A module is a folder of src/: one static library from its sources, one test binary from its *_test.cpp, one fuzz
# target from each *_fuzz.cpp, one benchmark from each *_bench.cpp. `strongroom_module` names its level and the modules
# that it may include; the test `module_levels` fails on an include that says otherwise, and on a header that does not
# compile alone.
#
#   strongroom_module(NAME storage LEVEL 2 DEPENDS base text crypto LIBRARIES strongroom_rocksdb)
#
# DEPENDS lists every module whose headers the folder may include; each must be of a lower level. FUZZED names the sources that fuzz
# targets need, of a large module: the others are left out of a fuzz build.
set(STRONGROOM_MODULES "" CACHE INTERNAL "name;level;dependencies of each module, for tools/check_modules")

add_custom_target(bench)
add_library(strongroom_pch STATIC ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
target_precompile_headers(strongroom_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)
target_include_directories(strongroom_pch PUBLIC ${CMAKE_SOURCE_DIR}/src)
# GCC: what ccache needs to see through a precompiled header.
target_compile_options(strongroom_pch PUBLIC $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess> $<$<CXX_COMPILER_ID:Clang>:-Xclang;-fno-pch-timestamp>)
add_library(strongroom_test_pch STATIC EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
target_precompile_headers(strongroom_test_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/test_pch.h)
target_compile_options(strongroom_test_pch PUBLIC -O1)  # a test runs once for each time that it is compiled
target_link_libraries(strongroom_test_pch PUBLIC strongroom_pch GTest::gtest GTest::gmock GTest::gtest_main Threads::Threads)

function(strongroom_module)
  cmake_parse_arguments(MODULE "" "NAME;LEVEL" "DEPENDS;LIBRARIES;FUZZED" ${ARGN})
  set(folder ${CMAKE_SOURCE_DIR}/src/${MODULE_NAME})
  string(REPLACE "/" "_" target sr_${MODULE_NAME})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  file(GLOB tests CONFIGURE_DEPENDS ${folder}/*_test.cpp)
  file(GLOB fuzzers CONFIGURE_DEPENDS ${folder}/*_fuzz.cpp)
  file(GLOB benches CONFIGURE_DEPENDS ${folder}/*_bench.cpp)
  list(REMOVE_ITEM sources ${tests} ${fuzzers} ${benches} "")
  if(STRONGROOM_FUZZ AND MODULE_FUZZED)
    list(TRANSFORM MODULE_FUZZED PREPEND ${folder}/ OUTPUT_VARIABLE sources)
  endif()

  list(APPEND STRONGROOM_MODULES "${MODULE_NAME}|${MODULE_LEVEL}|${MODULE_DEPENDS}")
  string(REPLACE ";" "," MODULE_DEPENDS_TEXT "${MODULE_DEPENDS}")
  file(APPEND ${CMAKE_BINARY_DIR}/modules.txt.new "${MODULE_NAME} ${MODULE_LEVEL} ${MODULE_DEPENDS_TEXT}\n")

  set(needs "")
  foreach(dependency ${MODULE_DEPENDS})
    string(REPLACE "/" "_" dependency_target sr_${dependency})
    list(APPEND needs ${dependency_target})
  endforeach()

  if(sources)
    add_library(${target} STATIC ${sources})
    target_precompile_headers(${target} REUSE_FROM strongroom_pch)
    target_link_libraries(${target} PUBLIC strongroom_pch ${needs} ${MODULE_LIBRARIES} Threads::Threads)
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE strongroom_pch ${needs} ${MODULE_LIBRARIES} Threads::Threads)
  endif()

  if(tests AND NOT STRONGROOM_FUZZ)
    string(REPLACE "/" "_" test_target ${MODULE_NAME}_test)
    add_executable(${test_target} ${tests})
    target_precompile_headers(${test_target} REUSE_FROM strongroom_test_pch)
    target_link_libraries(${test_target} PRIVATE ${target} strongroom_test_pch)
    add_test(NAME unit/${MODULE_NAME} COMMAND ${test_target} --gtest_brief=1)
  endif()
  foreach(bench ${benches})  # built when asked for by name
    get_filename_component(bench_target ${bench} NAME_WE)
    add_executable(${bench_target} EXCLUDE_FROM_ALL ${bench})
    target_precompile_headers(${bench_target} REUSE_FROM strongroom_pch)
    target_link_libraries(${bench_target} PRIVATE ${target})
    add_dependencies(bench ${bench_target})
  endforeach()
  if(STRONGROOM_FUZZ)
    foreach(fuzzer ${fuzzers})
      get_filename_component(fuzz_target ${fuzzer} NAME_WE)
      add_executable(${fuzz_target} ${fuzzer})
      target_link_libraries(${fuzz_target} PRIVATE ${target})
      target_link_options(${fuzz_target} PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
endfunction()

# Writes the table for the include check, once all modules are declared.
function(strongroom_modules_done)
  file(RENAME ${CMAKE_BINARY_DIR}/modules.txt.new ${CMAKE_BINARY_DIR}/modules.txt)
endfunction()
file(REMOVE ${CMAKE_BINARY_DIR}/modules.txt.new)
