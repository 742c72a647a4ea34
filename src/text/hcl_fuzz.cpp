// Whatever comes in: no crash; formatting keeps the tree and is stable.
#include <algorithm>
#include <cstdlib>
#include "text/hcl_format.h"

using namespace sr;

namespace {

// Lines differ after formatting; all else must not.
bool equal(const hcl::Value& a, const hcl::Value& b) {
  return a.type == b.type && a.flag == b.flag && a.text == b.text && std::ranges::equal(a.list, b.list, equal) &&
         std::ranges::equal(a.items, b.items, [](const hcl::Item& x, const hcl::Item& y) { return x.key == y.key && x.labels == y.labels && equal(x.value, y.value); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = hcl::parse(text);
  if (!value) return 0;
  static_cast<void>(hcl::blocks(*value, "path", 1));
  const auto formatted = hcl::format(text);
  if (!formatted) return 0;  // JSON
  const auto again = hcl::parse(*formatted);
  if (!again || !equal(*value, *again)) std::abort();
  if (hcl::format(*formatted) != *formatted) std::abort();
  return 0;
}
