#include "cli/share_input.h"
#include "cli/go_text.h"

namespace sr::cli {
namespace {

std::expected<Secret, int> ask_at_terminal(Call& call, const ShareQuestion& question) {
  if (!call.interactive()) return std::unexpected(call.wrong(wrap_lines("Refusing to read from stdin with -non-interactive specified; specify nonce via the -nonce flag")));
  const std::string prompt = std::string(question.title) + ": " + question.nonce + "\n" + std::string(question.kind) + " Key (will be hidden): ";
  auto typed = read_hidden(prompt);
  if (typed) return std::move(*typed);
  return std::unexpected(call.wrong(
      wrap_lines("An error occurred attempting to ask for the " + lower_case(question.kind) +
                 " key. The raw error message is shown below, but usually this is because you attempted to pipe a value into the command or you are executing outside of a "
                 "terminal (tty). If you want to pipe the value, pass \"-\" as the argument to read from stdin. The raw error was: " +
                 typed.error().message)));
}

}  // namespace

std::expected<ShareInput, int> read_share(Call& call, const ShareQuestion& question) {
  ShareInput input;
  const std::string argument = call.args.empty() ? "" : trimmed(call.args[0]);
  if (argument.empty()) {
    auto typed = ask_at_terminal(call, question);
    if (!typed) return std::unexpected(typed.error());
    input = {Secret(trimmed(typed->reveal())), question.nonce};
  } else if (argument == "-") {
    // -non-interactive promises not to wait for anybody.
    const auto piped = call.interactive() ? read_standard_input() : Result<std::string>("");
    if (!piped) return std::unexpected(call.wrong("Failed to read from stdin: " + piped.error().message));
    input = {Secret(trimmed(*piped)), call.flags.text("nonce")};
  } else {
    input = {Secret(argument), call.flags.text("nonce")};
  }
  if (input.nonce.empty()) return std::unexpected(call.wrong("Missing nonce value: specify it via the -nonce flag"));
  return input;
}

}  // namespace sr::cli
