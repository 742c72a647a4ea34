#include "core/batch_tokens.h"
#include "base/concat.h"
#include "storage/record.h"
#include "text/base64.h"

namespace sr {
namespace {

constexpr std::string_view place = "batch-token";  // of no row: what is sealed for it opens nowhere else

}  // namespace

Result<std::string> seal_batch_token(const Barrier& barrier, const Token& token) {
  const std::string sealed = TRY(barrier.seal(place, store_record(token).reveal()));
  return concat(batch_prefix, base64::encode(sealed, base64::Form::url_raw));
}

Result<std::optional<Token>> open_batch_token(const Barrier& barrier, std::string_view id) {
  const auto sealed = base64::decode(id.substr(batch_prefix.size()), base64::Form::url_raw);
  if (!sealed) return std::nullopt;
  const auto row = barrier.open(place, *sealed);
  if (!row && row.error().code == Code::sealed) return std::unexpected(row.error());
  if (!row) return std::nullopt;
  return TRY(load_record<Token>(*row));
}

}  // namespace sr
