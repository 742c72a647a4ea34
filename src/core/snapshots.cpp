#include "core/snapshots.h"
#include "backup/reader.h"
#include "base/concat.h"
#include "base/version.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "storage/seal.h"

namespace sr {
namespace {

// The reference's words: clients look for "snapshot-force" in them.
constexpr std::string_view other_keys =
    "could not verify hash file, possibly the snapshot is using a different set of unseal keys; use the snapshot-force API to bypass this check";

// Counts as under way as long as somebody holds it.
class Counted final : public ByteSource {
 public:
  Counted(std::unique_ptr<ByteSource> inner, std::shared_ptr<std::atomic<std::size_t>> count) : inner_(std::move(inner)), count_(std::move(count)) {}
  ~Counted() override { --*count_; }
  Result<Buffer> next() override { return inner_->next(); }

 private:
  const std::unique_ptr<ByteSource> inner_;
  const std::shared_ptr<std::atomic<std::size_t>> count_;
};

std::string key_of(Store& store, std::string_view name) {
  Transaction names(store, nullptr);
  return core_view(names).at(name).text();
}

// The rows of a snapshot that say how to open it, picked out as they go by.
struct SealRows {
  explicit SealRows(Store& store)
      : wanted{{key_of(store, keys::format), {}}, {key_of(store, keys::seal_config), {}}, {key_of(store, keys::root_key), {}}, {key_of(store, keys::keyring), {}}},
        keyring_key(key_of(store, keys::keyring)), format_key(key_of(store, keys::format)), config_key(key_of(store, keys::seal_config)) {}
  void note(const KeyedRow& row) {
    if (const auto found = wanted.find(row.key); found != wanted.end()) found->second = row.row.bytes;
  }
  Result<void> check() const {
    for (const auto& [key, row] : wanted)
      if (!row) return fail(Code::invalid, concat("the snapshot is damaged: the row \"", key, "\" is missing"));
    if (*wanted.at(format_key) != View::format) return fail(Code::invalid, "the snapshot is of a store of another format: restore it with the version that took it");
    if (!SealConfig::parse(*wanted.at(config_key))) return fail(Code::invalid, "the snapshot is damaged: its seal configuration cannot be read");
    return {};
  }
  // Null when the root key is another one.
  std::shared_ptr<const Keyring> open(const KeySecret& root_key) const {
    auto ring = Keyring::open(root_key.copy(), keyring_key, *wanted.at(keyring_key));
    return ring ? *ring : nullptr;
  }

