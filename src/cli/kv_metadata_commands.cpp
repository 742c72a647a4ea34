// kv metadata: what is kept on a secret beside its data.
#include "cli/commands.h"
#include "cli/go_text.h"
#include "cli/kv_path.h"
#include "text/duration.h"

namespace sr::cli {
namespace {

constexpr Flag mount_flag = {.name = "mount", .help = "Path of the engine. The argument is then the name of the secret alone. Without it, the argument is both: \"secret/app/db\"."};

// The path of the metadata of the secret that the command names, or an exit code.
std::expected<std::string, int> metadata_path(Call& call) {
  auto kv = find_kv(call, call.args[0]);
  if (!kv) return std::unexpected(call.failed(kv.error().text));
  if (!kv->v2) return std::unexpected(call.wrong("Metadata not supported on KV Version 1"));
  return kv->api("metadata");
}

void print_object(Call& call, const json::Value& all, std::string_view without) {
  std::vector<json::Member> members;
  for (const json::Member& member : all.members)
    if (member.key != without) members.push_back(member);
  const json::Value rest{.type = json::Type::object, .members = members};
  call.ui.out(headline("Metadata", rest));
  print_value(call.ui, call.style, rest);
}

int get(Call& call) {
  const auto path = metadata_path(call);
  if (!path) return path.error();
  const MaybeAnswer found = call.session().read(*path);
  if (!found) return call.refused("Error reading " + *path, found.error());
  if (!*found) return call.failed("No value found at " + *path);
  const Answer& answer = **found;
  if (answer.wrapping || !call.table()) return print_answer(call.ui, call.style, answer);
  const json::Value* versions = answer.find("versions");
  if (versions == nullptr || !versions->is_object()) {
    call.ui.error("No value found at " + *path);
    print_answer(call.ui, call.style, answer);
    return remote_error;
  }
  call.ui.out(headline("Metadata Path", path->size()));
  call.ui.out(*path);
  call.ui.out("");
  print_warnings(call.ui, answer);
  print_object(call, *answer.data, "versions");

  std::vector<std::pair<std::int64_t, const json::Value*>> ordered;
  for (const json::Member& version : versions->members) {
    const auto number = parse_go_int(version.key);
    if (!number) return call.failed("Error parsing version " + std::string(version.key));
    ordered.emplace_back(*number, &version.value);
  }
  std::ranges::sort(ordered);
  for (const auto& [number, version] : ordered) {
    call.ui.out("\n" + headline("Version " + std::to_string(number), *version));
    print_value(call.ui, call.style, *version);
  }
  return success;
}

// The settings that were given, as members of the body.
json::Object settings(Call& call) {
  json::Object body;
  if (call.flags.number("max-versions") >= 0) body.put("max_versions", call.flags.number("max-versions"));
  if (call.flags.given("cas-required")) body.put("cas_required", call.flags.on("cas-required"));
  if (const std::int64_t after = call.flags.nanoseconds("delete-version-after"); after >= 0 && call.flags.given("delete-version-after"))
    body.put("delete_version_after", print_duration(Duration(after)));
  return body;
}

json::Object custom_metadata(Call& call) {
  json::Object custom;
  for (const auto& [key, value] : call.flags.map("custom-metadata")) custom.put(key, value);
  return custom;
}

int put(Call& call) {
  const auto path = metadata_path(call);
  if (!path) return path.error();
  json::Object body = settings(call);
  if (!call.flags.map("custom-metadata").empty()) body.put("custom_metadata", custom_metadata(call));
  return call.show(call.session().write(*path, body.text()), "Error writing data to " + *path, "Success! Data written to: " + *path);
}

int patch(Call& call) {
  const auto path = metadata_path(call);
  if (!path) return path.error();
  json::Object body = settings(call), custom = custom_metadata(call);
  for (const std::string& key : call.flags.list("remove-custom-metadata")) custom.put(key, nullptr);
  body.put("custom_metadata", custom);
  return call.show(call.session().patch(*path, body.text()), "Error writing data to " + *path, "Success! Data written to: " + *path);
}

int remove(Call& call) {
  const auto path = metadata_path(call);
  if (!path) return path.error();
  const auto answer = call.session().remove(*path);
  if (!answer) return call.refused("Error deleting " + *path, answer.error());
  call.ui.out("Success! Data deleted (if it existed) at: " + *path);
  return success;
}

constexpr Flag mount_flags[] = {mount_flag};
constexpr Flag max_versions_flag = {.name = "max-versions", .type = FlagType::integer, .help = "How many versions to keep; the engine's own number when it is not set.", .standard = "-1"};
constexpr Flag cas_flag = {.name = "cas-required", .type = FlagType::tristate, .help = "Refuse writes without -cas. The engine's own setting when it is not set."};
constexpr Flag after_flag = {.name = "delete-version-after", .type = FlagType::duration, .help = "Delete each version after this time (\"30s\", \"3h25m19s\"). Not longer than the engine's own."};
constexpr Flag custom_flag = {.name = "custom-metadata", .type = FlagType::map, .help = "A note on the secret. Repeatable."};
constexpr Flag put_flags[] = {max_versions_flag, cas_flag, after_flag, custom_flag, mount_flag};
constexpr Flag patch_flags[] = {
    max_versions_flag, cas_flag, after_flag, custom_flag, {.name = "remove-custom-metadata", .type = FlagType::list, .help = "Note to take out. Repeatable."}, mount_flag};

constexpr Example get_examples[] = {{"What is known of a secret and its versions:", "kv metadata get -mount=secret app/db"}};
constexpr Example put_examples[] = {
    {"Keep five versions and note an owner:", "kv metadata put -mount=secret -max-versions=5 -custom-metadata=owner=team-a app/db"},
    {"Versions that go by themselves:", "kv metadata put -mount=secret -delete-version-after=72h app/db"},
};
constexpr Example patch_examples[] = {{"Change one note and leave the others:", "kv metadata patch -mount=secret -custom-metadata=owner=team-b app/db"}};
constexpr Example delete_examples[] = {{"Remove a secret with all of its versions, for good:", "kv metadata delete -mount=secret app/db"}};

constexpr Command commands[] = {
    {.name = "kv metadata", .summary = "Interact with server's Key-Value storage", .arguments = "<subcommand> [options] [args]",
     .text = "What is kept on a secret beside its data: settings, notes, and when its versions were made.", .examples = get_examples},
    {.name = "kv metadata get", .summary = "Retrieves key metadata from the KV store", .arguments = "[options] KEY", .text = "Shows the settings, the notes and the versions of a secret.",
     .examples = get_examples, .flags = mount_flags, .output = format, .arity = {1, 1, "1"}, .run = get, .takes = Takes::secret},
    {.name = "kv metadata put", .summary = "Sets or updates key settings in the KV store", .arguments = "[options] KEY",
     .text = "Sets the settings and the notes of a secret; notes that are not named go. The secret need not exist yet.", .examples = put_examples, .flags = put_flags,
     .output = format, .arity = {1, 1, "1"}, .run = put, .takes = Takes::secret},
    {.name = "kv metadata patch", .summary = "Patches key settings in the KV store", .arguments = "[options] KEY", .text = "Changes some settings and notes of a secret.",
     .examples = patch_examples, .flags = patch_flags, .output = format, .arity = {1, 1, "1"}, .run = patch, .takes = Takes::secret},
    {.name = "kv metadata delete", .summary = "Deletes all versions and metadata for a key in the KV store", .arguments = "[options] PATH",
     .text = "Removes a secret with all versions and notes. It cannot be undone.", .examples = delete_examples, .flags = mount_flags, .arity = {1, 1, "1"}, .run = remove, .takes = Takes::secret},
};

}  // namespace

std::span<const Command> kv_metadata_commands() { return commands; }

}  // namespace sr::cli
