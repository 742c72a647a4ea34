// The help of a command, made from its row, its flags and its neighbours in the table.
#pragma once
#include <string>
#include <string_view>
#include "cli/command.h"

namespace sr::cli {

struct LoginMethod;

std::string overview(std::string_view program);                          // all commands
std::string command_help(std::string_view program, const Command& command);
std::string login_help(std::string_view program, const LoginMethod& method);
// "Did you mean": what was typed instead of a command's name, below `group` or, when that is "", at the front. "" when nothing is near.
std::string nearest_command(std::string_view typed, std::string_view group = "");

}  // namespace sr::cli
