// auth/token/lookup in its three forms, and the list of accessors.
#include "logical/paging.h"
#include "sys/token.h"
#include "sys/token_fields.h"

namespace sr::token {

bool TokenApi::is_over(const Call& call, const Token& token, std::string_view hash) {
  return token.going || token.has_ended(call.now()) || Tokens::is_spent_for(call.caller(), token, hash);
}

Result<std::optional<TokenApi::Found>> TokenApi::find_hash(Call& call, std::string hash) {
  const auto found = TRY(core_.tokens().find(call.storage().transaction(), hash));
  if (!found || is_over(call, found->value->token, hash)) return std::nullopt;
  return Found{std::move(hash), found->value->token};
}

Result<std::optional<TokenApi::Found>> TokenApi::find(Call& call, std::string_view id) {
  std::string hash = TRY(core_.tokens().hash_of(core_.barrier(), id));
  const auto held = TRY(core_.tokens().identify(call.storage().transaction(), core_.barrier(), id, hash));
  if (!held || is_over(call, held->token, hash)) return std::nullopt;
  return Found{std::move(hash), held->token};
}

Result<TokenApi::Found> TokenApi::find_by_accessor(Call& call) {
  if (call[field::accessor].empty()) return fail(Code::invalid, "1 error occurred:\n\t* missing accessor\n\n");
  auto hash = TRY(core_.tokens().hash_by_accessor(call.storage().transaction(), core_.barrier(), call[field::accessor]));
  auto found = hash ? TRY(find_hash(call, std::move(*hash))) : std::nullopt;
  if (!found) return fail(Code::invalid, "1 error occurred:\n\t* invalid accessor\n\n");
  return std::move(*found);
}

Reply TokenApi::describe(Call& call, const Token& token, std::string_view id) const {
  const auto seconds = [](Time time) { return std::int64_t{std::chrono::floor<Seconds>(time).time_since_epoch().count()}; };
  json::Object data;
  data.put("accessor", token.accessor)
      .put("creation_time", seconds(token.created))
      .put("creation_ttl", std::int64_t{token.ttl.count()})
      .put("display_name", token.display_name)
      .put("entity_id", "")
      .put("explicit_max_ttl", std::int64_t{token.explicit_ttl_max.count()})
      .put("id", id)
      .put("num_uses", token.uses)
      .put("orphan", token.orphan)
      .put("path", token.path)
      .put("policies", std::span<const std::string>(token.policies))
      .put("ttl", std::int64_t{std::chrono::floor<Seconds>(token.ends() ? token.expires - call.now() : Time::duration(0)).count()})
      .put("type", token.type());
  // Of a lease that Vault would have; the root token of an initialisation has none.
  if (token.path != initial_root_path) data.put("issue_time", rfc3339(token.created)).put("renewable", token.renewable && token.ends());
  if (token.ends()) data.put("expire_time", rfc3339(token.expires));
  else data.put("expire_time", nullptr);
  if (token.metadata.empty()) data.put("meta", nullptr);
  else {
    json::Object pairs;
    for (const auto& [key, value] : token.metadata) pairs.put(key, value);
    data.put("meta", pairs);
  }
  if (!token.role.empty()) data.put("role", token.role);
  if (token.period > Seconds(0)) data.put("period", std::int64_t{token.period.count()});
  if (!token.bound_cidrs.empty()) data.put("bound_cidrs", std::span<const std::string>(token.bound_cidrs));
  if (token.renewed != Time{}) data.put("last_renewal", rfc3339(token.renewed)).put("last_renewal_time", seconds(token.renewed));
  return Reply::data(std::move(data));
}

Result<Reply> TokenApi::lookup(Call& call) {
  const auto id = call[field::token].reveal().empty() ? call.caller().token : call[field::token].reveal();
  const auto found = TRY(find(call, id));
  if (!found) return fail(Code::denied, "bad token");
  return describe(call, found->token, id);
}

Result<Reply> TokenApi::lookup_self(Call& call) {
  const auto found = TRY(find(call, call.caller().token));
  if (!found) return fail(Code::denied, "bad token");
  return describe(call, found->token, call.caller().token);
}

Result<Reply> TokenApi::lookup_accessor(Call& call) { return describe(call, TRY(find_by_accessor(call)).token, ""); }

Result<Reply> TokenApi::list_accessors(Call& call) {
  // Rows are named by hashes; their order says nothing, so all are looked at. What is kept of them is what the page can still need.
  const Page wanted = paging::page_in(call);
  Strings kept;
  const auto cut = [&] {
    std::ranges::sort(kept);
    if (kept.size() > wanted.limit) kept.resize(wanted.limit);
  };
  for (std::string after;;) {
    const auto page = TRY(core_.tokens().accessors(call.storage().transaction(), after));
    std::ranges::copy_if(page.accessors, std::back_inserter(kept), [&](const std::string& accessor) { return accessor > wanted.after; });
    if (kept.size() / 2 > wanted.limit) cut();
    if (page.last.empty()) break;
    after = page.last;
  }
  cut();
  return Reply::list(kept);
}

}  // namespace sr::token
