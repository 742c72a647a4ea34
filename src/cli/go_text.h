// Values as Go's fmt, strconv and time print and parse them: the command line's tables and errors are known to scripts in
// exactly this form. Pure functions.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include "base/result.h"
#include "text/json.h"

namespace sr::cli {

std::string go_quote(std::string_view text);                               // %q
std::string go_quote_list(std::span<const std::string_view> texts);        // %q of a list: ["a" "b"]
inline const char* go_bool(bool flag) { return flag ? "true" : "false"; }   // %t
std::string go_value(const json::Value& value);                            // %v: map[a:1 b:[x y]], <nil>

Result<std::int64_t> parse_go_int(std::string_view text);

// The names whose numbers are seconds.
bool is_duration_name(std::string_view key);
// The text for a table's cell: %v, and durations as people read them.
std::string table_value(std::string_view key, const json::Value& value);
// "2024-01-02T03:04:05.6Z" as Go's Time.String() has it: "2024-01-02 03:04:05.6 +0000 UTC".
std::string go_time(std::string_view rfc3339);
// The same in Go's RFC822: "02 Jan 24 03:04 UTC". What is no time in UTC stays as it is.
std::string go_rfc822(std::string_view rfc3339);

// Lines of at most 78 columns, broken so that they are of even length (the paragraph filling of github.com/kr/text, which
// decides where the known messages break), each indented by `indent`.
std::string wrap_lines(std::string_view text, unsigned indent = 0);

}  // namespace sr::cli
