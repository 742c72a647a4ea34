#include "logical/key_filter.h"
#include <gtest/gtest.h>

namespace sr {
namespace {

TEST(KeyFilter, FillsInThePathAndTheName) {
  EXPECT_EQ(KeyFilter::parse("{{.path}}{{ .key }}")->path_of("kv/metadata/", "a/"), "kv/metadata/a/");
  EXPECT_EQ(KeyFilter::parse(R"({{ .path | replace "metadata/" "data/" }}{{.key}}/x)")->path_of("kv/metadata/", "a"), "kv/data/a/x");
  EXPECT_EQ(KeyFilter::parse(R"(u/{{ .key | lowercase | replace "a" "" | uppercase}})")->path_of("", "Banana"), "u/BNN");
  EXPECT_EQ(KeyFilter::parse(R"({{ .key | replace "\"" "\\" }})")->path_of("", "a\"b"), "a\\b");
}

TEST(KeyFilter, RefusesWhatItDoesNotKnow) {
  for (const auto* bad : {"", "a", "{{ .path }}", "{{ .key", "{{ .bad }}", "{{ .key | }}", "{{ .key replace }}", "{{ .key | trim }}", R"({{ .key | replace "" "b" }})",
                          R"({{ .key | replace "a })", R"({{ .key | replace "a" }})", "{{- .key }}", R"({{ printf "%s" .key }})", "{{ }}", R"({{ .key | replace "\n" "" }})"})
    EXPECT_FALSE(KeyFilter::parse(bad)) << bad;
}

}  // namespace
}  // namespace sr
