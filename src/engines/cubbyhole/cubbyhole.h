// Cubbyholes: each token's own place for secrets, which nobody else can read, root included, and which goes with the token. Always
// mounted at cubbyhole/; logical/cubbyhole_rows.h says where the rows lie.
//
// A handler sees the rows of the caller's token only: their keys begin with the hash of its id.
#pragma once
#include "logical/spec.h"

namespace sr::cubbyhole {

Spec spec();

}  // namespace sr::cubbyhole
