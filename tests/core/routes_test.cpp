// Which routes answer without a token, and how: a golden table, checked by asking every route of every engine in every state of the
// server. A route that is closed says so in each of them; one that is opened by mistake shows up here.
#include <gtest/gtest.h>
#include "world.h"

namespace sr::test {
namespace {

constexpr std::string_view golden =
#include "testdata/unauthenticated.golden"
    ;

constexpr std::string_view golden_sudo =
#include "testdata/sudo.golden"
    ;

enum class State : std::uint8_t { uninitialised, sealed, active };
constexpr State states[] = {State::uninitialised, State::sealed, State::active};

struct Asked {
  std::string method, path;
  bool open = false, sudo = false;
  bool operator<(const Asked& other) const { return std::tie(path, method) < std::tie(other.path, other.method); }
};

std::string_view method_of(Op op) {
  switch (op) {
    case Op::read:
    case Op::help: return "GET";
    case Op::create:
    case Op::update: return "POST";
    case Op::patch: return "PATCH";
    case Op::remove: return "DELETE";
    case Op::list: return "LIST";
    case Op::scan: return "SCAN";
  }
  return "";
}

// "role/{name}/x" as somebody would write it.
std::string filled_in(std::string_view pattern) {
  std::string path;
  while (!pattern.empty()) {
    const auto open = std::min(pattern.find('{'), pattern.size());
    path += pattern.substr(0, open);
    pattern.remove_prefix(open);
    if (pattern.empty()) break;
    path += 'x';
    pattern.remove_prefix(pattern.find('}') + 1);
  }
  return path;
}

std::string place_of(const World& world, const Spec& spec) {
  for (const auto& [path, mount] : const_cast<World&>(world).core().mounts().current()->mounts())
    if (&mount->spec == &spec) return path;
  return std::string(spec.is_auth ? "auth/" : "") + std::string(spec.type) + std::string(spec.version.empty() ? "" : "-v") + std::string(spec.version) + "/";
}

std::vector<Asked> all_routes(World& world) {
  std::set<Asked> found;
  for (const auto& spec : world.core().mounts().types()) {
    const std::string place = place_of(world, *spec);
    for (const auto& route : spec->routes)
      for (const auto pattern : route.paths)
        for (const auto& verb : route.verbs) {
          Asked asked{.method = std::string(method_of(verb.op)), .path = place + filled_in(pattern), .open = route.access == Access::open || route.when_sealed, .sudo = route.access == Access::root};
          // As a whole a list has its slash, and nothing can be written there.
          if (asked.method == "LIST" && asked.path.ends_with('/')) asked.path.pop_back();
          found.insert(std::move(asked));
        }
  }
  return {found.begin(), found.end()};
}

std::unique_ptr<World> world_in(State state) {
  World::Options options;
  options.initialised = state != State::uninitialised;
  auto world = std::make_unique<World>(std::move(options));
  if (state == State::sealed) world->core().seal();
  if (state != State::active) return world;
  for (const auto& spec : world->core().mounts().types()) {
    const std::string place = place_of(*world, *spec);
    if (world->core().mounts().current()->at(place)) continue;
    const std::string path = place.substr(spec->is_auth ? 5 : 0, place.size() - (spec->is_auth ? 6 : 1));
    std::string body = R"({"type": ")" + std::string(spec->type) + '"';
    if (!spec->version.empty()) body += R"(, "options": {"version": ")" + std::string(spec->version) + "\"}";
    EXPECT_EQ(world->ask("POST", (spec->is_auth ? "sys/auth/" : "sys/mounts/") + path, body + "}").status, 204) << place;
  }
  return world;
}

// What a closed route says to whoever has no token.
int refusal_in(State state) { return state == State::active ? 403 : 503; }

