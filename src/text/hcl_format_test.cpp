#include "text/hcl_format.h"
#include <gtest/gtest.h>

namespace sr::hcl {
namespace {

std::string formatted(std::string_view text) {
  const auto once = format(text);
  if (!once) return "! " + once.error().message;
  EXPECT_EQ(format(*once), *once) << "formatting twice changes the text";
  return *once;
}

// The outcome is that of hclfmt (hashicorp/hcl 1.0.1-vault-7).
TEST(HclFormat, APolicy) {
  EXPECT_EQ(formatted(R"(# Policy for the app team
# second line

path "secret/data/app/*" {
capabilities = ["create","read", "update"] # may write
   min_wrapping_ttl="1s"
max_wrapping_ttl   =   "90s" # short

  allowed_parameters = {
    "password"=[]
  "*" = ["a","b"]
  }
}
path "sys/mounts" { capabilities = [ "list" ]
}
// health
path "sys/health"
{
  capabilities = ["read",
   "sudo"]
  # nothing else
}
)"),
            R"(# Policy for the app team
# second line

path "secret/data/app/*" {
  capabilities     = ["create", "read", "update"] # may write
  min_wrapping_ttl = "1s"
  max_wrapping_ttl = "90s"                        # short

  allowed_parameters = {
    "password" = []
    "*"        = ["a", "b"]
  }
}

path "sys/mounts" {
  capabilities = ["list"]
}

// health
path "sys/health" {
  capabilities = [
    "read",
    "sudo",
  ]

  # nothing else
}
)");
}

TEST(HclFormat, KeepsHeredocsAndLongCommentsAsTheyStand) {
  EXPECT_EQ(formatted("a {\nb = <<EOF\n   x\nEOF\n/* one\ntwo */\nc = [<<A\ny\nA\n]\n}"),
            "a {\n  b = <<EOF\n   x\nEOF\n\n  /* one\ntwo */\n  c = [<<A\ny\nA\n  ]\n}\n");
}

TEST(HclFormat, KeepsCommentsInOddPlaces) {
  EXPECT_EQ(formatted("a = # why\n  1\nb \"x\" /* y */ { # z\n}\n# end"), "# why\na = 1\n\n/* y */\nb \"x\" {\n  # z\n}\n\n# end\n");
  EXPECT_EQ(formatted("a = [ # first\n1, # one\n# two\n2\n# last\n]"), "a = [\n  # first\n  1, # one\n\n  # two\n  2,\n\n  # last\n]\n");
}

TEST(HclFormat, EndsOfLinesBecomeOneKind) {
  EXPECT_EQ(hcl::format("/*\r\r\n*/\r\na = 1\r\n"), "/*\n*/\na = 1\n");
}

TEST(HclFormat, RefusesWhatDoesNotParse) {
  EXPECT_EQ(formatted("a = 1\nb"), "! line 2: key 'b' expected start of object ('{') or assignment ('=')");
  EXPECT_EQ(format("a = 1", {.bytes = 2}).error().code, Code::too_large);
}

}  // namespace
}  // namespace sr::hcl
