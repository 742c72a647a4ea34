// Batch tokens: the id itself holds the token's record, sealed by the barrier. Nothing of it is stored, so it costs no write, cannot be
// revoked, renewed or counted, has neither accessor nor children nor cubbyhole, and lives no longer than its parent.
#pragma once
#include <optional>
#include "core/token.h"
#include "storage/barrier.h"

namespace sr {

constexpr std::string_view batch_prefix = "hvb.";
inline bool is_batch_id(std::string_view id) { return id.starts_with(batch_prefix); }

Result<std::string> seal_batch_token(const Barrier&, const Token&);
// Nothing for an id that this barrier has not sealed.
Result<std::optional<Token>> open_batch_token(const Barrier&, std::string_view id);

}  // namespace sr