TEST(Routes, WithoutATokenAnswerAsTheTableSays) {
  World model;
  const auto routes = all_routes(model);
  std::map<Asked, std::string> open;
  for (const State state : states) {
    auto world = world_in(state);
    for (const auto& asked : routes) {
      const auto response = world->ask(asked.method, asked.path, asked.method == "POST" || asked.method == "PATCH" ? "{}" : "", "");
      if (asked.open) open[asked] += ' ' + std::to_string(response.status);
      if (asked.open) continue;
      EXPECT_EQ(response.status, refusal_in(state)) << asked.method << ' ' << asked.path << " in state " << static_cast<int>(state) << ": " << response.body.view();
      EXPECT_TRUE(response.body.view().starts_with(R"({"errors":[")")) << asked.method << ' ' << asked.path;
    }
    EXPECT_EQ(world->core().barrier().locked(), state != State::active) << "nobody without a token or shares has changed the state";
  }
  std::string table = "\n";
  for (const auto& [asked, statuses] : open) {
    std::string line = asked.method;
    line.resize(8, ' ');
    line += asked.path;
    line.resize(std::max(line.size() + 1, std::size_t{48}), ' ');
    table += line + statuses.substr(1) + '\n';
  }
  EXPECT_EQ(table, golden) << "tests/core/testdata/unauthenticated.golden is to be:" << table;
}

// Whoever may do everything but sudo is refused where the table says that it takes sudo.
TEST(Routes, TakeSudoWhereTheTableSaysSo) {
  auto world = world_in(State::active);
  ASSERT_EQ(world->ask("POST", "sys/policies/acl/most", R"({"policy": "path \"*\" { capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\", \"patch\", \"scan\"] }"})").status, 204);
  const std::string token = world->value(world->ask("POST", "auth/token/create", R"({"policies": ["most"]})"), "auth.client_token");
  std::string table = "\n";
  for (const auto& asked : all_routes(*world)) {
    if (!asked.sudo) continue;
    EXPECT_EQ(world->ask(asked.method, asked.path, asked.method == "POST" ? "{}" : "", token).status, 403) << asked.method << ' ' << asked.path;
    std::string line = asked.method;
    line.resize(8, ' ');
    table += line + asked.path + '\n';
  }
  EXPECT_EQ(table, golden_sudo) << "tests/core/testdata/sudo.golden is to be:" << table;
}

// Every list takes `limit`, so that a policy's pagination_limit holds for it: sys/policy, the older name of sys/policies/acl, did not, and was the way
// round. What is left out always has the same few names or none ("" is what
// KV version 2 says to paths of version 1).
TEST(Routes, EveryListComesInPages) {
  const std::set<std::string_view> few = {"", "version-history/", "plugins/pins", "plugins/runtimes/catalog", "well-known", "policies/acl/{name}/", "policies/detailed/acl/{name}/"};
  World world;
  int checked = 0;
  for (const auto& spec : world.core().mounts().types())
    for (const auto& route : spec->routes) {
      if (std::ranges::none_of(route.verbs, [](const Verb& verb) { return verb.op == Op::list; }) || few.contains(route.paths.front())) continue;
      const auto limit = std::ranges::find(route.fields, "limit", [](const FieldInfo* field) { return field->name; });
      EXPECT_TRUE(limit != route.fields.end() && (*limit)->kind == Kind::integer) << spec->type << ' ' << route.paths.front();
      ++checked;
    }
  EXPECT_GT(checked, 10);
}

// A token that is none opens no more than none does.
TEST(Routes, ATokenThatIsNoneOpensNothing) {
  auto world = world_in(State::active);
  for (const auto& asked : all_routes(*world)) {
    if (asked.open) continue;
    const auto response = world->ask(asked.method, asked.path, asked.method == "POST" || asked.method == "PATCH" ? "{}" : "", "hvs.nobody");
    EXPECT_TRUE(response.status == 403 || (response.status == 400 && asked.path.starts_with("sys/wrapping/"))) << asked.method << ' ' << asked.path << ": " << response.status;
  }
}

}  // namespace
}  // namespace sr::test
