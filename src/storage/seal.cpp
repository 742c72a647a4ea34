#include "storage/seal.h"
#include <algorithm>
#include <charconv>
#include "base/arena.h"
#include "base/concat.h"
#include "crypto/shamir.h"
#include "storage/sealed_record.h"
#include "text/json.h"

namespace sr {
namespace {

constexpr std::size_t key_size = Aes256Gcm::key_size;
constexpr std::string_view place = "seal/root-key";  // what the wrapped root key is bound to

std::unexpected<Error> invalid_key(std::string_view why) { return fail(Code::invalid, "invalid key: " + std::string(why)); }

Result<std::size_t> number_of(const json::Value& object, std::string_view name) {
  const json::Value* member = object.find(name);
  std::size_t number = 0;
  if (member && member->type == json::Type::number) {
    const char* const end = member->text.data() + member->text.size();
    if (std::from_chars(member->text.data(), end, number).ptr == end) return number;
  }
  return fail(Code::internal, "seal configuration has no valid \"" + std::string(name) + "\"");
}

}  // namespace

std::string_view SealConfig::fault() const {
  if (opens_itself() && secret_shares == 0) return secret_threshold == 0 ? "" : "threshold cannot be larger than shares";
  if (secret_shares < 1) return "shares must be at least one";
  if (secret_threshold < 1) return "threshold must be at least one";
  if (secret_shares > 1 && secret_threshold < 2) return "threshold must be greater than one for multiple shares";
  if (secret_shares > 255) return "shares must be less than 256";
  if (secret_threshold > 255) return "threshold must be less than 256";
  if (secret_threshold > secret_shares) return "threshold cannot be larger than shares";
  return {};
}

Result<void> SealConfig::check() const {
  if (const auto why = fault(); !why.empty()) return fail(Code::invalid, concat(opens_itself() ? "invalid recovery configuration: " : "invalid seal configuration: ", why));
  return {};
}

std::string SealConfig::print() const {
  return json::Object().set("type", type).set("secret_shares", secret_shares).set("secret_threshold", secret_threshold).text();
}

Result<SealConfig> SealConfig::parse(std::string_view row) {
  Arena arena;
  const auto parsed = json::parse(arena, row);
  if (!parsed || !(*parsed)->is_object()) return fail(Code::internal, "seal configuration is not a JSON object");
  const json::Value& object = **parsed;
  const json::Value* type = object.find("type");
  if (!type || !type->is_string()) return fail(Code::internal, "seal configuration has no valid \"type\"");
  SealConfig config{.type = std::string(type->text),
                    .secret_shares = TRY(number_of(object, "secret_shares")),
                    .secret_threshold = TRY(number_of(object, "secret_threshold"))};
  if (const auto sound = config.check(); !sound) return fail(Code::internal, "seal configuration is damaged: " + sound.error().message);
  return config;
}

Result<ShamirSeal> ShamirSeal::from_key(std::string_view unseal_key) {
  if (unseal_key.size() != key_size) return fail(Code::invalid, "an unseal key has 32 bytes, not " + std::to_string(unseal_key.size()));
  return ShamirSeal(KeySecret(unseal_key));
}
ShamirSeal ShamirSeal::generate(Random& random) { return ShamirSeal(KeySecret::generate(random, key_size)); }

Result<std::string> ShamirSeal::wrap(const KeySecret& root_key, Random& random) const {
  return seal_record(Aes256Gcm(key_.reveal()), 0, place, root_key.reveal(), random);
}

Result<KeySecret> ShamirSeal::unwrap(std::string_view wrapped) const {
  const auto record = TRY(SealedRecord::parse(place, wrapped));
  const auto root_key = record.open(Aes256Gcm(key_.reveal()), place);
  if (!root_key) return fail(Code::invalid, "the unseal key does not open the root key");
  return KeySecret(root_key->reveal());
}

Result<std::vector<Secret>> split_key(const KeySecret& key, const SealConfig& config, Random& random) {
  TRY(config.check());
  if (config.secret_shares > 1) return shamir_split(key.reveal(), {.parts = config.secret_shares, .threshold = config.secret_threshold}, random);
  std::vector<Secret> whole;
  if (config.secret_shares == 1) whole.emplace_back(key.reveal());
  return whole;
}

Result<ShamirInit> init_shamir(const SealConfig& config, const KeySecret& root_key, Random& random) {
  const ShamirSeal seal = ShamirSeal::generate(random);
  ShamirInit init;
  init.shares = TRY(split_key(seal.key(), config, random));
  init.config_row = config.print();
  init.wrapped_root_key = TRY(seal.wrap(root_key, random));
  init.unseal_key = seal.key().copy();
  return init;
}

Result<KeySecret> open_root_key(const KeySecret& unseal_key, std::string_view wrapped_root_key) {
  const auto seal = ShamirSeal::from_key(unseal_key.reveal());
  if (!seal) return invalid_key("failed to setup unseal key: " + seal.error().message);
  auto root_key = seal->unwrap(wrapped_root_key);
  if (!root_key && root_key.error().code == Code::invalid) return invalid_key("failed to decrypt keys from storage: " + root_key.error().message);
  return root_key;
}

Result<std::optional<KeySecret>> UnsealAttempt::add(std::string_view share, const SealConfig& config, Random& random) {
  // Vault's bounds, those of any AES key and the byte that a share adds.
  if (share.size() < 16) return invalid_key("key is shorter than minimum 16 bytes");
  if (share.size() > 33) return invalid_key("key is longer than maximum 33 bytes");
  const bool is_known = std::ranges::any_of(shares_, [&](const Secret& known) { return equal_in_constant_time(known.reveal(), share); });
  if (shares_.empty()) nonce_ = random_uuid(random);
  if (!is_known) shares_.emplace_back(share);
  if (shares_.size() < config.secret_threshold) return std::nullopt;
  if (config.secret_threshold <= 1) return std::optional(KeySecret(share));
  const auto key = shamir_combine(shares_);
  if (key) return std::optional(KeySecret(key->reveal()));
  reset();
  return invalid_key("failed to compute combined key: " + key.error().message);
}

void UnsealAttempt::reset() {
  shares_.clear();
  nonce_.clear();
}

}  // namespace sr
