#include "cli/key_values.h"
#include "cli/answer.h"
#include "cli/go_text.h"
#include "cli/ui.h"
#include "text/json.h"

namespace sr::cli {
namespace {

std::string quoted(std::string_view text) {
  Buffer out;
  json::quote(out, text);
  return std::string(out.view());
}

// A scalar as a string, the way a query parameter or an option takes it.
Result<std::string> scalar(const json::Value& value, std::string_view key) {
  switch (value.type) {
    case json::Type::null: return "";
    case json::Type::boolean: return value.flag ? "1" : "0";  // as Go's weak decoding turns a boolean into text
    case json::Type::number:
    case json::Type::string: return std::string(value.text);
    default: return fail(Code::invalid, "the value of " + go_quote(key) + " is not a string");
  }
}

}  // namespace

Result<KeyValues> KeyValues::parse(std::span<const std::string> args, Options options) {
  KeyValues all;
  bool consumed = false;
  for (const std::string& arg : args) {
    all.given_ = true;
    if (const auto added = all.add(arg, consumed, options); !added)
      return fail(Code::invalid, "invalid key/value pair " + go_quote(arg) + ": " + added.error().message);
  }
  return all;
}

Result<void> KeyValues::add(const std::string& arg, bool& consumed, Options options) {
  if (arg.empty()) return {};
  const auto standard_input = [&]() -> Result<std::string> {
    if (consumed) return fail(Code::invalid, "stdin already consumed");
    consumed = true;
    if (!options.standard_input) return "";
    return read_standard_input();
  };
  const std::size_t equals = arg.find('=');
  if (equals == std::string::npos) {
    if (arg == "-") return merge(TRY(standard_input()));
    if (arg[0] == '@') return merge(TRY(read_file(arg.substr(1))));
    return fail(Code::invalid, "format must be key=value");
  }
  const std::string key = arg.substr(0, equals);
  std::string value = arg.substr(equals + 1);
  if (value.starts_with('@')) {
    auto content = read_file(value.substr(1));
    if (!content) return fail(Code::invalid, "error reading file: " + content.error().message);
    value = std::move(*content);
  } else if (value.starts_with("\\@")) {
    value.erase(0, 1);
  } else if (value == "-") {
    value = TRY(standard_input());
  }

  const auto known = values_.find(key);
  if (known == values_.end()) {
    values_[key] = quoted(value);
    return {};
  }
  // A list under construction starts with "["; strings always start with a quote.
  std::string& list = known->second;
  if (list.starts_with('[')) list.pop_back();
  else list.insert(0, "[");
  list.append(list == "[" ? "" : ",").append(quoted(value)).append("]");
  return {};
}

Result<void> KeyValues::merge(std::string text) {
  Arena arena;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return fail(Code::invalid, "EOF");
  const json::Value* object = TRY(json::parse(arena, text, answer_limits()));
  if (!object->is_object()) return fail(Code::invalid, "the text is not a JSON object");
  for (const json::Member& member : object->members) values_[std::string(member.key)] = json::to_text(member.value);
  return {};
}

std::string KeyValues::json() const {
  if (!given_) return "null";
  json::Object object;
  for (const auto& [key, value] : values_) object.put_raw(key, value);
  return object.text();
}

Result<std::map<std::string, std::string>> KeyValues::strings() const {
  std::map<std::string, std::string> all;
  for (const auto& [key, value] : values_) {
    Arena arena;
    all[key] = TRY(scalar(*TRY(json::parse(arena, value, answer_limits())), key));
  }
  return all;
}

Result<std::vector<std::pair<std::string, std::string>>> KeyValues::pairs() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [key, value] : values_) {
    Arena arena;
    const json::Value* parsed = TRY(json::parse(arena, value, answer_limits()));
    if (!parsed->is_array()) {
      all.emplace_back(key, TRY(scalar(*parsed, key)));
      continue;
    }
    for (const json::Value& item : parsed->items) all.emplace_back(key, TRY(scalar(item, key)));
  }
  return all;
}

}  // namespace sr::cli
