// HCL text in its usual shape: `vault policy fmt`, after hclfmt.
#pragma once
#include <string>
#include <string_view>
#include "base/result.h"
#include "text/hcl.h"

namespace sr::hcl {

// Two spaces a level, `=` of neighbouring lines aligned, a blank line between blocks, comments kept. Formatting twice
// changes nothing more, and the parsed tree stays the same.
Result<std::string> format(std::string_view text, const Limits& limits = {.bytes = limits::policy_bytes});

}  // namespace sr::hcl
