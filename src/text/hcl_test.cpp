#include "text/hcl.h"
#include <gtest/gtest.h>

namespace sr::hcl {
namespace {

using namespace std::chrono_literals;
using testing::PrintToString;

// A text that shows the whole tree: keys with labels, values, lists and objects.
void show(std::string& out, const Value& value) {
  switch (value.type) {
    case Type::null: out += "null"; return;
    case Type::boolean: out += value.flag ? "true" : "false"; return;
    case Type::number: out += value.text; return;
    case Type::string: out += "'" + value.text + "'"; return;
    case Type::list:
      out += '[';
      for (const Value& element : value.list) show(out, element), out += ' ';
      out += ']';
      return;
    case Type::object:
      out += '{';
      for (const Item& item : value.items) {
        out += item.key;
        for (const auto& label : item.labels) out += "/" + label;
        out += '=';
        show(out, item.value);
        out += ' ';
      }
      out += '}';
  }
}
std::string shown(std::string_view text, const Limits& limits = {}) {
  const auto value = parse(text, limits);
  if (!value) return "! " + value.error().message;
  std::string out;
  show(out, *value);
  return out;
}

TEST(Hcl, ReadsAConfiguration) {
  const std::string_view text = R"(
# a server
ui = true
listener "tcp" { address = "127.0.0.1:8200", tls_disable = 1 }
listener "tcp" {
  address = "[::1]:8200"  // second
}
storage "raft" { /* nothing
here */ }
max = -0x1F
ratio = 1.5e-3
cidrs = ["10.0.0.0/8", "::1", ]
telemetry { nested { deep = [[1], {a = 2}] } }
"quoted key" = "x"
)";
  EXPECT_EQ(shown(text),
            "{ui=true listener/tcp={address='127.0.0.1:8200' tls_disable=1 } listener/tcp={address='[::1]:8200' } storage/raft={} max=-0x1F "
            "ratio=1.5e-3 cidrs=['10.0.0.0/8' '::1' ] telemetry={nested={deep=[[1 ] {a=2 } ] } } quoted key='x' }");
  const Value value = *parse(text);
  EXPECT_EQ(value.find("ui")->line, 3);
  EXPECT_EQ(value.find("UI")->line, 3);
  EXPECT_EQ(value.find("cidrs")->value.list[1].line, 12);
  EXPECT_EQ(value.find("listener"), nullptr);
}

TEST(Hcl, ReadsStrings) {
  EXPECT_EQ(shown(R"(a = "x\n\t\"\\\u00e9\U0001F600\x41\101")"), "{a='x\n\t\"\\é😀AA' }");
  EXPECT_EQ(shown(R"(a = "${file("x\n")} \n")"), "{a='${file(\"x\\n\")} \n' }");
  EXPECT_EQ(shown(R"(a = "identity: {{identity.entity.id}}")"), "{a='identity: {{identity.entity.id}}' }");
  EXPECT_EQ(shown("a = \"\r\n\""), "! line 1: literal not terminated");
  EXPECT_EQ(shown("\na = \"\\q\""), "! line 2: illegal char escape");
  EXPECT_EQ(shown("a = \"\\400\""), "! line 1: illegal char escape");
  EXPECT_EQ(shown("a = \"\\U00110000\""), "! line 1: illegal char escape");
  EXPECT_EQ(shown("a = \"${x\""), "! line 1: literal not terminated");
}

TEST(Hcl, ReadsHeredocs) {
  EXPECT_EQ(shown("a = <<EOF\none\n  two\nEOF\nb = 1"), "{a='one\n  two\n' b=1 }");
  EXPECT_EQ(shown("a = <<EOF\r\none\r\nEOF\r\n"), "{a='one\n' }");
  EXPECT_EQ(shown("a = <<EOF\nEOF"), "{a='' }");
  EXPECT_EQ(shown("a = <<EOF\none\n  EOF\n"), "{a='one\n  ' }");  // as HashiCorp's: only the dash takes white space off
  EXPECT_EQ(shown("a = <<-EOF\n    one\n      two\n    EOF\n"), "{a='one\n  two\n' }");
  EXPECT_EQ(shown("a = <<-EOF\n    one\n  two\n    EOF\n"), "{a='    one\n  two\n' }");
  EXPECT_EQ(shown("a = <<-EOF\n  one\n\n  EOF\n"), "{a='  one\n\n' }");
  EXPECT_EQ(shown("a = [<<A\nx\nA\n, \"y\"]"), "{a=['x\n' 'y' ] }");
  EXPECT_EQ(shown("a = <<EOF\nEOFX\n"), "! line 1: heredoc not terminated");
  EXPECT_EQ(shown("a = <<\n"), "! line 1: zero-length heredoc anchor");
  EXPECT_EQ(shown("a = <<E F\nE\n"), "! line 1: invalid characters in heredoc anchor");
}

TEST(Hcl, ReadsJson) {
  EXPECT_EQ(shown(R"( {"listener":[{"tcp":{"tls_disable":true}}], "a":null,"b":[1.50,"x\u003c"],"a":{} })"),
            "{listener=[{tcp={tls_disable=true } } ] a=null b=[1.50 'x<' ] a={} }");
  EXPECT_EQ(shown("{\"a\":\n1,}"), "! line 2: expected a key in quotes");
  EXPECT_EQ(shown("{\"a\":01}"), "! line 1: illegal number");
  EXPECT_EQ(shown("{} x"), "! line 1: expected nothing after the object");
  EXPECT_EQ(shown("{\"a\""), "! line 1: expected ':'");
}

TEST(Hcl, ErrorsNameTheLine) {
  EXPECT_EQ(shown("path \"a\" {\n  capabilities = [\"read\"\n}"), "! line 3: expected ',' or ']', got '}'");
  EXPECT_EQ(shown("a = 1\nb"), "! line 2: key 'b' expected start of object ('{') or assignment ('=')");
  EXPECT_EQ(shown("a \"b\" = {}"), "! line 1: expected '{' behind a key with labels, got '='");
  EXPECT_EQ(shown("a {"), "! line 1: expected a key, got the end of the text");
  EXPECT_EQ(shown("}"), "! line 1: expected a key, got '}'");
  EXPECT_EQ(shown("a = b"), "! line 1: expected a value, got a name");
  EXPECT_EQ(shown("a = 1\n/* x"), "! line 2: comment not terminated");
  EXPECT_EQ(shown("a = 089"), "! line 1: illegal octal number");
  EXPECT_EQ(shown("a = 1\n\n@"), "! line 3: illegal character");
  EXPECT_EQ(shown(std::string_view("a = 1\n\0", 7)), "! line 2: unexpected null character");
  EXPECT_EQ(shown("\n\xff"), "! line 2: not valid UTF-8");
  EXPECT_EQ(shown("a = 1\na = 2"), "! line 2: the argument 'a' was already set, each argument can only be defined once");
  EXPECT_EQ(shown("a = 1\n\"a\" = 2"), "! line 2: the argument 'a' was already set, each argument can only be defined once");
}

TEST(Hcl, HoldsItsLimits) {
  EXPECT_EQ(shown("a { b { c = [1] } }", {.depth = 3}), "{a={b={c=[1 ] } } }");
  EXPECT_EQ(shown("a { b { c = [1] } }", {.depth = 2}), "! line 1: nested too deeply");
  EXPECT_EQ(shown("{\"a\":" + std::string(100'000, '[')), "! line 1: nested too deeply");
  EXPECT_EQ(shown("a = " + std::string(100'000, '[')), "! line 1: nested too deeply");
  EXPECT_EQ(shown("a = [1, 2, 3]", {.values = 3}), "! line 1: too many values");
  EXPECT_EQ(shown("{\"a\": [1, 2, 3]}", {.values = 3}), "! line 1: too many values");
  EXPECT_EQ(parse("a = 1", {.bytes = 4}).error().code, Code::too_large);
}

std::string shown_blocks(std::string_view text, std::string_view key, std::size_t label_count) {
  const Value value = *parse(text);
  const auto found = blocks(value, key, label_count);
  if (!found) return "! " + found.error().message;
  std::string out;
  for (const Block& block : *found) {
    for (const auto& label : block.labels) out += label + ' ';
    show(out, *block.body);
    out += ';';
  }
  return out;
}

TEST(HclBlocks, AllWaysToWriteOne) {
  for (const char* text : {"x = 1\npath \"a\" { p = 1 }\npath \"b\" { p = 2 }", "path { a { p = 1 } b { p = 2 } }", "path = { a = { p = 1 } b = { p = 2 } }",
                           R"({"path":{"a":{"p":1},"b":{"p":2}}})", R"({"path":[{"a":{"p":1}},{"b":{"p":2}}]})", R"({"path":{"a":[{"p":1}]},"path":{"b":{"p":2}}})"})
    EXPECT_EQ(shown_blocks(text, "path", 1), "a {p=1 };b {p=2 };") << text;
  EXPECT_EQ(shown_blocks("telemetry { a = 1 }", "telemetry", 0), "{a=1 };");
  EXPECT_EQ(shown_blocks(R"({"telemetry":[{"a":1}]})", "telemetry", 0), "{a=1 };");
  EXPECT_EQ(shown_blocks("plugin \"kms\" \"x\" { a = 1 }", "plugin", 2), "kms x {a=1 };");
  EXPECT_EQ(shown_blocks("path \"a\" \"b\" { }", "path", 1), "! line 1: 'path' has too many labels");
  EXPECT_EQ(shown_blocks("path \"a\" {}\n\npath = 1", "path", 1), "! line 3: 'path' must be a block");
  EXPECT_EQ(shown_blocks("a = 1", "path", 1), "");
}

TEST(HclRead, IsAsLenientAsVault) {
  const Value value = *parse(R"(
flag = "1" no = 0 bad = "maybe"
port = "8200" octal = 0700 large = 9223372036854775808 least = -9223372036854775808
ttl = "1h30m" seconds = 90
names = ["a", 1] comma = "a, b,,c " list = [[1]]
)");
  EXPECT_EQ(to_flag(*value.find("flag")), true);
  EXPECT_EQ(to_flag(*value.find("no")), false);
  EXPECT_EQ(to_flag(*value.find("bad")).error().message, "line 2: 'bad' must be true or false");
  EXPECT_EQ(to_integer(*value.find("port")), 8200);
  EXPECT_EQ(to_integer(*value.find("octal")), 0700);
  EXPECT_EQ(to_integer(*value.find("least")), INT64_MIN);
  EXPECT_FALSE(to_integer(*value.find("large")));
  EXPECT_EQ(to_duration(*value.find("ttl")), 90min);
  EXPECT_EQ(to_duration(*value.find("seconds")), 90s);
  EXPECT_FALSE(to_duration(*value.find("bad")));
  EXPECT_EQ(to_text(*value.find("seconds")), "90");
  EXPECT_EQ(to_texts(*value.find("names")), (std::vector<std::string>{"a", "1"}));
  EXPECT_EQ(to_texts(*value.find("comma")), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_FALSE(to_texts(*value.find("list")));
}

}  // namespace
}  // namespace sr::hcl
