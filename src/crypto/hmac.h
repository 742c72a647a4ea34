// HMAC-SHA256 (RFC 2104) under one key whose two mid-states are kept: a short text costs two compressions instead of four
// and no key set-up. A value; constant, so shared by threads as it is.
#pragma once
#include <span>
#include <string_view>
#include "base/secret.h"
#include "crypto/hash.h"

namespace sr {

class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);  // of any length

  Sha256Digest operator()(std::string_view text) const;
  Sha256Digest operator()(std::span<const std::string_view> parts) const;  // of all parts as if they were one text

  // Appends "hmac-sha256:" and 64 hex digits: how the audit log shows what it must not tell.
  void print(Buffer& out, std::string_view text) const;

 private:
  Sha256 inner_, outer_;
};

}  // namespace sr
