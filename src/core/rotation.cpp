#include "core/rotation.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {
namespace {

// A count that is lost with a crash is small beside the bound.
constexpr std::uint64_t note_every = 1 << 20;

struct Encryptions {
  std::uint32_t term = 0;
  std::uint64_t count = 0;
  template <class Archive> void fields(Archive& archive) {
    archive(1, term);
    archive(2, count);
  }
};

}  // namespace

Result<std::shared_ptr<const Keyring>> stored_ring(Transaction& transaction, const Barrier& barrier) {
  View core = core_view(transaction);
  const auto row = TRY(core.get_raw(keys::keyring));
  if (!row) return fail(Code::internal, "the store has no keyring: it is damaged, restore a backup");
  const auto in_use = barrier.keyring();
  if (!in_use) return fail(Code::sealed, "Vault is sealed");
  auto ring = Keyring::open(in_use->root_key().copy(), core.at(keys::keyring).text(), row->value.reveal());
  if (!ring) return fail(Code::busy, "the root key is being changed, try again");
  return ring;
}

Result<void> store_ring(Transaction& transaction, const Keyring& ring, Random& random) {
  View core = core_view(transaction);
  return core.put_raw(keys::keyring, Secret(ring.seal(core.at(keys::keyring).text(), random)));
}

Result<RotationConfig> Rotation::config(Transaction& transaction) const {
  const auto row = TRY(core_view(transaction).get(keys::rotation));
  return row ? load_record<RotationConfig>(row->value) : RotationConfig{};
}
Result<void> Rotation::set_config(Transaction& transaction, const RotationConfig& config) const {
  return core_view(transaction).put(keys::rotation, store_record(config));
}

Result<KeyStatus> Rotation::status() const {
  const auto ring = parts_.barrier.keyring();
  if (!ring) return fail(Code::sealed, "Vault is sealed");
  std::lock_guard lock(mutex_);
  KeyStatus status{.term = ring->active_term(), .installed = ring->active_since()};
  if (counted_term_ == status.term) status.encryptions = before_ + (parts_.barrier.sealed() - counted_at_);
  return status;
}

Result<void> Rotation::rotate(Transaction& transaction) const {
  const auto ring = TRY(stored_ring(transaction, parts_.barrier));
  return store_ring(transaction, *TRY(ring->rotated(parts_.random, parts_.clock.now())), parts_.random);
}

Result<void> Rotation::load() {
  Transaction transaction(parts_.store, &parts_.barrier);
  transaction.go_on(Tier::any);
  const auto row = TRY(core_view(transaction).get(keys::encryptions));
  const Encryptions noted = row ? TRY(load_record<Encryptions>(row->value)) : Encryptions{};
  const auto ring = parts_.barrier.keyring();
  if (!ring) return fail(Code::sealed, "Vault is sealed");
  std::lock_guard lock(mutex_);
  counted_term_ = ring->active_term();
  before_ = noted.term == counted_term_ ? noted.count : 0;
  counted_at_ = parts_.barrier.sealed();
  return {};
}

void Rotation::adopt(std::span<const KeySecret> opens) {
  const auto in_use = parts_.barrier.keyring();
  if (!in_use) return;  // sealed meanwhile: the next unsealing reads the row
  Transaction raw(parts_.store, nullptr);
  raw.go_on(Tier::any);
  View core = core_view(raw);
  const auto row = core.get(keys::keyring);
  if (!row || !*row) return;
  std::vector<const KeySecret*> keys{&in_use->root_key()};
  for (const KeySecret& one : opens) keys.push_back(&one);
  for (const KeySecret* key : keys) {
    auto ring = Keyring::open(key->copy(), core.at(keys::keyring).text(), (*row)->value.reveal());
    if (!ring) continue;
    std::lock_guard lock(mutex_);
    if ((*ring)->active_term() != counted_term_) {
      counted_term_ = (*ring)->active_term();
      before_ = 0;
      counted_at_ = parts_.barrier.sealed();
    }
    if (parts_.barrier.exchange(*ring)) parts_.log.info("core", "the keyring has changed", {{"term", (*ring)->active_term()}});
    return;
  }
  // What is sealed from now on would be under a key that a restart may not have. Better not to serve.
  parts_.log.error("core", "the stored keyring cannot be opened with any known root key: sealing");
  parts_.barrier.lock();
}

bool Rotation::commit(Transaction& transaction) const {
  auto batch = transaction.take_batch();
  return batch && commit_and_wait(parts_.store, std::move(*batch));
}

void Rotation::sweep() {
  const auto now = status();
  if (!now) return;
  Transaction transaction(parts_.store, &parts_.barrier);
  transaction.go_on(Tier::any);
  const auto wanted = config(transaction);
  if (!wanted) return;
  const bool is_full = now->encryptions >= static_cast<std::uint64_t>(wanted->operations_max);
  const bool is_old = wanted->interval > Seconds(0) && now->installed + wanted->interval <= parts_.clock.now();
  if (wanted->enabled && (is_full || is_old)) {
    if (rotate(transaction) && commit(transaction)) parts_.log.info("core", "the barrier's key was rotated by itself", {{"why", is_full ? "operations" : "interval"}});
    return;
  }
  {
    std::lock_guard lock(mutex_);
    if (parts_.barrier.sealed() - counted_at_ < note_every) return;
    before_ += parts_.barrier.sealed() - counted_at_;
    counted_at_ = parts_.barrier.sealed();
  }
  const Encryptions noted{now->term, now->encryptions};
  if (core_view(transaction).put(keys::encryptions, store_record(noted))) commit(transaction);
}

}  // namespace sr
