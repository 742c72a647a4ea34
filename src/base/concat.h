// One string out of several pieces, with one allocation.
#pragma once
#include <string>
#include <string_view>

namespace sr {

inline std::string concat(std::initializer_list<std::string_view> pieces) {
  std::size_t size = 0;
  for (const auto piece : pieces) size += piece.size();
  std::string text;
  text.reserve(size);
  for (const auto piece : pieces) text += piece;
  return text;
}
template <class... Pieces> std::string concat(const Pieces&... pieces) { return concat({std::string_view(pieces)...}); }

}  // namespace sr
