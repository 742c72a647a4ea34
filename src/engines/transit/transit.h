// The transit engine: keys that stay here, and what is encrypted, signed, hashed with them for those who may. Byte for byte what Vault and
// OpenBao make of the same keys: ciphertexts, signatures and backups go either way.
//
// Rows, inside the mount:
//   key/<name>                    a key's settings, and the id that its versions are found by
//   version/<id>/<number>         one version: its key material; the number as 16 hex digits
//   rotate/<when>/<name>          when the key rotates by itself; the time as 16 hex digits of nanoseconds
//   leftover/<id>                 versions that are of no use any more, which a job removes
//   wrapping_key                  what keys from outside are wrapped for
//   config/keys, config/cache     settings of the mount
// Every request reads key and version, so that a rotation and an encryption never pass each other. What has been made of a version's
// row (parsed keys, scheduled ciphers) is kept by the engine under the revision of that row, and so is never stale.
#pragma once
#include "logical/spec.h"

namespace sr::transit {

Spec spec();

}  // namespace sr::transit
