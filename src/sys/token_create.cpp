// auth/token/create and create-orphan: who may have which token.
#include "base/concat.h"
#include "sys/token.h"
#include "sys/token_fields.h"
#include "text/duration.h"

namespace sr::token {
namespace {

Result<Seconds> positive(std::string_view name, std::string_view text) {
  const auto duration = TRY(parse_duration(text));
  if (duration.count() < 0) return fail(Code::invalid, concat(name, " must be positive"));
  return std::chrono::floor<Seconds>(duration);
}

// Sorted, each once, in their canonical spelling.
Result<Strings> canonical(const Strings& names) {
  Strings policies;
  for (const auto& text : names) {
    const auto name = TRY(parse_policy_name(text));
    if (!is_assignable(name)) return fail(Code::invalid, concat("cannot assign policy \"", name.text(), "\""));
    policies.push_back(name.text());
  }
  std::ranges::sort(policies);
  policies.erase(std::ranges::unique(policies).begin(), policies.end());
  return policies;
}

bool has(const Strings& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

Result<void> check_custom_id(std::string_view id) {
  for (const std::string_view prefix : {"hvs.", "hvb.", "hvr.", "s.", "b.", "r."})
    if (id.starts_with(prefix)) return fail(Code::invalid, concat("custom token ID cannot have the '", prefix, "' prefix"));
  if (id.contains('.')) return fail(Code::invalid, "custom token ID cannot have a '.' in the value");
  return {};
}

}  // namespace

Result<Reply> TokenApi::create(Call& call) { return make(call, false); }
Result<Reply> TokenApi::create_orphan(Call& call) { return make(call, true); }

Result<Reply> TokenApi::make(Call& call, bool orphan_path) {
  const auto found = TRY(find_hash(call, std::string(call.caller().token_hash)));
  if (!found) return fail(Code::invalid, "parent token lookup failed: no parent found");
  const Token& parent = found->token;
  if (parent.uses != 0) return fail(Code::invalid, "restricted use token cannot generate child tokens");
  const bool may = call.caller().has_sudo;  // root has it everywhere

  NewToken wanted;
  Token& made = wanted.token;
  Reply reply = Reply::empty();

  if (const auto type = call[field::type]; type == "batch") return fail(Code::invalid, "batch tokens are not supported yet: use type=service");
  else if (type != "" && type != "service") return fail(Code::invalid, "invalid 'token_type' value");

  if (const auto id = call[field::id]; !id.empty()) {
    if (!may) return fail(Code::invalid, "root or sudo privileges required to specify token id");
    TRY(check_custom_id(id));
    wanted.id = id;
  }
  made.orphan = orphan_path || call[field::no_parent];
  if (call[field::no_parent] && !may) return fail(Code::invalid, "root or sudo privileges required to create orphan token");
  if (!made.orphan) made.parent = found->hash;

  // ---- policies -----------------------------------------------------------------------------------------------------------
  const bool named = call.has(field::policies) && !call[field::policies].empty();
  Strings policies = named ? TRY(canonical(call[field::policies])) : parent.policies;
  if (!may) {
    Strings allowed = parent.policies;
    if (!has(allowed, "default")) allowed.emplace_back("default");
    if (named && !std::ranges::all_of(policies, [&](const auto& name) { return has(allowed, name); }))
      return fail(Code::invalid, "child policies must be subset of parent");
  }
  if (has(policies, "root")) {
    if (!parent.is_root()) return fail(Code::invalid, "root tokens may not be created without parent token being root");
    policies = {"root"};
  } else if (call[field::no_default_policy]) {
    std::erase(policies, "default");
  } else if (!has(policies, "default") && (may || has(parent.policies, "default"))) {
    policies.insert(std::ranges::lower_bound(policies, "default"), "default");
  }
  for (const auto& name : policies)
    if (!TRY(core_.policies().exists(call.storage().transaction(), PolicyName(name)))) reply.add_warning(concat("Policy \"", name, "\" does not exist"));
  made.policies = std::move(policies);

  // ---- its life -------------------------------------------------------------------------------------------------------------
  made.uses = call[field::num_uses];
  if (made.uses < 0) return fail(Code::invalid, "number of uses cannot be negative");
  if (!call[field::period].empty()) {
    made.period = TRY(positive("period", call[field::period]));
    if (made.period > Seconds(0) && !may) return fail(Code::invalid, "root or sudo privileges required to create periodic token");
  }
  if (!call[field::explicit_max_ttl].empty()) made.explicit_ttl_max = TRY(positive("explicit_max_ttl", call[field::explicit_max_ttl]));
  const auto asked = call[field::ttl].empty() ? call[field::lease] : call[field::ttl];
  const Seconds ttl = asked.empty() ? Seconds(0) : TRY(positive(call[field::ttl].empty() ? "lease" : "ttl", asked));
  const Time now = call.now();
  made.created = now;
  made.renewable = call[field::renewable];
  const bool endless = made.is_root() && ttl == Seconds(0) && made.period == Seconds(0) && made.explicit_ttl_max == Seconds(0);
  if (endless && parent.ends()) return fail(Code::invalid, "expiring root tokens cannot create non-expiring root tokens");
  if (endless) {
    made.renewable = false;
  } else {
    Strings warnings;
    const LifeWish wish{.ttl = ttl, .ttl_max = {}, .explicit_ttl_max = made.explicit_ttl_max, .period = made.period, .is_renewal = false};
    made.ttl = bounded_ttl(wish, call.host(), now, now, warnings);
    made.expires = now + made.ttl;
    for (auto& warning : warnings) reply.add_warning(std::move(warning));
  }

  made.path = orphan_path ? "auth/token/create-orphan" : "auth/token/create";
  made.display_name = "token";
  if (const auto name = call[field::display_name]; !name.empty()) {
    // Only what reads well in logs and user names elsewhere.
    std::string plain = "token-";
    for (const char c : name)
      if ((c & 0xc0) != 0x80) plain += std::isalnum(static_cast<unsigned char>(c)) || c == '-' ? c : '-';  // one dash a character
    if (plain.ends_with('-')) plain.pop_back();
    made.display_name = plain;
  }
  made.metadata = call[field::meta];

  const MadeToken token = TRY(core_.tokens().create(call.storage().transaction(), core_.barrier(), std::move(wanted)));
  reply.set_auth(sr::describe(token.token, token.id, token.token.ttl));
  return reply;
}

}  // namespace sr::token
