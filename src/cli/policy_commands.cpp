// The commands on policies.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include "cli/commands.h"
#include "cli/call.h"
#include "cli/environment.h"
#include "logical/policy.h"
#include "text/hcl_format.h"

namespace sr::cli {
namespace {

std::string policy_path(std::string_view name) { return "sys/policies/acl/" + std::string(name); }

int list(Call& call) {
  const MaybeAnswer answer = call.session().fetch("sys/policies/acl", {{"list", "true"}});
  if (!answer) return call.refused("Error listing policies", answer.error());
  if (!*answer || (*answer)->data == nullptr) return call.failed("Error listing policies: data from server response is empty");
  const json::Value* keys = (*answer)->keys();
  if (!call.table()) return print_json(call.ui, call.style, keys == nullptr ? "null" : json::to_text(*keys));
  for (const std::string_view name : texts_of(keys)) call.ui.out(name);
  return success;
}

int read(Call& call) {
  const std::string name = lower_case(trimmed(call.args[0]));
  const MaybeAnswer answer = call.session().read(policy_path(name));
  if (!answer) return call.refused("Error reading policy named " + name, answer.error());
  const std::string_view text = *answer ? text_of((*answer)->find("policy")) : std::string_view();
  if (text.empty()) return call.failed("No policy named: " + name);
  if (!call.table()) return print_json(call.ui, call.style, "{\"policy\":" + quoted_json(text) + "}");
  call.ui.out(trimmed(text));
  return success;
}

int write(Call& call) {
  const std::string& given = call.args[0];
  const std::string name = trimmed(lower_case(given)), file = trimmed(call.args[1]);
  const auto rules = file == "-" ? read_standard_input() : read_file(file);
  if (!rules) return call.failed((file == "-" ? "Error reading policy: " : "Error opening policy file: ") + rules.error().message);
  const MaybeAnswer written = call.session().write(policy_path(name), "{\"policy\":" + quoted_json(*rules) + "}");
  if (!written) return call.refused("Error uploading policy", written.error());
  if (*written) print_warnings(call.ui, **written);
  if (name != given) call.ui.warn("Policy name was converted from \"" + given + "\" to \"" + name + "\"");
  call.ui.out("Success! Uploaded policy: " + name);
  return success;
}

int remove(Call& call) {
  const std::string name = trimmed(lower_case(call.args[0]));
  const MaybeAnswer removed = call.session().remove(policy_path(name));
  if (!removed) return call.refused("Error deleting " + name, removed.error());
  call.ui.out("Success! Deleted policy: " + name);
  return success;
}

// Beside the file, then in its place: whoever reads it meanwhile sees the old text or the new one.
Result<void> replace_file(const std::string& path, std::string_view text) {
  struct stat before{};
  if (stat(path.c_str(), &before) != 0) return fail(Code::invalid, "stat " + path + ": " + strerror(errno));
  const std::string beside = path + ".tmp";
  const int file = open(beside.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return fail(Code::internal, "open " + beside + ": " + strerror(errno));
  bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fchmod(file, before.st_mode & 07777) == 0;
  written = close(file) == 0 && written;
  if (written && rename(beside.c_str(), path.c_str()) == 0) return {};
  const std::string why = strerror(errno);
  unlink(beside.c_str());
  return fail(Code::internal, "write " + path + ": " + why);
}

int format_file(Call& call) {
  const std::string path = expand_home(trimmed(call.args[0]));
  const auto text = read_file(path);
  if (!text) return call.wrong("Error reading source file: " + text.error().message);
  const auto name = parse_policy_name("policy");  // any name: what counts is whether the text is a policy
  if (const auto policy = parse_policy(*name, *text); !policy) return call.wrong(policy.error().message);
  const auto formatted = hcl::format(*text);
  if (!formatted) return call.wrong("Error parsing policy: " + formatted.error().message);
  if (const auto written = replace_file(path, *formatted); !written) return call.wrong("Error writing result: " + written.error().message);
  call.ui.out("Success! Formatted policy: " + path);
  return success;
}

constexpr Example policy_examples[] = {
    {"Write a policy from a file, and look at it:", "policy write app app.hcl"},
    {"", "policy read app"},
};
constexpr Example list_examples[] = {{"All policies:", "policy list"}};
constexpr Example read_examples[] = {{"The text of a policy:", "policy read app"}};
constexpr Example write_examples[] = {
    {"From a file:", "policy write app app.hcl"},
    {"From standard input:", "policy write app - <<EOF\n        path \"secret/data/app/*\" { capabilities = [\"read\"] }\n        EOF"},
};
constexpr Example fmt_examples[] = {{"Bring a file into shape before it is committed:", "policy fmt app.hcl"}};
constexpr Example delete_examples[] = {{"Delete a policy; tokens that name it lose what it gave:", "policy delete app"}};

constexpr Command commands[] = {
    {.name = "policy", .summary = "Interact with policies", .arguments = "<subcommand> [options] [args]",
     .text = "A policy says which paths a token may use, and how. It is written in HCL or JSON.", .examples = policy_examples},
    {.name = "policy list", .summary = "Lists the installed policies", .arguments = "[options]", .text = "Lists the names of all policies.", .examples = list_examples,
     .output = format, .run = list},
    {.name = "policy read", .summary = "Prints the contents of a policy", .arguments = "[options] [NAME]", .text = "Prints the text of a policy.", .examples = read_examples,
     .output = format, .arity = {1, 1, "1"}, .run = read, .takes = Takes::policy},
    {.name = "policy write", .summary = "Uploads a named policy from a file", .arguments = "[options] NAME PATH",
     .text = "Writes a policy from a file, or from standard input if the file is \"-\". Names are in lower case.", .examples = write_examples, .arity = {2, 2, "2"}, .run = write, .takes = Takes::policy_and_file},
    {.name = "policy delete", .summary = "Deletes a policy by name", .arguments = "[options] NAME", .text = "Deletes a policy.", .examples = delete_examples,
     .arity = {1, 1, "1"}, .run = remove, .takes = Takes::policy},
    {.name = "policy fmt", .summary = "Formats a policy on disk", .arguments = "[options] PATH",
     .text = "Brings the text of a policy into its usual shape, in the file itself. Works without a server.", .examples = fmt_examples, .arity = {1, 1, "1"},
     .run = format_file, .local = true, .takes = Takes::file},
};

}  // namespace

std::span<const Command> policy_commands() { return commands; }

}  // namespace sr::cli
