// The move from one seal to another. It is one commit: before it the former seal opens the store, after it the new one, and no other.
#include "core/keys.h"
#include "core/recovery_key.h"
#include "core/seal_state.h"
#include "core/tokens.h"
#include "storage/keyring.h"

namespace sr {

// The shares stay as they are, and with them the people: those of the unseal key make up the recovery key afterwards, and the other way
// round. The root key does not stay: what the former seal or a copy of the old store gives away opens nothing that is written from now on.
Result<SealState::Keys> SealState::migrate(const Rows& from, Keys keys) {
  Keys next{KeySecret::generate(parts_.random), keys.unseal_key.copy()};
  SealConfig config = from.config;
  config.type = parts_.seals.type();
  if (!config.opens_itself()) TRY(config.check());
  const std::string wrapped = parts_.seals.in_use ? TRY(parts_.seals.in_use->wrap(next.root_key, parts_.random)).print()
                                                  : TRY(TRY(ShamirSeal::from_key(next.unseal_key.reveal())).wrap(next.root_key, parts_.random));

  Transaction raw(parts_.store, nullptr);
  raw.go_on(Tier::any);
  View core = core_view(raw);
  // What is read here is a precondition: whoever changed it meanwhile is not overwritten.
  const auto stored_config = TRY(core.get(keys::seal_config)), stored_key = TRY(core.get(keys::root_key)), stored_ring = TRY(core.get(keys::keyring));
  const std::string place = core.at(keys::keyring).text();
  if (!stored_config || !stored_ring || !stored_key || stored_key->value.reveal() != from.wrapped_root_key) return fail(Code::busy, "the seal has changed meanwhile, try again");
  const auto moved = TRY(Keyring::open(std::move(keys.root_key), place, stored_ring->value.reveal()))->under(next.root_key.copy());
  TRY(core.put(keys::seal_config, Secret(config.print())));
  TRY(core.put(keys::root_key, Secret(wrapped)));
  TRY(core.put(keys::keyring, Secret(moved->seal(place, parts_.random))));

  Barrier aside(parts_.random);
  aside.unlock(moved);
  Transaction inside(parts_.store, &aside);
  inside.go_on(Tier::any);
  if (!config.opens_itself()) TRY(remove_recovery_key(inside));
  else TRY(store_recovery_key(inside, keys.unseal_key));
  TRY(raw.absorb(TRY(inside.take_batch())));
  const auto committed = commit_and_wait(parts_.store, TRY(raw.take_batch()));
  if (!committed) return fail(Code::internal, committed.error().conflict ? "the seal has changed meanwhile, try again" : committed.error().error.message);
  parts_.log.info("core", "seal migration complete", {{"from", from.config.type}, {"to", config.type}});
  return next;
}

}  // namespace sr
