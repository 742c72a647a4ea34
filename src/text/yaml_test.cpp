#include "text/yaml.h"
#include <gtest/gtest.h>

namespace sr {
namespace {

using namespace std::string_literals;

struct Case { std::string json, yaml; };
const Case cases[] = {
#include "text/testdata/yaml_go.inc"
};

std::string yaml_of(std::string_view json) {
  Arena arena;
  const auto value = json::parse(arena, json);
  return value ? yaml::to_text(**value) : "! " + value.error().message;
}

TEST(Yaml, PrintsAsGo) {
  for (const auto& [json, yaml] : cases) EXPECT_EQ(yaml_of(json), yaml) << "of " << json;
}

TEST(Yaml, PrintsASecret) {
  EXPECT_EQ(yaml_of(R"({"request_id":"1234","lease_duration":0,"renewable":false,"auth":null,"data":{"keys":["a/","b"],"pem":"-----BEGIN\nAA\n","on":"yes","at":"2023-11-14T22:13:20.5Z"}})"),
            "auth: null\ndata:\n  at: \"2023-11-14T22:13:20.5Z\"\n  keys:\n  - a/\n  - b\n  \"on\": \"yes\"\n  pem: |\n    -----BEGIN\n    AA\nlease_duration: 0\n"
            "renewable: false\nrequest_id: \"1234\"\n");
}

// Where go-yaml would lose or change something, we quote.
TEST(Yaml, LosesNothing) {
  EXPECT_EQ(yaml_of("\"a\u2028b\""), "\"a\\Lb\"\n");
  EXPECT_EQ(yaml_of(R"({"<<":1})"), "\"<<\": 1\n");
  EXPECT_EQ(yaml_of("1e400"), "1e400\n");
}

}  // namespace
}  // namespace sr
