// Whatever comes in: no crash, and what was printed once is printed the same for ever.
#include <cstdlib>
#include "text/json.h"

using namespace sr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Arena arena;
  const auto value = json::parse(arena, text);
  if (!value) return 0;
  const std::string printed = json::to_text(**value);
  const auto again = json::parse(arena, printed);
  if (!again || json::to_text(**again) != printed) std::abort();
  Buffer replaced;
  json::replace_strings(replaced, printed, [](void*, Buffer& out, std::string_view decoded) { json::quote(out, decoded); }, nullptr);
  if (replaced.view() != printed) std::abort();
  // On the text as it came, too: it may hold white space and escapes that the canonical form has not.
  replaced.clear();
  json::replace_strings(replaced, text, [](void*, Buffer& out, std::string_view decoded) { json::quote(out, decoded); }, nullptr);
  const auto third = json::parse(arena, replaced);
  if (!third || json::to_text(**third) != printed) std::abort();
  return 0;
}
