// The parts between flags and server: tables, K=V arguments, paths, JSON, and the table of commands itself.
#include <gtest/gtest.h>
#include <fstream>
#include <set>
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/global_flags.h"
#include "cli/help.h"
#include "cli/key_values.h"
#include "cli/kv_path.h"
#include "cli/output.h"
#include "cli/table.h"

namespace sr::cli {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(print_table({{"Key", "Value"}, {"größe", "1"}, {"b", ""}, {" c ", "x\ny "}}),
            "Key      Value\n"
            "---      -----\n"
            "größe    1\n"
            "b        n/a\n"
            "c        x\ny");
}

TEST(Output, HeadlinesAreAsWideAsTheTable) {
  EXPECT_EQ(headline("Data", 9), "== Data ==");
  EXPECT_EQ(headline("Secret Path", 3), "== Secret Path ==");
  EXPECT_EQ(headline("Metadata", 24), "======= Metadata =======");
}

TEST(Output, IndentingTouchesNothingInsideStrings) {
  EXPECT_EQ(indent_json(R"({"b":"{,:}\"","a":[],"c":{},"d":[1,{"x":null}]})"),
            "{\n  \"b\": \"{,:}\\\"\",\n  \"a\": [],\n  \"c\": {},\n  \"d\": [\n    1,\n    {\n      \"x\": null\n    }\n  ]\n}");
}

TEST(Answer, WhatHasNoEnvelopeIsData) {
  const auto answer = Answer::parse(R"({"initialized":true,"n":1})");
  ASSERT_TRUE(answer && *answer);
  EXPECT_TRUE(flag_of((*answer)->find("initialized")));
  EXPECT_EQ(*Answer::parse(""), nullptr);
  EXPECT_EQ(*Answer::parse(R"({"errors":[]})"), nullptr) << "errors alone: there is no value";
  EXPECT_FALSE(Answer::parse(R"({"errors":["a","b"],"x":1})"));
  EXPECT_FALSE(Answer::parse("[]"));
  EXPECT_FALSE(Answer::parse("<html>"));
}

TEST(Answer, HostileTypesAreReadAsNothing) {
  const auto answer = Answer::parse(R"({"request_id":5,"lease_duration":"x","data":[1],"warnings":"w","auth":[],"wrap_info":1,"x":1})");
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->lease_duration, 0);
  EXPECT_FALSE((*answer)->login);
  EXPECT_EQ((*answer)->keys(), nullptr);
}

std::string offered(std::vector<std::string> words) {
  std::string line;
  for (const Candidate& candidate : complete("vault", std::move(words))) line.append(line.empty() ? "" : " ").append(candidate.text);
  return line;
}

TEST(Completion, FollowsTheTableOfCommands) {
  EXPECT_EQ(offered({"k"}), "kv");
  EXPECT_EQ(offered({"kv", "metadata", "p"}), "patch put");
  EXPECT_EQ(offered({"kv"}), "kv") << "the word is not finished yet";
  EXPECT_EQ(offered({"no-such", ""}), "");
  EXPECT_EQ(offered({"kv", "no-such", ""}), "");
  EXPECT_EQ(offered({"kv", "get", "-fi"}), "-field=");
  EXPECT_EQ(offered({"kv", "get", "--fi"}), "--field=");
  EXPECT_EQ(offered({"write", "-for"}), "-force -format=") << "a switch takes no value";
  EXPECT_EQ(offered({"kv", "get", "-format=j"}), "-format=json");
  EXPECT_EQ(offered({"kv", "get", "-format", "j"}), "json");
  EXPECT_EQ(offered({"kv", "get", "-no-such="}), "");
  EXPECT_EQ(offered({"auth", "enable", "-path", "x", "app"}), "approle");
  EXPECT_EQ(offered({"policy", "fmt", ""}), files_marker);
  EXPECT_EQ(offered({"completion", ""}), "bash fish zsh");
  for (const char* shell : {"bash", "zsh", "fish"}) EXPECT_EQ(completion_script("vault", shell).find("NAME"), std::string::npos);
  EXPECT_EQ(completion_script("vault", "csh"), "");
}

std::string body(std::vector<std::string> args) {
  const auto values = KeyValues::parse(args, {.standard_input = false});
  return values ? values->json() : "error: " + values.error().message;
}

