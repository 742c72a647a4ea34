#include "core/acl.h"
#include <algorithm>
#include <charconv>
#include <numeric>
#include <unordered_map>
#include "core/acl_parameters.h"
#include "core/acl_trie.h"

namespace sr {

namespace {

constexpr std::string_view limit_parameter = "limit";

// All stanzas for one pattern.
struct Rule {
  std::string_view pattern;
  bool is_prefix = false;
  bool has_wildcard_segments = false;
  CapabilitySet capabilities{};
  std::chrono::nanoseconds min_wrapping_ttl{0};
  std::chrono::nanoseconds max_wrapping_ttl{0};
  std::int64_t pagination_limit = 0;
  std::vector<Grant> grants{};
  std::unique_ptr<acl::ParameterCheck> parameters{};
  KeyFilter keys_filter{};

  bool is_exact() const { return !is_prefix && !has_wildcard_segments; }
  bool grants_anything() const { return !capabilities.denies() && !capabilities.empty(); }
};

// The smaller of two bounds, where 0 is no bound.
template <class T> T tighter(T a, T b) {
  if (a == T{}) return b;
  return b == T{} ? a : std::min(a, b);
}

void merge(Rule& rule, const PathRule& stanza, std::string_view policy) {
  if (rule.capabilities.denies()) return;
  if (stanza.capabilities.denies()) {
    rule.capabilities = {Capability::deny};
    rule.grants.clear();
    rule.parameters.reset();
    rule.keys_filter = {};
    return;
  }
  rule.capabilities.add(stanza.capabilities);
  if (!rule.grants.empty() && rule.grants.back().policy == policy) rule.grants.back().capabilities.add(stanza.capabilities);
  else rule.grants.push_back({.policy = policy, .capabilities = stanza.capabilities});
  rule.min_wrapping_ttl = tighter(rule.min_wrapping_ttl, stanza.min_wrapping_ttl);
  rule.max_wrapping_ttl = tighter(rule.max_wrapping_ttl, stanza.max_wrapping_ttl);
  rule.pagination_limit = tighter(rule.pagination_limit, stanza.pagination_limit);
  if (rule.keys_filter.empty()) rule.keys_filter = stanza.keys_filter;  // of several the first, as in OpenBao
  if (stanza.allowed_parameters.empty() && stanza.denied_parameters.empty() && stanza.required_parameters.empty()) return;
  if (!rule.parameters) rule.parameters = std::make_unique<acl::ParameterCheck>();
  rule.parameters->merge(stanza);
}

Capability needed_for(Op op) {
  switch (op) {
    case Op::create: return Capability::create;
    case Op::read: return Capability::read;
    case Op::update: return Capability::update;
    case Op::patch: return Capability::patch;
    case Op::remove: return Capability::remove;
    case Op::list: return Capability::list;
    case Op::scan: return Capability::scan;
    case Op::help: break;
  }
  return Capability::deny;
}

bool lists(Op op) { return op == Op::list || op == Op::scan; }

bool wrapping_fits(const Rule& rule, const std::optional<std::chrono::nanoseconds>& ttl) {
  const auto zero = std::chrono::nanoseconds(0);
  if (rule.max_wrapping_ttl > zero && (!ttl || *ttl > rule.max_wrapping_ttl)) return false;
  if (rule.min_wrapping_ttl > zero && (!ttl || *ttl < rule.min_wrapping_ttl)) return false;
  return true;  // a merge with max < min leaves no ttl that fits
}

// The page size to run a list with under a rule that bounds it; nothing when the request asks for more. As in OpenBao,
// 0 and "max" ask for as much as there is, and a missing limit is filled in unless the rule requires the caller to name
// one.
std::optional<std::int64_t> page_limit(const Rule& rule, const json::Value* parameters) {
  const json::Value* asked = parameters ? parameters->find(limit_parameter) : nullptr;
  if (!asked) {
    if (rule.parameters && rule.parameters->requires_parameter(limit_parameter)) return std::nullopt;
    return rule.pagination_limit;
  }
  if (!asked->is_string() && asked->type != json::Type::number) return std::nullopt;
  if (asked->is_string() && (asked->text.empty() || asked->text == "max")) return rule.pagination_limit;
  std::int64_t limit = 0;
  const char* end = asked->text.data() + asked->text.size();
  const auto [stop, error] = std::from_chars(asked->text.data(), end, limit);
  if (error != std::errc() || stop != end || limit < 0 || limit > rule.pagination_limit) return std::nullopt;
  return limit == 0 ? rule.pagination_limit : limit;
}

}  // namespace

struct Acl::Compiled {
  std::vector<std::string> names;  // of the policies; what the views of the rules borrow from
  std::string patterns;
  std::vector<Rule> rules;  // by priority, lowest first
  acl::Trie trie{std::span<const acl::Pattern>()};
  Arena values;  // of parameters

