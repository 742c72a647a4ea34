// The command line: `vault kv get secret/app` and its relatives, against any server that speaks Vault's API.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace sr::cli {

// What the command line hands on to others, by the word it starts with: "server", say. The rest of the arguments goes along.
struct Program {
  std::string_view name;
  int (*run)(std::vector<std::string> args);
};

// `called_as` is argv[0]; the folder in front is ignored. Under the name "vault" or "bao" texts say so, otherwise "strongroom".
int run(std::vector<std::string> args, std::string_view called_as, const std::vector<Program>& programs = {});

}  // namespace sr::cli
