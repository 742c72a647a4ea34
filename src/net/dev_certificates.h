// Certificates for development mode: an authority that exists for this one call, and what it signed for this machine.
#pragma once
#include <string>
#include <vector>
#include "base/result.h"
#include "base/secret.h"

namespace sr::net {

struct DevCertificates {
  std::string authority{};    // all three PEM
  std::string certificate{};
  Secret key{};
};
// For localhost in its spellings, 127.0.0.1, ::1, this machine's name, and `names`: hosts and addresses. P-256; the
// certificate holds for a year.
Result<DevCertificates> make_dev_certificates(const std::vector<std::string>& names);

}  // namespace sr::net