TEST(KeyValues, TextsListsFilesAndEscapes) {
  const std::string file = testing::TempDir() + "key_values";
  std::ofstream(file) << R"({"n":1e400,"a":"of the file"})";
  EXPECT_EQ(body({}), "null");
  EXPECT_EQ(body({""}), "{}");
  EXPECT_EQ(body({"a=1", "b=", "c=x=y"}), R"({"a":"1","b":"","c":"x=y"})");
  EXPECT_EQ(body({"a=1", "a=2", "a=3"}), R"({"a":["1","2","3"]})");
  EXPECT_EQ(body({"a=\\@x", "b=\\x"}), R"({"a":"@x","b":"\\x"})");
  EXPECT_EQ(body({"a=@" + file}), R"({"a":"{\"n\":1e400,\"a\":\"of the file\"}"})");
  EXPECT_EQ(body({"a=1", "@" + file}), R"({"a":"of the file","n":1e400})") << "numbers keep their text";
  EXPECT_EQ(body({"@" + file, "a=2"}), R"({"a":["of the file","2"],"n":1e400})");
  EXPECT_EQ(body({"x"}), "error: invalid key/value pair \"x\": format must be key=value");
  EXPECT_EQ(body({"a=-", "b=-"}), "error: invalid key/value pair \"b=-\": stdin already consumed");
  EXPECT_NE(body({"a=@/nowhere"}).find("error reading file: open /nowhere: no such file or directory"), std::string::npos);
}

TEST(KvPath, DataGoesBehindTheMount) {
  EXPECT_EQ(kv_api_path("secret/a/b", "secret/", "data"), "secret/data/a/b");
  EXPECT_EQ(kv_api_path("secret", "secret/", "metadata"), "secret/metadata");
  EXPECT_EQ(kv_api_path("secret/", "secret/", "metadata"), "secret/metadata");
  EXPECT_EQ(kv_api_path("team/kv/data", "team/kv/", "data"), "team/kv/data/data") << "a secret may be called data";
  EXPECT_EQ(kv_api_path("kv/a", "space/kv/", "data"), "kv/data/a") << "a mount named with its namespace";
}

TEST(Commands, EachRowIsWhole) {
  std::set<std::string_view> names;
  const auto check = [&names](const auto& self, std::string_view group) -> void {
    for (const Command* command : commands_below(group)) {
      const std::string name(command->name);
      EXPECT_TRUE(names.insert(command->name).second) << name << " is there twice";
      EXPECT_FALSE(command->summary.empty()) << name;
      EXPECT_FALSE(command->text.empty()) << name;
      EXPECT_EQ(command->run == nullptr, !commands_below(name).empty()) << name << ": a group has commands, a command a handler";
      for (const Example& example : command->examples) EXPECT_NE(example.line.find(command->name.substr(0, command->name.find(' '))), std::string_view::npos) << name;
      std::set<std::string_view> flags;
      for (const auto& flags_of : {http_flags(), output_flags(command->output), command->flags}) {
        for (const Flag& flag : flags_of) {
          EXPECT_TRUE(flags.insert(flag.name).second) << name << " -" << flag.name;
          EXPECT_FALSE(flag.help.empty()) << name << " -" << flag.name;
          if (!flag.alias.empty()) { EXPECT_TRUE(flags.insert(flag.alias).second) << name << " -" << flag.alias; }
        }
      }
      const std::string help = command_help("vault", *command);
      EXPECT_TRUE(help.starts_with("Usage: vault " + name)) << help;
      self(self, name);
    }
  };
  check(check, "");
  EXPECT_GT(names.size(), 40U);
}

TEST(Commands, TheLongestNameCounts) {
  const auto words = [](std::vector<std::string> all) { return match_command(all); };
  EXPECT_EQ(words({"kv", "metadata", "get", "secret/a"}).words, 3U);
  EXPECT_EQ(words({"kv", "-x", "get"}).command->name, "kv");
  EXPECT_EQ(words({"reed"}).command, nullptr);
  EXPECT_EQ(nearest_command("reed"), "read");
  EXPECT_EQ(nearest_command("kubernetes"), "");
}

}  // namespace
}  // namespace sr::cli
