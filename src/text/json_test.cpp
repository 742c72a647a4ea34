#include "text/json.h"
#include <gtest/gtest.h>

namespace sr::json {
namespace {

// The canonical form, or the error.
std::string canonical(std::string_view text, const Limits& limits = {}) {
  Arena arena;
  const auto value = parse(arena, text, limits);
  return value ? to_text(**value) : "! " + value.error().message;
}

TEST(Json, PrintsWhatItParsed) {
  EXPECT_EQ(canonical(R"( {"b" : [ 1 , 2.50, -0 , 1E+400 ], "a":{ "x":null,"y":true , "z":false} } )"),
            R"({"a":{"x":null,"y":true,"z":false},"b":[1,2.50,-0,1E+400]})");
  EXPECT_EQ(canonical("[]"), "[]");
  EXPECT_EQ(canonical("{}"), "{}");
  EXPECT_EQ(canonical("[[],{},[[]]]"), "[[],{},[[]]]");
  EXPECT_EQ(canonical("\n123456789012345678901234567890\t"), "123456789012345678901234567890");
}

TEST(Json, LastOfEqualKeysCounts) {
  EXPECT_EQ(canonical(R"({"a":1,"b":2,"a":{"c":3},"a":4})"), R"({"a":4,"b":2})");
  EXPECT_EQ(canonical(R"({"a":1,"\u0061":2})"), R"({"a":2})");
  EXPECT_EQ(canonical(R"({"Z":1,"a":2,"é":3,"":4})"), R"({"":4,"Z":1,"a":2,"é":3})");
}

TEST(Json, FindsMembers) {
  Arena arena;
  const Value& value = **parse(arena, R"({"data":{"password":"x"},"list":[1]})");
  EXPECT_EQ(value.find("data")->find("password")->text, "x");
  EXPECT_EQ(value.find("nothing"), nullptr);
  EXPECT_EQ(value.find("list")->find("x"), nullptr);
  EXPECT_EQ(value.find("list")->items.size(), 1u);
}

TEST(Json, PlainStringsAreViewsIntoTheText) {
  Arena arena;
  const std::string text = R"("grüße, long enough for eight bytes a step")";
  const Value& value = **parse(arena, text);
  EXPECT_EQ(value.text.data(), text.data() + 1);
}

TEST(Json, ErrorsNameThePlaceAndNotTheText) {
  EXPECT_EQ(canonical(""), "! line 1, column 1: the text ends, expected a value");
  EXPECT_EQ(canonical("{\n \"secret\" 1}"), "! line 2, column 11: expected ':'");
  EXPECT_EQ(canonical("{\"a\":1,}"), "! line 1, column 8: expected a key in quotes");
  EXPECT_EQ(canonical("[1,]"), "! line 1, column 4: expected a value");
  EXPECT_EQ(canonical("[1 2]"), "! line 1, column 4: expected ',' or ']'");
  EXPECT_EQ(canonical("1 2"), "! line 1, column 3: expected nothing after the value");
  EXPECT_EQ(canonical("\"a\\x\""), "! line 1, column 3: expected a valid escape");
  EXPECT_EQ(canonical("\"a\nb\""), "! line 1, column 3: expected an escape instead of a control character");
  EXPECT_EQ(canonical("\"abc"), "! line 1, column 5: the text ends, expected the end of a string");
}

TEST(Json, LimitsHoldWhileParsing) {
  EXPECT_EQ(canonical("[[[1]]]", {.depth = 3}), "[[[1]]]");
  EXPECT_EQ(canonical("[[[[", {.depth = 3}), "! line 1, column 5: nested too deeply");
  EXPECT_EQ(canonical(R"({"a":"b"})", {.strings = 2}), R"({"a":"b"})");
  EXPECT_EQ(canonical(R"({"a":"b","c":"d"})", {.strings = 2}), "! line 1, column 13: too many strings");
  EXPECT_EQ(canonical(R"(["1234567890123456789"])", {.string_bytes = 16}), "! line 1, column 2: string too long");
  EXPECT_EQ(canonical("[" + std::string(5000, '1') + "]", {.memory = 1000}), "[" + std::string(5000, '1') + "]");
  std::string list = "[1";
  for (int i = 0; i < 1000; ++i) list += ",1";
  EXPECT_EQ(canonical(list, {.memory = 1000}), "! line 1, column 29: too much memory needed");
}

TEST(Json, HostileDepthUsesNoStack) {
  const std::string deep(10'000'000, '[');
  EXPECT_TRUE(canonical(deep).starts_with("! line 1, column 66: nested too deeply"));
}

TEST(JsonObject, SortsAndKeepsTheLast) {
  Object object;
  object.put("b", 1).put("a", "x\n<").put("b", true).put_raw("c", "[1.0]").put("d", nullptr).put("e", Object().set("f", std::size_t{2}));
  EXPECT_EQ(object.size(), 5u);
  EXPECT_TRUE(object.has("e"));
  EXPECT_EQ(object.text(), R"({"a":"x\n\u003c","b":true,"c":[1.0],"d":null,"e":{"f":2}})");
  const std::vector<std::string> names = {"p", "q"};
  EXPECT_EQ(Object().set("names", names).set("none", std::vector<std::string>{}).text(), R"({"names":["p","q"],"none":[]})");
  EXPECT_EQ(Object().text(), "{}");
}

TEST(JsonArray, Collects) {
  Array array;
  array.add("a").add(-1).add(true).add(Object().set("k", "v")).add_raw("1e9");
  EXPECT_EQ(array.text(), R"(["a",-1,true,{"k":"v"},1e9])");
  EXPECT_EQ(Object().set("x", array).set("y", Array()).text(), R"({"x":["a",-1,true,{"k":"v"},1e9],"y":[]})");
}

TEST(Json, ReplacesStringValuesOnly) {
  Buffer out;
  const auto mark = [](void* context, Buffer& to, std::string_view decoded) {
    ++*static_cast<int*>(context);
    to.append("<").append(decoded).append(">");
  };
  int count = 0;
  replace_strings(out, R"({"a":"x","b\"":[1,"y\"\u003c",{"c":""}],"d" : true,"e" :null})", mark, &count);
  EXPECT_EQ(out.view(), R"({"a":<x>,"b\"":[1,<y"<>,{"c":<>}],"d" : true,"e" :null})");
  EXPECT_EQ(count, 3);
  out.clear();
  replace_strings(out, R"("alone")", mark, &count);
  EXPECT_EQ(out.view(), "<alone>");
}

}  // namespace
}  // namespace sr::json
