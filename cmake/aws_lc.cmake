# AWS-LC, as the target strongroom_aws_lc: what crypto/aws_lc.h declares. Where `scripts/aws_lc` has not made it in build/aws-lc, its place
# is taken by crypto/aws_lc/absent.cpp, and OpenSSL does it all.
#
# Its functions have the names of OpenSSL's, which is in the same program. So the few that are called are bound here with the file that
# calls them into one object, in which all names but those of names.txt are hidden.
option(STRONGROOM_AWS_LC "Sign on elliptic curves, and seal, with AWS-LC, where scripts/aws_lc has made it" ON)
set(made ${CMAKE_SOURCE_DIR}/build/aws-lc)
set(folder ${CMAKE_SOURCE_DIR}/src/crypto/aws_lc)
if(STRONGROOM_AWS_LC AND EXISTS ${made}/stamp)
  message(STATUS "AWS-LC: in ${made}")
  add_library(strongroom_aws_lc_calls OBJECT ${folder}/aws_lc.cpp)
  target_include_directories(strongroom_aws_lc_calls PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_include_directories(strongroom_aws_lc_calls SYSTEM PRIVATE ${made}/include)
  target_compile_options(strongroom_aws_lc_calls PRIVATE -fno-exceptions -fno-sanitize=all)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/names.txt)
  file(STRINGS ${folder}/names.txt names)
  list(TRANSFORM names PREPEND --undefined=)
  set(object ${CMAKE_BINARY_DIR}/aws_lc.o)
  add_custom_command(OUTPUT ${object} DEPENDS strongroom_aws_lc_calls $<TARGET_OBJECTS:strongroom_aws_lc_calls> ${made}/stamp ${folder}/names.txt
    COMMAND ld -r --gc-sections ${names} -o ${object}.all $<TARGET_OBJECTS:strongroom_aws_lc_calls> ${made}/libcrypto.a
    COMMAND objcopy --keep-global-symbols=${folder}/names.txt --strip-debug ${object}.all ${object}
    COMMAND ${CMAKE_COMMAND} -E rm ${object}.all VERBATIM)
  add_library(strongroom_aws_lc STATIC ${object})
  set_target_properties(strongroom_aws_lc PROPERTIES LINKER_LANGUAGE CXX)
  set(AWS_LC_LICENSE ${made}/LICENSE)
else()
  message(STATUS "AWS-LC: not used; OpenSSL signs on elliptic curves, at half the speed (scripts/aws_lc makes it)")
  add_library(strongroom_aws_lc STATIC ${folder}/absent.cpp)
  target_include_directories(strongroom_aws_lc PRIVATE ${CMAKE_SOURCE_DIR}/src)
endif()

# The tests of crypto once more as a build without AWS-LC has them.
function(strongroom_test_without_aws_lc)
  add_executable(crypto_without_aws_lc_test $<TARGET_OBJECTS:crypto_test> ${CMAKE_SOURCE_DIR}/src/crypto/aws_lc/absent.cpp)
  target_link_libraries(crypto_without_aws_lc_test PRIVATE sr_crypto strongroom_test_pch)
  add_test(NAME unit/crypto_without_aws_lc COMMAND crypto_without_aws_lc_test --gtest_brief=1)
endfunction()
