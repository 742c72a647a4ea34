// A world with a lender in it, and what tests of leases ask again and again.
#pragma once
#include "core/fakes.h"
#include "fakes/lender.h"

namespace sr::test {

class LeaseWorld {
 public:
  LeaseWorld() : LeaseWorld(memory_table()) {}
  explicit LeaseWorld(std::unique_ptr<Table> table)
      : world({.initialised = true, .table = std::move(table), .prepare = [this](Core& core) { core.add_type(lender(bank)); }}) {
    SR_ASSERT(world.ask("POST", "sys/mounts/bank", R"({"type":"lender"})").status == 204);
    SR_ASSERT(world.ask("POST", "sys/policies/acl/app", R"({"policy":"path \"bank/*\" { capabilities = [\"update\"] } path \"auth/token/create\" { capabilities = [\"update\"] }"})").status == 204);
  }
  ~LeaseWorld() { bank.release(); }

  http::Response lend(std::string_view path = "bank/creds/app", std::string_view body = "{}", std::string_view token = root_token) {
    return world.ask("POST", path, body, token);
  }
  std::string lease_id(const http::Response& response) { return world.value(response, "lease_id"); }
  std::string borrow(std::string_view path = "bank/creds/app", std::string_view body = "{}", std::string_view token = root_token) {
    const auto response = lend(path, body, token);
    SR_ASSERT(response.status == 200);
    return lease_id(response);
  }
  std::string new_token(std::string_view body) { return world.value(world.ask("POST", "auth/token/create", body), "auth.client_token"); }
  http::Response about(std::string_view verb, std::string_view id, std::string_view more = "") {
    return world.ask("POST", concat("sys/leases/", verb), concat(R"({"lease_id":")", id, "\"", more, "}"));
  }
  bool is_there(std::string_view id) { return about("lookup", id).status == 200; }
  std::size_t rows_out() { return std::stoul(world.value(world.ask("GET", "bank/creds"), "data.count")); }
  std::string irrevocable() { return world.value(world.ask("GET", "sys/leases/count?type=irrevocable"), "data.lease_count"); }

  // What is due is taken, and what that means outside is done, unless it hangs.
  void advance(std::chrono::seconds by) {
    world.advance(by);
    for (int i = 0; i < 2; ++i) {  // a token's end is seen by one look, that of its leases by the next
      world.core().revocations().lane().wait_until_idle();
      world.core().sweep();
    }
    world.core().revocations().lane().wait_until_idle();
  }
  // Every row that speaks of leases, to see that nothing is left over.
  Strings rows_about_leases() {
    Strings rows;
    const auto keys = world.core().store().snapshot()->list("", {}, Depth::all).value();
    for (const auto& key : keys)
      for (const char* folder : {"/core/lease/", "/core/lease-expiry/", "/core/issued/", "/core/token-lease/", "/core/lease-irrevocable/", "/core/job/"})
        if (key.contains(folder) && !key.contains("/issued/token/")) rows.push_back(key);
    return rows;
  }

  Bank bank;  // outlives the server
  World world;
};

}  // namespace sr::test
