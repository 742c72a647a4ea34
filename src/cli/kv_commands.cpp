// The commands on the secrets of a kv engine.
#include "cli/commands.h"
#include "cli/go_text.h"
#include "cli/kv_path.h"

namespace sr::cli {
namespace {

constexpr Flag mount_flag = {.name = "mount", .help = "Path of the engine. The argument is then the name of the secret alone. Without it, the argument is both: \"secret/app/db\"."};

void print_path(Call& call, std::string_view title, const std::string& path) {
  call.ui.out(headline(title, path.size()));
  call.ui.out(path);
  call.ui.out("");
}

// What a write of a version 2 engine answers: the metadata of the new version.
int show_written(Call& call, const std::string& path, const MaybeAnswer& answer) {
  if (!answer) return call.refused("Error writing data to " + path, answer.error());
  if (!*answer) {
    if (call.table()) call.ui.out("Success! Data written to: " + path);
    return success;
  }
  const Answer& written = **answer;
  if (!call.field().empty()) return print_field(call.ui, call.style, written, call.field());
  const bool wrapped = written.wrapping && written.wrapping->ttl != 0;
  if (wrapped || !call.table() || written.data == nullptr) return print_answer(call.ui, call.style, written);
  print_path(call, "Secret Path", path);
  call.ui.out(headline("Metadata", *written.data));
  return print_value(call.ui, call.style, *written.data);
}

int get_field(Call& call, const KvPath& kv, const std::string& path, const Answer& answer) {
  if (!kv.v2) return print_field(call.ui, call.style, answer, call.field());
  const json::Value* data = answer.find("data");
  if (data == nullptr || data->is_null()) return call.failed("No data found at " + path);
  // "data" is the whole, unless the secret has a key of that name.
  if (call.field() == "data" && data->find("data") == nullptr) return print_field(call.ui, call.style, answer, "data");
  return print_field(call.ui, call.style, *data, call.field());
}

int get(Call& call) {
  auto kv = find_kv(call, call.args[0]);
  if (!kv) return call.failed(kv.error().text);
  const std::string path = kv->api("data");
  client::Query query;
  if (kv->v2 && call.flags.number("version") > 0) query.emplace_back("version", std::to_string(call.flags.number("version")));
  const MaybeAnswer found = call.session().read(path, std::move(query));
  if (!found) return call.refused("Error reading " + path, found.error());
  if (!*found) return call.failed("No value found at " + path);
  const Answer& answer = **found;
  if (!call.field().empty()) return get_field(call, *kv, path, answer);
  if (answer.wrapping || !call.table()) return print_answer(call.ui, call.style, answer);

  print_warnings(call.ui, answer);
  if (kv->v2) print_path(call, "Secret Path", path);
  if (const json::Value* metadata = answer.find("metadata"); metadata != nullptr && metadata->is_object()) {
    call.ui.out(headline("Metadata", *metadata));
    print_value(call.ui, call.style, *metadata);
    call.ui.out("");
  }
  const json::Value* data = kv->v2 ? answer.find("data") : answer.data;
  if (data != nullptr && data->is_object()) {
    call.ui.out(headline("Data", *data));
    print_value(call.ui, call.style, *data);
  }
  return success;
}

// A person at a terminal is asked before keys of the secret are dropped; a script never is. What was seen guards the write: its version,
// for check-and-set. Who may not read, or has nothing to lose, is not asked.
struct Seen {
  bool goes_on = true;
  std::int64_t version = -1;
};
Seen ask_before_dropping(Call& call, const KvPath& kv, const std::string& path, const std::string& values) {
  if (!can_ask() || !call.interactive() || call.flags.on("force") || !call.table() || call.session().instead() != Session::Instead::send) return {};
  const Session::Ahead ahead(call.session());
  const MaybeAnswer found = call.session().read(path);
  if (!found || !*found) return {};
  const json::Value* before = kv.v2 ? (*found)->find("data") : (*found)->data;
  Arena arena;
  const auto after = json::parse(arena, values, answer_limits());
  if (before == nullptr || !before->is_object() || !after || !(*after)->is_object()) return {};
  std::string dropped;
  for (const json::Member& member : before->members)
    if ((*after)->find(member.key) == nullptr) dropped.append("  ").append(member.key).append("\n");
  if (dropped.empty()) return {};
  Seen seen;
  const json::Value* metadata = kv.v2 ? (*found)->find("metadata") : nullptr;
  const json::Value* number = metadata == nullptr ? nullptr : metadata->find("version");
  if (number != nullptr) seen.version = std::strtoll(std::string(number->text).c_str(), nullptr, 10);
  call.ui.warn("This replaces " + path + ", and drops these keys of it:");
  call.ui.advise(dropped + (kv.v2 ? "\"kv patch\" would keep them." : "To keep them, write them too."));
  seen.goes_on = ask("Replace it? (y/N): ");
  return seen;
}

int put(Call& call) {
  if (call.args.empty()) return call.too_few(">1", 0);
  if (call.args.size() == 1) return call.wrong("Must supply data");
  const auto values = call.key_values(1);
  if (!values) return call.wrong("Failed to parse K=V data: " + values.error().message);
  auto kv = find_kv(call, call.args[0]);
  if (!kv) return call.failed(kv.error().text);
  const std::string path = kv->api("data");
  const Seen seen = ask_before_dropping(call, *kv, path, values->json());
  if (!seen.goes_on) return call.wrong("Nothing was written");
  if (!kv->v2) return show_written(call, path, call.session().write(path, values->json()));
  const std::int64_t cas = call.flags.number("cas") > -1 ? call.flags.number("cas") : seen.version;
  const std::string options = cas > -1 ? "{\"cas\":" + std::to_string(cas) + "}" : "{}";
  return show_written(call, path, call.session().write(path, "{\"data\":" + values->json() + ",\"options\":" + options + "}"));
}

// The current or a named version, for commands that write it again. `what` names the command in the refusals.
struct Version {
  std::unique_ptr<Answer> answer;
  const json::Value* data = nullptr;
  const json::Value* metadata = nullptr;
};
std::expected<Version, int> read_version(Call& call, const std::string& path, client::Query query, std::string_view what, bool data_needed) {
  const Session::Ahead ahead(call.session());
  MaybeAnswer found = call.session().read(path, std::move(query));
  if (!found) return std::unexpected(call.refused("Error doing pre-read at " + path, found.error()));
  if (!*found || (*found)->data == nullptr) return std::unexpected(call.failed("No value found at " + path));
  Version version{std::move(*found)};
  version.metadata = version.answer->find("metadata");
  const std::string only = "; " + std::string(what) + " only works on existing data";
  if (version.metadata == nullptr || version.metadata->is_null()) return std::unexpected(call.failed("No metadata found at " + path + only));
  if (!version.metadata->is_object()) return std::unexpected(call.failed("Metadata found at " + path + " is not the expected type (JSON object)"));
  if (!data_needed) return version;
  if (!text_of(version.metadata->find("deletion_time")).empty() && what == "rollback") return std::unexpected(call.failed("Cannot roll back to a version that has been deleted"));
  if (flag_of(version.metadata->find("destroyed")) && what == "rollback") return std::unexpected(call.failed("Cannot roll back to a version that has been destroyed"));
  version.data = version.answer->find("data");
  if (version.data == nullptr || version.data->is_null()) return std::unexpected(call.failed("No data found at " + path + only));
  if (!version.data->is_object()) return std::unexpected(call.failed("Data found at " + path + " is not the expected type (JSON object)"));
  return version;
}

std::string version_number(const Version& version) {
  const json::Value* number = version.metadata->find("version");
  return number == nullptr ? "null" : json::to_text(*number);
}

// Patching by reading, changing and writing with check-and-set: for servers and policies without PATCH.
int patch_by_writing(Call& call, const std::string& path, const std::string& changes) {
  const auto current = read_version(call, path, {}, "patch", true);
  if (!current) return current.error();
  Arena arena;
  const auto changed = json::parse(arena, changes, answer_limits());
  if (!changed) return call.wrong("Failed to parse K=V data: " + changed.error().message);
  json::Object data;
  for (const json::Member& member : current->data->members) data.put(member.key, member.value);
  for (const json::Member& member : (*changed)->members) data.put(member.key, member.value);
  const std::string body = "{\"data\":" + data.text() + ",\"options\":{\"cas\":" + version_number(*current) + "}}";
  return show_written(call, path, call.session().write(path, body));
}

int patch(Call& call) {
  if (call.args.empty()) return call.too_few(">1", 0);
  if (call.args.size() == 1 && call.flags.list("remove-data").empty()) return call.wrong("Must supply data");
  auto values = call.key_values(1);
  if (!values) return call.wrong("Failed to parse K=V data: " + values.error().message);
  auto kv = find_kv(call, call.args[0]);
  if (!kv) return call.failed(kv.error().text);
  if (!kv->v2) return call.failed("K/V engine mount must be version 2 for patch support");
  for (const std::string& key : call.flags.list("remove-data")) values->set_null(key);  // null takes a key out
  const std::string path = kv->api("data"), changes = values->json(), &method = call.flags.text("method");
  if (method == "rw") return patch_by_writing(call, path, changes);
  if (!method.empty() && method != "patch") return call.failed("Unsupported method provided to -method flag: " + method);

  const std::int64_t cas = call.flags.number("cas");
  const std::string options = cas > 0 ? "{\"cas\":" + std::to_string(cas) + "}" : "{}";
  const MaybeAnswer answer = call.session().patch(path, "{\"data\":" + changes + ",\"options\":" + options + "}");
  if (!answer && method.empty() && answer.error().status == 405) return patch_by_writing(call, path, changes);
  if (!answer && method.empty() && answer.error().status == 403) {
    call.ui.warn("Data was written to " + path + " but we recommend that you add the \"patch\" capability to your ACL policy in order to use HTTP PATCH in the future.");
    return patch_by_writing(call, path, changes);
  }
  return show_written(call, path, answer);
}

// "1,2" and repeated flags alike, as a list of texts.
std::string versions_json(const std::vector<std::string>& given) {
  std::vector<std::string> versions;
  for (const std::string& text : given) {
    for (std::size_t from = 0; from <= text.size();) {
      const std::size_t to = std::min(text.find(',', from), text.size());
      versions.push_back(trimmed(std::string_view(text).substr(from, to - from)));
      from = to + 1;
    }
  }
  return "{\"versions\":" + json_list(versions) + "}";
}

int remove(Call& call) {
  auto kv = find_kv(call, call.args[0]);
  if (!kv) return call.failed(kv.error().text);
  const std::string path = kv->api("data");
  const auto& versions = call.flags.list("versions");
  const MaybeAnswer answer = kv->v2 && !versions.empty() ? call.session().write(kv->api("delete"), versions_json(versions)) : call.session().remove(path);
  return call.show(answer, "Error deleting " + path, "Success! Data deleted (if it existed) at: " + path);
}

int change_versions(Call& call, std::string_view kind, std::string_view title) {
  const auto& versions = call.flags.list("versions");
  if (versions.empty()) return call.wrong("No versions provided, use the \"-versions\" flag to specify the version to " + std::string(kind) + ".");
  auto kv = find_kv(call, call.args[0]);
  if (!kv) return call.failed(kv.error().text);
  if (!kv->v2) return call.wrong(std::string(title) + " not supported on KV Version 1");
  const std::string path = kv->api(kind);
  return call.show(call.session().write(path, versions_json(versions)), "Error writing data to " + path, "Success! Data written to: " + path);
}
int undelete(Call& call) { return change_versions(call, "undelete", "Undelete"); }
int destroy(Call& call) { return change_versions(call, "destroy", "Destroy"); }

int list_or_scan(Call& call, bool scans) {
  const std::string& mount = call.flags.text("mount");
  if (call.args.empty() && mount.empty()) return call.too_few("1", 0);
  if (call.args.size() > 1) return call.too_many("1", call.args.size());
  auto kv = find_kv(call, call.args.empty() ? "" : call.args[0]);
  if (!kv) return call.failed(kv.error().text);
  const std::string path = kv->api("metadata");
  client::Query query;
  if (scans && (!call.flags.text("after").empty() || call.flags.number("limit") > 0))
    query = {{"after", call.flags.text("after")}, {"limit", std::to_string(call.flags.number("limit"))}};
  const MaybeAnswer found = scans ? call.session().scan(path, std::move(query)) : call.session().list(path);
  if (!found) return call.refused((scans ? "Error scanning " : "Error listing ") + path, found.error());
  const Answer* answer = found->get();
  if (answer != nullptr && answer->wrapping && answer->wrapping->ttl != 0) return print_answer(call.ui, call.style, *answer);
  if (!call.table() && (answer == nullptr || answer->keys() == nullptr)) {
    print_json(call.ui, call.style, "{}");
    return remote_error;
  }
  if (answer == nullptr || answer->data == nullptr) return call.failed("No value found at " + path);
  if (answer->keys() == nullptr) return call.failed("No entries found at " + path);
  return print_list(call.ui, call.style, *answer);
}

int list(Call& call) { return list_or_scan(call, false); }
int scan(Call& call) { return list_or_scan(call, true); }

int rollback(Call& call) {
  if (call.args.size() != 1) return call.wrong("Invalid number of arguments (expected 1, got " + std::to_string(call.args.size()) + ")");
  if (!call.flags.given("version")) return call.wrong("Version flag must be specified");
  const std::int64_t wanted = call.flags.number("version");
  if (wanted <= 0) return call.wrong("Invalid value " + std::to_string(wanted) + " for the version flag");
  auto kv = find_kv(call, call.args[0]);
  if (!kv) return call.failed(kv.error().text);
  if (!kv->v2) return call.failed("K/V engine mount must be version 2 for rollback support");
  const std::string path = kv->api("data");
  // The present version guards against a write in between.
  const auto current = read_version(call, path, {}, "rollback", false);
  if (!current) return current.error();
  const auto old = read_version(call, path, {{"version", std::to_string(wanted)}}, "rollback", true);
  if (!old) return old.error();
  const std::string body = "{\"data\":" + json::to_text(*old->data) + ",\"options\":{\"cas\":" + version_number(*current) + "}}";
  return call.show(call.session().write(path, body), "Error writing data to " + path, "Success! Data written to: " + path);
}

int enable_versioning(Call& call) {
  const std::string mount = with_slash(sanitize_path(call.args[0]));
  const auto tuned = call.session().write("sys/mounts/" + mount + "tune", R"({"options":{"version":"2"}})", "POST");
  if (!tuned) return call.refused("Error tuning secrets engine " + mount, tuned.error());
  call.ui.out("Success! Tuned the secrets engine at: " + mount);
  return success;
}

constexpr Flag get_flags[] = {
    {.name = "version", .type = FlagType::integer, .help = "The version to read; the latest by default.", .standard = "0"},
    mount_flag,
};
constexpr Flag put_flags[] = {
    {.name = "force", .type = FlagType::boolean, .help = "Drop keys that the secret has now without asking. Only a person at a terminal is asked.", .standard = "false", .alias = "f"},
    {.name = "cas", .type = FlagType::integer, .help = "Write only if the secret's current version is this one; 0: only if there is none.", .standard = "-1"},
    mount_flag,
};
constexpr Flag patch_flags[] = {
    {.name = "cas", .type = FlagType::integer, .help = "Change only if the secret's current version is this one; 0: without asking.", .standard = "0"},
    {.name = "method", .help = "\"patch\" to insist on the PATCH method, \"rw\" to read, change and write. By default the first, and the second where it is refused."},
    mount_flag,
    {.name = "remove-data", .type = FlagType::list, .help = "Key to take out. Repeatable."},
};
constexpr Flag version_flags[] = {
    {.name = "versions", .type = FlagType::list, .help = "The versions, as \"1,2\". Repeatable."},
    mount_flag,
};
constexpr Flag rollback_flags[] = {
    {.name = "version", .type = FlagType::integer, .help = "The version whose data become the latest again.", .standard = "0"},
    mount_flag,
};
constexpr Flag list_flags[] = {mount_flag};
constexpr Flag scan_flags[] = {
    {.name = "after", .help = "Start behind this name, which need not exist."},
    {.name = "limit", .type = FlagType::integer, .help = "At most this many names.", .standard = "-1"},
    mount_flag,
};

constexpr Example kv_examples[] = {
    {"Write a secret, read it back, and one field of it:", "kv put -mount=secret app/db url=postgres://db password=@password.txt"},
    {"", "kv get -mount=secret app/db"},
    {"", "kv get -mount=secret -field=url app/db"},
};
constexpr Example get_examples[] = {
    {"The latest version:", "kv get -mount=secret app/db"},
    {"One field, for a script:", "kv get -mount=secret -field=password app/db"},
    {"An older version:", "kv get -mount=secret -version=1 app/db"},
};
constexpr Example put_examples[] = {
    {"Fields on the command line; they end up in the shell's history:", "kv put -mount=secret app/db user=app password=1234"},
    {"A field from a file, or the whole from one:", "kv put -mount=secret app/db password=@password.txt"},
    {"", "kv put -mount=secret app/db @data.json"},
    {"From standard input:", "kv put -mount=secret app/db -"},
    {"Only if nobody was faster:", "kv put -mount=secret -cas=3 app/db password=1234"},
};
constexpr Example patch_examples[] = {
    {"Change one field and leave the others:", "kv patch -mount=secret app/db password=5678"},
    {"Take a field out:", "kv patch -mount=secret -remove-data=user app/db"},
};
constexpr Example delete_examples[] = {
    {"The latest version; \"kv undelete\" brings it back:", "kv delete -mount=secret app/db"},
    {"Certain versions:", "kv delete -mount=secret -versions=1,2 app/db"},
};
constexpr Example undelete_examples[] = {{"Bring a deleted version back:", "kv undelete -mount=secret -versions=3 app/db"}};
constexpr Example destroy_examples[] = {{"Take a version's data away for good:", "kv destroy -mount=secret -versions=1 app/db"}};
constexpr Example list_examples[] = {{"What is below a folder:", "kv list -mount=secret app"}};
constexpr Example scan_examples[] = {
    {"All names below a folder, however deep:", "kv scan -mount=secret app"},
    {"Page by page:", "kv scan -mount=secret -limit=100 -after=app/db"},
};
constexpr Example rollback_examples[] = {{"Make version 2 the latest again:", "kv rollback -mount=secret -version=2 app/db"}};
constexpr Example enable_examples[] = {{"Give a version 1 engine versions:", "kv enable-versioning secret"}};

constexpr Command commands[] = {
    {.name = "kv", .summary = "Interact with server's Key-Value storage", .arguments = "<subcommand> [options] [args]",
     .text = "Reads and writes the secrets of a kv engine. The commands find out by themselves whether it keeps versions.", .examples = kv_examples},
    {.name = "kv get", .summary = "Retrieves data from the KV store", .arguments = "[options] KEY",
     .text = "Reads a secret. Of a deleted version only the metadata are left to show.", .examples = get_examples, .flags = get_flags, .output = field | format,
     .arity = {1, 1, "1"}, .run = get, .takes = Takes::secret},
    {.name = "kv put", .summary = "Sets or updates data in the KV store", .arguments = "[options] KEY [DATA]",
     .text = "Writes a secret: all of its fields, as a new version. \"kv patch\" changes some of them.", .examples = put_examples, .flags = put_flags,
     .output = field | format, .run = put, .own_arity = true, .takes = Takes::secret},
    {.name = "kv patch", .summary = "Sets or updates data in the KV store without overwriting", .arguments = "[options] KEY [DATA]",
     .text = "Changes some fields of a secret, as a new version.", .examples = patch_examples, .flags = patch_flags, .output = field | format, .run = patch, .own_arity = true, .takes = Takes::secret},
    {.name = "kv delete", .summary = "Deletes versions in the KV store", .arguments = "[options] PATH",
     .text = "Marks versions of a secret as deleted. Their data stay until they are destroyed, and can be undeleted until then. On a version 1 engine the secret is gone.",
     .examples = delete_examples, .flags = version_flags, .output = field | format, .arity = {1, 1, "1"}, .run = remove, .takes = Takes::secret},
    {.name = "kv undelete", .summary = "Undeletes versions in the KV store", .arguments = "[options] KEY", .text = "Brings deleted versions of a secret back.",
     .examples = undelete_examples, .flags = version_flags, .output = format, .arity = {1, 1, "1"}, .run = undelete, .takes = Takes::secret},
    {.name = "kv destroy", .summary = "Permanently removes one or more versions in the KV store", .arguments = "[options] KEY",
     .text = "Removes the data of versions for good. \"kv metadata delete\" removes a whole secret.", .examples = destroy_examples, .flags = version_flags, .output = format,
     .arity = {1, 1, "1"}, .run = destroy, .takes = Takes::secret},
    {.name = "kv list", .summary = "List data or secrets", .arguments = "[options] PATH", .text = "Lists names, not values; those that end in a slash are folders.",
     .examples = list_examples, .flags = list_flags, .output = format, .run = list, .own_arity = true, .takes = Takes::secret},
    {.name = "kv scan", .summary = "Scan (recursively list) data or secrets", .arguments = "[options] PATH",
     .text = "Lists the names in a folder and in all folders below it, as far as the token may see them.", .examples = scan_examples, .flags = scan_flags, .output = format,
     .run = scan, .own_arity = true, .takes = Takes::secret},
    {.name = "kv rollback", .summary = "Rolls back to a previous version of data", .arguments = "[options] KEY",
     .text = "Writes the data of an older version as a new one.", .examples = rollback_examples, .flags = rollback_flags, .output = format, .run = rollback, .own_arity = true, .takes = Takes::secret},
    {.name = "kv enable-versioning", .summary = "Turns on versioning for a KV store", .arguments = "[options] PATH",
     .text = "Turns a version 1 engine into version 2. There is no way back.", .examples = enable_examples, .output = format, .arity = {1, 1, "1"}, .run = enable_versioning, .takes = Takes::engine},
};

}  // namespace

std::span<const Command> kv_commands() { return commands; }

}  // namespace sr::cli
