#include "engines/transit/backup_json.h"
#include <charconv>
#include "base/concat.h"
#include "crypto/key_numbers.h"
#include "crypto/pem.h"
#include "engines/transit/lifecycle.h"
#include "engines/transit/open_key.h"
#include "text/base64.h"

namespace sr::transit {
namespace {

std::unexpected<Error> invalid(std::string text) { return fail(Code::invalid, std::move(text)); }

// ---- printing -----------------------------------------------------------------------------------------------------------------
void put_bytes(json::Object& to, std::string_view name, std::string_view bytes) {
  if (bytes.empty()) return static_cast<void>(to.put(name, nullptr));
  Buffer text;
  base64::encode(text, bytes);
  to.put(name, text.view());
}

void put_number(json::Object& to, std::string_view name, std::string_view digits) { to.put_raw(name, digits.empty() ? "null" : digits); }

json::Object print_rsa(const KeyNumbers::Rsa& numbers) {
  json::Object rsa, precomputed;
  put_number(rsa, "N", numbers.modulus);
  put_number(rsa, "E", numbers.exponent);
  if (numbers.private_exponent.empty()) return rsa;
  put_number(rsa, "D", numbers.private_exponent.reveal());
  Buffer primes("[");
  (((primes += numbers.prime1.reveal()) += ',') += numbers.prime2.reveal()) += ']';
  rsa.put_raw("Primes", primes);
  put_number(precomputed, "Dp", numbers.exponent1.reveal());
  put_number(precomputed, "Dq", numbers.exponent2.reveal());
  put_number(precomputed, "Qinv", numbers.coefficient.reveal());
  precomputed.put_raw("CRTValues", "[]");
  rsa.put("Precomputed", precomputed);
  return rsa;
}

void put_chain(json::Object& to, const Strings& certificates) {
  if (certificates.empty()) return static_cast<void>(to.put("certificate_chain", nullptr));
  json::Array chain;
  for (const auto& der : certificates) chain.add(base64::encode(der));
  to.put("certificate_chain", chain);
}

struct Numbers {
  KeyNumbers::Curve curve{};
  std::optional<KeyNumbers::Rsa> rsa{};
  std::string public_key{};                  // as the key's type shows it
};
Result<Numbers> numbers_of(const KeyTypeInfo& info, const Version& version) {
  Numbers numbers;
  if (!info.pair) return numbers;
  const KeyPair shown = TRY(KeyPair::parse_public(version.public_key, KeyPair::Check::no));
  if (info.is_ed25519()) {
    numbers.public_key = base64::encode(shown.ed25519_public());
    return numbers;
  }
  const KeyPair pair = TRY(version.has_private() ? KeyPair::parse_private(version.key.reveal(), KeyPair::Check::no) : KeyPair::parse_public(version.public_key, KeyPair::Check::no));
  if (info.is_rsa()) numbers.rsa = KeyNumbers::print_rsa(pair);
  else numbers.curve = KeyNumbers::print_curve(pair), numbers.public_key = print_pem("PUBLIC KEY", version.public_key);
  return numbers;
}

Result<json::Object> print_version(const KeyTypeInfo& info, const Version& version) {
  const Numbers numbers = TRY(numbers_of(info, version));
  json::Object entry;
  put_chain(entry, version.certificates);
  entry.put("convergent_version", version.convergent_version).put("creation_time", std::chrono::floor<Seconds>(version.created).time_since_epoch().count());
  put_number(entry, "ec_d", numbers.curve.scalar.reveal());
  put_number(entry, "ec_x", numbers.curve.x);
  put_number(entry, "ec_y", numbers.curve.y);
  put_bytes(entry, "hmac_key", version.hmac_key.reveal());
  put_bytes(entry, "key", !info.pair || info.is_ed25519() ? version.key.reveal() : std::string_view());
  entry.put("public_key", numbers.public_key);
  if (numbers.rsa && version.has_private()) entry.put("rsa_key", print_rsa(*numbers.rsa));
  else entry.put("rsa_key", nullptr);
  if (numbers.rsa && !version.has_private()) entry.put("rsa_public_key", print_rsa(*numbers.rsa));
  else entry.put("rsa_public_key", nullptr);
  entry.put("time", rfc3339(version.created));
  return entry;
}

// Version 0 has a place in the archive as long as no version has been trimmed.
constexpr std::string_view no_version =
    R"({"key":null,"hmac_key":null,"time":"0001-01-01T00:00:00Z","ec_x":null,"ec_y":null,"ec_d":null,"rsa_key":null,"rsa_public_key":null,"public_key":"",)"
    R"("convergent_version":0,"creation_time":0,"certificate_chain":null})";

void put_occasion(json::Object& to, std::string_view name, const std::optional<Occasion>& occasion) {
  if (!occasion) to.put(name, nullptr);
  else to.put(name, json::Object().set("time", rfc3339(occasion->time)).set("version", occasion->version));
}

// ---- reading ------------------------------------------------------------------------------------------------------------------
class Reader {
 public:
  explicit Reader(const json::Value& object) : object_(object) {}

