// The KV engine, version 2: secrets by path, each with its versions.
//
// Rows, inside the mount:
//   config                    the mount's settings
//   meta/<path>               the key's settings and which versions it has; one row a key, and what lists show
//   data/<path>\0<version>    one version, its data as canonical JSON; the version as 16 hex digits
// The latest version is two gets away however many there are. Names of keys are plain at rest, data is not.
//
// Whoever changes anything under a key reads its meta row first, so that two changes of one key never pass each other.
#pragma once
#include "logical/spec.h"

namespace sr::kv {

Spec spec();

}  // namespace sr::kv
