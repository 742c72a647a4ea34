#include "engines/transit/wrapping.h"
#include <span>
#include "base/concat.h"
#include "crypto/key_wrap.h"
#include "text/base64.h"
#include "text/lower.h"

namespace sr::transit {
namespace {
constexpr std::size_t ephemeral_key_size = 32;
}

Result<DigestKind> parse_oaep_hash(std::string_view name) {
  const std::string folded = to_lower(name);
  if (folded == "sha1") return DigestKind::sha1;
  if (folded == "sha224") return DigestKind::sha2_224;
  if (folded == "sha256") return DigestKind::sha2_256;
  if (folded == "sha384") return DigestKind::sha2_384;
  if (folded == "sha512") return DigestKind::sha2_512;
  return fail(Code::invalid, concat("unknown hash function: ", name));
}

Result<std::string> wrap_key(const KeyPair& wrapping_key, DigestKind hash, const Secret& key, Random& random) {
  Secret ephemeral = Secret::of_size(ephemeral_key_size);
  random.fill(std::as_writable_bytes(std::span(ephemeral.data(), ephemeral.size())));
  return base64::encode(concat(TRY(wrapping_key.encrypt_oaep(hash, ephemeral.reveal())), TRY(key_wrap_pad(ephemeral.reveal(), key.reveal()))));
}

Result<Secret> unwrap_key(const KeyPair& wrapping_key, DigestKind hash, std::string_view wrapped) {
  const std::size_t head = wrapping_key.bits() / 8;
  if (wrapped.size() <= head) return fail(Code::invalid, "provided ciphertext is too short");
  const auto ephemeral = wrapping_key.decrypt_oaep(hash, wrapped.substr(0, head));
  if (!ephemeral) return fail(Code::invalid, concat("crypto/rsa: ", ephemeral.error().message));
  if (ephemeral->size() != ephemeral_key_size) return fail(Code::invalid, "expected ephemeral AES key to be 256-bit");
  return key_unwrap_pad(ephemeral->reveal(), wrapped.substr(head));
}

}  // namespace sr::transit
