#include <algorithm>
#include <charconv>
#include <optional>
#include <ranges>
#include "text/hcl.h"
#include "text/trim.h"

namespace sr::hcl {
namespace {

bool equal_without_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::unexpected<Error> must_be(const Item& item, std::string_view what) {
  return fail_at(item.value.line, "'" + item.key + "' must be " + std::string(what));
}

// What stands in `value`, which is called `name`, as blocks: one object, or a list of them. Labels that are missing are the
// keys of the objects inside.
Result<void> collect(std::vector<Block>& found, const Value& value, std::string_view name, std::vector<std::string> labels, std::size_t label_count) {
  if (value.is_list()) {
    for (const Value& element : value.list) TRY(collect(found, element, name, labels, label_count));
    return {};
  }
  if (!value.is_object()) return fail_at(value.line, "'" + std::string(name) + "' must be a block");
  if (labels.size() >= label_count) {
    if (labels.size() > label_count) return fail_at(value.line, "'" + std::string(name) + "' has too many labels");
    found.push_back({std::move(labels), &value, value.line});
    return {};
  }
  for (const Item& item : value.items) {
    std::vector<std::string> more = labels;
    more.push_back(item.key);
    more.insert(more.end(), item.labels.begin(), item.labels.end());
    TRY(collect(found, item.value, name, std::move(more), label_count));
  }
  return {};
}

// Base by prefix: 0x1f, 0755, 31.
std::optional<std::int64_t> integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) base = 16, text.remove_prefix(2);
  else if (text.size() > 1 && text.starts_with('0')) base = 8, text.remove_prefix(1);
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const std::uint64_t most = negative ? std::uint64_t{1} << 63 : (std::uint64_t{1} << 63) - 1;
  if (value > most) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

}  // namespace

const Item* Value::find(std::string_view key) const {
  const auto is_it = [&](const Item& item) { return item.labels.empty() && equal_without_case(item.key, key); };
  const auto found = std::ranges::find_if(items.rbegin(), items.rend(), is_it);
  return found == items.rend() ? nullptr : &*found;
}

Result<std::vector<Block>> blocks(const Value& object, std::string_view key, std::size_t label_count) {
  std::vector<Block> found;
  for (const Item& item : object.items)
    if (equal_without_case(item.key, key)) TRY(collect(found, item.value, key, item.labels, label_count));
  return found;
}

Result<std::string> to_text(const Item& item) {
  switch (item.value.type) {
    case Type::string:
    case Type::number: return item.value.text;
    case Type::boolean: return item.value.flag ? "true" : "false";
    default: return must_be(item, "a string");
  }
}

// strconv.ParseBool, with the empty text as false.
Result<bool> to_flag(const Item& item) {
  if (item.value.type == Type::boolean) return item.value.flag;
  if (item.value.type == Type::string || item.value.type == Type::number) {
    for (std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"})
      if (item.value.text == yes) return true;
    for (std::string_view no : {"", "0", "f", "F", "false", "FALSE", "False"})
      if (item.value.text == no) return false;
  }
  return must_be(item, "true or false");
}

Result<std::int64_t> to_integer(const Item& item) {
  if (item.value.type == Type::string || item.value.type == Type::number)
    if (const auto value = integer(item.value.text)) return *value;
  return must_be(item, "an integer");
}

Result<Duration> to_duration(const Item& item) {
  if (item.value.type != Type::string && item.value.type != Type::number) return must_be(item, "a duration");
  const auto duration = parse_duration(item.value.text);
  if (!duration) return must_be(item, "a duration");
  return *duration;
}

Result<std::vector<std::string>> to_texts(const Item& item) {
  std::vector<std::string> texts;
  if (item.value.is_list()) {
    for (const Value& element : item.value.list) {
      if (element.type != Type::string && element.type != Type::number) return must_be(item, "a list of strings");
      texts.push_back(element.text);
    }
  } else if (item.value.type == Type::string) {
    for (const auto part : std::views::split(std::string_view(item.value.text), ','))
      if (const auto text = trimmed(std::string_view(part), " \t\n"); !text.empty()) texts.emplace_back(text);
  } else {
    return must_be(item, "a list of strings");
  }
  return texts;
}

}  // namespace sr::hcl
