// The end of cubbyholes. A token's cubbyhole goes with the token: in the same commit when it is small; a larger one is named in an
// intent there, and a job empties it in bounded steps, taken up again after a restart.
#pragma once
#include "storage/barrier.h"
#include "storage/transaction.h"

namespace sr {

// In the transaction that removes the token's row; at most `cubbyhole_rows_at_once` + 2 writes.
inline constexpr std::size_t cubbyhole_rows_at_once = 2;
Result<void> end_cubbyhole(Transaction&, const std::string& token_hash);

// The job has not come by yet: a token with the same chosen id must not find what is left.
Result<bool> cubbyhole_is_going(Transaction&, const std::string& token_hash);

// Empties what is going. Blocks; on the job thread only. Returns how many are gone.
std::size_t sweep_cubbyholes(Store&, const Barrier&);

}  // namespace sr
