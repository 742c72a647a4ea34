// Whatever comes in as a path: an error, or a name that nobody can read in two ways.
#include <cstdlib>
#include <string>
#include "base/path.h"
#include "base/utf8.h"

using namespace sr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view encoded(reinterpret_cast<const char*>(data), size);
  const auto path = ApiPath::parse(encoded);
  if (!path) return 0;
  const std::string& text = path->text();
  if (!utf8::is_printable(text) || text.size() > size) std::abort();
  // Between slashes, which may be one at the end, there is a name, and it leads nowhere else.
  const std::string framed = "/" + text + (path->is_folder() || text.empty() ? "" : "/");
  for (const std::string_view hole : {"//", "/./", "/../"})
    if (!text.empty() && framed.find(hole) != std::string::npos) std::abort();
  // The text stands for itself, and so does its most cautious spelling.
  const auto again = ApiPath::from_decoded(text);
  std::string escaped;
  for (const char c : text) {
    constexpr char digits[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    escaped.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
  if (!again || again->text() != text) std::abort();
  if (escaped.size() <= 16 * 1024) {
    const auto third = ApiPath::parse(escaped);
    if (!third || third->text() != text) std::abort();
  }
  return 0;
}
