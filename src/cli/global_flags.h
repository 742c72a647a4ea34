// The flags that every command understands.
#pragma once
#include <span>
#include "cli/command.h"

namespace sr::cli {

std::span<const Flag> http_flags();
std::span<const Flag> output_flags(unsigned output);  // those of -field, -format and -detailed that the command has

}  // namespace sr::cli
