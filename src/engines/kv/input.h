// Reading what a KV route takes as it comes, with the messages that Vault has for it.
#pragma once
#include "engines/kv/rows.h"
#include "logical/reply.h"

namespace sr::kv {

// The object that a field holds; null for JSON's null and for an empty array, which count as an empty object.
Result<const json::Value*> object_of(const FieldInfo& field, JsonValue given);

// What a write's `options.cas` allows, given what is there.
Result<void> check_cas(Call& call, const Config& config, const Meta& meta);

// The numbers of `versions`, each once; `missing` is the complaint when there are none.
Result<std::vector<VersionNumber>> version_numbers(Call& call, std::string_view missing);

// Custom metadata that may be stored: nothing for JSON's null.
Result<StringMap> read_custom(JsonValue given);
// The same as a merge patch: a member that is null takes its name away.
Result<StringMap> patch_custom(StringMap custom, JsonValue given);

// The client has sent the field, be it as null.
bool is_given(const Call& call, const FieldInfo& field);

// A 404 with no body at all, as Vault has it here and nowhere else.
Reply nothing_to_patch();

// max_versions as it is kept, in 32 bits: -1 is as good as no limit, as in Vault, and so is what does not fit. (Vault wraps round,
// and a large number could come to mean one version.)
std::uint32_t version_limit(std::int64_t wanted);

}  // namespace sr::kv