  const json::Value* find(std::string_view name) const {
    const json::Value* found = object_.find(name);
    return found && !found->is_null() ? found : nullptr;
  }
  bool flag(std::string_view name) const {
    const json::Value* found = find(name);
    return found && found->flag;
  }
  std::string_view text(std::string_view name) const {
    const json::Value* found = find(name);
    return found && found->is_string() ? found->text : std::string_view();
  }
  std::string_view digits(std::string_view name) const {
    const json::Value* found = find(name);
    return found && found->type == json::Type::number ? found->text : std::string_view();
  }
  std::int64_t number(std::string_view name) const {
    std::int64_t value = 0;
    const auto given = digits(name);
    std::from_chars(given.data(), given.data() + given.size(), value);
    return value;
  }
  Result<Secret> bytes(std::string_view name) const {
    Buffer decoded;
    TRY(base64::decode_as_go(decoded, text(name)));
    return Secret(decoded);
  }
  std::optional<Occasion> occasion(std::string_view name) const {
    const json::Value* found = find(name);
    if (!found) return std::nullopt;
    const auto time = parse_time(Reader(*found).text("time"));
    return time ? std::optional(Occasion{.time = *time, .version = Reader(*found).number("version")}) : std::nullopt;
  }

 private:
  const json::Value& object_;
};

Result<KeyPair> parse_rsa(const json::Value& given, bool is_private) {
  const Reader reader(given);
  KeyNumbers::Rsa numbers{.modulus = std::string(reader.digits("N")), .exponent = std::string(reader.digits("E"))};
  if (!is_private) return KeyNumbers::parse_rsa(numbers);
  const json::Value* primes = reader.find("Primes");
  if (!primes || !primes->is_array() || primes->items.size() != 2) return invalid("an rsa key that is not made of two primes");
  numbers.private_exponent = Secret(reader.digits("D"));
  numbers.prime1 = Secret(primes->items[0].text), numbers.prime2 = Secret(primes->items[1].text);
  if (numbers.private_exponent.empty()) return invalid("an rsa key without its numbers");
  return KeyNumbers::parse_rsa(numbers);
}

// The pair of an asymmetric key's version. Of Ed25519 the material is what was there: a derived key is derived from all of it.
Result<void> read_pair(Version& version, const KeyTypeInfo& info, const Reader& entry) {
  if (info.is_ed25519()) {
    const auto shown = TRY(entry.bytes("public_key"));
    if (version.has_private() && version.key.size() != 64) return invalid("an ed25519 key of a wrong size");
    const std::string_view raw = version.has_private() ? version.key.reveal().substr(32) : shown.reveal();
    constexpr std::string_view header("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);  // RFC 8410
    version.public_key = concat(header, raw);
    const KeyPair pair = TRY(KeyPair::parse_public(version.public_key, KeyPair::Check::no));
    if (version.has_private() && !TRY(KeyPair::ed25519_from_seed(version.key.reveal().substr(0, 32))).has_public_key_of(pair)) return invalid("an ed25519 key whose halves do not fit");
    return {};
  }
  version.key = Secret();
  const json::Value* rsa = entry.find("rsa_key");
  const json::Value* rsa_public = entry.find("rsa_public_key");
  if (info.is_rsa() && !rsa && !rsa_public) return invalid("an rsa key without its numbers");
  const KeyNumbers::Curve curve{.x = std::string(entry.digits("ec_x")), .y = std::string(entry.digits("ec_y")), .scalar = Secret(entry.digits("ec_d"))};
  const KeyPair pair = TRY(info.is_rsa() ? parse_rsa(rsa ? *rsa : *rsa_public, rsa != nullptr) : KeyNumbers::parse_curve(*info.pair, curve));
  if (info.is_rsa() && pair.bits() != info.rsa_bits) return invalid("an rsa key of a wrong size");
  version.public_key = pair.print_public();
  if (pair.is_private()) version.key = pair.print_private();
  return {};
}

Result<Version> read_version(const Key& key, const json::Value& given) {
  const Reader entry(given);
  Version version{.created = parse_time(entry.text("time")).value_or(Time(Seconds(std::clamp<std::int64_t>(entry.number("creation_time"), 0, 9'000'000'000))))};
  version.key = TRY(entry.bytes("key")), version.hmac_key = TRY(entry.bytes("hmac_key"));
  version.convergent_version = entry.number("convergent_version");
  if (version.key.size() > limits::key_bytes || version.hmac_key.size() > limits::key_bytes) return invalid("a key of this size is not supported");
  if (key.info().pair) TRY(read_pair(version, key.info(), entry));
  if (const json::Value* chain = entry.find("certificate_chain"); chain && chain->is_array()) {
    if (chain->items.size() > limits::certificate_chain) return invalid("a certificate chain of this length is not supported");
    for (const auto& certificate : chain->items) version.certificates.push_back(TRY(base64::decode_as_go(certificate.text)));
  }
  if (key.info().aead && version.key.size() != Aead::key_size(*key.info().aead)) return invalid("a key of a wrong size");
  if (key.type == KeyType::hmac && (version.key.size() < 1 || version.key.size() > static_cast<std::size_t>(hmac_key_max))) return invalid("an hmac key of a wrong size");
  if (key.derived && version.key.empty()) return invalid("a derived key without its material");
  return version;
}

// Vault numbers hmac keys as OpenBao numbers XChaCha20's; an hmac key alone has a size of its own.
const KeyTypeInfo* type_of(const Reader& policy) {
  const bool is_vaults_hmac = policy.number("type") == 11 && policy.number("key_size") > 0;
  return is_vaults_hmac ? &info_of(KeyType::hmac) : find_type(policy.number("type"));
}

Result<Key> read_settings(const Reader& policy) {
  const KeyTypeInfo* info = type_of(policy);
  if (!info || policy.digits("type").empty()) return invalid("a backup of no known type of key");
  Key key{.type = info->type, .derived = policy.flag("derived"), .convergent = policy.flag("convergent_encryption")};
  key.kdf = policy.number("kdf") == 1 ? Kdf::hkdf : Kdf::counter;
  key.convergent_version = policy.number("convergent_version");
  key.size = policy.number("key_size");
  key.exportable = policy.flag("exportable"), key.plaintext_backup = policy.flag("allow_plaintext_backup"), key.deletion_allowed = policy.flag("deletion_allowed");
  key.imported = policy.flag("Imported"), key.imported_may_rotate = policy.flag("AllowImportedKeyRotation"), key.soft_deleted = policy.flag("soft_deleted");
  key.latest = policy.number("latest_version"), key.decryption_min = policy.number("min_decryption_version");
  key.encryption_min = policy.number("min_encryption_version"), key.available_min = policy.number("min_available_version");
  key.backup = policy.occasion("backup_info"), key.restore = policy.occasion("restore_info");
  const std::int64_t period = policy.number("auto_rotate_period") / 1'000'000'000;
  if (period < 0 || key.size < 0 || key.size > hmac_key_max) return invalid("settings that no key has");
  TRY(check_rotation_period(Seconds(period)));
  key.rotation_period = Seconds(period);
  TRY(check_derivation(*info, key.derived, key.convergent));
  const auto told = [](std::string_view which, VersionNumber number, std::string_view than) { return invalid(concat(which, " version of ", std::to_string(number), " is ", than)); };
  if (key.decryption_min < 1) return told("minimum decryption", key.decryption_min, "less than 1");
  if (key.latest < 1) return told("latest", key.latest, "less than 1");
  if (key.latest > limits::key_version_max) return told("latest", key.latest, "more than any key has");
  if (key.encryption_min < 0 || key.available_min < 0) return invalid("versions below zero");
  if (key.encryption_min > 0 && key.encryption_min < key.decryption_min) return told("minimum decryption", key.decryption_min, "greater than minimum encryption version");
  if (key.decryption_min > key.latest || key.encryption_min > key.latest) return told("minimum", std::max(key.decryption_min, key.encryption_min), "greater than the latest version");
  if (key.available_min > key.decryption_min) return told("minimum available", key.available_min, "greater than the minimum decryption version");
  return key;
}

const json::Value* archived(const json::Value* archive, VersionNumber index) {
  const json::Value* keys = archive ? archive->find("keys") : nullptr;
  if (!keys || !keys->is_array() || index < 0 || static_cast<std::size_t>(index) >= keys->items.size()) return nullptr;
  return &keys->items[static_cast<std::size_t>(index)];
}

}  // namespace

Result<Secret> print_backup(std::string_view name, const Backup& backup) {
  const Key& key = backup.key;
  json::Object live;
  json::Array archive;
  if (key.available_min == 0) archive.add_raw(no_version);
  for (const auto& [number, version] : backup.versions) {
    const auto entry = TRY(print_version(key.info(), version));
    archive.add(entry);
    if (number >= key.decryption_min) live.put(std::to_string(number), entry);
  }
  json::Object policy;
  policy.put("AllowImportedKeyRotation", key.imported_may_rotate).put("Imported", key.imported).put("allow_plaintext_backup", key.plaintext_backup);
  policy.put("archive_min_version", key.available_min).put("archive_version", key.latest);
  policy.put("auto_rotate_period", key.rotation_period.count() * 1'000'000'000);
  put_occasion(policy, "backup_info", key.backup);
  policy.put("convergent_encryption", key.convergent).put("convergent_version", key.convergent_version).put("deletion_allowed", key.deletion_allowed);
  policy.put("derived", key.derived).put("exportable", key.exportable).put("kdf", key.derived && key.kdf == Kdf::hkdf ? 1 : 0);
  if (key.size > 0) policy.put("key_size", key.size);
  policy.put("keys", live).put("latest_version", key.latest).put("min_available_version", key.available_min);
  policy.put("min_decryption_version", key.decryption_min).put("min_encryption_version", key.encryption_min).put("name", name);
  put_occasion(policy, "restore_info", key.restore);
  policy.put("soft_deleted", key.soft_deleted).put("storage_prefix", "").put("type", static_cast<int>(key.type)).put("version_template", "");
  json::Object all;
  all.put("archived_keys", json::Object().set("keys", archive)).put("policy", policy);
  Buffer text, encoded;
  all.print(text);
  base64::encode(encoded, text);
  return Secret(encoded);
}

Result<ReadBackup> parse_backup(Arena& arena, std::string_view text) {
  Buffer decoded;
  TRY(base64::decode_as_go(decoded, text));
  // The tree borrows from the text, which has to last as long as the arena does.
  char* kept = static_cast<char*>(arena.allocate(decoded.size() + 1, 1));
  std::memcpy(kept, decoded.view().data(), decoded.size());
  const json::Value* root = TRY(json::parse(arena, {kept, decoded.size()}));
  const json::Value* given = root->find("policy");
  if (!given || !given->is_object()) return invalid("a backup without a key");
  const Reader policy(*given);
  ReadBackup read{.name = std::string(policy.text("name")), .backup = {.key = TRY(read_settings(policy)), .versions = {}}};
  Key& key = read.backup.key;
  if (key.latest - key.first_kept() >= static_cast<VersionNumber>(limits::key_versions_restored))
    return invalid(concat("a backup of more than ", std::to_string(limits::key_versions_restored), " versions is not supported"));
  const json::Value* live = given->find("keys");
  for (VersionNumber number = key.first_kept(); number <= key.latest; ++number) {
    const json::Value* entry = live ? live->find(std::to_string(number)) : nullptr;
    if (!entry) entry = archived(root->find("archived_keys"), number - key.available_min);
    if (!entry || !entry->is_object()) return invalid(concat("a backup without version ", std::to_string(number)));
    Material material = TRY(make_material(key, TRY(read_version(key, *entry))));  // whether it makes a key at all
    key.latest_created = material.version.created;
    if (key.type == KeyType::hmac && key.size == 0) key.size = static_cast<std::int64_t>(material.version.key.size());
    read.backup.versions.emplace(number, std::move(material.version));
  }
  return read;
}

}  // namespace sr::transit
