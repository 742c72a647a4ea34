// PEM (RFC 7468): DER in base64 between two lines that name it. Pure functions.
#pragma once
#include <string>
#include <string_view>
#include <vector>
#include "base/secret.h"

namespace sr {

std::string print_pem(std::string_view label, std::string_view der);  // lines of 64, a line break at the end
Secret print_secret_pem(std::string_view label, const Secret& der);

struct PemBlock {
  std::string label;
  std::string der;
};
// The blocks of a text in order, `most` at the most; what lies between them is passed over, as everywhere. `rest` is what is left
// behind the last one. For what is public: certificates, requests, public keys.
std::vector<PemBlock> parse_pem(std::string_view text, std::size_t most, std::string_view* rest = nullptr);

}  // namespace sr
