#include "storage/store_conformance.h"
#include "storage/memory_table.h"
#include "storage/rocksdb_table.h"
#include "storage/row_cache.h"

namespace sr::conformance {
namespace {

// Small memtables, so that the histories live in table files too.
const Medium media[] = {
    {.name = "memory", .open = [](const std::string&) { return Result<std::unique_ptr<Table>>(memory_table()); }},
    {.name = "cached",  // so small a cache that every shard drops rows all the time
     .open = [](const std::string&) { return Result<std::unique_ptr<Table>>(cached_table(memory_table(), 16 * 400)); }},
    {.name = "inmem", .open = [](const std::string&) { return open_rocksdb_table({.in_memory = true, .memtable_bytes = 64 * 1024}); }},
    {.name = "rocksdb", .durable = true,
     .open = [](const std::string& folder) { return open_rocksdb_table({.path = folder + "/db", .memtable_bytes = 64 * 1024}); }},
};

}  // namespace
INSTANTIATE_TEST_SUITE_P(Media, StoreConformance, testing::ValuesIn(media), name_of_medium);
}  // namespace sr::conformance
