// Settings of a key, and of the mount.
#include "base/concat.h"
#include "engines/transit/engine.h"
#include "engines/transit/fields.h"
#include "engines/transit/lifecycle.h"

namespace sr::transit {
namespace {

Result<void> check_version(std::string_view which, VersionNumber wanted, VersionNumber latest) {
  if (wanted < 0) return fail(Code::invalid, concat("min ", which, " version cannot be negative"));
  if (wanted > latest) return fail(Code::invalid, concat("cannot set min ", which, " version of ", std::to_string(wanted), ", latest key version is ", std::to_string(latest)));
  return {};
}

constexpr std::string_view starts_at_one = "since Vault 0.3, transit key numbering starts at 1; forcing minimum to 1";

}  // namespace

Result<Reply> Transit::configure_key(Call& call) {
  OpenKey open_key = TRY(open(call, field::name, concat("no existing key named ", call[field::name], " could be found")));
  Key& key = open_key.settings();
  bool warns = false;
  if (const auto* wanted = call.find(field::min_decryption_version)) {
    TRY(check_version("decryption", *wanted, key.latest));
    warns = *wanted == 0;
    key.decryption_min = std::max<VersionNumber>(*wanted, 1);
  }
  if (const auto* wanted = call.find(field::min_encryption_version)) {
    TRY(check_version("encryption", *wanted, key.latest));
    key.encryption_min = *wanted;
  }
  if (key.encryption_min > 0 && key.encryption_min < key.decryption_min)
    return fail(Code::invalid, concat("cannot set min encryption/decryption values; min encryption version of ", std::to_string(key.encryption_min),
                                      " must be greater than or equal to min decryption version of ", std::to_string(key.decryption_min)));
  if (const auto* allowed = call.find(field::deletion_allowed)) key.deletion_allowed = *allowed;
  key.exportable |= call[field::exportable];
  key.plaintext_backup |= call[field::allow_plaintext_backup];
  if (const auto* period = call.find(field::auto_rotate_period)) {
    TRY(check_rotation_period(*period));
    key.rotation_period = *period;
  }
  if (key.available_min > key.encryption_min) return fail(Code::invalid, "min encryption version should not be less than min available version");
  if (key.available_min > key.decryption_min) return fail(Code::invalid, "min decryption version should not be less then min available version");
  TRY(store_key(call.storage(), open_key.name(), key));
  Reply reply = Reply::data(TRY(print_key(open_key)));
  if (warns) reply.add_warning(std::string(starts_at_one));
  return reply;
}

Result<Reply> Transit::read_keys_config(Call& call) {
  const auto config = TRY(load_row<KeysConfig>(call.storage(), keys_config_row)).value_or(KeysConfig{});
  return Reply::data(json::Object().set("disable_upsert", config.disable_upsert));
}

Result<Reply> Transit::write_keys_config(Call& call) {
  const KeysConfig config{.disable_upsert = call[field::disable_upsert]};
  TRY(call.storage().put(keys_config_row, store_record(config)));
  return Reply::data(json::Object().set("disable_upsert", config.disable_upsert));
}

Result<Reply> Transit::read_cache_config(Call& call) {
  const auto config = TRY(load_row<CacheConfig>(call.storage(), cache_config_row)).value_or(CacheConfig{});
  return Reply::data(json::Object().set("size", config.size));
}

// Kept for those who set it: how much is kept ready is the server's business.
Result<Reply> Transit::write_cache_config(Call& call) {
  constexpr std::int64_t size_min = 10;
  const CacheConfig config{.size = call[field::cache_size]};
  if (config.size != 0 && config.size < size_min) return fail(Code::invalid, concat("size must be 0 or a value greater or equal to ", std::to_string(size_min)));
  TRY(call.storage().put(cache_config_row, store_record(config)));
  return Reply::data(json::Object().set("size", config.size));
}

}  // namespace sr::transit
