#include "core/acl.h"
#include <gtest/gtest.h>
#include <map>
#include <random>
#include "core/acl_brute_force.h"
#include "core/acl_parameters.h"

namespace sr {
namespace {

using enum Capability;

PathRule stanza(std::string pattern, CapabilitySet capabilities) {
  PathRule rule{.pattern = pattern, .is_prefix = pattern.ends_with('*'), .capabilities = capabilities};
  rule.has_wildcard_segments = pattern == "+" || pattern.starts_with("+/") || pattern.find("/+") != pattern.npos;
  return rule;
}

Policy policy(std::string name, std::vector<PathRule> rules) { return {.name = PolicyName(std::move(name)), .text = "", .rules = std::move(rules)}; }

std::shared_ptr<const Acl> compile(const std::vector<Policy>& policies) {
  std::vector<const Policy*> pointers;
  for (const Policy& one : policies) pointers.push_back(&one);
  auto acl = Acl::compile(pointers);
  EXPECT_TRUE(acl.has_value());
  return *acl;
}

ParameterRules values(std::initializer_list<std::pair<std::string, std::vector<std::string>>> list) {
  ParameterRules rules;
  for (const auto& [name, texts] : list)
    for (auto& into = rules[name]; const std::string& text : texts) into.push_back({text});
  return rules;
}

// Decides on a body given as JSON.
bool allows(const Acl& acl, Op op, std::string_view path, std::string_view body) {
  Arena arena;
  return acl.decide({.op = op, .path = path, .parameters = *json::parse(arena, body)}).allowed;
}

bool allows(const Acl& acl, Op op, std::string_view path) { return acl.decide({.op = op, .path = path}).allowed; }

// ---- which rule counts --------------------------------------------------------------------------------------------------

TEST(Acl, NothingMeansNo) {
  const auto acl = compile({});
  EXPECT_FALSE(allows(*acl, Op::read, "secret/a"));
  EXPECT_FALSE(allows(*acl, Op::read, ""));
  EXPECT_TRUE(acl->decide({.op = Op::help, .path = "sys/raw", .needs_sudo = true}).allowed);
  EXPECT_EQ(acl->capabilities("secret/a"), std::vector<std::string>{"deny"});
}

TEST(Acl, ARuleThatHasExpiredIsNotThere) {
  PathRule read = stanza("a", {Capability::read}), denied = stanza("b", {deny});
  read.expiration = denied.expiration = Time(Seconds(100));
  const Policy one = policy("one", {read, denied, stanza("+", {Capability::list})});
  const Policy* all[] = {&one};
  const auto before = *Acl::compile(all, Time(Seconds(99))), after = *Acl::compile(all, Time(Seconds(100)));
  EXPECT_TRUE(allows(*before, Op::read, "a"));
  EXPECT_FALSE(allows(*before, Op::list, "b"));
  EXPECT_FALSE(allows(*after, Op::read, "a"));
  EXPECT_TRUE(allows(*after, Op::list, "b"));
}

TEST(Acl, OfFiltersTheFirstHolds) {
  PathRule first = stanza("a", {Capability::list}), second = first;
  first.keys_filter = *KeyFilter::parse("1/{{.key}}");
  second.keys_filter = *KeyFilter::parse("2/{{.key}}");
  const auto acl = compile({policy("none", {stanza("a", {Capability::list})}), policy("one", {first}), policy("two", {second})});
  EXPECT_EQ(acl->decide({.op = Op::list, .path = "a"}).keys_filter->path_of("a/", "k"), "1/k");
  EXPECT_EQ(compile({policy("one", {first}), policy("no", {stanza("a", {deny})})})->decide({.op = Op::list, .path = "a"}).keys_filter, nullptr);
}

TEST(Acl, RootMayAllAndStandsAlone) {
  const Policy root = policy("root", {}), other = policy("dev", {});
  const Policy* alone[] = {&root};
  const auto acl = *Acl::compile(alone);
  const Decision decision = acl->decide({.op = Op::remove, .path = "sys/raw", .needs_sudo = true});
  EXPECT_TRUE(decision.allowed && decision.root && decision.sudo);
  EXPECT_EQ(decision.granting_policies(), std::vector<std::string_view>{"root"});
  EXPECT_EQ(acl->capabilities("anything"), std::vector<std::string>{"root"});
  const Policy* both[] = {&root, &other};
  EXPECT_FALSE(Acl::compile(both).has_value());
}

// Each pattern beats the one above it on the path beside it.
TEST(Acl, OrderOfPriority) {
  const struct { const char *weaker, *stronger, *path; } table[] = {
      {"*", "foo/*", "foo/bar"},                      // later first wildcard
      {"foo/+", "foo/a*", "foo/ab"},                  //
      {"foo/+/bar/baz", "foo/bar/+/baz", "foo/bar/bar/baz"},
      {"foo/*", "foo/+", "foo/bar"},                  // no '*' at the end
      {"foo/+/ba*", "foo/+/bar", "foo/x/bar"},
      {"foo/+/ba*", "foo/*", "foo/x/bar"},            // fewer '+', though it looks less specific
      {"foo/+/+/baz", "foo/+/bar/baz", "foo/x/bar/baz"},
      {"foo/+/bar/b*", "foo/+/bar/ba*", "foo/x/bar/baz"},  // longer
      {"foo/+/b/+", "foo/+/+/c", "foo/x/b/c"},        // the larger by bytes: '+' stands before 'b'
      {"foo/+", "foo/bar", "foo/bar"},                // exact
      {"foo/bar*", "foo/bar", "foo/bar"},
      {"foo*", "foo/*", "foo/"},
      {"a/+/+", "a/+b/+", "a/+b/c"},                  // a '+' within a name is only a character
  };
  for (const auto& row : table) {
    const bool swapped = std::string_view(row.path) == "foo/x/b/c";
    for (const bool denied : {false, true}) {
      const auto acl = compile({policy("p", {stanza(row.weaker, {denied != swapped ? read : deny}), stanza(row.stronger, {denied != swapped ? deny : read})})});
      EXPECT_EQ(allows(*acl, Op::read, row.path), !denied) << row.weaker << " and " << row.stronger << " on " << row.path;
    }
  }
}

TEST(Acl, PatternsMatchWholeSegments) {
  const auto acl = compile({policy("p", {stanza("a/+/c", {read}), stanza("p*", {read}), stanza("q/+/x*", {read}), stanza("+", {read}), stanza("end/+/*", {read})})});
  for (const char* path : {"a/b/c", "a//c", "p", "pq", "p/q/r", "q/1/x", "q/1/xyz/deep/er", "one", "end/1/", "end/1/2/3"}) EXPECT_TRUE(allows(*acl, Op::read, path)) << path;
  for (const char* path : {"a/b", "a/b/c/d", "a/b/cc", "o/p", "q/x", "q/1/y", "one/", "one/two", "end/1"}) EXPECT_FALSE(allows(*acl, Op::read, path)) << path;
}

TEST(Acl, CaseCounts) {
  const auto acl = compile({policy("p", {stanza("secret/*", {read}), stanza("secret/App", {deny})})});
  EXPECT_FALSE(allows(*acl, Op::read, "secret/App"));
  EXPECT_TRUE(allows(*acl, Op::read, "secret/app"));  // another secret
}

TEST(Acl, TemplatesGiveNothing) {
  PathRule own = stanza("identity/entity/id/{{identity.entity.id}}", {read});
  own.is_templated = true;
  const auto acl = compile({policy("default", {own})});
  EXPECT_FALSE(allows(*acl, Op::read, "identity/entity/id/{{identity.entity.id}}"));
}

// ---- LIST and the slash at the end --------------------------------------------------------------------------------------

TEST(Acl, ListOfFolderFollowsRuleOfEntry) {
  const auto acl = compile({policy("p", {stanza("kv/a", {list, read}), stanza("kv/b/", {list}), stanza("kv/b", {deny}), stanza("kv/w/+", {list})})});
  EXPECT_TRUE(allows(*acl, Op::list, "kv/a/"));
  EXPECT_TRUE(allows(*acl, Op::list, "kv/a"));
  EXPECT_FALSE(allows(*acl, Op::read, "kv/a/"));  // for LIST and SCAN only
  EXPECT_TRUE(allows(*acl, Op::list, "kv/b/"));   // the exact rule with the slash comes first
  EXPECT_TRUE(allows(*acl, Op::list, "kv/w/x/"));
}

// CVE-2026-12624: the slash must lead round no deny.
TEST(Acl, ListWithSlashMeetsTheMostSpecificDeny) {
  const auto acl = compile({policy("p", {stanza("foo/metadata/*", {list, scan}), stanza("foo/metadata/private/*", {deny}),
                                         stanza("foo/metadata/private/granted/*", {list, scan}), stanza("seg/*", {list, scan}), stanza("seg/+", {deny})})});
  for (const Op op : {Op::list, Op::scan}) {
    for (const char* path : {"foo/metadata/", "foo/metadata/test/", "foo/metadata/private/granted/", "foo/metadata/private/granted/x/", "seg/a/b/"})
      EXPECT_TRUE(allows(*acl, op, path)) << path;
    for (const char* path : {"foo/", "foo/metadata/private/", "foo/metadata/private/x/", "seg/a/", "seg/a"}) EXPECT_FALSE(allows(*acl, op, path)) << path;
  }
}

// ---- merging ------------------------------------------------------------------------------------------------------------

TEST(Acl, SamePatternIsMergedAndNamesItsGrantors) {
  const auto acl = compile({policy("a", {stanza("kv/*", {read})}), policy("b", {stanza("kv/*", {list}), stanza("kv/*", {read})}), policy("c", {stanza("kv/*", {update})})});
  EXPECT_EQ(acl->capabilities("kv/x"), (std::vector<std::string>{"list", "read", "update"}));
  const auto read_by = acl->decide({.op = Op::read, .path = "kv/x"}).granting_policies();
  EXPECT_EQ(read_by, (std::vector<std::string_view>{"a", "b"}));
  EXPECT_TRUE(acl->decide({.op = Op::remove, .path = "kv/x"}).granting_policies().empty());
}

TEST(Acl, DenyWinsInEveryOrder) {
  for (const bool first : {true, false}) {
    std::vector<Policy> policies = {policy("yes", {stanza("kv/*", {read, sudo})}), policy("no", {stanza("kv/*", {deny})})};
    if (first) std::swap(policies[0], policies[1]);
    const auto acl = compile(policies);
    EXPECT_FALSE(allows(*acl, Op::read, "kv/x"));
    EXPECT_FALSE(acl->decide({.op = Op::read, .path = "kv/x"}).sudo);
    EXPECT_EQ(acl->capabilities("kv/x"), std::vector<std::string>{"deny"});
  }
}

TEST(Acl, SudoPathsNeedBoth) {
  const auto acl = compile({policy("p", {stanza("sys/raw/*", {read, sudo}), stanza("sys/seal", {update}), stanza("sys/step-down", {sudo})})});
  EXPECT_TRUE(acl->decide({.op = Op::read, .path = "sys/raw/x", .needs_sudo = true}).allowed);
  EXPECT_FALSE(acl->decide({.op = Op::update, .path = "sys/seal", .needs_sudo = true}).allowed);
  EXPECT_FALSE(acl->decide({.op = Op::update, .path = "sys/step-down", .needs_sudo = true}).allowed);
}

// ---- wrapping and pages -------------------------------------------------------------------------------------------------

TEST(Acl, WrappingBounds) {
  using namespace std::chrono_literals;
  PathRule bounded = stanza("kv/x", {read});
  bounded.min_wrapping_ttl = 10s;
  bounded.max_wrapping_ttl = 60s;
  const auto with = [&](const Acl& acl, std::optional<std::chrono::nanoseconds> ttl) { return acl.decide({.op = Op::read, .path = "kv/x", .wrap_ttl = ttl}).allowed; };
  const auto acl = compile({policy("p", {bounded})});
  EXPECT_FALSE(with(*acl, std::nullopt));
  EXPECT_FALSE(with(*acl, 9999ms));
  EXPECT_TRUE(with(*acl, 10s));
  EXPECT_TRUE(with(*acl, 60s));
  EXPECT_FALSE(with(*acl, 61s));

  PathRule tighter = stanza("kv/x", {list});  // one bound at a time may be the smaller one, until nothing fits
  tighter.max_wrapping_ttl = 5s;
  const auto none_fits = compile({policy("p", {bounded}), policy("q", {tighter})});
  for (const auto ttl : {1s, 5s, 10s, 60s}) EXPECT_FALSE(with(*none_fits, ttl));
}

TEST(Acl, PageLimits) {
  PathRule paged = stanza("kv/*", {list, read});
  paged.pagination_limit = 10;
  PathRule smaller = paged;
  smaller.pagination_limit = 7;
  const auto acl = compile({policy("p", {paged}), policy("q", {smaller}), policy("r", {stanza("kv/*", {list})})});
  Arena arena;
  const auto limit = [&](const Acl& judge, std::string_view body) -> std::int64_t {
    const Decision decision = judge.decide({.op = Op::list, .path = "kv/", .parameters = *json::parse(arena, body)});
    return decision.allowed ? decision.page_limit : -1;
  };
  EXPECT_EQ(acl->decide({.op = Op::list, .path = "kv/"}).page_limit, 7);
  for (const char* body : {"{}", R"({"limit":"0"})", R"({"limit":"max"})", R"({"limit":""})", R"({"limit":7})"}) EXPECT_EQ(limit(*acl, body), 7) << body;
  EXPECT_EQ(limit(*acl, R"({"limit":"3"})"), 3);
  for (const char* body : {R"({"limit":"8"})", R"({"limit":-1})", R"({"limit":"-1"})", R"({"limit":"99999999999999999999"})", R"({"limit":"all"})", R"({"limit":null})",
                           R"({"limit":7.5})", R"({"limit":[1]})"})
    EXPECT_EQ(limit(*acl, body), -1) << body;
  EXPECT_TRUE(allows(*acl, Op::read, "kv/x", R"({"limit":"99"})"));

  paged.required_parameters = {"limit"};
  const auto strict = compile({policy("p", {paged})});
  EXPECT_EQ(limit(*strict, "{}"), -1);
  EXPECT_EQ(limit(*strict, R"({"limit":"max"})"), 10);
}

// ---- parameters ---------------------------------------------------------------------------------------------------------

TEST(AclParameters, RequiredDeniedAllowed) {
  PathRule rule = stanza("p/required", {create, update, read, patch, remove});
  rule.required_parameters = {"foo"};
  PathRule denied = stanza("p/denied", {update});
  denied.denied_parameters = values({{"bad", {}}, {"half", {R"("no*")", R"("*never*")", "5", "true"}}});
  PathRule all = stanza("p/all", {update});
  all.denied_parameters = values({{"*", {R"("x")"}}});
  PathRule allowed = stanza("p/allowed", {update, create});
  allowed.allowed_parameters = values({{"any", {}}, {"some", {R"("one")", R"("t*")", "2", "false", R"({"a":["b"]})", "null"}}});
  PathRule others = stanza("p/others", {update});
  others.allowed_parameters = values({{"*", {R"("x")"}}, {"some", {R"("one")"}}});
  PathRule flags = stanza("p/flag", {update, create});
  flags.denied_parameters = values({{"on", {"true"}}, {"off", {"false"}}, {"ttl", {"3600"}}, {"none", {"0"}}});
  const auto acl = compile({policy("p", {rule, denied, all, allowed, others, flags})});

  for (const Op op : {Op::create, Op::update, Op::read, Op::patch}) {
    EXPECT_FALSE(allows(*acl, op, "p/required"));
    EXPECT_FALSE(allows(*acl, op, "p/required", R"({"other":1})"));
    EXPECT_FALSE(allows(*acl, op, "p/required", R"({"Foo":1})"));  // what an engine would not find is not there
    EXPECT_TRUE(allows(*acl, op, "p/required", R"({"foo":null})"));
  }
  EXPECT_TRUE(allows(*acl, Op::remove, "p/required"));  // DELETE has no parameters to look at

  const struct { const char *path, *body; bool allowed; } table[] = {
      {"p/denied", "{}", true},
      {"p/denied", R"({"good":1})", true},
      {"p/denied", R"({"bad":1})", false},
      {"p/denied", R"({"BAD":null})", false},
      {"p/denied", R"({"good":1,"half":"nobody"})", false},
      {"p/denied", R"({"half":"I never do"})", false},
      {"p/denied", R"({"half":"yes"})", true},
      {"p/denied", R"({"half":5})", false},        // Vault lets these through: see matches_denied
      {"p/denied", R"({"half":5.0})", false},
      {"p/denied", R"({"half":"5"})", false},
      {"p/denied", R"({"half":6})", false},        // a flag that is not 0 is true
      {"p/flag", R"({"on":1})", false},
      {"p/flag", R"({"on":"1"})", false},
      {"p/flag", R"({"on":"T"})", false},
      {"p/flag", R"({"on":"+1"})", false},
      {"p/flag", R"({"on":0})", true},
      {"p/flag", R"({"on":"f"})", true},
      {"p/flag", R"({"on":"yes"})", true},         // which no engine reads
      {"p/flag", R"({"off":"0"})", false},
      {"p/flag", R"({"off":""})", false},
      {"p/flag", R"({"off":null})", false},
      {"p/flag", R"({"off":"t"})", true},
      {"p/flag", R"({"ttl":"+3600"})", false},
      {"p/flag", R"({"ttl":"1h"})", false},
      {"p/flag", R"({"ttl":"60m"})", false},
      {"p/flag", R"({"ttl":"61m"})", true},
      {"p/flag", R"({"none":""})", false},
      {"p/flag", R"({"none":null})", false},
      {"p/flag", R"({"none":false})", false},
      {"p/flag", R"({"none":"a,"})", true},
      {"p/denied", R"({"half":true})", false},
      {"p/denied", R"({"half":"true"})", false},
      {"p/denied", R"({"half":" 5"})", false},
      {"p/denied", R"({"half":"TRUE"})", false},
      {"p/denied", R"({"half":"Nobody"})", false},
      {"p/denied", R"({"half":"\tnobody"})", false},
      {"p/denied", R"({"half":"yes, nobody"})", false},
      {"p/denied", R"({"half":"yes,maybe,"})", true},
      {"p/denied", R"({"half":["no"]})", false},   // an engine takes "no" and ["no"] for the same list
      {"p/denied", R"({"half":["yes",["a","No"]]})", false},
      {"p/denied", R"({"half":[6,5]})", false},
      {"p/denied", R"({"half":["yes","maybe"]})", true},
      {"p/denied", R"({"half":{"no":"no"}})", true},
      {"p/all", "{}", true},
      {"p/all", R"({"anything":1})", false},
      {"p/allowed", "{}", true},
      {"p/allowed", R"({"any":[1,2],"ANY":{}})", true},
      {"p/allowed", R"({"other":1})", false},
      {"p/allowed", R"({"any":1,"other":1})", false},
      {"p/allowed", R"({"some":"one"})", true},
      {"p/allowed", R"({"Some":"two"})", true},
      {"p/allowed", R"({"some":"One"})", false},
      {"p/allowed", R"({"some":2})", true},
      {"p/allowed", R"({"some":2.0})", true},
      {"p/allowed", R"({"some":"2"})", false},
      {"p/allowed", R"({"some":false})", true},
      {"p/allowed", R"({"some":"false"})", false},
      {"p/allowed", R"({"some":null})", true},
      {"p/allowed", R"({"some":{"a":["b"]}})", true},
      {"p/allowed", R"({"some":{"a":["b","c"]}})", false},
      {"p/others", R"({"free":"y","some":"one"})", true},  // values of "*" bind nobody
      {"p/others", R"({"some":"two"})", false},
  };
  for (const auto& row : table) EXPECT_EQ(allows(*acl, Op::update, row.path, row.body), row.allowed) << row.path << " " << row.body;
}

TEST(AclParameters, MergeJoinsListsAndEmptyListsWin) {
  PathRule a = stanza("p", {update}), b = a, c = a;
  a.allowed_parameters = values({{"x", {R"("1")"}}, {"y", {}}});
  b.allowed_parameters = values({{"x", {R"("2")"}}, {"y", {R"("1")"}}, {"z", {R"("1")"}}});
  b.required_parameters = {"x"};
  c.denied_parameters = values({{"x", {R"("2")"}}});
  for (const auto& order : {std::vector<Policy>{policy("a", {a}), policy("b", {b})}, std::vector<Policy>{policy("b", {b}), policy("a", {a})}}) {
    const auto acl = compile(order);
    for (const char* body : {R"({"x":"1"})", R"({"x":"2","y":"free","z":"1"})"}) EXPECT_TRUE(allows(*acl, Op::update, "p", body)) << body;
    for (const char* body : {R"({"x":"3"})", R"({"x":"1","z":"2"})", R"({"y":"1"})", "{}"}) EXPECT_FALSE(allows(*acl, Op::update, "p", body)) << body;
  }
  const auto acl = compile({policy("a", {a}), policy("b", {b}), policy("c", {c})});
  EXPECT_FALSE(allows(*acl, Op::update, "p", R"({"x":"2"})"));
}

TEST(AclParameters, NumbersByValue) {
  for (const auto& [a, b] : std::vector<std::pair<const char*, const char*>>{{"5", "5.0"}, {"5", "50e-1"}, {"0.05", "5E-2"}, {"1200", "1.2e+3"}, {"0", "-0.0"}, {"-1.50", "-15e-1"}, {"100", "1e2"}})
    EXPECT_TRUE(acl::equal_numbers(a, b)) << a << " " << b;
  for (const auto& [a, b] : std::vector<std::pair<const char*, const char*>>{{"5", "50"}, {"5", "-5"}, {"9007199254740993", "9007199254740992"}, {"1e400", "1e401"}, {"0.5", "0.05"},
                                                                             {"5", ""}, {"5", "5x"}, {"5", " 5"}, {"12", "1.2"}, {"1", "10000000000000000000001e-22"}, {"1", "1e99999999999999999999"}})
    EXPECT_FALSE(acl::equal_numbers(a, b)) << a << " " << b;
}

// ---- mounts -------------------------------------------------------------------------------------------------------------

TEST(Acl, ReachesMountsWithSomethingBelow) {
  const auto acl = compile({policy("p", {stanza("secret/data/app", {read}), stanza("team/+/kv/*", {list}), stanza("closed/*", {deny}), stanza("auth/user*", {read}),
                                         stanza("empty/x", {}), stanza("x/+/deep/+", {update})})});
  for (const char* mount : {"secret/", "team/a/", "team/a/kv/", "auth/userpass/", "x/any/", "x/any/deep/"}) EXPECT_TRUE(acl->reaches(mount)) << mount;
  for (const char* mount : {"closed/", "empty/", "auth/ldap/", "secret2/", "x/any/shallow/"}) EXPECT_FALSE(acl->reaches(mount)) << mount;
}

// ---- beside the naive evaluator -----------------------------------------------------------------------------------------

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class T, std::size_t n> T of(const T (&list)[n]) { return list[below(n)]; }

