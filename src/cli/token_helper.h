// Where the command line keeps the token between two commands: ~/.vault-token, readable by its owner alone, or the program
// that `token_helper` in ~/.vault names. Values; one thread.
#pragma once
#include <string>
#include <string_view>
#include "base/result.h"
#include "base/secret.h"

namespace sr::cli {

class TokenHelper {
 public:
  // Reads ~/.vault (or what STRONGROOM_CONFIG_PATH names) for a helper program. `address` is handed to such a program.
  static Result<TokenHelper> open(std::string address);

  Result<Secret> load() const;  // empty when there is none
  Result<void> store(std::string_view token) const;  // whole or not at all
  Result<void> erase() const;

 private:
  std::string file_;     // of the built-in helper
  std::string program_;  // of the other; empty for the built-in one
  std::string address_;
};

}  // namespace sr::cli
