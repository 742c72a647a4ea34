# RocksDB, as the target strongroom_rocksdb: shared, except in programs with the property STARTS_QUICKLY. There it is linked from
# its archive with what it compresses with, because binding its 18,000 symbols takes longer than a whole `kv get`. All of it is
# part of librocksdb-dev and what that depends on; where an archive is missing, the library is shared there, too.
set(archives "")
foreach(name rocksdb snappy lz4 zstd bz2 z)
  find_library(ARCHIVE_${name} lib${name}.a)
  if(ARCHIVE_${name})
    list(APPEND archives ${ARCHIVE_${name}})
  else()
    set(missing ON)
  endif()
endforeach()
# What snapshots of the store are packed with; linked in, where there is the archive.
set(STRONGROOM_ZLIB z)
if(ARCHIVE_z)
  set(STRONGROOM_ZLIB ${ARCHIVE_z})
endif()
add_library(strongroom_rocksdb INTERFACE)
if(missing)
  target_link_libraries(strongroom_rocksdb INTERFACE rocksdb)
else()
  set(quick $<BOOL:$<TARGET_PROPERTY:STARTS_QUICKLY>>)
  target_link_libraries(strongroom_rocksdb INTERFACE "$<IF:${quick},${archives},rocksdb>" $<${quick}:${CMAKE_DL_LIBS}>)
endif()
