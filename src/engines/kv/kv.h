// The KV engine: secrets by path. Version 2 keeps versions of each, version 1 the last one alone; a mount's option "version" says
// which, and a mount of version 1 becomes one of version 2 in place.
//
// Rows of version 2, inside the mount:
//   config                    the mount's settings
//   meta/<path>               the key's settings and which versions it has; one row a key, and what lists show
//   data/<path>\0<version>    one version, its data as canonical JSON; the version as 16 hex digits
// The latest version is two gets away however many there are. Names of keys are plain at rest, data is not.
// Whoever changes anything under a key reads its meta row first, so that two changes of one key never pass each other.
//
// Rows of version 1, which an upgrade turns into a meta row and a first version each:
//   secret/<path>             the secret, as canonical JSON
#pragma once
#include "logical/spec.h"

namespace sr::kv {

Spec version_1();
Spec version_2();

}  // namespace sr::kv
