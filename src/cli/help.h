// The help of a command, made from its row, its flags and its neighbours in the table.
#pragma once
#include <string>
#include <string_view>
#include "cli/command.h"

namespace sr::cli {

std::string overview(std::string_view program);                          // all commands
std::string command_help(std::string_view program, const Command& command);
std::string nearest_command(std::string_view typed);                     // "did you mean"; "" when nothing is near

}  // namespace sr::cli
