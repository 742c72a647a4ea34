#include "storage/auto_seal.h"
#include "storage/record.h"

namespace sr {

std::string WrappedKey::print() const { return std::string(store_record(*this).reveal()); }

Result<WrappedKey> WrappedKey::parse(std::string_view row) {
  auto key = load_record<WrappedKey>(Secret(row));
  if (!key || key->key_id.empty()) return fail(Code::internal, "the wrapped root key cannot be read: it was damaged");
  return key;
}

Result<std::string> probe(const AutoSeal& seal, Random& random) {
  const auto key = KeySecret::generate(random);
  const auto wrapped = TRY(seal.wrap(key, random));
  if (TRY(seal.unwrap(wrapped)) == key) return wrapped.key_id;
  return fail(Code::internal, "what the seal wraps does not come back");
}

}  // namespace sr
