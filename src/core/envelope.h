// Vault's envelope around an answer. The HTTP layer answers with it, and wrapping keeps it. Pure functions.
#pragma once
#include "core/request.h"

namespace sr {

void print_envelope(Buffer& out, const Answer& answer);          // the object
void print_envelope_members(Buffer& out, const Answer& answer);  // without its braces

}  // namespace sr