 private:
  std::mt19937_64 engine_;
};

// Few letters, so that patterns meet.
std::string random_path(Dice& dice, std::size_t segments_max) {
  const char* segments[] = {"a", "b", "ab", "aab", "abc", "+", "+a", "a+"};
  std::string path;
  for (std::size_t left = 1 + dice.below(segments_max); left > 0; --left) path += std::string(dice.of(segments)) + (left > 1 ? "/" : "");
  if (dice.one_in(4)) path += '/';
  return path;
}

std::string random_pattern(Dice& dice) {
  std::string pattern;
  const char* segments[] = {"a", "b", "ab", "aab", "abc", "+", "+", "+", "+a", "a+"};
  for (std::size_t left = 1 + dice.below(4); left > 0; --left) pattern += std::string(dice.of(segments)) + (left > 1 ? "/" : "");
  if (dice.one_in(4)) pattern += '/';
  if (dice.one_in(3) && !pattern.ends_with('+')) pattern += '*';
  if (dice.one_in(40)) return "*";
  return pattern;
}

CapabilitySet random_capabilities(Dice& dice) {
  if (dice.one_in(5)) return {deny};
  CapabilitySet set;
  for (const Capability one : {create, read, update, remove, list, sudo, patch, scan})
    if (dice.one_in(2)) set.add(one);
  return set;
}

TEST(AclProperty, AgreesWithBruteForce) {
  constexpr std::pair<Op, Capability> operations[] = {{Op::create, create}, {Op::read, read}, {Op::update, update}, {Op::patch, patch}, {Op::remove, remove}, {Op::list, list}, {Op::scan, scan}};
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    Dice dice(seed);
    std::vector<Policy> policies;
    for (std::size_t p = 1 + dice.below(3); p > 0; --p) {
      policies.push_back(policy("p" + std::to_string(p), {}));
      for (std::size_t r = dice.below(20); r > 0; --r) policies.back().rules.push_back(stanza(random_pattern(dice), random_capabilities(dice)));
    }
    const auto acl = compile(policies);
    for (int i = 0; i < 20; ++i) {
      const std::string path = random_path(dice, 5);
      for (const auto& [op, needed] : operations) {
        const CapabilitySet expected = brute_force::capabilities(policies, op, path);
        const Decision decision = acl->decide({.op = op, .path = path});
        ASSERT_EQ(decision.allowed, expected.has(needed)) << "seed " << seed << ", " << name_of(op) << " " << path;
        ASSERT_EQ(decision.sudo, expected.has(sudo)) << "seed " << seed << ", " << path;
      }
      const CapabilitySet expected = brute_force::capabilities(policies, Op::list, path);
      ASSERT_EQ(acl->capabilities(path), expected.empty() ? std::vector<std::string>{"deny"} : expected.names()) << "seed " << seed << ", " << path;
    }
  }
}

