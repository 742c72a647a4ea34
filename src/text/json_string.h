// What lies between the quotes of a JSON string: shared by the parser and by the scan over finished text. Internal.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include "base/secret.h"

namespace sr::json {

// How many bytes from the front are plain: printable ASCII other than `"` and `\`.
std::size_t plain_run(std::string_view text);

// Bytes from the front that Go would print as they are: as above, and none of `<`, `>` and `&`. It may stop sooner.
std::size_t html_plain_run(std::string_view text);

struct RawString {
  enum class Problem : std::uint8_t { none, unterminated, control_character, bad_escape };
  std::size_t size = 0;     // bytes up to the closing quote, or up to the problem
  bool plain = true;        // the raw text is the decoded text
  Problem problem = Problem::none;
};
// Looks at a string from behind its opening quote.
RawString scan_string(std::string_view text);

// Appends the decoded form of a raw string that scan_string accepted. As Go does, each byte that is not UTF-8 and each
// surrogate without its other half becomes U+FFFD.
void decode_string(Buffer& out, std::string_view raw);

}  // namespace sr::json
