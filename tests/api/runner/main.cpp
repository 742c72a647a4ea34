// api_runner: plays the scripts of tests/api on a server.
#include <curl/curl.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include "in_process_target.h"
#include "player.h"

namespace {
using namespace sr;
using namespace sr::api_test;

constexpr const char* usage =
    "usage: api_runner --in-process [options] FILE|FOLDER...\n"
    "       api_runner --address URL --token TOKEN [options] FILE|FOLDER...\n"
    "  --in-process           a server in this process, new for each script, with a clock that can be moved\n"
    "  --faults               with --in-process: each request is played with each of its commits failing, too\n"
    "  --server openbao       another server: its [bao] lines state where it differs\n"
    "  --compatibility FILE   the entries that those lines name (docs/compatibility.md)\n"
    "  --ca FILE              certificates to verify an https server with\n"
    "  --own-server           the server is for this run alone: play also what changes its global state\n"
    "  --uninitialised        and nobody has initialised it: for one script that does\n"
    "  --static-seal          the same, and it opens itself by a seal \"static\"\n"
    "  --every-endpoint       the server's configuration has raw_storage_endpoint and introspection_endpoint on\n"
    "  --verbose              name each script, and say what was left out\n";

struct Options {
  AddressOptions target{};
  PlayerOptions player{};
  std::string compatibility = "docs/compatibility.md";
  bool in_process = false;
  bool faults = false;
  bool verbose = false;
  std::vector<std::filesystem::path> paths{};
};

std::optional<Options> parse(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto value = [&]() -> std::string { return i + 1 < count ? words[++i] : ""; };
    if (word == "--address") options.target.address = value();
    else if (word == "--in-process") options.in_process = true;
    else if (word == "--faults") options.faults = true;
    else if (word == "--token") options.target.root_token = value();
    else if (word == "--ca") options.target.ca_file = value();
    else if (word == "--compatibility") options.compatibility = value();
    else if (word == "--own-server") options.target.own_server = true;
    else if (word == "--uninitialised") options.target.own_server = options.target.uninitialised = true;
    else if (word == "--static-seal") options.target.own_server = options.target.uninitialised = options.target.static_seal = true;
    else if (word == "--every-endpoint") options.target.every_endpoint = true;
    else if (word == "--verbose") options.verbose = true;
    else if (word == "--server") options.player.other_server = value() == "openbao";
    else if (word.starts_with("--")) return {};
    else options.paths.emplace_back(word);
  }
  if (options.faults && !options.in_process) return {};
  if (options.in_process == !options.target.address.empty() || options.paths.empty()) return {};  // one of the two
  return options;
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// An entry is a heading of the third level: "### name: in a sentence".
std::set<std::string> entries_of(const std::string& text) {
  std::set<std::string> entries;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("### ")) entries.insert(line.substr(4, line.find(':') - 4));
  }
  return entries;
}

std::vector<std::filesystem::path> scripts_below(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::filesystem::path> files;
  for (const auto& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
      if (entry.path().extension() == ".test") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

#ifdef WITH_SERVER
// The first commit of every request has failed by now. What fails behind it changes how the script goes on, so that is played anew
// for each, and only what the faults complain of counts.
void play_later_faults(const Script& script, Target& target, const PlayerOptions& options, Faults& faults, Tally& tally) {
  Faults all = std::exchange(faults, {});
  for (int later = 1, met = 1; met > 0; ++later) {
    met = 0;
    for (int skip = 0;; ++skip) {
      faults = {.later = later, .skip = skip};
      Tally aside;
      play(script, target, options, aside);
      all.met += faults.met > skip;
      std::ranges::move(faults.complaints, std::back_inserter(all.complaints));
      if (faults.met <= skip) break;
      ++met;
    }
  }
  for (auto& complaint : all.complaints) tally.failures.push_back(script.file + ": " + std::move(complaint));
  tally.failed += static_cast<int>(all.complaints.size());
  tally.faults += all.met;
  faults = {};
}
#endif

}  // namespace

int main(int count, char** words) {
  auto options = parse(count, words);
  if (!options) {
    std::cerr << usage;
    return 2;
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  options->player.entries = entries_of(contents(options->compatibility));
#ifdef WITH_SERVER
  Faults faults;
  const auto target = options->in_process ? in_process_target(options->faults ? &faults : nullptr) : address_target(options->target);
#else
  const auto target = address_target(options->target);
#endif
  Tally tally;
  for (const auto& file : scripts_below(options->paths)) {
    const auto script = parse_script(file.string(), contents(file));
    const std::size_t failures_before = tally.failures.size();
    if (script) {
      play(*script, *target, options->player, tally);
#ifdef WITH_SERVER
      if (options->faults) play_later_faults(*script, *target, options->player, faults, tally);
#endif
    } else {
      ++tally.failed;
      tally.failures.push_back(script.error().message + "\n");
    }
    if (options->verbose) std::cout << (tally.failures.size() == failures_before ? "ok      " : "FAILED  ") << file.string() << "\n";
    for (std::size_t i = failures_before; i < tally.failures.size(); ++i) std::cout << tally.failures[i] << std::flush;
  }
  if (options->verbose)
    for (const auto& why : tally.left_out_why) std::cout << "left out: " << why << "\n";
  std::cout << tally.agreed << " agreed, " << tally.differs_as_stated << " differ as stated, " << tally.failed << " failed ("
            << tally.scripts << " scripts, " << tally.left_out << " left out in part or whole";
  if (options->faults) std::cout << ", " << tally.faults << " commits failed";
  std::cout << ")\n";
  return tally.failed == 0 ? 0 : 1;
}
