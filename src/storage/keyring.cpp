// The record of a ring, inside its seal; numbers with the big end first:
//   1 byte format, 32 bytes name key, 4 bytes number of terms,
//   and for each term, ascending: 4 bytes term, 8 bytes installed (nanoseconds since 1970), 32 bytes key
#include "storage/keyring.h"
#include <chrono>
#include <span>
#include "base/assert.h"
#include "base/limits.h"
#include "storage/sealed_record.h"

namespace sr {
namespace {

constexpr unsigned char format = 1;
constexpr std::size_t key_size = Aes256Gcm::key_size;
constexpr std::size_t head_size = 1 + key_size + 4, term_size = 4 + 8 + key_size;

void append_big_endian(Buffer& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

// Takes a record apart from the front; its size was checked before.
struct Reader {
  std::string_view rest;

  std::string_view bytes(std::size_t size) {
    SR_ASSERT(size <= rest.size());
    const auto taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  }
  std::uint64_t big_endian(std::size_t size) {
    std::uint64_t number = 0;
    for (const char byte : bytes(size)) number = number << 8 | static_cast<unsigned char>(byte);
    return number;
  }
};

}  // namespace

Keyring::Keyring(KeySecret root_key, Terms terms, KeySecret name_key)
    : Keyring(std::make_shared<const KeySecret>(std::move(root_key)), std::move(terms), std::make_shared<const KeySecret>(std::move(name_key))) {}

Keyring::Keyring(std::shared_ptr<const KeySecret> root_key, Terms terms, std::shared_ptr<const KeySecret> name_key)
    : root_key_(std::move(root_key)), terms_(std::move(terms)), name_key_(std::move(name_key)), name_hmac_(name_key_->reveal()) {
  SR_ASSERT(root_key_->size() == key_size && name_key_->size() == key_size && !terms_.empty());
}

std::shared_ptr<const Keyring> Keyring::create(KeySecret root_key, Random& random, Time now) {
  Terms terms;
  terms.emplace(1, std::make_shared<const Term>(KeySecret::generate(random), now));
  return std::shared_ptr<const Keyring>(new Keyring(std::move(root_key), std::move(terms), KeySecret::generate(random)));
}

std::string Keyring::seal(std::string_view place, Random& random) const {
  Buffer record;
  record.reserve(head_size + terms_.size() * term_size);
  record += static_cast<char>(format);
  record.append(name_key_->reveal());
  append_big_endian(record, terms_.size(), 4);
  for (const auto& [number, term] : terms_) {
    append_big_endian(record, number, 4);
    append_big_endian(record, static_cast<std::uint64_t>(term->installed.time_since_epoch().count()), 8);
    record.append(term->key.reveal());
  }
  return seal_record(Aes256Gcm(root_key_->reveal()), 0, place, record, random);
}

Result<std::shared_ptr<const Keyring>> Keyring::open(KeySecret root_key, std::string_view place, std::string_view sealed) {
  if (root_key.size() != key_size) return fail(Code::internal, "the root key has a wrong length");
  const SealedRecord outer = TRY(SealedRecord::parse(place, sealed));
  const Secret record = TRY(outer.open(Aes256Gcm(root_key.reveal()), place));

  // It was sealed by us, so what is wrong from here on is a version that this program does not know.
  auto unknown = [] { return fail(Code::internal, "the keyring was written in an unknown format"); };
  Reader reader{record.reveal()};
  if (reader.rest.size() < head_size || reader.big_endian(1) != format) return unknown();
  KeySecret name_key(reader.bytes(key_size));
  const std::uint64_t count = reader.big_endian(4);
  if (count == 0 || count > limits::keyring_terms || reader.rest.size() != count * term_size) return unknown();
  Terms terms;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto number = static_cast<std::uint32_t>(reader.big_endian(4));
    const Time installed{std::chrono::nanoseconds(static_cast<std::int64_t>(reader.big_endian(8)))};
    if (number == 0 || (!terms.empty() && number <= terms.rbegin()->first)) return unknown();
    terms.emplace(number, std::make_shared<const Term>(KeySecret(reader.bytes(key_size)), installed));
  }
  return std::shared_ptr<const Keyring>(new Keyring(std::move(root_key), std::move(terms), std::move(name_key)));
}

Result<std::shared_ptr<const Keyring>> Keyring::rotated(Random& random, Time now) const {
  if (terms_.size() >= limits::keyring_terms) return fail(Code::invalid, "the keyring has no room for another term");
  Terms terms = terms_;
  terms.emplace(active_term() + 1, std::make_shared<const Term>(KeySecret::generate(random), now));
  return std::shared_ptr<const Keyring>(new Keyring(root_key_, std::move(terms), name_key_));
}

std::shared_ptr<const Keyring> Keyring::under(KeySecret root_key) const {
  return std::shared_ptr<const Keyring>(new Keyring(std::make_shared<const KeySecret>(std::move(root_key)), terms_, name_key_));
}

const Aes256Gcm* Keyring::key_of(std::uint32_t term) const {
  const auto found = terms_.find(term);
  return found == terms_.end() ? nullptr : &found->second->cipher;
}

std::string Keyring::root_key_id() const {
  const Sha256Digest digest = HmacSha256(root_key_->reveal())("strongroom: which root key this is");
  return print_hex(std::span(digest).first(8));
}

// The NUL ends the purpose, so that no two pairs make the same text.
std::string Keyring::storage_hmac(std::string_view purpose, std::string_view text) const {
  SR_ASSERT(purpose.find('\0') == std::string_view::npos);
  constexpr std::size_t bytes = 20;  // RFC 2104 section 5: not less than half; nothing collides at 160 bits
  const std::string_view parts[] = {purpose, std::string_view("\0", 1), text};
  const Sha256Digest digest = name_hmac_(parts);
  return print_hex(std::span(digest).first(bytes));
}

}  // namespace sr
