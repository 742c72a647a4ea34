#include "engines/kv/merge_patch.h"

namespace sr::kv {

// Members of both trees are sorted by key, so one pass over the two is enough.
void merge_patch(Buffer& out, const json::Value* target, const json::Value& patch) {
  if (!patch.is_object()) return json::print(out, patch);
  const auto old = target && target->is_object() ? target->members : std::span<const json::Member>();
  bool is_first = true;
  const auto begin = [&](std::string_view key) {
    out += is_first ? '{' : ',';
    is_first = false;
    json::quote(out, key);
    out += ':';
  };
  auto kept = old.begin();
  const auto keep = [&] {
    begin(kept->key);
    json::print(out, kept->value);
    ++kept;
  };
  for (const auto& change : patch.members) {
    while (kept != old.end() && kept->key < change.key) keep();
    const bool replaces = kept != old.end() && kept->key == change.key;
    if (!change.value.is_null()) {
      begin(change.key);
      merge_patch(out, replaces ? &kept->value : nullptr, change.value);
    }
    if (replaces) ++kept;
  }
  while (kept != old.end()) keep();
  out += is_first ? "{}" : "}";
}

}  // namespace sr::kv
