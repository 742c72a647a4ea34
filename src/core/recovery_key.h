// The recovery key of a store whose seal opens itself: what its operators prove with that there are enough of them. Its digest alone is
// kept, behind the barrier, so that neither the disk nor the seal gives it away, and nobody can put his own in its place.
#pragma once
#include "crypto/key_secret.h"
#include "storage/transaction.h"

namespace sr {

Result<void> store_recovery_key(Transaction& transaction, const KeySecret& key);
Result<void> remove_recovery_key(Transaction& transaction);
// Code::invalid: another key, or there is none at all.
Result<void> check_recovery_key(Transaction& transaction, const KeySecret& key);

}  // namespace sr
