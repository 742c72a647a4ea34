// The commands on audit devices and logs.
#include "cli/commands.h"
#include "cli/audit_grep.h"
#include "cli/audit_verify.h"
#include "cli/call.h"

namespace sr::cli {
namespace {

int enable(Call& call) {
  if (call.args.empty()) return call.wrong("Error enabling audit device: audit type missing. Valid types include 'file', 'socket' and 'syslog'.");
  const std::string type = trimmed(call.args[0]);
  const std::string& given = call.flags.text("path");
  const std::string path = with_slash(given.empty() ? type : given);
  const auto values = call.key_values(1);
  if (!values) return call.wrong("Failed to parse K=V data: " + values.error().message);
  const auto settings = values->strings();
  if (!settings) return call.wrong("Failed to parse K=V data: failed to convert values to strings: " + settings.error().message);
  json::Object options, body;
  for (const auto& [key, value] : *settings) options.put(key, value);
  body.put("type", type);
  body.put("description", call.flags.text("description"));
  body.put("options", options);
  body.put("local", call.flags.on("local"));
  const MaybeAnswer enabled = call.session().write("sys/audit/" + path, body.text());
  if (!enabled) return call.refused("Error enabling audit device", enabled.error());
  if (*enabled) print_warnings(call.ui, **enabled);
  call.ui.out("Success! Enabled the " + type + " audit device at: " + path);
  return success;
}

int disable(Call& call) {
  const std::string path = with_slash(sanitize_path(call.args[0]));
  const MaybeAnswer disabled = call.session().remove("sys/audit/" + path);
  if (!disabled) return call.refused("Error disabling audit device", disabled.error());
  call.ui.out("Success! Disabled audit device (if it was enabled) at: " + path);
  return success;
}

// "healthy", or since when it is not and why.
std::string state_of(const json::Value* state) {
  if (state == nullptr || !state->is_object()) return "n/a";
  if (flag_of(state->find("healthy"))) return "healthy";
  const std::string_view why = text_of(state->find("last_error"));
  return "failing since " + std::string(text_of(state->find("since"))) + (why.empty() ? "" : ": " + std::string(why));
}

int list(Call& call) {
  const bool all = call.flags.on("detailed");
  const MaybeAnswer answer = call.session().fetch("sys/audit", all ? client::Query{{"detailed", "true"}} : client::Query{});
  if (!answer) return call.refused("Error listing audits", answer.error());
  if (!*answer || (*answer)->data == nullptr) return call.failed("Error listing audits: data from server response is empty");
  bool tells_state = false;  // ours does, others do not
  for (const json::Member& device : (*answer)->data->members) tells_state = tells_state || (device.value.is_object() && device.value.find("state") != nullptr);
  std::vector<Row> rows{all ? Row{"Path", "Type", "Description", "Replication", "Options"} : Row{"Path", "Type", "Description"}};
  if (all && tells_state) rows.front().push_back("State");
  std::string json = "{";
  for (const json::Member& device : (*answer)->data->members) {
    if (!device.value.is_object()) continue;
    const auto text = [&device](std::string_view key) { return std::string(text_of(device.value.find(key))); };
    const json::Value* options = device.value.find("options");
    const bool local = flag_of(device.value.find("local"));
    json += (json.size() > 1 ? "," : "") + quoted_json(device.key) + ":{\"type\":" + quoted_json(text("type")) + ",\"description\":" + quoted_json(text("description")) +
            ",\"options\":" + (options == nullptr ? "null" : json::to_text(*options)) + ",\"local\":" + (local ? "true" : "false") + ",\"path\":" + quoted_json(text("path")) +
            (device.value.find("state") == nullptr ? "" : ",\"state\":" + json::to_text(*device.value.find("state"))) + "}";
    if (!all) {
      rows.push_back({text("path"), text("type"), text("description")});
      continue;
    }
    std::string pairs;
    if (options != nullptr)
      for (const json::Member& option : options->members) pairs.append(pairs.empty() ? "" : " ").append(option.key).append("=").append(text_of(&option.value));
    rows.push_back({std::string(device.key), text("type"), text("description"), local ? "local" : "replicated", pairs});
    if (tells_state) rows.back().push_back(state_of(device.value.find("state")));
  }
  if (call.table() && rows.size() == 1) {
    call.ui.out("No audit devices are enabled.");
    return remote_error;
  }
  return print_rows(call.ui, call.style, std::move(rows), json + "}");
}

constexpr Flag enable_flags[] = {
    {.name = "description", .help = "What it is for, for people."},
    {.name = "path", .help = "Its name among the devices; by default its type."},
    {.name = "local", .type = FlagType::boolean, .help = "Not replicated to other clusters.", .standard = "false"},
};
constexpr Flag detailed_flags[] = {{.name = "detailed", .type = FlagType::boolean, .help = "Show the options and the state of each device, too.", .standard = "false"}};
constexpr Flag verify_flags[] = {
    {.name = "public-key", .type = FlagType::list, .help = "A key that may sign checkpoints, in base64, as the server prints it. Repeatable. Without one, all checkpoints must be signed by one and the same key."},
};

constexpr Flag grep_flags[] = {
    {.name = "plain", .help = "What to look for, as it was before it was hashed. \"-\" reads it from standard input, so that no other program sees it."},
    {.name = "device", .help = "The device whose log it is; by default every device that is enabled."},
};

constexpr Example audit_examples[] = {
    {"Write a log, and check later that nobody changed it:", "audit enable file file_path=/var/log/audit.log"},
    {"", "audit verify /var/log/audit.log"},
};
constexpr Example enable_examples[] = {
    {"Into a file:", "audit enable file file_path=/var/log/audit.log"},
    {"A second one, so that the server goes on when one device fails:", "audit enable -path=second file file_path=/mnt/audit.log"},
};
constexpr Example disable_examples[] = {{"Disable the device at file/:", "audit disable file"}};
constexpr Example list_examples[] = {{"With options:", "audit list -detailed"}};
constexpr Example verify_examples[] = {
    {"Check a log from its first line to its last:", "audit verify /var/log/audit.log"},
    {"A log that was moved on from file to file, the oldest one first:", "audit verify /var/log/audit.log.2 /var/log/audit.log.1 /var/log/audit.log"},
    {"Insist on the server's key:", "audit verify -public-key=\"$KEY\" /var/log/audit.log"},
};

constexpr Example grep_examples[] = {
    {"Who had to do with this password:", "audit grep -plain=hunter2 /var/log/audit.log"},
    {"Without its being seen in the list of processes:", "audit grep -plain=- -device=file /var/log/audit.log < password"},
};

constexpr Command commands[] = {
    {.name = "audit", .summary = "Interact with audit devices", .arguments = "<subcommand> [options] [args]",
     .text = "An audit device writes down every request and every answer, with secrets hashed. When no enabled device can write, the server refuses requests.", .examples = audit_examples},
    {.name = "audit enable", .summary = "Enables an audit device", .arguments = "[options] TYPE [CONFIG K=V...]", .text = "Enables a device of the type file, syslog or socket.",
     .examples = enable_examples, .flags = enable_flags, .run = enable, .own_arity = true, .takes = Takes::device_type},
    {.name = "audit disable", .summary = "Disables an audit device", .arguments = "[options] PATH",
     .text = "Disables a device. Its key goes with it: values in its log can no longer be compared with known ones.", .examples = disable_examples, .arity = {1, 1, "1"}, .run = disable},
    {.name = "audit list", .summary = "Lists enabled audit devices", .arguments = "[options]", .text = "Lists the enabled devices.", .examples = list_examples,
     .flags = detailed_flags, .output = format, .run = list},
    {.name = "audit grep", .summary = "Finds the lines of an audit log that a value is in", .arguments = "[options] FILE...",
     .text = "Has the server hash a value as its devices do, and prints the lines of the files that have the hash.\n\nExit code 0: there are some. 1: a file cannot be read. 2: there are "
             "none, or the server refused.",
     .examples = grep_examples, .flags = grep_flags, .run = grep_audit, .own_arity = true, .takes = Takes::file},
    {.name = "audit verify", .summary = "Checks that an audit log is complete and unchanged", .arguments = "[options] FILE...",
     .text = "Reads an audit log and says whether it is as it was written: that no line is missing, added or changed, and that its checkpoints are signed. Works on the file alone, without the "
             "server.\n\nExit code 0: in order. 1: the file cannot be read. 2: it is not as it was written.",
     .examples = verify_examples, .flags = verify_flags, .output = format, .run = verify_audit, .local = true, .own_arity = true, .takes = Takes::file},
};

}  // namespace

std::span<const Command> audit_commands() { return commands; }

}  // namespace sr::cli
