// Vault's envelope around an answer. The HTTP layer answers with it, and wrapping keeps it. Pure functions.
#pragma once
#include "core/request.h"

namespace sr {

void print_envelope(Buffer& out, const Answer& answer);          // the object
Buffer take_envelope(Answer& answer);                            // the same, of an answer that is done with: large data are not copied
void print_envelope_members(Buffer& out, const Answer& answer);  // without its braces

}  // namespace sr
