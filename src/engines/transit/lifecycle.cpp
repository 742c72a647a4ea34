#include "engines/transit/lifecycle.h"
#include "base/concat.h"

namespace sr::transit {
namespace {

constexpr std::int64_t convergent_version_now = 3;
constexpr std::size_t hmac_key_size = 32;
constexpr std::size_t rotations_of_one_step = 1;   // an RSA key takes its time
constexpr VersionNumber removals_of_one_step = 64;

Secret draw(Random& random, std::size_t size) {
  Secret bytes = Secret::of_size(size);
  random.fill(std::as_writable_bytes(std::span(bytes.data(), bytes.size())));
  return bytes;
}

void draw_material(Version& version, const Key& key, Random& random) {
  const KeyTypeInfo& info = key.info();
  if (info.aead) {
    version.key = draw(random, Aead::key_size(*info.aead));
  } else if (info.is_ed25519()) {
    const Secret seed = draw(random, 32);
    const auto pair = KeyPair::ed25519_from_seed(seed.reveal()).value();
    version.key = seed_and_public(seed.reveal(), pair), version.public_key = pair.print_public();
  } else if (info.pair) {
    const KeyPair pair = KeyPair::generate(*info.pair, info.rsa_bits);
    version.key = pair.print_private(), version.public_key = pair.print_public();
  } else {
    version.key = draw(random, static_cast<std::size_t>(key.size));
    version.hmac_key = version.key.copy();
  }
}

Result<void> rotate_due(View& rows, const Host& host, std::string_view index_row) {
  const std::string_view name = index_row.substr(index_row.find('/') + 1);
  auto key = TRY(load_key(rows, name));
  const bool is_due = key && key->rotates_at && *key->rotates_at <= host.now();
  if (is_due) {
    const auto rotated = rotate_key(rows, host, name, *key);
    if (rotated || rotated.error().code != Code::invalid) return rotated;
    key->rotation_period = Seconds(0);  // what cannot be rotated holds up no other key
    return store_key(rows, name, *key);
  }
  return rows.remove(concat(rotations_folder, index_row));  // of a key that is gone or has another time by now
}

Result<void> remove_leftover(View& rows, std::string_view id) {
  const auto left = TRY(load_row<Leftover>(rows, concat(leftovers_folder, id)));
  if (!left) return {};
  const VersionNumber stop = std::min(left->end, left->first + removals_of_one_step);
  for (VersionNumber number = left->first; number < stop; ++number) TRY(rows.remove(version_row(id, number), Former::leaves_disk));
  if (stop == left->end) return rows.remove(concat(leftovers_folder, id));
  return rows.put(concat(leftovers_folder, id), store_record(Leftover{.first = stop, .end = left->end}));
}

}  // namespace

Result<void> check_derivation(const KeyTypeInfo& info, bool derived, bool convergent) {
  if (!info.derives() && (derived || convergent)) return fail(Code::invalid, concat("key derivation and convergent encryption not supported for keys of type ", info.name));
  if (info.is_ed25519() && convergent) return fail(Code::invalid, concat("convergent encryption not supported for keys of type ", info.name));
  if (convergent && !derived) return fail(Code::invalid, "convergent encryption requires derivation to be enabled");
  return {};
}

Secret seed_and_public(std::string_view seed, const KeyPair& pair) {
  Secret both = Secret::of_size(64);
  std::memcpy(both.data(), seed.data(), 32);
  std::memcpy(both.data() + 32, pair.ed25519_public().data(), 32);
  return both;
}

Key new_key(const KeyTypeInfo& info, Random& random) {
  Key key;
  key.id = random_uuid(random);
  key.type = info.type;
  return key;
}

Version draw_version(const Key& key, const Host& host) {
  Version version{.created = host.now()};
  version.hmac_key = draw(host.random(), hmac_key_size);
  draw_material(version, key, host.random());
  if (key.convergent && (key.convergent_version == -1 || key.convergent_version > 1)) version.convergent_version = convergent_version_now;
  return version;
}

Result<void> add_version(View& rows, std::string_view name, Key& key, const Version& version) {
  ++key.latest;
  key.latest_created = version.created;
  TRY(store_version(rows, key, key.latest, version));
  return store_key(rows, name, key);
}

Result<void> rotate_key(View& rows, const Host& host, std::string_view name, Key& key) {
  if (key.imported && !key.imported_may_rotate) return fail(Code::invalid, concat("imported key ", name, " does not allow rotation within Vault"));
  if (key.type == KeyType::hmac && (key.size < hmac_key_min || key.size > hmac_key_max))
    return fail(Code::invalid, concat("invalid key size for HMAC key, must be between ", std::to_string(hmac_key_min), " and ", std::to_string(hmac_key_max), " bytes"));
  key.imported = false;
  return add_version(rows, name, key, draw_version(key, host));
}

// The rows of the index and of what is left over are looked at first: nobody lists what he has just written.
Result<bool> upkeep(View rows, const Host& host) {
  Strings due = TRY(rows.list(rotations_folder, {.after = {}, .limit = rotations_of_one_step}, Depth::all));
  const auto leftover = TRY(rows.list(leftovers_folder, {.after = {}, .limit = 1}));
  const auto now = static_cast<std::uint64_t>(host.now().time_since_epoch().count());
  bool found = !leftover.empty();
  for (const auto& id : leftover) TRY(remove_leftover(rows, id));
  for (const auto& row : due) {
    if (std::stoull(row.substr(0, 16), nullptr, 16) > now) break;
    TRY(rotate_due(rows, host, row));
    found = true;
  }
  return found;
}

}  // namespace sr::transit