  std::map<std::string, std::optional<std::string>, std::less<>> wanted;
  const std::string keyring_key, format_key, config_key;
};

// Not, while it is being changed: the snapshot may be of a moment after the keys that this server still holds.
Result<bool> has_keyring_of(Store& store, const Snapshot& snapshot, const KeySecret& root_key) {
  const std::string key = key_of(store, keys::keyring);
  const auto row = TRY(snapshot.get(key, Tier::any));
  return row && Keyring::open(root_key.copy(), key, row->bytes).has_value();
}

}  // namespace

std::string seal_sums(const Keyring& ring, std::string_view sums) { return ring.storage_hmac("snapshot", sums); }

std::string print_restored(std::string_view sums, std::string_view sealed) { return concat(sealed, "\n", sums); }
std::pair<std::string_view, std::string_view> split_restored(std::string_view row) {
  const auto end = std::min(row.find('\n'), row.size());
  return {row.substr(std::min(end + 1, row.size())), row.substr(0, end)};
}

Snapshots::Snapshots(Parts parts, Switch switch_to)
    : parts_(parts), switch_to_(std::move(switch_to)), pulls_({2, limits::downloads}, [](Pull pull) {
        auto piece = pull.from->next();
        pull.from.reset();  // before anybody hears that it is over
        pull.got(std::move(piece));
      }) {}

Result<std::shared_ptr<ByteSource>> Snapshots::take() {
  const auto ring = parts_.barrier.keyring();
  if (!ring) return fail(Code::sealed, "Vault is sealed");
  if (under_way_->fetch_add(1) >= limits::downloads) {
    --*under_way_;
    return fail(Code::busy, "too many snapshots are being taken, try again");
  }
  std::shared_ptr<std::atomic<std::size_t>> count = under_way_;
  const auto leave = [&](Error error) -> std::unexpected<Error> { return --*count, std::unexpected(std::move(error)); };
  auto snapshot = parts_.store.snapshot();
  if (const auto same = has_keyring_of(parts_.store, *snapshot, ring->root_key()); !same || !*same)
    return leave(same ? Error{Code::busy, "the root key is being changed, try again"} : same.error());
  const auto row = snapshot->get(key_of(parts_.store, keys::seal_config), Tier::any);
  if (!row) return leave(row.error());
  const auto config = SealConfig::parse(*row ? (*row)->bytes : "");
  if (!config) return leave(config.error());
  Manifest manifest{.store_format = std::string(View::format), .key_term = ring->active_term(), .root_key_id = ring->root_key_id(), .seal_type = config->type,
                    .secret_shares = config->secret_shares, .secret_threshold = config->secret_threshold, .created = parts_.clock.now(), .program = std::string(version)};
  // Of the ring at the end: rotation changes neither the key of names, nor what this is made with.
  auto seal = [&barrier = parts_.barrier](std::string_view sums) -> Result<std::string> {
    const auto now = barrier.keyring();
    if (!now) return fail(Code::sealed, "Vault is sealed");
    return seal_sums(*now, sums);
  };
  return std::make_shared<Counted>(std::make_unique<BackupWriter>(std::move(snapshot), std::move(manifest), std::move(seal)), std::move(count));
}

void Snapshots::pull(std::shared_ptr<ByteSource> from, Got got) {
  Pull pull{std::move(from), std::move(got)};
  if (!pulls_.push(pull)) pull.got(fail(Code::busy, "too many snapshots are being taken, try again"));
}

Result<void> Snapshots::restore(ByteSource& from, Keys keys) {
  const std::unique_lock alone(restoring_, std::try_to_lock);
  if (!alone) return fail(Code::busy, "another snapshot is being restored, try again");
  const auto ring = parts_.barrier.keyring();
  if (!ring) return fail(Code::sealed, "Vault is sealed");

  BackupReader reader(from);
  const Manifest manifest = TRY(reader.begin());
  if (manifest.store_format != View::format)
    return fail(Code::invalid, concat("the snapshot is of a store of the format \"", manifest.store_format, "\", and this server knows \"", View::format, "\" only: restore it with the version that took it"));
  if (keys == Keys::same && manifest.root_key_id != ring->root_key_id()) return fail(Code::invalid, std::string(other_keys));

  auto replacement = TRY(parts_.store.begin_replacement(manifest.bytes));
  SealRows seal(parts_.store);
  const std::string restored = key_of(parts_.store, keys::restored);
  while (auto row = TRY(reader.next_row())) {
    if (row->key == restored) continue;  // of an earlier restore, and settled
    seal.note(*row);
    TRY(replacement->add(row->key, row->row.bytes));
  }
  const auto sums = TRY(reader.finish());
  TRY(seal.check());
  const auto theirs = seal.open(ring->root_key());
  if (!theirs && keys == Keys::same) return fail(Code::invalid, std::string(other_keys));
  if (theirs && !equal_in_constant_time(seal_sums(*theirs, sums.text), sums.sealed)) return fail(Code::invalid, "the snapshot has been changed since it was taken");
  // Without its keys nobody can say so yet: it is found out when they come.
  if (!theirs) TRY(replacement->add(restored, print_restored(sums.text, sums.sealed)));
  TRY(replacement->finish());

  parts_.log.info("core", "a snapshot is being put in the place of the store", {{"snapshot", manifest.id()}, {"keys", theirs ? "the same" : "others"}});
  return switch_to_(std::move(replacement), manifest.revision, theirs ? &ring->root_key() : nullptr);
}

}  // namespace sr
