#include "cli/cli.h"
#include <cerrno>
#include <cstring>
#include "base/version.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/environment.h"
#include "cli/global_flags.h"
#include "cli/help.h"

namespace sr::cli {
namespace {

// What is read from all arguments before a command is known, wherever it stands: how to print.
struct Early {
  std::string format;
  bool detailed = false;
  Session::Instead instead = Session::Instead::send;
};

bool is_flag(std::string_view arg, std::string_view name) {
  return arg.starts_with('-') && arg.substr(arg.starts_with("--") ? 2 : 1) == name;
}
std::optional<std::string_view> flag_value(std::string_view arg, std::string_view name) {
  const std::size_t equals = arg.find('=');
  if (equals == std::string_view::npos || !is_flag(arg.substr(0, equals), name)) return std::nullopt;
  return arg.substr(equals + 1);
}

Early look_ahead(const std::vector<std::string>& args) {
  Early early;
  std::optional<bool> detailed;
  for (std::size_t i = 0; i < args.size() && args[i] != "--"; ++i) {
    const std::string& arg = args[i];
    if (is_flag(arg, "output-curl-string")) early.instead = Session::Instead::curl_string;
    else if (is_flag(arg, "output-policy")) early.instead = Session::Instead::policy;
    else if (is_flag(arg, "format") && i + 1 < args.size()) early.format = args[++i];
    else if (const auto format = flag_value(arg, "format")) early.format = *format;
    else if (is_flag(arg, "detailed")) detailed = true;
    else if (const auto text = flag_value(arg, "detailed")) detailed = parse_bool(*text).value_or(false);
  }
  if (early.format.empty()) early.format = variable("FORMAT");
  if (early.format.empty()) early.format = "table";
  early.detailed = detailed ? *detailed : parse_bool(variable("DETAILED")).value_or(false);
  return early;
}

bool asks_for_help(const std::vector<std::string>& args) {
  for (const std::string& arg : args) {
    if (arg == "--") return false;
    if (arg == "-h" || arg == "-help" || arg == "--help") return true;
  }
  return false;
}

std::string program_name(std::string_view called_as) {
  const std::string name(called_as.substr(called_as.rfind('/') + 1));
  return name == "vault" || name == "bao" ? name : "strongroom";
}

// Flags behind the first argument are arguments: worth a word, since they look as if they counted.
void warn_of_late_flags(Call& call) {
  std::string late;
  for (const std::string& arg : call.args) {
    if (!arg.starts_with('-') || arg == "-") continue;
    std::string_view name(arg);
    name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
    name = name.substr(0, name.find('='));
    if (name == "output-curl-string" || name == "output-policy" || name == "format" || name == "detailed") continue;  // looked ahead for
    late.append(late.empty() ? "" : ",").append(arg);
  }
  if (late.empty() || !call.table()) return;
  call.ui.warn("Command flags must be provided before positional arguments. The following arguments will not be parsed as flags: [" + late + "]");
}

int run_command(Call& call, FlagValues& flags, std::span<const std::string> args, std::unique_ptr<Session>& session, Session::Instead instead) {
  const Command& command = call.command;
  const auto parsed = flags.parse(args);
  call.args = flags.arguments();
  warn_of_late_flags(call);
  if (!parsed) {
    call.ui.error(parsed.error().message);
    call.ui.advise("\"" + std::string(call.program) + " " + std::string(command.name) + " -h\" lists the flags.");
    return local_error;
  }
  if (call.style.format == Format::raw && (command.output & raw) == 0) return call.wrong("This command does not support the -format=raw option.");
  if (!command.own_arity) {
    if (call.args.size() < command.arity.min) return call.too_few(command.arity.expected, call.args.size());
    if (call.args.size() > command.arity.max) return call.too_many(command.arity.expected, call.args.size());
  }
  if (command.local) return command.run(call);
  auto opened = Session::open(flags, instead, std::string(call.program));
  if (!opened) return call.failed(opened.error().message);
  session = std::move(*opened);
  call.connection = session.get();
  if (const auto token = session->take_token(); !token && command.name != "login") return call.failed(token.error().message);
  return command.run(call);
}

// With -output-curl-string and -output-policy the printed request is all there is; errors matter only when there is none.
int print_instead(Ui& ui, const Session* session, Session::Instead instead, int code) {
  if (session != nullptr && session->printed()) {
    ui.out(*session->printed());
    return success;
  }
  const bool curl = instead == Session::Instead::curl_string;
  if (code == success) {
    fputs(curl ? "Could not generate cURL command" : "Could not generate policy", stderr);
    return local_error;
  }
  fputs(ui.held_errors().c_str(), stderr);
  fputs(curl ? "Unable to generate cURL string from command\n" : "Unable to generate policy from command\n", stderr);
  return code;
}

void complain_of_unknown(std::string_view group, const std::string& word) {
  const std::string front = group.empty() ? "" : std::string(group) + " ", near = nearest_command(word, group);
  std::string line = "Unknown command: " + front + word;
  if (!near.empty()) line += ". Did you mean \"" + front + near + "\"?";
  fprintf(stderr, "%s\n\n", line.c_str());
}

}  // namespace

int run(std::vector<std::string> args, std::string_view called_as, const std::vector<Program>& programs) {
  const std::string program = program_name(called_as);
  if (args.size() == 1 && (args[0] == "-v" || args[0] == "-version" || args[0] == "--version")) args = {"version"};
  if (!args.empty() && args[0] == "__complete") return print_completions(program, {args.begin() + 1, args.end()});
  if (const char* line = std::getenv("COMP_LINE"); line != nullptr && *line != 0) return answer_bash(program, line);
  if (args.size() == 1 && is_flag(args[0], "autocomplete-install")) return install_completion(program, true);
  if (args.size() == 1 && is_flag(args[0], "autocomplete-uninstall")) return install_completion(program, false);
  const Early early = look_ahead(args);
  const auto format = parse_format(early.format);
  const bool held = early.instead != Session::Instead::send;
  Ui ui({.color = format == Format::table && variable("CLI_NO_COLOR").empty(), .hold_errors = held});
  if (!format) {
    fprintf(stderr, "Invalid output format: %s\n", early.format.c_str());
    return local_error;
  }

  // Flags in front of the command are refused; help in front of it is help on it.
  const auto first = std::ranges::find_if(args, [](const std::string& arg) { return !arg.starts_with('-'); });
  const bool flags_first = std::any_of(args.begin(), first, [](const std::string& arg) { return arg != "-h" && arg != "-help" && arg != "--help"; });
  const std::span<const std::string> words(first, args.end());
  const Match match = match_command(words);
  const bool help = asks_for_help(args);
  if (words.empty() && help) {
    ui.out(overview(program));
    return success;
  }
  if (match.command == nullptr) {
    if (!words.empty()) complain_of_unknown("", words[0]);
    fputs((overview(program) + "\n").c_str(), stderr);
    return unknown_command;
  }
  const Command& command = *match.command;
  for (const Program& other : programs) {
    // A program whose row lists its flags leaves its help to us.
    if (other.name == command.name && (!help || command.flags.empty())) return other.run({words.begin() + static_cast<std::ptrdiff_t>(match.words), words.end()});
  }
  if (help) {
    ui.out(command_help(program, command));
    return success;
  }
  if (flags_first || command.run == nullptr) {
    if (flags_first) fputs("Invalid flags before the subcommand. If these flags are for\nthe subcommand, please put them after the subcommand.\n\n", stderr);
    else if (words.size() > match.words) complain_of_unknown(command.name, words[match.words]);
    fputs((command_help(program, command) + "\n").c_str(), stderr);
    return local_error;
  }

  FlagValues flags({http_flags(), output_flags(command.output), command.flags});
  Call call{.program = program, .command = command, .flags = flags, .args = {}, .ui = ui, .style = {.format = *format, .detailed = early.detailed}};
  std::unique_ptr<Session> session;
  const int code = run_command(call, flags, words.subspan(match.words), session, early.instead);
  const int final_code = held ? print_instead(ui, session.get(), early.instead, code) : code;
  if (ui.flush() || final_code != success) return final_code;
  // A full disk: without a word of it a script would go on with half a secret.
  fprintf(stderr, "Error writing the output: %s\n", strerror(errno));
  return local_error;
}

}  // namespace sr::cli
