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

constexpr Command commands[] = {
    {.name = "server", .summary = "Start a server", .arguments = "[options]", .text = "Runs the server until it is told to stop.", .examples = server_examples,
     .arity = {0, Arity::any, "0"}, .run = not_here, .local = true},
};

}  // namespace

std::span<const Command> server_commands() { return commands; }

}  // namespace sr::cli
