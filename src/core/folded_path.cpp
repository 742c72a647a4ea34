#include "core/folded_path.h"
#include "text/lower.h"

namespace sr {

std::string folded_path(const Route& route, const Captures& captured, std::string_view path) {
  std::string folded;
  for (auto at = captured.rbegin(); at != captured.rend(); ++at) {  // from the end, so that the places before stay where they are
    const auto& [name, text] = *at;
    const auto is_of = [&](const FieldInfo* field) { return field->ignores_case && field->name == name; };
    const bool is_lower = std::ranges::all_of(text, [](unsigned char c) { return c < 0x80 && (c < 'A' || c > 'Z'); });
    if (is_lower || std::ranges::none_of(route.fields, is_of)) continue;
    if (folded.empty()) folded = path;
    folded.replace(static_cast<std::size_t>(text.data() - path.data()), text.size(), to_lower(text));
  }
  return folded;
}

std::string folded_path(const Router& router, std::string_view path) {
  const Mount* mount = router.find(path);
  const auto found = mount ? match(mount->spec, path.substr(std::min(path.size(), mount->entry.path.size()))) : std::nullopt;
  return found ? folded_path(*found->route, found->captured, path) : std::string();
}

}  // namespace sr
