// The state of a server's seal, as `status` and `operator unseal` show it.
#pragma once
#include "cli/bare_answer.h"

namespace sr::cli {

// Prints it with what sys/leader says of the cluster; the exit code.
int show_seal(Call& call, const BareAnswer& seal);

}  // namespace sr::cli