  const Rule* judge(Op op, std::string_view path) const;
  const Rule* judge(Op op, std::string_view path, std::string_view folded) const;
};

std::vector<std::string_view> Decision::granting_policies() const {
  std::vector<std::string_view> names;
  for_each_granting_policy([&](std::string_view name) { names.push_back(name); });
  return names;
}

Acl::Acl(bool root, std::unique_ptr<const Compiled> compiled) : root_(root), compiled_(std::move(compiled)) {}
Acl::~Acl() = default;

Result<std::shared_ptr<const Acl>> Acl::compile(std::span<const Policy* const> policies, Time now) {
  auto compiled = std::make_unique<Compiled>();
  std::size_t count = 0, bytes = 0;
  bool root = false;
  for (const Policy* policy : policies) {
    if (!policy) continue;
    compiled->names.push_back(policy->name.text());
    root |= sr::is_root(policy->name);
    count += policy->rules.size();
    for (const PathRule& stanza : policy->rules) bytes += stanza.pattern.size();
  }
  if (root && compiled->names.size() != 1) return fail(Code::internal, "other policies present along with root");

  // Stanzas to rules: the same pattern is the same rule.
  std::vector<Rule> rules;
  std::unordered_map<std::string_view, std::size_t> known;
  rules.reserve(count);
  known.reserve(count);
  compiled->patterns.reserve(bytes);  // never grows again: views into it stay good
  std::size_t name = 0;
  for (const Policy* policy : policies) {
    if (!policy) continue;
    const std::string_view policy_name = compiled->names[name++];
    for (const PathRule& stanza : policy->rules) {
      if (stanza.is_templated || (stanza.expiration && *stanza.expiration <= now)) continue;
      const auto [at, is_new] = known.try_emplace(stanza.pattern, rules.size());
      if (is_new) {
        const std::size_t start = compiled->patterns.size();
        compiled->patterns += stanza.pattern;
        rules.push_back({.pattern = std::string_view(compiled->patterns).substr(start),
                         .is_prefix = stanza.is_prefix,
                         .has_wildcard_segments = stanza.has_wildcard_segments});
      }
      merge(rules[at->second], stanza, policy_name);
    }
  }

  std::vector<std::pair<acl::Priority, std::size_t>> order;
  order.reserve(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i)
    order.emplace_back(acl::Priority(rules[i].pattern, rules[i].is_prefix, rules[i].has_wildcard_segments), i);
  std::ranges::sort(order);

  std::vector<acl::Pattern> patterns;
  patterns.reserve(rules.size());
  compiled->rules.reserve(rules.size());
  for (const auto& [priority, i] : order) {
    Rule& rule = compiled->rules.emplace_back(std::move(rules[i]));
    if (rule.parameters) rule.parameters->finish(compiled->values);
    patterns.push_back({.text = rule.pattern, .is_prefix = rule.is_prefix, .grants = rule.grants_anything()});
  }
  compiled->trie = acl::Trie(patterns);
  return std::shared_ptr<const Acl>(new Acl(root, std::move(compiled)));
}

const Rule* Acl::Compiled::judge(Op op, std::string_view path) const {
  while (path.starts_with('/')) path.remove_prefix(1);
  std::int32_t best = trie.best(path);
  if (lists(op) && path.ends_with('/')) {
    path.remove_suffix(1);
    const std::int32_t entry = trie.best(path);  // the folder under the name of an entry
    if (entry > best) {
      const Rule& rule = rules[static_cast<std::size_t>(entry)];
      if (best == acl::Trie::none || rule.is_exact() || rule.capabilities.denies()) best = entry;
    }
  }
  return best == acl::Trie::none ? nullptr : &rules[static_cast<std::size_t>(best)];
}

// Of a name with several spellings: rules that write it as it was sent count, and those that write it in its one spelling. The more
// special one decides; of two that name it exactly each has to allow what is asked.
const Rule* Acl::Compiled::judge(Op op, std::string_view path, std::string_view folded) const {
  const Rule* sent = judge(op, path);
  const Rule* meant = folded.empty() ? nullptr : judge(op, folded);
  if (!sent || !meant) return sent ? sent : meant;
  if (sent->is_exact() && meant->is_exact()) return sent->capabilities.has(needed_for(op)) ? meant : sent;
  return std::max(sent, meant);  // they are sorted by priority
}

Decision Acl::decide(const Question& question) const {
  static const Grant root_grant{.policy = "root", .capabilities = {}};
  if (root_) return {.allowed = true, .root = true, .sudo = true, .grants = {&root_grant, 1}};
  if (question.op == Op::help) return {.allowed = true};  // everyone may read about a path, one for sudo too

  const Rule* rule = compiled_->judge(question.op, question.path, question.folded);
  if (!rule) return {};
  Decision decision{.sudo = rule->capabilities.has(Capability::sudo),
                    .min_wrapping_ttl = rule->min_wrapping_ttl,
                    .max_wrapping_ttl = rule->max_wrapping_ttl,
                    .grants = rule->grants,
                    .through = needed_for(question.op)};
  if (!rule->capabilities.has(decision.through)) return decision;
  if (question.needs_sudo && !decision.sudo) return decision;
  if (!wrapping_fits(*rule, question.wrap_ttl)) return decision;

  if (lists(question.op)) {
    if (rule->pagination_limit > 0) {
      const auto limit = page_limit(*rule, question.parameters);
      if (!limit) return decision;
      decision.page_limit = *limit;
    }
    if (!rule->keys_filter.empty()) decision.keys_filter = &rule->keys_filter;
  } else if (question.op != Op::remove && rule->parameters && !rule->parameters->allows(question.parameters)) {
    return decision;
  }
  decision.allowed = true;
  return decision;
}

std::vector<std::string> Acl::capabilities(std::string_view path, std::string_view folded) const {
  if (root_) return {"root"};
  const Rule* rule = compiled_->judge(Op::list, path, folded);
  if (!rule || !rule->grants_anything()) return {"deny"};
  return rule->capabilities.names();
}

CapabilitySet Acl::given(std::string_view path, std::string_view folded) const {
  const Rule* rule = compiled_->judge(Op::list, path, folded);
  return rule ? rule->capabilities : CapabilitySet();
}

bool Acl::reaches(std::string_view mount_path) const {
  if (root_) return true;
  const Rule* rule = compiled_->judge(Op::list, mount_path);
  return (rule && rule->grants_anything()) || compiled_->trie.grants_below(mount_path);
}

std::vector<Acl::RuleView> Acl::rules() const {
  std::vector<RuleView> views;
  for (const Rule& rule : compiled_->rules) views.push_back({.pattern = rule.pattern, .exact = rule.is_exact(), .capabilities = rule.capabilities});
  return views;
}

}  // namespace sr
