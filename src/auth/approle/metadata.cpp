#include "auth/approle/metadata.h"
#include "text/base64.h"

namespace sr::approle {
namespace {

std::optional<StringMap> of_json(Arena& arena, std::string_view text) {
  const auto tree = json::parse(arena, text);
  if (!tree || !(*tree)->is_object()) return std::nullopt;
  StringMap map;
  for (const auto& [key, value] : (*tree)->members) {
    if (!value.is_string()) return std::nullopt;
    map.insert_or_assign(std::string(key), std::string(value.text));
  }
  return map;
}

std::optional<StringMap> of_pairs(std::string_view text) {
  StringMap map;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const auto pair = text.substr(0, end);
    const auto equals = pair.find('=');
    if (equals == pair.npos || equals == 0) return std::nullopt;
    map.insert_or_assign(std::string(pair.substr(0, equals)), std::string(pair.substr(equals + 1)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return map;
}

}  // namespace

Result<StringMap> parse_metadata(Arena& arena, std::string_view text) {
  if (text.empty()) return StringMap{};
  if (auto map = of_json(arena, text)) return std::move(*map);
  if (const auto decoded = base64::decode(text))
    if (auto map = of_json(arena, arena.copy(*decoded))) return std::move(*map);
  if (auto map = of_pairs(text)) return std::move(*map);
  return fail(Code::invalid, "failed to parse metadata: failed to parse the input: invalid <key,value> format");
}

}  // namespace sr::approle
