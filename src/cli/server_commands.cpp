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
constexpr Example validate_examples[] = {{"Before a restart:", "operator validate-config -config=/etc/strongroom/config.hcl"}};

constexpr Command commands[] = {
    {.name = "server", .summary = "Start a server", .arguments = "[options]", .text = "Runs the server until it is told to stop.", .examples = server_examples,
     .arity = {0, Arity::any, "0"}, .run = not_here, .local = true},
    {.name = "operator validate-config", .summary = "Validates the server's configuration files", .arguments = "-config=FILE [options]",
     .text = "Reads a configuration as \"server\" would, and says what is wrong with it. Nothing is started, and nothing on this machine is looked at: it works for another machine's files, "
             "too.\n\nExit code 0: valid. 1: not. 3: no -config was given.",
     .examples = validate_examples, .flags = config_flags, .run = not_here, .local = true},
};

}  // namespace

std::span<const Command> server_commands() { return commands; }

}  // namespace sr::cli
