// What a command is: one row of a table with its name, flags, arguments, examples and handler. Dispatch, flag parsing, checks
// of arguments and the help text all read this row; a handler only does its work. The tables are constants: nothing of them is
// built at start.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace sr::cli {

enum class FlagType : std::uint8_t {
  boolean,   // -force, -force=false
  tristate,  // the same, and "not given" is a third answer
  integer,
  text,
  duration,  // "30s", "5m", "2d", seconds; "system" is -1
  list,      // repeatable
  map,       // key=value, repeatable
};

struct Flag {
  std::string_view name;
  FlagType type = FlagType::text;
  std::string_view help;
  std::string_view standard = "";     // the value when it is not given, as text
  std::string_view environment = "";  // "ADDR": STRONGROOM_ADDR, BAO_ADDR or VAULT_ADDR
  std::string_view alias = "";
  bool hidden = false;                // accepted, not shown by -h
};

struct Example {
  std::string_view says;  // "Read version 2 of a secret:"
  std::string_view line;  // "kv get -mount=secret -version=2 app/database"; the program's name is put in front
};

// How many arguments a command takes, and the word for it in the two refusals.
struct Arity {
  unsigned min = 0;
  unsigned max = 0;
  std::string_view expected = "0";
  static constexpr unsigned any = 1000000;
};

enum Output : unsigned { no_output = 0, field = 1, format = 2, detailed = 4, raw = 8 };

// What the first argument names, for completion. The "two" take another of the kind behind it, a policy's second is a file.
enum class Takes : std::uint8_t {
  nothing, path, secret, engine, two_engines, engine_type, method, two_methods, method_type, login_method, device_type, policy, policy_and_file, file, shell
};

struct Call;
using Handler = int (*)(Call&);

struct Command {
  std::string_view name;       // "kv get"
  std::string_view summary;    // one line for the list of its group
  std::string_view arguments;  // "[options] KEY"
  std::string_view text;       // what it does, for -h: paragraphs
  std::span<const Example> examples{};
  std::span<const Flag> flags{};
  unsigned output = no_output;
  Arity arity{};
  Handler run = nullptr;       // null for a group of commands
  bool local = false;          // works without a server
  // The refusals when there are too few or too many arguments, where they differ from "Not enough arguments (expected 1, got 0)".
  bool own_arity = false;
  Takes takes = Takes::nothing;
};

}  // namespace sr::cli
