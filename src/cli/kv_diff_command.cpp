// kv diff: what differs between two versions of a secret, or between two secrets. Values are shown only when that is asked for.
#include "cli/commands.h"
#include "cli/kv_path.h"

namespace sr::cli {
namespace {

struct Side {
  std::string title;
  std::unique_ptr<Answer> answer{};
  const json::Value* data = nullptr;  // null: nothing is there
};

std::expected<Side, int> read_side(Call& call, const KvPath& kv, std::int64_t version) {
  const std::string path = kv.api("data");
  client::Query query;
  if (kv.v2 && version > 0) query.emplace_back("version", std::to_string(version));
  MaybeAnswer found = call.session().read(path, std::move(query));
  if (!found) return std::unexpected(call.refused("Error reading " + path, found.error()));
  Side side{.title = path, .answer = std::move(*found)};
  if (!side.answer || side.answer->data == nullptr) return std::unexpected(call.failed("No value found at " + path + (version > 0 ? " in version " + std::to_string(version) : "")));
  side.data = kv.v2 ? side.answer->find("data") : side.answer->data;
  const json::Value* metadata = kv.v2 ? side.answer->find("metadata") : nullptr;
  const json::Value* number = metadata == nullptr ? nullptr : metadata->find("version");
  if (number != nullptr) side.title += " version " + json::to_text(*number);
  if (side.data == nullptr || !side.data->is_object()) return std::unexpected(call.failed("No data found at " + side.title + ": it was deleted or destroyed"));
  return side;
}

std::string shown(const json::Value& value) { return value.is_string() ? std::string(value.text) : json::to_text(value); }

void show_table(Call& call, const Side& before, const Side& after, bool values) {
  call.ui.out("--- " + before.title);
  call.ui.out("+++ " + after.title);
  const auto line = [&](std::string_view sign, const json::Member& member) {
    call.ui.out(std::string(sign) + " " + std::string(member.key) + (values ? "    " + shown(member.value) : ""));
  };
  bool differs = false;
  for (const json::Member& member : before.data->members) {
    const json::Value* now = after.data->find(member.key);
    if (now != nullptr && json::to_text(*now) == json::to_text(member.value)) continue;
    differs = true;
    if (now == nullptr) line("-", member);
    else if (!values) line("~", member);
    else line("-", member), line("+", {member.key, *now});
  }
  for (const json::Member& member : after.data->members)
    if (before.data->find(member.key) == nullptr) differs = true, line("+", member);
  if (!differs) call.ui.out("No differences.");
}

int show_for_programs(Call& call, const Side& before, const Side& after, bool values) {
  json::Object added, removed, changed;
  json::Array added_keys, removed_keys, changed_keys;
  for (const json::Member& member : before.data->members) {
    const json::Value* now = after.data->find(member.key);
    if (now == nullptr) removed.put(member.key, member.value), removed_keys.add(member.key);
    else if (json::to_text(*now) != json::to_text(member.value)) {
      json::Object both;
      both.put("from", member.value).put("to", *now);
      changed.put(member.key, both), changed_keys.add(member.key);
    }
  }
  for (const json::Member& member : after.data->members)
    if (before.data->find(member.key) == nullptr) added.put(member.key, member.value), added_keys.add(member.key);
  json::Object result;
  result.put("from", before.title).put("to", after.title);
  if (values) result.put("added", added).put("changed", changed).put("removed", removed);
  else result.put_raw("added", added_keys.text()).put_raw("changed", changed_keys.text()).put_raw("removed", removed_keys.text());
  print_json(call.ui, call.style, result.text());
  return success;
}

std::expected<std::pair<std::int64_t, std::int64_t>, int> wanted_versions(Call& call) {
  std::vector<std::int64_t> numbers;
  for (const std::string& text : call.flags.list("versions"))
    for (std::size_t from = 0; from <= text.size();) {
      const std::size_t to = std::min(text.find(',', from), text.size());
      const std::string one = trimmed(std::string_view(text).substr(from, to - from));
      char* end = nullptr;
      numbers.push_back(std::strtoll(one.c_str(), &end, 10));
      if (one.empty() || *end != '\0' || numbers.back() < 1) return std::unexpected(call.wrong("Invalid version \"" + one + "\" for the versions flag"));
      from = to + 1;
    }
  if (numbers.size() > 2) return std::unexpected(call.wrong("Give one or two versions, not " + std::to_string(numbers.size())));
  if (numbers.empty()) return std::pair<std::int64_t, std::int64_t>{0, 0};
  return std::pair{numbers[0], numbers.size() == 2 ? numbers[1] : std::int64_t{0}};
}

int diff(Call& call) {
  const auto versions = wanted_versions(call);
  if (!versions) return versions.error();
  auto [first, second] = *versions;
  auto kv = find_kv(call, call.args[0]);
  if (!kv) return call.failed(kv.error().text);
  auto other = call.args.size() == 2 ? find_kv(call, call.args[1]) : Outcome<KvPath>(*kv);
  if (!other) return call.failed(other.error().text);
  if (call.args.size() == 1 && !kv->v2) return call.failed("K/V engine mount must be version 2 to compare versions; name another secret to compare with");
  auto after = read_side(call, *other, second);
  if (!after) return after.error();
  // With nothing said: what the latest version has changed.
  if (call.args.size() == 1 && first == 0) {
    const json::Value* metadata = after->answer->find("metadata");
    const json::Value* number = metadata == nullptr ? nullptr : metadata->find("version");
    first = number == nullptr ? 0 : std::strtoll(std::string(number->text).c_str(), nullptr, 10) - 1;
    if (first < 1) return call.failed("There is one version of " + kv->api("data") + " alone");
  }
  const auto before = read_side(call, *kv, first);
  if (!before) return before.error();
  const bool values = call.flags.on("values");
  if (!call.table()) return show_for_programs(call, *before, *after, values);
  show_table(call, *before, *after, values);
  return success;
}

constexpr Flag flags[] = {
    {.name = "mount", .help = "Path of the engine. The arguments are then the names of the secrets alone."},
    {.name = "values", .type = FlagType::boolean, .help = "Show the values too, not the names of the keys alone.", .standard = "false"},
    {.name = "versions", .type = FlagType::list, .help = "The versions to compare, as \"1,3\"; one alone is compared with the latest. With two secrets: the version of each."},
};
constexpr Example examples[] = {
    {"What the latest version has changed:", "kv diff secret/app/db"},
    {"Between two versions, with the values:", "kv diff -versions=1,3 -values secret/app/db"},
    {"Between two secrets:", "kv diff secret/staging/db secret/production/db"},
};
constexpr Command commands[] = {
    {.name = "kv diff", .summary = "Shows what differs between versions or secrets", .arguments = "[options] KEY [KEY]",
     .text = "Compares two versions of a secret, or two secrets, key by key: \"-\" was there before, \"+\" is new, \"~\" has another value.", .examples = examples, .flags = flags,
     .output = format, .arity = {1, 2, "1-2"}, .run = diff, .takes = Takes::secret},
};

}  // namespace

std::span<const Command> kv_diff_command() { return commands; }

}  // namespace sr::cli
