// Base64 (RFC 4648) for ciphertexts, tokens and keys. With a Buffer as the target no copy of a secret stays behind.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include "base/result.h"
#include "base/secret.h"

namespace sr::base64 {

enum class Form : std::uint8_t {
  standard,      // + and /, padded
  standard_raw,  // + and /, without padding
  url,           // - and _, padded
  url_raw,       // - and _, without padding: JWT, tokens
};

void encode(Buffer& out, std::string_view bytes, Form form = Form::standard);
std::string encode(std::string_view bytes, Form form = Form::standard);

// Strict: exactly the text that encode() makes, so that one value has one form. The result of a refusal is Code::invalid and
// names the byte, as Go does; `out` is as before.
Result<void> decode(Buffer& out, std::string_view text, Form form = Form::standard);
Result<std::string> decode(std::string_view text, Form form = Form::standard);

// As Go's encoding/base64 decodes what clients send: line breaks are skipped (`base64 file` wraps its lines) and unused bits
// of the last character may be set.
Result<void> decode_as_go(Buffer& out, std::string_view text, Form form = Form::standard);
Result<std::string> decode_as_go(std::string_view text, Form form = Form::standard);

}  // namespace sr::base64
