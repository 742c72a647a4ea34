#include "names.h"
#include <cctype>
#include <charconv>
#include "text/json.h"

namespace sr::api_test {
namespace {
bool in_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }
}  // namespace

Result<std::string> Names::get(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return fail(Code::invalid, "nothing has set $" + name);
  return found->second;
}

Result<std::string> Names::expand(std::string_view text) const { return replaced(text, false); }
// A body may also be one value as it is: a file.
Result<std::string> Names::expand_json(std::string_view text) const { return replaced(text, !text.starts_with('$')); }

Result<std::string> Names::replaced(std::string_view text, bool in_json) const {
  std::string out;
  while (!text.empty()) {
    const auto dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == text.npos) break;
    text.remove_prefix(dollar + 1);
    const bool braced = text.starts_with('{') && text.size() > 1 && in_name(text[1]);
    if (braced) text.remove_prefix(1);
    if (text.empty() || text[0] < 'a' || text[0] > 'z') {
      out += '$';
      continue;
    }
    std::size_t size = 0;
    while (size < text.size() && in_name(text[size])) ++size;
    for (const char c : TRY(get(std::string(text.substr(0, size)))))
      if (in_json && c == '\n') out += "\\n";
      else out += c;
    text.remove_prefix(size);
    if (braced && text.starts_with('}')) text.remove_prefix(1);
  }
  return out;
}

Result<std::string> pick(std::string_view path, std::string_view body) {
  Arena arena;
  const json::Value* value = TRY(json::parse(arena, body));
  std::string_view rest = path;
  while (!rest.empty()) {
    if (rest[0] == '[') {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), index);
      if (error != std::errc{} || end == rest.data() + rest.size() || *end != ']') break;
      rest.remove_prefix(static_cast<std::size_t>(end + 1 - rest.data()));
      value = value->is_array() && index < value->items.size() ? &value->items[index] : nullptr;
    } else if (rest.starts_with(".\"")) {
      const auto close = rest.find('"', 2);
      if (close == rest.npos) break;
      value = value->find(rest.substr(2, close - 2));
      rest.remove_prefix(close + 1);
    } else if (rest[0] == '.') {
      const auto end = rest.find_first_of(".[", 1);
      value = value->find(rest.substr(1, end == rest.npos ? rest.npos : end - 1));
      rest = end == rest.npos ? std::string_view{} : rest.substr(end);
    } else {
      break;
    }
    if (!value) return fail(Code::invalid, "the answer has no " + std::string(path) + ": " + std::string(body.substr(0, 300)));
  }
  if (!rest.empty()) return fail(Code::invalid, "not a path: " + std::string(path));
  return value->is_string() ? std::string(value->text) : json::to_text(*value);
}

}  // namespace sr::api_test
