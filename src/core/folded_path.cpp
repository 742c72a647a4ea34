#include "core/folded_path.h"
#include "text/lower.h"

namespace sr {

// The text as everybody means it, of a field as its route declares it.
static std::string folded(const FieldInfo& field, std::string_view text) {
  while (field.ignores_slash && text.ends_with('/')) text.remove_suffix(1);
  return field.ignores_case ? to_lower(text) : std::string(text);
}

static bool is_folded(std::string_view text) {
  return !text.ends_with('/') && std::ranges::all_of(text, [](unsigned char c) { return c < 0x80 && (c < 'A' || c > 'Z'); });
}

std::string folded_path(const Route& route, const Captures& captured, std::string_view path) {
  std::string made;
  for (auto at = captured.rbegin(); at != captured.rend(); ++at) {  // from the end, so that the places before stay where they are
    const auto& [name, text] = *at;
    if (is_folded(text)) continue;
    const auto field = std::ranges::find_if(route.fields, [&](const FieldInfo* one) { return one->name == name; });
    if (field == route.fields.end() || (!(*field)->ignores_case && !(*field)->ignores_slash)) continue;
    if (made.empty()) made = path;
    made.replace(static_cast<std::size_t>(text.data() - path.data()), text.size(), folded(**field, text));
  }
  return made == path ? std::string() : made;
}

std::string folded_path(const Router& router, std::string_view path) {
  const Mount* mount = router.find(path);
  const auto found = mount ? match(mount->spec, path.substr(std::min(path.size(), mount->entry.path.size()))) : std::nullopt;
  return found ? folded_path(*found->route, found->captured, path) : std::string();
}

}  // namespace sr
