// Commands that run elsewhere in the program: rows for the help and for the list of commands.
#include "cli/commands.h"
#include "cli/call.h"

namespace sr::cli {
namespace {

int not_here(Call& call) { return call.wrong("this program was built without the server"); }

constexpr Example server_examples[] = {
    {"A server for trying things out, in memory, unsealed:", "server -dev"},
    {"A server with a configuration:", "server -config=/etc/strongroom/server.hcl"},
};

constexpr Flag config_flags[] = {
    {.name = "config", .type = FlagType::list, .help = "Configuration file, or folder of *.hcl and *.json files. Repeatable; the later adds and replaces."},
};
constexpr Flag format_flag{.name = "format", .help = "\"table\" or \"json\".", .standard = "table"};
constexpr Flag validate_flags[] = {config_flags[0], format_flag};
constexpr Flag diagnose_flags[] = {
    config_flags[0], format_flag,
    {.name = "skip", .type = FlagType::list, .help = "Leave a check out: \"listener\" (on a server that runs), \"storage\" or \"autounseal\". Repeatable."},
    {.name = "debug", .type = FlagType::boolean, .help = "Accepted; there is nothing more to show.", .standard = "false", .hidden = true},
};
constexpr Example diagnose_examples[] = {
    {"Why does it not start? As the server's user:", "operator diagnose -config=/etc/strongroom/config.hcl"},
    {"While it runs:", "operator diagnose -config=/etc/strongroom/config.hcl -skip=listener"},
};
constexpr Example validate_examples[] = {{"Before a restart:", "operator validate-config -config=/etc/strongroom/config.hcl"}};

constexpr Command commands[] = {
    {.name = "server", .summary = "Start a server", .arguments = "[options]", .text = "Runs the server until it is told to stop.", .examples = server_examples,
     .arity = {0, Arity::any, "0"}, .run = not_here, .local = true},
    {.name = "operator validate-config", .summary = "Validates the server's configuration files", .arguments = "-config=FILE [options]",
     .text = "Reads a configuration as \"server\" would, and says what is wrong with it. Nothing is started, and nothing on this machine is looked at: it works for another machine's files, "
             "too.\n\nExit code 0: valid. 1: not. 3: no -config was given.",
     .examples = validate_examples, .flags = validate_flags, .run = not_here, .local = true},
    {.name = "operator diagnose", .summary = "Troubleshoots problems starting a server", .arguments = "-config=FILE [options]",
     .text = "Reads a configuration as \"server\" would, and looks at this machine with it: files of TLS and how long they are good for, addresses, the folder of the storage, its permissions and its "
             "disk, limits of the system. Changes nothing. Run it as the user that the server runs as.\n\nExit code 0: in order. 1: something failed. 2: there are warnings. 3: the command was called "
             "wrongly.",
     .examples = diagnose_examples, .flags = diagnose_flags, .run = not_here, .local = true},
};

}  // namespace

std::span<const Command> server_commands() { return commands; }

}  // namespace sr::cli
