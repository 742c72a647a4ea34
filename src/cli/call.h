// One run of a command: its flags and arguments, where it prints, the server it talks to. What every handler gets.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/key_values.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/ui.h"

namespace sr::cli {

// Exit codes: scripts tell a mistake in the call from a refusal by the server.
inline constexpr int success = 0, local_error = 1, remote_error = 2, unknown_command = 127;

struct Call {
  std::string_view program;  // "vault"
  const Command& command;
  const FlagValues& flags;
  std::span<const std::string> args;
  Ui& ui;
  Style style;
  Session* connection = nullptr;  // null only for commands that work without a server

  Session& session() { return *connection; }
  bool interactive() const { return !flags.on("non-interactive"); }
  bool table() const { return style.format == Format::table; }
  std::string_view product() const { return program == "vault" ? "Vault" : program == "bao" ? "OpenBao" : "Strongroom"; }  // in messages
  std::string_view field() const { return flags.has("field") ? std::string_view(flags.text("field")) : std::string_view(); }

  // What went wrong, and the code for it.
  int wrong(std::string_view text);                                 // 1: the call itself
  int failed(std::string_view text);                                // 2: what the server said, or did not have
  int refused(std::string_view what, const Refusal& refusal);       // 2: "Error writing data to x: ..."
  int too_few(std::string_view expected, std::size_t got);          // 1: "Not enough arguments (expected 1, got 0)"
  int too_many(std::string_view expected, std::size_t got);

  void advise_usage();

  // An answer by -field or -format; nothing to show (null) as `done` on a table.
  int show(const MaybeAnswer& answer, std::string_view error, std::string_view done);
  int show(const Answer& answer);

  Result<KeyValues> key_values(std::size_t from) const { return KeyValues::parse(args.subspan(std::min(from, args.size())), {.standard_input = interactive()}); }
};

// Paths as people write them: without blanks and slashes at either end.
std::string sanitize_path(std::string_view path);
std::string with_slash(std::string_view path);  // exactly as given, with a slash at its end
std::string trimmed(std::string_view text);
std::string lower_case(std::string_view text);
std::string quoted_json(std::string_view text);
std::string json_list(std::span<const std::string> texts);

}  // namespace sr::cli
