#include "core/wrapping.h"
#include <charconv>
#include "logical/cubbyhole_rows.h"
#include "text/base64.h"

namespace sr {
namespace {

constexpr std::string_view row_name = "response";

// The server's own text: it is bounded by what an answer may be, not by what a client may send.
constexpr json::Limits own_text{.depth = 2 * limits::json_depth, .strings = SIZE_MAX, .string_bytes = SIZE_MAX, .memory = SIZE_MAX};

View cubbyhole_view(Transaction& transaction) { return View::mount(transaction, NamespaceId("root"), cubbyhole::mount_uuid); }

Secret print(const Wrapping::Kept& kept) {
  Buffer row;
  row += '{';
  if (!kept.content_type.empty()) json::quote(row += R"("content_type":)", kept.content_type), row += ',';
  row += R"("response":)";
  if (kept.content_type.empty()) json::quote(row, kept.body.view());
  else base64::encode(row += '"', kept.body.view()), row += '"';
  if (kept.status != 200) (row += R"(,"status":)").append_number(kept.status);
  row += '}';
  return Secret(row.view());
}

Result<Wrapping::Kept> parse(std::string_view row) {
  Arena arena;
  const json::Value* stored = TRY(json::parse(arena, row, own_text));
  Wrapping::Kept kept;
  if (const auto* status = stored->find("status")) std::from_chars(status->text.data(), status->text.data() + status->text.size(), kept.status);
  if (const auto* type = stored->find("content_type")) kept.content_type = type->text;
  const auto* response = stored->find("response");
  if (!response) return fail(Code::internal, "no response found inside the cubbyhole");
  if (kept.content_type.empty()) kept.body.append(response->text);
  else TRY(base64::decode(kept.body, response->text));
  return kept;
}

}  // namespace

Result<WrapInfo> Wrapping::wrap(Transaction& transaction, const Wish& wish, const Kept& kept) {
  const Time now = clock_.now();
  const Seconds ttl = std::chrono::ceil<Seconds>(wish.ttl);
  if (ttl > std::chrono::floor<Seconds>(Time::max() - now)) return fail(Code::invalid, "requested wrap ttl is too long");
  NewToken wanted;
  wanted.token.path = wish.creation_path;
  wanted.token.policies = {"response-wrapping"};
  wanted.token.created = now;
  wanted.token.ttl = wanted.token.explicit_ttl_max = ttl;
  wanted.token.expires = now + ttl;
  wanted.token.uses = 1;
  wanted.token.orphan = true;
  wanted.token.renewable = false;
  MadeToken made = TRY(tokens_.create(transaction, barrier_, std::move(wanted)));
  View rows = cubbyhole_view(transaction);
  TRY(cubbyhole::store(rows, made.hash, row_name, print(kept)));
  return WrapInfo{.token = Secret(made.id), .accessor = made.token.accessor, .ttl = ttl, .created = now, .creation_path = wish.creation_path,
                  .wrapped_accessor = wish.wrapped_accessor};
}

Result<std::optional<Token>> Wrapping::find(Transaction& transaction, const std::string& hash) {
  const auto found = TRY(tokens_.find(transaction, hash));
  if (!found) return std::nullopt;
  const Token& token = found->value->token;
  if (!token.is_wrapping() || token.going || token.uses == Token::spent_uses || token.has_ended(clock_.now())) return std::nullopt;
  return token;
}

Result<Wrapping::Kept> Wrapping::take(Transaction& transaction, const std::string& hash) {
  const auto row = TRY(cubbyhole_view(transaction).get(cubbyhole::row_of(hash, row_name)));
  if (!row) return fail(Code::invalid, std::string(no_wrapping_token));  // the token came from the cache, and somebody has taken it since
  auto kept = TRY(parse(row->value.reveal()));
  TRY(tokens_.revoke(transaction, hash));
  return kept;
}

}  // namespace sr
