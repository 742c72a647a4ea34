// Keys as a whole: made, read, rotated, trimmed, deleted.
#include "base/concat.h"
#include "engines/transit/engine.h"
#include "engines/transit/fields.h"
#include "engines/transit/lifecycle.h"
#include "logical/paging.h"
#include "text/base64.h"

namespace sr::transit {
namespace {

constexpr Seconds rotation_period_min{3600};

Result<Reply> describe(OpenKey& key) { return Reply::data(TRY(print_key(key))); }

}  // namespace

Result<void> check_rotation_period(Seconds period) {
  if (period == Seconds(0) || period >= rotation_period_min) return {};
  return fail(Code::invalid, "auto rotate period must be 0 to disable or at least an hour");
}

Result<OpenKey> Transit::open(Call& call, const TextField& name, std::string_view missing) {
  auto key = TRY(open(call, call[name]));
  if (!key) return fail(Code::invalid, std::string(missing));
  return std::move(*key);
}

Result<Reply> Transit::list_keys(Call& call) { return Reply::list(TRY(paging::list_names(call, keys_folder))); }

Result<Reply> Transit::create_key(Call& call) {
  const auto name = TRY(check_name(call[field::name]));
  TRY(check_rotation_period(call[field::auto_rotate_period]));
  if (call[field::convergent_encryption] && !call[field::derived]) return fail(Code::invalid, "convergent encryption requires derivation to be enabled");
  const KeyTypeInfo* info = find_type(call[field::type]);
  if (!info) return fail(Code::invalid, concat("unknown key type ", call[field::type]));
  const std::int64_t size = call[field::key_size];
  if (size != 0 && info->type != KeyType::hmac) return fail(Code::invalid, concat("key_size is not valid for algorithm ", info->name));
  if (size != 0 && (size < hmac_key_min || size > hmac_key_max)) return fail(Code::invalid, concat("invalid key_size ", std::to_string(size)));

  if (auto before = TRY(open(call, name))) return TRY(describe(*before)).warn(concat("key ", name, " already existed"));
  TRY(check_derivation(*info, call[field::derived], call[field::convergent_encryption]));
  Key key = new_key(*info, call.host().random());
  key.derived = call[field::derived], key.convergent = call[field::convergent_encryption];
  if (key.convergent) key.convergent_version = -1;
  key.exportable = call[field::exportable], key.plaintext_backup = call[field::allow_plaintext_backup];
  key.rotation_period = call[field::auto_rotate_period], key.size = size;
  TRY(rotate_key(call.storage(), call.host(), name, key));
  auto made = TRY(open(call, name));
  return describe(*made);
}

Result<Reply> Transit::read_key(Call& call) {
  auto key = TRY(open(call, call[field::name]));
  if (!key) return Reply::empty();
  const auto context = base64::decode_as_go(call[field::context]);
  if (!context) return fail(Code::invalid, "failed to base64-decode context");
  return Reply::data(TRY(print_key(*key, *context)));
}

Result<Reply> Transit::delete_key(Call& call) {
  const auto name = TRY(check_name(call[field::name]));
  const auto refuse = [&](std::string_view why) { return fail(Code::invalid, concat("error deleting policy ", name, ": ", why)); };
  const auto key = TRY(load_key(call.storage(), name));
  if (!key) return refuse("could not delete key; not found");
  if (!key->deletion_allowed) return refuse("deletion is not allowed for this key");
  TRY(remove_key(call.storage(), name, *key));
  forget_versions(*key, key->first_kept(), key->latest + 1);
  return Reply::empty();
}

Result<Reply> Transit::soft_delete(Call& call) {
  auto key = TRY(open(call, call[field::name]));
  if (!key) return Reply::empty();
  const bool was_deleted = std::exchange(key->settings().soft_deleted, true);
  TRY(store_key(call.storage(), key->name(), key->settings()));
  Reply reply = TRY(describe(*key));
  if (was_deleted) reply.add_warning("key was already marked as soft deleted");
  return reply;
}

Result<Reply> Transit::soft_restore(Call& call) {
  auto key = TRY(open(call, call[field::name]));
  if (!key) return Reply::empty();
  const bool was_deleted = std::exchange(key->settings().soft_deleted, false);
  TRY(store_key(call.storage(), key->name(), key->settings()));
  Reply reply = TRY(describe(*key));
  if (!was_deleted) reply.add_warning("key was already restored");
  return reply;
}

Result<Reply> Transit::rotate(Call& call) {
  OpenKey key = TRY(open(call, field::name, "key not found"));
  if (key.settings().soft_deleted) return fail(Code::invalid, std::string(soft_deleted));
  TRY(rotate_key(call.storage(), call.host(), key.name(), key.settings()));
  return describe(key);
}

Result<Reply> Transit::trim(Call& call) {
  OpenKey open_key = TRY(open(call, field::name, "invalid key name"));
  Key& key = open_key.settings();
  if (!call.has(field::min_available_version)) return fail(Code::invalid, "missing min_available_version");
  const VersionNumber first = call[field::min_available_version];
  const auto refuse = [](std::string_view why) { return fail(Code::invalid, concat("minimum available version ", why)); };
  if (first < key.available_min) return refuse("cannot be decremented");
  if (key.encryption_min == 0) return refuse("cannot be set when minimum encryption version is not set");
  if (first > key.encryption_min) return refuse("cannot be greater than minmum encryption version");
  if (first > key.decryption_min) return refuse("cannot be greater than minimum decryption version");
  if (first < 0) return refuse("cannot be negative");
  if (first == 0) return refuse("should be positive");
  TRY(drop_versions(call.storage(), key.id, key.first_kept(), first));
  forget_versions(key, key.first_kept(), first);
  key.available_min = first;
  TRY(store_key(call.storage(), open_key.name(), key));
  return describe(open_key);
}

}  // namespace sr::transit
