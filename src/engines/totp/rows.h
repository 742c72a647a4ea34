// What a TOTP mount stores, and how it is found again.
#pragma once
#include "crypto/otp.h"
#include "logical/call.h"
#include "storage/record.h"

namespace sr::totp {

using Step = std::uint64_t;  // whole periods since 1970: each has one code

struct Key {
  Secret seed{};
  std::string issuer{}, account{};
  Seconds period{30};
  OtpHash hash = OtpHash::sha1;
  unsigned digits = 6;
  unsigned skew = 1;

  OtpForm form() const { return {.hash = hash, .digits = digits}; }
  Secret code(Step step) const { return hotp(seed.reveal(), step, form()); }
  template <class Archive> void fields(Archive& archive) {
    archive(1, seed);
    archive(2, issuer);
    archive(3, account);
    archive(4, period);
    archive(5, hash);
    archive(6, digits);
    archive(7, skew);
  }
};

// Which steps have had their code pass: the latest of them, and in the bits of `before` those just behind it, the nearest lowest.
// What lies further back counts as used, too, so that a clock that is put back opens nothing again.
class UsedSteps {
 public:
  bool has(Step step) const;
  void add(Step step);

  template <class Archive> void fields(Archive& archive) {
    archive(1, last_);
    archive(2, before_);
  }

 private:
  std::optional<Step> last_{};
  std::uint64_t before_ = 0;
};

// The name in the path; Code::not_found, with Vault's text, for what cannot be one.
Result<std::string_view> key_name(const Call& call);

Result<Strings> list_key_names(Call& call);
Result<std::optional<Key>> load_key(Call& call, std::string_view name);
// Codes that have passed stay used when the same secret is written again.
Result<void> store_key(Call& call, std::string_view name, const Key& key);
Result<void> remove_key(Call& call, std::string_view name);

Result<UsedSteps> load_used(Call& call, std::string_view name);
Result<void> store_used(Call& call, std::string_view name, const UsedSteps& used);

}  // namespace sr::totp
