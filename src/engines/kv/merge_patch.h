// JSON Merge Patch (RFC 7396).
#pragma once
#include "text/json.h"

namespace sr::kv {

// Prints what becomes of `target` (null for nothing) under `patch`: members that are null go, objects merge, all else
// replaces. Canonical, as both trees are.
void merge_patch(Buffer& out, const json::Value* target, const json::Value& patch);

}  // namespace sr::kv