// A policy never gains power by the order of its neighbours.
TEST(AclProperty, OrderOfPoliciesDoesNotMatter) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Dice dice(seed);
    std::vector<Policy> policies;
    for (int p = 0; p < 4; ++p) {
      policies.push_back(policy("p" + std::to_string(p), {}));
      for (int r = 0; r < 6; ++r) {
        PathRule rule = stanza(random_pattern(dice), random_capabilities(dice));
        for (ParameterRules* list : {&rule.allowed_parameters, &rule.denied_parameters})
          if (dice.one_in(3)) *list = dice.one_in(3) ? values({{"x", {}}}) : values({{dice.one_in(2) ? "x" : "y", {dice.one_in(2) ? "1" : R"("a*")"}}});
        if (dice.one_in(4)) rule.required_parameters = {"x"};
        policies.back().rules.push_back(rule);
      }
    }
    const auto forward = compile(policies);
    std::ranges::reverse(policies);
    const auto backward = compile(policies);
    const char* bodies[] = {"{}", R"({"x":1})", R"({"X":"ab","y":2})", R"({"y":1})"};
    for (int i = 0; i < 40; ++i) {
      const std::string path = random_path(dice, 4);
      const char* body = dice.of(bodies);
      ASSERT_EQ(allows(*forward, Op::update, path, body), allows(*backward, Op::update, path, body)) << "seed " << seed << ", " << path << " " << body;
    }
  }
}

// All patterns match, so no branch can be left out early: the work is bounded by the size of the policy, not by its powers.
TEST(AclProperty, HostilePatternsCostNoMoreThanTheirNumber) {
  std::vector<PathRule> rules;
  for (unsigned bits = 0; bits < 4096; ++bits) {
    std::string pattern = "+";
    for (unsigned i = 0; i < 12; ++i) pattern += bits >> i & 1 ? "/+" : "/a";
    rules.push_back(stanza(pattern + "/*", {read}));
  }
  std::string deep;
  for (int i = 0; i < 4000; ++i) deep += "a/";
  rules.push_back(stanza(deep + "*", {read}));
  rules.push_back(stanza("+/" + deep + "*", {read}));
  for (std::size_t n = 1; n < 3000; ++n) rules.push_back(stanza(std::string(n, 'z') + "*", {read}));
  const auto acl = compile({policy("p", rules)});
  EXPECT_TRUE(allows(*acl, Op::read, deep + deep));
  EXPECT_TRUE(allows(*acl, Op::read, std::string(2000, 'z') + "y"));
  EXPECT_FALSE(allows(*acl, Op::read, std::string(2000, 'y')));
}

}  // namespace
}  // namespace sr
