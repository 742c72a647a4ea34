// The commands that look at a configuration without starting a server: `operator diagnose` and `operator validate-config`.
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include "base/concat.h"
#include "server/diagnose.h"
#include "server/options.h"
#include "server/server.h"
#include "text/json.h"

namespace sr::server {
namespace {

constexpr int wrong_words = 3;

struct Words {
  Options server{};
  std::set<std::string> skip{};
  bool json = false;
};

// What is not ours is the server's: "-config" among it. Either form of a value is taken, as everywhere.
Result<Words> parse(const std::vector<std::string>& args, bool skips) {
  Words words;
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < args.size(); ++i) {
    std::string_view word = args[i];
    word.remove_prefix(word.starts_with("--") ? 2 : word.starts_with("-") ? 1 : 0);
    const std::string name(word.substr(0, word.find('=')));
    const bool ours = args[i].starts_with('-') && (name == "format" || (skips && (name == "skip" || name == "debug")));
    if (!ours) {
      rest.push_back(args[i]);
      if (args[i] == "-config" || args[i] == "--config")
        if (i + 1 < args.size()) rest.push_back(args[++i]);
      continue;
    }
    if (name == "debug") continue;  // there is nothing more to show
    std::string value;
    if (word.find('=') != std::string_view::npos) value = word.substr(word.find('=') + 1);
    else if (i + 1 < args.size()) value = args[++i];
    else return fail(Code::invalid, concat("flag needs an argument: -", name));
    if (name == "format" && value != "json" && value != "table" && !value.empty()) return fail(Code::invalid, concat("Invalid output format: ", value, "; take table or json"));
    if (name == "format") words.json = value == "json";
    // "a,b" names two of them.
    for (std::size_t from = 0; name == "skip" && from <= value.size();) {
      const std::size_t to = std::min(value.find(',', from), value.size());
      std::string one = value.substr(from, to - from);
      from = to + 1;
      for (char& c : one) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      if (one == "autounseal") one = "seal";
      if (one != "storage" && one != "seal" && one != "listener") return fail(Code::invalid, concat("nothing to skip is called \"", one, "\": there are storage, listener and autounseal"));
      words.skip.insert(std::move(one));
    }
  }
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const bool is_value = i > 0 && (rest[i - 1] == "-config" || rest[i - 1] == "--config");
    if (!rest[i].starts_with('-') && !is_value) return fail(Code::invalid, concat("what is \"", rest[i], "\"? A configuration is named by -config=", rest[i]));
  }
  words.server = TRY(parse_options(rest));
  if (words.server.config_paths.empty())
    if (const char* path = std::getenv("BAO_CONFIG_PATH"); path && *path) words.server.config_paths.emplace_back(path);
  if (words.server.config_paths.empty()) return fail(Code::invalid, "Must specify a configuration file using -config.");
  return words;
}

int show(const Diagnosis& found, bool json) {
  if (json) std::printf("%s\n", found.json().c_str());
  else std::fputs(found.text(isatty(STDOUT_FILENO) != 0).c_str(), stdout);
  return found.exit_code();
}

int complain(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return wrong_words;
}

}  // namespace

int run_diagnose(std::vector<std::string> args) {
  const auto words = parse(args, true);
  if (!words) return complain(words.error());
  return show(diagnose(read_config(words->server), {.skip = words->skip, .now = SystemClock().now()}), words->json);
}

int validate_config(std::vector<std::string> args) {
  const auto words = parse(args, false);
  if (!words) return complain(words.error());
  const auto config = read_config(words->server);
  if (words->json) {
    Diagnosis found{.name = "Validate Config"};
    if (!config) found.fail(config.error().message);
    else for (const auto& note : config->notes) found.warn(note);
    show(found, true);
    return config ? 0 : 1;
  }
  if (!config) {
    std::fprintf(stderr, "Error: %s\n", config.error().message.c_str());
    return 1;
  }
  for (const auto& note : config->notes) std::fprintf(stderr, "Warning: %s\n", note.c_str());
  std::puts("Success! The configuration is valid.");
  return 0;
}

}  // namespace sr::server
