#include "server/config.h"
#include <gtest/gtest.h>

namespace sr::server {
namespace {

std::string refusal(std::string_view text) {
  Config config;
  const auto merged = merge_config(config, text, "a.hcl");
  return merged ? "" : merged.error().message;
}

TEST(Config, TakesOneStorageOfAText) {
  EXPECT_EQ(refusal("storage \"inmem\" {}\nstorage \"file\" { path = \"/x\" }"), "a.hcl: line 2: only one \"storage\" block is permitted: take one of them out");
  EXPECT_EQ(refusal("storage \"inmem\" {}\nbackend \"inmem\" {}"), "a.hcl: line 2: only one \"storage\" block is permitted: take one of them out");
}

TEST(Config, TellsThatALaterStorageReplacesAnEarlierOne) {
  Config config;
  ASSERT_TRUE(merge_config(config, "storage \"inmem\" {}", "a.hcl"));
  ASSERT_TRUE(merge_config(config, "storage \"rocksdb\" { path = \"/x\" }", "b.hcl"));
  EXPECT_EQ(config.storage->path, "/x");
  EXPECT_EQ(config.notes, std::vector<std::string>{"the storage of b.hcl replaces the one that was configured before it"});
}

TEST(Config, SaysWhatToDoAboutAMissingFile) {
  Config config;
  EXPECT_EQ(load_config(config, {"/proc/none"}).error().message, "cannot read the configuration /proc/none: No such file or directory; give -config a file that exists, or try -dev");
}

}  // namespace
}  // namespace sr::server
