// HMAC-SHA256 (RFC 2104) under one key whose two mid-states are kept: a short text costs two compressions instead of four
// and no key set-up. A value; constant, so shared by threads as it is.
#pragma once
#include <string_view>
#include "base/secret.h"
#include "crypto/hash.h"

namespace sr {

class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);  // of any length

  Sha256Digest operator()(std::string_view text) const;

  // Appends "hmac-sha256:" and 64 hex digits: how the audit log shows what it must not tell.
  void print(Buffer& out, std::string_view text) const;

 private:
  Sha256 inner_, outer_;
};

}  // namespace sr
