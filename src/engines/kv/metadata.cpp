#include "engines/kv/engine.h"
#include <limits>
#include "base/concat.h"
#include "engines/kv/fields.h"
#include "engines/kv/input.h"
#include "logical/paging.h"
#include "text/duration.h"

namespace sr::kv {
namespace {

// Of the settings that the client has sent.
void take_limits(const Call& call, Meta& meta) {
  if (call.has(field::max_versions)) meta.max_versions = version_limit(call[field::max_versions]);
  if (call.has(field::cas_required)) meta.cas_required = call[field::cas_required];
  if (call.has(field::delete_version_after)) meta.delete_version_after = call[field::delete_version_after];
}

Result<void> take_settings(const Call& call, Meta& meta) {
  take_limits(call, meta);
  if (const JsonValue* given = call.find(field::custom_metadata)) meta.custom = TRY(read_custom(*given));
  return {};
}

// A merge patch: what is null goes.
Result<void> patch_settings(const Call& call, Meta& meta) {
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  if (const std::int64_t* wanted = call.find(field::max_versions); wanted && (*wanted < 0 || *wanted > most))
    return fail(Code::invalid, concat("max_versions must be between 0 and ", std::to_string(most)));
  take_limits(call, meta);
  if (is_given(call, field::delete_version_after) && !call.has(field::delete_version_after)) meta.delete_version_after = Seconds(0);
  if (const JsonValue* given = call.find(field::custom_metadata)) meta.custom = TRY(patch_custom(std::move(meta.custom), *given));
  return {};
}

bool has_settings(const Call& call) {
  return call.has(field::max_versions) || call.has(field::cas_required) || call.has(field::delete_version_after) || call.has(field::custom_metadata);
}

Result<Reply> store_settings(Call& call, Meta& meta) {
  const Time now = call.now();
  if (meta.created == Time{}) meta.created = now;
  meta.updated = now;
  TRY(store_meta(call.storage(), call[field::path], meta));
  const Config config = TRY(load_config(call.storage()));
  if (call.has(field::cas_required) && !meta.cas_required && config.cas_required)
    return Reply::empty().warn("\"cas_required\" set to false, but is mandated by backend config. This value will be ignored.");
  return Reply::empty();
}

std::string folder(const Call& call) { return meta_key(call[field::path]); }

Result<json::Object> describe(Call& call, std::string_view path, const Meta& meta) {
  json::Object versions;
  for (VersionNumber number = meta.first(); number <= meta.current; ++number) {
    const auto version = TRY(load_version(call.storage(), path, number));
    if (!version) continue;
    json::Object state;
    state.put("created_time", rfc3339(version->created)).put("deletion_time", print_deletion_time(*version)).put("destroyed", version->destroyed);
    versions.put(std::to_string(number), state);
  }
  json::Object data;
  data.put("cas_required", meta.cas_required).put("created_time", rfc3339(meta.created)).put("current_version", meta.current);
  put_custom(data, meta);
  data.put("delete_version_after", print_duration(meta.delete_version_after))
      .put("max_versions", meta.max_versions)
      .put("oldest_version", meta.oldest)
      .put("updated_time", rfc3339(meta.updated))
      .put("versions", versions);
  return data;
}

// Of each name what read_metadata says; of a folder nothing.
Result<json::Object> describe_all(Call& call, const Strings& names) {
  const auto too_many = [] { return fail(Code::too_large, "too many names and versions to say more of each, list them in pages with limit and after"); };
  if (names.size() > limits::list_details) return too_many();
  json::Object info;
  std::size_t described = 0;  // versions, each of which is read
  for (const auto& name : names) {
    const std::string path = concat(call[field::path], name);
    const auto meta = name.ends_with('/') ? std::nullopt : TRY(load_meta(call.storage(), path));
    if (meta && (described += static_cast<std::size_t>(meta->current + 1 - meta->first())) > limits::list_details) return too_many();
    if (meta) info.put(name, TRY(describe(call, path, *meta)));
    else info.put(name, json::Object());
  }
  return info;
}

}  // namespace

Result<Reply> Kv::list(Call& call) { return Reply::list(TRY(paging::list_names(call, folder(call)))); }
Result<Reply> Kv::scan(Call& call) { return Reply::scan(TRY(paging::scan_names(call, folder(call)))); }

Result<Reply> Kv::list_in_detail(Call& call) {
  const Strings names = TRY(paging::list_names(call, folder(call)));
  return Reply::list(names, TRY(describe_all(call, names)));
}

Result<Reply> Kv::scan_in_detail(Call& call) {
  const Strings names = TRY(paging::scan_names(call, folder(call)));
  return Reply::scan(names, TRY(describe_all(call, names)));
}

Result<Reply> Kv::read_metadata(Call& call) {
  const auto meta = TRY(load_meta(call.storage(), call[field::path]));
  if (!meta) return Reply::empty();
  return Reply::data(TRY(describe(call, call[field::path], *meta)));
}

Result<Reply> Kv::write_metadata(Call& call) {
  if (!has_settings(call)) return Reply::empty();
  Meta meta = TRY(load_meta(call.storage(), call[field::path])).value_or(Meta{});
  TRY(take_settings(call, meta));
  return store_settings(call, meta);
}

Result<Reply> Kv::patch_metadata(Call& call) {
  if (!has_settings(call) && !is_given(call, field::delete_version_after)) return Reply::empty();
  auto meta = TRY(load_meta(call.storage(), call[field::path]));
  if (!meta) return nothing_to_patch();
  TRY(patch_settings(call, *meta));
  return store_settings(call, *meta);
}

// A key with very many versions goes in several steps: each is kept, and the client is asked to come again.
Result<Reply> Kv::remove_metadata(Call& call) {
  auto meta = TRY(load_meta(call.storage(), call[field::path]));
  if (!meta) return Reply::empty();
  const VersionNumber first = meta->first(), end = std::min(meta->current + 1, first + removals_max);
  for (VersionNumber number = first; number < end; ++number) TRY(remove_version(call.storage(), call[field::path], number, Former::leaves_disk));
  // Those that were dropped for newer ones may be in a file still.
  if (first > 1) TRY(remove_version(call.storage(), call[field::path], 1, Former::leaves_disk));
  if (end > meta->current) {
    TRY(kv::remove_meta(call.storage(), call[field::path], Former::leaves_disk));
    metas_.forget(meta_key(call[field::path]));
    return Reply::empty();
  }
  meta->oldest = end;
  TRY(store_meta(call.storage(), call[field::path], *meta));
  return Reply::refuse({Code::busy, "the key has very many versions: the oldest are removed, try again for the rest"});
}

}  // namespace sr::kv
