#include "storage/static_seal.h"
#include "base/concat.h"
#include "storage/sealed_record.h"
#include "text/base64.h"
#include "text/hex.h"

namespace sr {
namespace {

constexpr std::size_t key_size = Aes256Gcm::key_size;

// The id is bound to what the key seals, so that it cannot be exchanged on the disk for another's.
std::string place_of(std::string_view key_id) { return concat("seal/static/", key_id); }

}  // namespace

Result<KeySecret> StaticSeal::parse_key(std::string_view text) {
  if (text.size() == key_size) return KeySecret(text);  // before anything is cut off: a byte of a key may look like a line break
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty()) return fail(Code::invalid, "the key is empty");
  // Bytes that are no text, or too few of it, are a key of the wrong size, whatever they encode.
  if (text.size() != 64 && text.size() != 44 && text.size() != 43)
    return fail(Code::invalid, concat("an AES-256 key is 32 bytes, or these in hex (64 characters) or base64 (44): this one has ", std::to_string(text.size())));
  Buffer bytes;
  bool is_key = false;
  if (text.size() == 64) is_key = hex::decode(bytes, text).has_value();
  else if (text.size() == 44) is_key = base64::decode(bytes, text).has_value();
  else if (text.size() == 43) is_key = base64::decode(bytes, text, base64::Form::url_raw).has_value();
  if (!is_key || bytes.size() != key_size) return fail(Code::invalid, "unknown encoding for AES-256 key: must be either a raw, hex, or base64-encoded");
  return KeySecret(bytes.view());
}

Result<std::unique_ptr<StaticSeal>> StaticSeal::make(Key current, std::optional<Key> previous) {
  if (current.bytes.size() != key_size) return fail(Code::invalid, "the current key has not 32 bytes");
  if (current.id.empty()) return fail(Code::invalid, "got empty current_key_id; please specify a permanent identifier for this key");
  if (previous) {
    if (previous->bytes.size() != key_size) return fail(Code::invalid, "the previous key has not 32 bytes");
    if (previous->id.empty()) return fail(Code::invalid, "got empty previous_key_id with non-empty previous_key; please specify the matching key identifier");
    const bool same_key = previous->bytes == current.bytes, same_id = previous->id == current.id;
    if (same_key && !same_id) return fail(Code::invalid, "current and previous key material match with different key identifiers");
    if (!same_key && same_id) return fail(Code::invalid, "current and previous key material differs with same key identifiers");
  }
  return std::unique_ptr<StaticSeal>(new StaticSeal(std::move(current), std::move(previous)));
}

Result<WrappedKey> StaticSeal::wrap(const KeySecret& key, Random& random) const {
  return WrappedKey{current_.id, seal_record(Aes256Gcm(current_.bytes.reveal()), 0, place_of(current_.id), key.reveal(), random)};
}

Result<KeySecret> StaticSeal::unwrap(const WrappedKey& wrapped) const {
  const Key* key = wrapped.key_id == current_.id ? &current_ : previous_ && wrapped.key_id == previous_->id ? &*previous_ : nullptr;
  if (!key) return fail(Code::invalid, concat("the root key is wrapped by the key \"", wrapped.key_id, "\", which is neither current_key_id nor previous_key_id"));
  const auto record = TRY(SealedRecord::parse("seal/root-key", wrapped.sealed));
  const auto opened = record.open(Aes256Gcm(key->bytes.reveal()), place_of(key->id));
  if (!opened) return fail(Code::invalid, concat("the key \"", key->id, "\" does not open the root key: it is another key than the one that was called so"));
  return KeySecret(opened->reveal());
}

}  // namespace sr
