// sys/capabilities in its three forms: what a token may do on a path, asked by token, for oneself, and by accessor.
#include "core/folded_path.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr ListField paths{"paths", "Paths to look at."};
constexpr ListField path{"path", "The same, in its older spelling."};
constexpr SecretField token{"token", "Token whose capabilities are wanted."};
constexpr TextField accessor{"accessor", "Accessor of that token."};

}  // namespace

// The token behind an id, as long as it is good for something.
Result<std::shared_ptr<const CachedToken>> Sys::live_token(Call& call, std::string_view id) {
  const std::string hash = TRY(core_.tokens().hash_of(core_.barrier(), id));
  auto found = TRY(core_.tokens().identify(call.storage().transaction(), core_.barrier(), id, hash));
  return found && Tokens::is_spent_for(call.caller(), found->token, hash) ? nullptr : found;
}

// The answer holds one list a path, and for the first path the list once more as "capabilities".
Result<Reply> Sys::capabilities_of(Call& call, const Token* of) {
  Strings wanted = call[paths];
  if (wanted.empty()) wanted = call[path];
  if (wanted.empty()) return fail(Code::invalid, "paths must be supplied");
  std::shared_ptr<const Acl> acl;
  if (of) acl = TRY(core_.policies().acl(call.storage().transaction(), of->policies));
  json::Object data;
  Strings first;
  for (const auto& one : wanted) {
    if (one.empty()) return fail(Code::invalid, "missing path");
    // A path that no request could have gives nothing, in whatever way it is spelled.
    std::string_view plain = one;
    while (plain.starts_with('/')) plain.remove_prefix(1);
    const auto canonical = ApiPath::from_decoded(std::string(plain));
    const Strings given = acl && canonical ? acl->capabilities(canonical->view(), folded_path(*core_.mounts().router(), canonical->view())) : Strings{"deny"};
    if (first.empty()) first = given;
    data.put(one, std::span<const std::string>(given));
  }
  if (wanted.size() == 1) data.put("capabilities", std::span<const std::string>(first));
  return Reply::injected(std::move(data));
}

Result<Reply> Sys::read_capabilities(Call& call) {
  // The caller's own are asked of capabilities-self: who has lost the token that he meant is not told of another.
  if (call[token].reveal().empty()) return fail(Code::invalid, "no token found");
  const auto found = TRY(live_token(call, call[token].reveal()));
  if (!found) return fail(Code::invalid, "1 error occurred:\n\t* invalid token\n\n");
  return capabilities_of(call, &found->token);
}

Result<Reply> Sys::read_capabilities_self(Call& call) {
  const auto found = TRY(live_token(call, call.caller().token));
  return capabilities_of(call, found ? &found->token : nullptr);
}

Result<Reply> Sys::read_capabilities_accessor(Call& call) {
  if (call[accessor].empty()) return fail(Code::invalid, "missing accessor");
  const auto hash = TRY(core_.tokens().hash_by_accessor(call.storage().transaction(), core_.barrier(), call[accessor]));
  if (!hash) return fail(Code::invalid, "1 error occurred:\n\t* invalid accessor\n\n");
  const auto found = TRY(core_.tokens().find(call.storage().transaction(), *hash));
  if (!found || Tokens::is_spent_for(call.caller(), found->value->token, *hash)) return fail(Code::invalid, "1 error occurred:\n\t* invalid accessor\n\n");
  return capabilities_of(call, &found->value->token);
}

std::vector<Route> capability_routes() {
  return {
      {.paths = {"capabilities"},
       .help = "The capabilities of a token on some paths.",
       .fields = {&token, &paths, &path},
       .verbs = {on<&Sys::read_capabilities>(Op::update, "Look at the capabilities of a token.", Cost::quick)}},
      {.paths = {"capabilities-self"},
       .help = "The capabilities of the caller's token on some paths.",
       .fields = {&token, &paths, &path},
       .verbs = {on<&Sys::read_capabilities_self>(Op::update, "Look at one's own capabilities.", Cost::quick)}},
      {.paths = {"capabilities-accessor"},
       .help = "The capabilities of the token with an accessor on some paths.",
       .fields = {&accessor, &paths, &path},
       .verbs = {on<&Sys::read_capabilities_accessor>(Op::update, "Look at the capabilities of a token by its accessor.", Cost::quick)}},
  };
}

}  // namespace sr::sys
