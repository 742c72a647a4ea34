#include "storage/sealed_record.h"
#include <cstring>

namespace sr {
namespace {
constexpr unsigned char version = 0x02;
}

Result<SealedRecord> SealedRecord::parse(std::string_view place, std::string_view bytes) {
  if (bytes.size() < overhead) return fail(Code::internal, "sealed record at \"" + std::string(place) + "\" is too short");
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  if (at[4] != version) return fail(Code::internal, "sealed record at \"" + std::string(place) + "\" has the unknown version " + std::to_string(at[4]));
  SealedRecord record;
  for (int i = 0; i < 4; ++i) record.term = record.term << 8 | at[i];
  std::memcpy(record.nonce.data(), at + 5, record.nonce.size());
  record.cipher_text = bytes.substr(header_size);
  return record;
}

Result<Secret> SealedRecord::open(const Aes256Gcm& key, std::string_view place) const {
  auto plain = key.open(nonce, place, cipher_text);
  if (!plain) return fail(Code::internal, "sealed record at \"" + std::string(place) + "\" cannot be opened: it was damaged, moved or tampered with");
  return plain;
}

std::string seal_record(const Aes256Gcm& key, std::uint32_t term, std::string_view place, std::string_view plain, Random& random) {
  std::string bytes(SealedRecord::overhead + plain.size(), '\0');
  for (int i = 0; i < 4; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<char>(term >> (24 - 8 * i));
  bytes[4] = static_cast<char>(version);
  const auto nonce = random_nonce(random);
  std::memcpy(bytes.data() + 5, nonce.data(), nonce.size());
  key.seal_to(bytes.data() + SealedRecord::header_size, nonce, place, plain);
  return bytes;
}

}  // namespace sr
