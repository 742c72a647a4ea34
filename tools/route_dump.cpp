// Prints what this build serves, a line for each path and verb: where it is mounted by default, "METHOD", the pattern.
#include <cstdio>
#include "core/core.h"
#include "server/registry.h"
#include "storage/committer.h"
#include "storage/memory_table.h"

namespace {
using namespace sr;

std::string_view method_of(Op op) {
  switch (op) {
    case Op::read: return "GET";
    case Op::create:
    case Op::update: return "POST";
    case Op::patch: return "PATCH";
    case Op::remove: return "DELETE";
    case Op::list: return "LIST";
    case Op::scan: return "SCAN";
    case Op::help: break;
  }
  return "";
}

void print(std::string_view mount, const Spec& spec) {
  for (const auto& route : spec.routes)
    for (const auto path : route.paths)
      for (const auto& verb : route.verbs)
        std::printf("%.*s\t%.*s\t%.*s\n", int(mount.size()), mount.data(), int(method_of(verb.op).size()), method_of(verb.op).data(), int(path.size()), path.data());
}
}  // namespace

int main() {
  SystemClock clock;
  SystemRandom random;
  Log log({.level = LogLevel::off});
  Committer store(memory_table());
  Core core({store, clock, random, log}, {.sweeps = false});
  server::register_everything(core);
  const auto router = core.mounts().router();  // what is always there
  for (const auto& [path, mount] : router->mounts()) print(path, mount->spec);
  for (const auto& spec : core.mounts().types())
    if (std::ranges::none_of(router->mounts(), [&](const auto& fixed) { return &fixed.second->spec == spec.get(); }))
      print(std::string(spec->is_auth ? "auth/" : "") + std::string(spec->type) + (spec->version.empty() ? "" : "-v") + std::string(spec->version) + "/", *spec);
  core.close();
}
