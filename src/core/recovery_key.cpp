#include "core/recovery_key.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "crypto/hash.h"

namespace sr {
namespace {

// 32 random bytes: there is nothing to guess, so a fast digest is as good as a slow one.
Sha256Digest digest_of(const KeySecret& key) { return Sha256().update("recovery key:").update(key.reveal()).digest(); }

}  // namespace

Result<void> store_recovery_key(Transaction& transaction, const KeySecret& key) {
  return core_view(transaction).put(keys::recovery_key, Secret(as_text(digest_of(key))));
}

Result<void> remove_recovery_key(Transaction& transaction) { return core_view(transaction).remove(keys::recovery_key); }

Result<void> check_recovery_key(Transaction& transaction, const KeySecret& key) {
  const auto row = TRY(core_view(transaction).get(keys::recovery_key));
  if (!row) return fail(Code::invalid, "no recovery key found");
  if (equal_in_constant_time(row->value.reveal(), as_text(digest_of(key)))) return {};
  return fail(Code::invalid, "recovery key does not match submitted values");
}

}  // namespace sr
