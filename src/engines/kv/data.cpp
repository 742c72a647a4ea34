#include "engines/kv/engine.h"
#include "engines/kv/fields.h"
#include "engines/kv/input.h"
#include "engines/kv/merge_patch.h"

namespace sr::kv {
namespace {

// Older versions than the mount and the key keep; a very long tail goes with the next writes.
Result<void> drop_old_versions(Call& call, const Config& config, Meta& meta) {
  const std::uint32_t kept = std::max(config.max_versions, meta.max_versions);
  const VersionNumber first_kept = meta.current - (kept > 0 ? kept : max_versions_default) + 1;
  const VersionNumber first = meta.first();
  const VersionNumber end = std::min(first_kept, first + removals_max);
  for (VersionNumber number = first; number < end; ++number) TRY(remove_version(call.storage(), call[field::path], number));
  if (end > first) meta.oldest = end;
  return {};
}

Result<Reply> add_version(Call& call, const Config& config, Meta meta, Secret text) {
  const Time now = call.now();
  const Version written{.created = now, .deleted = deletion_time(now, config, meta), .data = std::move(text)};
  if (meta.created == Time{}) meta.created = now;
  meta.updated = now;
  ++meta.current;
  TRY(drop_old_versions(call, config, meta));
  TRY(store_version(call.storage(), call[field::path], meta.current, written));
  TRY(store_meta(call.storage(), call[field::path], meta));
  return Reply::data(print_version(meta.current, written, meta)).object_version(meta.current);
}

}  // namespace

// A key whose latest version is deleted is there all the same.
Result<bool> Kv::exists(Call& call) { return TRY(see_meta(call.storage(), metas_, call[field::path])) != nullptr; }

Result<Reply> Kv::read(Call& call) {
  const auto meta = TRY(see_meta(call.storage(), metas_, call[field::path]));
  if (!meta) return Reply::empty();
  const VersionNumber number = call[field::version] > 0 ? call[field::version] : meta->current;
  const auto found = TRY(load_version(call.storage(), call[field::path], number));
  if (!found) return Reply::empty();
  const bool is_readable = found->is_readable(call.now());
  const std::string_view text = is_readable ? found->data.reveal() : "null";
  Buffer printed;
  printed.reserve(text.size() + usual_metadata_bytes);
  printed.append(R"({"data":)").append(text).append(R"(,"metadata":)");
  print_version(printed, number, *found, *meta);
  printed += '}';
  return Reply::data(std::move(printed)).status(is_readable ? 200 : 404).object_version(number);
}

Result<Reply> Kv::write(Call& call) {
  const JsonValue* given = call.find(field::data);
  if (!given) return fail(Code::invalid, "no data provided");
  const json::Value* object = TRY(object_of(field::data, *given));
  const Config config = TRY(load_config(call.storage()));
  Meta meta = TRY(load_meta(call.storage(), call[field::path])).value_or(Meta{});
  TRY(check_cas(call, config, meta));
  Buffer text;
  if (object) json::print(text, *object);
  else text += (*given)->is_null() ? "null" : "{}";
  return add_version(call, config, std::move(meta), Secret(text));
}

Result<Reply> Kv::patch(Call& call) {
  const JsonValue* given = call.find(field::data);
  if (!given) return fail(Code::invalid, "no data provided");
  const json::Value* changes = TRY(object_of(field::data, *given));
  const Config config = TRY(load_config(call.storage()));
  const auto meta = TRY(load_meta(call.storage(), call[field::path]));
  if (!meta || meta->current == 0) return nothing_to_patch();
  TRY(check_cas(call, config, *meta));
  const auto latest = TRY(load_version(call.storage(), call[field::path], meta->current));
  if (!latest) return nothing_to_patch();
  if (!latest->is_readable(call.now())) return Reply::data(print_version(meta->current, *latest, *meta)).status(404);

  Buffer text;
  const json::Value* before = TRY(json::parse(call.arena(), latest->data.reveal()));
  merge_patch(text, before, changes ? *changes : json::Value{.type = json::Type::object});
  TRY(json::parse(call.arena(), text));  // patch after patch must not grow beyond what a write may bring
  return add_version(call, config, *meta, Secret(text));
}

Result<Reply> Kv::remove(Call& call) {
  const auto meta = TRY(load_meta(call.storage(), call[field::path]));
  if (!meta) return Reply::empty();
  auto latest = TRY(load_version(call.storage(), call[field::path], meta->current));
  if (!latest || !latest->is_readable(call.now())) return Reply::empty();
  latest->deleted = call.now();
  TRY(store_version(call.storage(), call[field::path], meta->current, *latest));
  return Reply::empty();
}

}  // namespace sr::kv
