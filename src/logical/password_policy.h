// Password policies: how passwords are made for those who need one, sys/policies/password and engines that create accounts.
//
//   length = 20
//   rule "charset" { charset = "abcdefghijklmnopqrstuvwxyz" min-chars = 1 }
//   rule "charset" { charset = "0123456789" min-chars = 1 }
//
// A password is drawn from the characters of all rules, each as likely as any other, and drawn again as a whole until all rules are
// met: so every password that fits is equally likely. Values and pure functions.
#pragma once
#include <optional>
#include <vector>
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace sr {

class PasswordPolicy {
 public:
  // HCL or JSON. Errors are Vault's texts where it has one.
  static Result<PasswordPolicy> parse(std::string_view text);

  // Fails after a bounded number of tries: when the rules leave so little that nothing fits by chance.
  Result<Secret> generate(Random& random) const;

  std::size_t length() const { return length_; }

 private:
  struct Rule {
    std::size_t chars_min;
    std::vector<bool> has;  // by place in charset_
  };
  std::size_t length_ = 0;
  std::vector<std::string> charset_;  // of all rules, each character once, as UTF-8
  std::vector<Rule> rules_;           // those that ask for something
};

}  // namespace sr
