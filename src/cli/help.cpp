#include "cli/help.h"
#include "cli/commands.h"
#include "cli/global_flags.h"
#include "cli/go_text.h"
#include "cli/login_methods.h"

namespace sr::cli {
namespace {

constexpr std::string_view common[] = {"read", "write", "delete", "list", "login", "kv", "server", "status", "unwrap"};

std::string_view last_word(std::string_view name) { return name.substr(name.rfind(' ') + 1); }

void add_list(std::string& out, std::span<const Command* const> commands) {
  std::size_t longest = 0;
  for (const Command* command : commands) longest = std::max(longest, last_word(command->name).size());
  for (const Command* command : commands) {
    const std::string_view name = last_word(command->name);
    out.append("    ").append(name).append(longest - name.size() + 6, ' ').append(command->summary).append("\n");
  }
}

std::string_view value_name(FlagType type) {
  switch (type) {
    case FlagType::integer: return "=<int>";
    case FlagType::text:
    case FlagType::list: return "=<string>";
    case FlagType::duration: return "=<duration>";
    case FlagType::map: return "=<key=value>";
    case FlagType::boolean:
    case FlagType::tristate: return "";
  }
  return "";
}

void add_flags(std::string& out, std::string_view program, std::string_view title, std::span<const Flag> flags) {
  if (flags.empty()) return;
  out.append("\n").append(title).append(":\n");
  const std::string_view prefix = program == "vault" ? "VAULT_" : program == "bao" ? "BAO_" : "STRONGROOM_";
  for (const Flag& flag : flags) {
    if (flag.hidden) continue;
    out.append("\n  -").append(flag.name).append(value_name(flag.type)).append("\n");
    std::string text(flag.help);
    if (!flag.alias.empty()) text.append(" This is aliased as \"-").append(flag.alias).append("\".");
    if (!flag.standard.empty() && flag.standard != "false") text.append(" The default is ").append(flag.standard).append(".");
    if (!flag.environment.empty()) text.append(" Also from ").append(prefix).append(flag.environment).append(" in the environment.");
    out.append(wrap_lines(text, 6)).append("\n");
  }
}

void add_paragraphs(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    out.append("\n").append(wrap_lines(text.substr(0, end), 2)).append("\n");
    text.remove_prefix(std::min(end + 2, text.size()));
  }
}

void add_examples(std::string& out, std::string_view program, std::span<const Example> examples) {
  for (const Example& example : examples) {
    // An example without a word of its own goes on where the one before it ended.
    if (!example.says.empty()) out.append("\n").append(wrap_lines(example.says, 2)).append("\n\n");
    out += "      $ ";
    out.append(program).append(" ").append(example.line).append("\n");
  }
}

// How many letters differ, at most `most` of them.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, cost});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string overview(std::string_view program) {
  std::string out = "Usage: " + std::string(program) + " <command> [args]\n\nCommon commands:\n";
  std::vector<const Command*> first, others;
  for (const std::string_view name : common)
    if (const Command* command = find_command(name)) first.push_back(command);
  for (const Command* command : commands_below(""))
    if (command->name != "version" && std::ranges::find(common, command->name) == std::end(common)) others.push_back(command);
  add_list(out, first);
  out += "\nOther commands:\n";
  add_list(out, others);
  out.append("\n\"").append(program).append(" <command> -h\" explains a command, with examples.\n");
  return out;
}

std::string command_help(std::string_view program, const Command& command) {
  std::string out = "Usage: " + std::string(program) + " " + std::string(command.name) + " " + std::string(command.arguments) + "\n";
  add_paragraphs(out, command.text.empty() ? command.summary : command.text);
  add_examples(out, program, command.examples);
  const auto children = commands_below(command.name);
  if (command.run == nullptr && !children.empty()) {
    out += "\nSubcommands:\n";
    add_list(out, children);
    return out;
  }
  add_flags(out, program, "Command Options", command.flags);
  add_flags(out, program, "Output Options", output_flags(command.output));
  if (!command.local) add_flags(out, program, "HTTP Options", http_flags());
  return out;
}

std::string login_help(std::string_view program, const LoginMethod& method) {
  std::string out = "Usage: " + std::string(program) + " login -method=" + std::string(method.name) + " [options] [CONFIG K=V...]\n";
  add_paragraphs(out, method.text);
  add_examples(out, program, method.examples);
  out += "\nConfiguration:\n";
  for (const Setting& setting : method.settings) out.append("\n  ").append(setting.name).append("=<string>\n").append(wrap_lines(setting.help, 6)).append("\n");
  out.append("\n").append(wrap_lines("A method that is mounted elsewhere than at its name is reached with -path.", 2));
  return out;
}

std::string nearest_command(std::string_view typed, std::string_view group) {
  std::string_view best;
  if (typed.empty()) return "";
  std::size_t least = 3;  // more letters wrong than two is another word
  for (const Command* command : commands_below(group)) {
    const std::size_t differs = distance(typed, last_word(command->name));
    if (differs < least) {
      least = differs;
      best = last_word(command->name);
    }
  }
  return std::string(best);
}

}  // namespace sr::cli
