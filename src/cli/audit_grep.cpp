#include "cli/audit_grep.h"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include "cli/call.h"

namespace sr::cli {
namespace {

// A request for a hash, this command's own too, has the value and says nothing about it. In the text of a user these quotes would be escaped.
constexpr std::string_view asks_for_a_hash = "\"path\":\"sys/audit-hash/";

// The devices to ask: the one that was named, or all.
Outcome<std::vector<std::string>> devices_of(Call& call) {
  if (const std::string& named = call.flags.text("device"); !named.empty()) return std::vector{sanitize_path(named)};
  const MaybeAnswer answer = call.session().fetch("sys/audit");
  if (!answer) return std::unexpected(Refusal{answer.error().status, answer.error().text});
  std::vector<std::string> devices;
  if (*answer && (*answer)->data)
    for (const json::Member& device : (*answer)->data->members) devices.emplace_back(device.key);
  return devices;
}

}  // namespace

int grep_audit(Call& call) {
  if (call.args.empty()) return call.too_few("1 or more", 0);
  std::string plain = call.flags.text("plain");
  if (plain == "-") {
    auto typed = read_standard_input();
    if (!typed) return call.wrong("Error reading the value: " + typed.error().message);
    plain = std::move(*typed);
    if (plain.ends_with('\n')) plain.pop_back();
  }
  if (plain.empty()) return call.wrong("What to look for is missing: give it with -plain.");
  const auto devices = devices_of(call);
  if (!devices) return call.refused("Error listing audit devices", devices.error());
  if (devices->empty()) return call.failed("No audit devices are enabled: nothing knows how the log was hashed.");
  std::vector<std::string> hashes;
  for (const std::string& device : *devices) {
    json::Object body;
    body.put("input", plain);
    const MaybeAnswer hashed = call.session().write("sys/audit-hash/" + sanitize_path(device), body.text());
    if (!hashed) return call.refused("Error hashing the value for " + device, hashed.error());
    const json::Value* hash = *hashed && (*hashed)->data ? (*hashed)->data->find("hash") : nullptr;
    if (hash) hashes.emplace_back('"' + std::string(text_of(hash)) + '"');
  }
  bool found = false;
  for (const std::string& name : call.args) {
    std::ifstream file(name, std::ios::binary);
    if (!file) return call.wrong("Error reading " + name + ": " + std::strerror(errno));
    for (std::string line; std::getline(file, line);) {
      if (line.contains(asks_for_a_hash) || std::ranges::none_of(hashes, [&](const std::string& hash) { return line.contains(hash); })) continue;
      found = true;
      call.ui.out(call.args.size() > 1 ? name + ": " + line : line);
    }
  }
  if (!found) return call.failed("No line has it.");
  return success;
}

}  // namespace sr::cli
