# STRONGROOM_BUILD_DATE: the moment that the source is of, so that the same source gives the same binary.
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  set(epoch $ENV{SOURCE_DATE_EPOCH})
else()
  execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} log -1 --format=%ct OUTPUT_VARIABLE epoch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT epoch MATCHES "^[0-9]+$")
  string(TIMESTAMP epoch "%s" UTC)
endif()
set(ENV{SOURCE_DATE_EPOCH} ${epoch})  # string(TIMESTAMP) takes its time from there
string(TIMESTAMP STRONGROOM_BUILD_DATE "%Y-%m-%dT%H:%M:%SZ" UTC)
