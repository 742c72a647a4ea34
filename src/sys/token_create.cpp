// auth/token/create, create-orphan and create/<role>: who may have which token.
#include "base/concat.h"
#include "sys/token.h"
#include "sys/token_fields.h"
#include "sys/token_role.h"
#include "text/duration.h"
#include "text/glob.h"

namespace sr::token {
namespace {

// Whole seconds; less than one is one, for 0 would mean the longest there is.
Result<Seconds> positive(std::string_view name, std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) return fail(Code::invalid, duration_problem(text));
  if (duration->count() < 0) return fail(Code::invalid, concat(name, " must be positive"));
  return *duration < Seconds(1) ? std::chrono::ceil<Seconds>(*duration) : std::chrono::floor<Seconds>(*duration);
}

// Sorted, each once, in their canonical spelling. Names that are empty are none.
Result<Strings> canonical(const Strings& names) {
  Strings policies;
  for (const auto& text : names) {
    if (text.empty()) continue;
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

bool has_glob(const Strings& patterns, std::string_view name) {
  return std::ranges::any_of(patterns, [&](const auto& pattern) { return glob_matches(pattern, name); });
}

void add(Strings& sorted, std::string_view name) {
  if (!has(sorted, name)) sorted.insert(std::ranges::lower_bound(sorted, name), std::string(name));
}

std::string quoted_list(const Strings& names) {
  std::string text = "[";
  for (const auto& name : names) text += concat(text.size() > 1 ? " " : "", "\"", name, "\"");
  return text + "]";
}

// What is asked for, from whom.
struct Wish {
  const Token& parent;
  const TokenRole* role;
  Strings policies;       // canonical
  bool names_policies;    // though it may be none: what a template left empty does not give what the caller has
  bool no_default;
  bool may;               // root or sudo
};

// A role that lists policies gives what it lists, whatever the caller has.
Result<Strings> policies_by_role(const Wish& wish) {
  const TokenRole& role = *wish.role;
  const bool add_default = !wish.no_default && !role.token.no_default_policy && !has(role.disallowed, "default") && !has_glob(role.disallowed_globs, "default");
  const auto with_default = [&](Strings names) {
    if (add_default) add(names, "default");
    return names;
  };
  Strings policies = wish.names_policies ? with_default(wish.policies) : Strings();
  if (!role.allowed.empty() || !role.allowed_globs.empty()) {
    const Strings allowed = has(role.allowed, "root") ? Strings{"root"} : with_default(role.allowed);
    if (policies.empty()) policies = allowed;
    if (!std::ranges::all_of(policies, [&](const auto& name) { return has(allowed, name) || has_glob(role.allowed_globs, name); }))
      return fail(Code::invalid, concat("token policies (", quoted_list(policies), ") must be subset of the role's allowed policies (", quoted_list(allowed),
                                        ") or glob policies (", quoted_list(role.allowed_globs), ")"));
  } else if (!wish.names_policies) {
    policies = with_default(wish.parent.policies);
  }
  for (const auto& name : policies)
    if (has(role.disallowed, name) || has_glob(role.disallowed_globs, name)) return fail(Code::invalid, concat("token policy \"", name, "\" is disallowed by this role"));
  return policies;
}

// Without such a role: the caller's own, or some of them; any, with sudo.
Result<Strings> policies_by_parent(const Wish& wish) {
  const Strings& own = wish.parent.policies;
  if (!wish.names_policies) return own;
  Strings policies = wish.policies;
  if (!wish.may && !std::ranges::all_of(policies, [&](const auto& name) { return has(own, name) || name == "default"; }))
    return fail(Code::invalid, "child policies must be subset of parent");
  if (wish.may || has(own, "default")) add(policies, "default");
  return policies;
}

Result<Strings> resolve_policies(const Wish& wish) {
  Strings policies = TRY(wish.role && wish.role->restricts_policies() ? policies_by_role(wish) : policies_by_parent(wish));
  if (has(policies, "root")) {
    if (!wish.parent.is_root()) return fail(Code::invalid, "root tokens may not be created without parent token being root");
    return Strings{"root"};
  }
  if (wish.no_default) std::erase(policies, "default");
  return policies;
}

struct Life { Seconds explicit_ttl_max{}, period{}; };

// Of two limits the lesser holds.
void take_lesser(Seconds& wanted, Seconds of_role, std::string_view what, Reply& reply) {
  if (of_role == Seconds(0)) return;
  if (wanted == Seconds(0)) {
    wanted = of_role;
    return;
  }
  wanted = std::min(wanted, of_role);
  reply.add_warning(concat(what, " specified both during creation call and in role; using the lesser value of ", std::to_string(wanted.count()), " seconds"));
}

Result<bool> wants_batch(const Call& call, const TokenRole* role) {
  std::string_view type = call[field::type];
  if (role && (role->token.type == "service" || role->token.type == "batch")) type = role->token.type;
  else if (role && role->token.type == "default-batch" && type.empty()) type = "batch";
  if (type != "" && type != "service" && type != "batch") return fail(Code::invalid, "invalid 'token_type' value");
  if (type != "batch") return false;
  const auto refuse = [](std::string_view what) { return fail(Code::invalid, concat("batch tokens cannot have \"", what, "\" set")); };
  const auto is_set = [](std::string_view text) {
    const auto duration = parse_duration(text);
    return !text.empty() && (!duration || duration->count() != 0);
  };
  if (is_set(call[field::explicit_max_ttl])) return refuse("explicit_max_ttl");
  if (call[field::num_uses] != 0 || (role && role->token.uses > 0)) return refuse("num_uses");  // nobody would count them
  if (is_set(call[field::period])) return refuse("period");
  return true;
}

}  // namespace

Result<Reply> TokenApi::create(Call& call) { return make(call, false, nullptr); }
Result<Reply> TokenApi::create_orphan(Call& call) { return make(call, true, nullptr); }

Result<Reply> TokenApi::create_by_role(Call& call) {
  const auto role = TRY(load_role(call.storage(), call[field::role_name]));
  if (!role) return fail(Code::invalid, concat("unknown role ", call[field::role_name]));
  return make(call, false, &*role);
}

Result<Reply> TokenApi::make(Call& call, bool orphan_path, const TokenRole* role) {
  const auto found = TRY(find(call, call.caller().token));
  if (!found) return fail(Code::invalid, "parent token lookup failed: no parent found");
  const Token& parent = found->token;
  if (parent.batch) return fail(Code::invalid, "batch tokens cannot create more tokens");
  if (parent.uses != 0) return fail(Code::invalid, "restricted use token cannot generate child tokens");
  const bool may = call.caller().has_sudo;  // root has it everywhere

  NewToken wanted;
  Token& made = wanted.token;
  Reply reply = Reply::empty();

  made.batch = TRY(wants_batch(call, role));
  if (const auto id = call[field::id]; !id.empty()) {
    if (!may) return fail(Code::invalid, "root or sudo privileges required to specify token id");
    TRY(check_custom_id(id));
    wanted.id = id;
  }
  if (!role && call[field::no_parent] && !may) return fail(Code::invalid, "root or sudo privileges required to create orphan token");
  made.orphan = role ? role->orphan : orphan_path || call[field::no_parent];
  if (!made.orphan) made.parent = found->hash;

  made.policies = TRY(resolve_policies({parent, role, TRY(canonical(call[field::policies])), !call[field::policies].empty(), call[field::no_default_policy], may}));
  if (made.batch && has(made.policies, "root")) return fail(Code::invalid, "batch tokens cannot be root tokens");
  for (const auto& name : made.policies)
    if (!TRY(core_.policies().exists(call.storage().transaction(), PolicyName(name)))) reply.add_warning(concat("Policy \"", name, "\" does not exist"));
  // A role decides where its tokens may be used from; otherwise a child gets no further than its parent.
  if (role) made.bound_cidrs = role->token.bound_cidrs;
  else if (!made.orphan) made.bound_cidrs = parent.bound_cidrs;

  // ---- its life -------------------------------------------------------------------------------------------------------------
  made.uses = call[field::num_uses];
  if (made.uses < 0) return fail(Code::invalid, "number of uses cannot be negative");
  if (role && role->token.uses > 0) made.uses = made.uses == 0 ? role->token.uses : std::min(made.uses, role->token.uses);
  if (!call[field::period].empty()) {
    made.period = TRY(positive("period", call[field::period]));
    if (made.period > Seconds(0) && !may) return fail(Code::invalid, "root or sudo privileges required to create periodic token");
  }
  if (!call[field::explicit_max_ttl].empty()) made.explicit_ttl_max = TRY(positive("explicit_max_ttl", call[field::explicit_max_ttl]));
  const auto asked = call[field::ttl].empty() ? call[field::lease] : call[field::ttl];
  const Seconds ttl = asked.empty() ? Seconds(0) : TRY(positive(call[field::ttl].empty() ? "lease" : "ttl", asked));
  Life life{.explicit_ttl_max = made.explicit_ttl_max, .period = made.period};
  if (role && !made.batch) {
    take_lesser(life.explicit_ttl_max, role->token.explicit_ttl_max, "Explicit max TTL", reply);
    take_lesser(life.period, role->token.period, "Period", reply);
  }
  const Time now = call.now();
  made.created = now;
  made.renewable = call[field::renewable] && (!role || role->renewable) && !made.batch;
  const bool endless = made.is_root() && ttl == Seconds(0) && life.period == Seconds(0) && life.explicit_ttl_max == Seconds(0);
  if (endless && parent.ends()) return fail(Code::invalid, "expiring root tokens cannot create non-expiring root tokens");
  if (endless) {
    made.renewable = false;
    made.bound_cidrs.clear();
  } else {
    Strings warnings;
    const LifeWish wish{.ttl = ttl, .ttl_max = {}, .explicit_ttl_max = life.explicit_ttl_max, .period = life.period, .is_renewal = false};
    made.ttl = bounded_ttl(wish, call.host(), now, now, warnings);
    made.expires = now + made.ttl;
    for (auto& warning : warnings) reply.add_warning(std::move(warning));
  }

  made.path = orphan_path ? "auth/token/create-orphan" : "auth/token/create";
  if (role) {
    made.role = call[field::role_name];
    made.path += concat("/", made.role);
    if (!role->path_suffix.empty()) made.path += concat("/", role->path_suffix);
  }
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
