// sys/wrapping: a value of the client's own, wrapped; and what can be done with a wrapping token. That the token is one was seen
// before the handler runs.
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr SecretField token{"token", "The wrapping token; without it the caller's own."};

std::string_view wrapping_token(Call& call) {
  const auto given = call[token].reveal();
  return given.empty() ? call.caller().token : given;
}

}  // namespace

Result<Reply> Sys::wrap(Call& call) {
  if (call.caller().wrap_ttl == Seconds(0)) return fail(Code::invalid, "endpoint requires response wrapping to be used");
  json::Object data;
  if (call.body())
    for (const auto& [key, value] : call.body()->members) data.put(key, value);
  return Reply::data(std::move(data));
}

Result<Sys::WrappingTokenFound> Sys::find_wrapping_token(Call& call) {
  std::string hash = TRY(core_.tokens().hash_of(core_.barrier(), wrapping_token(call)));
  auto found = TRY(core_.wrapping().find(call.storage().transaction(), hash));
  if (!found) return fail(Code::invalid, std::string(no_wrapping_token));
  return WrappingTokenFound{std::move(hash), std::move(*found)};
}

Result<Reply> Sys::unwrap(Call& call) {
  const auto found = TRY(find_wrapping_token(call));
  auto kept = TRY(core_.wrapping().take(call.storage().transaction(), found.hash));
  Reply reply = kept.content_type.empty() ? Reply::envelope(std::move(kept.body)) : Reply::raw(std::move(kept.content_type), std::move(kept.body));
  return std::move(reply).status(kept.status);
}

Result<Reply> Sys::look_up_wrapping(Call& call) {
  const auto found = TRY(find_wrapping_token(call));
  json::Object data;
  data.put("creation_path", found.token.path).put("creation_time", rfc3339(found.token.created)).put("creation_ttl", found.token.ttl.count());
  return Reply::data(std::move(data));
}

// The same answer under another token, for as long as the first one was good for from its creation on; less if less is asked for.
Result<Reply> Sys::rewrap(Call& call) {
  const auto found = TRY(find_wrapping_token(call));
  const auto kept = TRY(core_.wrapping().take(call.storage().transaction(), found.hash));
  const Seconds asked = call.caller().wrap_ttl;
  const Wrapping::Wish wish{.ttl = asked > Seconds(0) ? std::min(asked, found.token.ttl) : found.token.ttl, .creation_path = found.token.path, .wrapped_accessor = {}};
  return Reply::wrapped(TRY(core_.wrapping().wrap(call.storage().transaction(), wish, kept)));
}

std::vector<Route> wrapping_routes() {
  return {
      {.paths = {"wrapping/wrap"},
       .help = "Response-wraps an arbitrary JSON object.",
       .verbs = {on<&Sys::wrap>(Op::update, "Wrap what the body holds; only with X-Vault-Wrap-TTL.")},
       .any_field = true},
      {.paths = {"wrapping/unwrap"},
       .help = "Unwraps a response-wrapped token.",
       .fields = {&token},
       .verbs = {on<&Sys::unwrap>(Op::update, "Take the answer that a wrapping token holds, and end the token.")},
       .wrapping = WrappingToken::taken},
      {.paths = {"wrapping/lookup"},
       .help = "Looks up the properties of a response-wrapped token.",
       .fields = {&token},
       .verbs = {on<&Sys::look_up_wrapping>(Op::read, "Look at the caller's wrapping token."), on<&Sys::look_up_wrapping>(Op::update, "Look at a wrapping token.")},
       .access = Access::open,
       .wrapping = WrappingToken::asked},
      {.paths = {"wrapping/rewrap"},
       .help = "Rotates a response-wrapped token.",
       .fields = {&token},
       .verbs = {on<&Sys::rewrap>(Op::update, "Move the answer under a new wrapping token, and end the old one.")},
       .wrapping = WrappingToken::asked},
  };
}

}  // namespace sr::sys
