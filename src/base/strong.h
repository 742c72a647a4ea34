// Types that share a representation and must not be mixed up.
#pragma once
#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace sr {

// A string with a meaning. Made on purpose, never by conversion.
template <class Tag> class StrongText {
 public:
  StrongText() = default;
  explicit StrongText(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  friend auto operator<=>(const StrongText&, const StrongText&) = default;

 private:
  std::string text_;
};

using NamespaceId = StrongText<struct NamespaceIdTag>;  // "root" for the root namespace
using Accessor = StrongText<struct AccessorTag>;        // of a token or a mount: names it, gives no power

}  // namespace sr

template <class Tag> struct std::hash<sr::StrongText<Tag>> {
  std::size_t operator()(const sr::StrongText<Tag>& value) const noexcept { return std::hash<std::string>()(value.text()); }
};
