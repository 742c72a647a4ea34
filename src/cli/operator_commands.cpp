// operator: the group, whose commands are files by resource.
#include "cli/commands.h"

namespace sr::cli {
namespace {

constexpr Example examples[] = {
    {"Start a new server's life:", "operator init"},
    {"", "operator unseal"},
    {"Change who holds the shares of the key:", "operator rekey -init -key-shares=5 -key-threshold=3"},
};

constexpr Command commands[] = {
    {.name = "operator", .summary = "Perform operator-specific tasks", .arguments = "<subcommand> [options] [args]", .text = "What the people who run a server do with it.",
     .examples = examples},
};

}  // namespace

std::span<const Command> operator_commands() { return commands; }

}  // namespace sr::cli
