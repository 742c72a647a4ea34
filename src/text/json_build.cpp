#include <algorithm>
#include "base/assert.h"
#include "text/json.h"

namespace sr::json {
namespace {

std::string printed(const auto& container) {
  Buffer out;
  container.print(out);
  return std::string(out.view());
}

}  // namespace

void Object::begin(std::string_view key) {
  SR_ASSERT(bytes_.size() + key.size() < UINT32_MAX);
  if (parts_.empty()) parts_.reserve(8);
  else ascending_ = ascending_ && key_of(parts_.back()) < key;
  parts_.push_back({static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(key.size()), 0, 0});
  bytes_.append(key);
  parts_.back().value = static_cast<std::uint32_t>(bytes_.size());
}
void Object::end() {
  SR_ASSERT(bytes_.size() < UINT32_MAX);
  parts_.back().value_size = static_cast<std::uint32_t>(bytes_.size()) - parts_.back().value;
}

Object&& Object::set(std::string_view key, std::string_view text) && {
  begin(key);
  quote(bytes_, text);
  return end(), std::move(*this);
}
Object&& Object::set_integer(std::string_view key, std::int64_t number) {
  begin(key);
  bytes_.append_number(number);
  return end(), std::move(*this);
}
Object&& Object::set(std::string_view key, std::nullptr_t) && { return std::move(*this).set_raw(key, "null"); }
Object&& Object::set(std::string_view key, const Value& value) && {
  begin(key);
  json::print(bytes_, value);
  return end(), std::move(*this);
}
Object&& Object::set(std::string_view key, const Object& object) && {
  begin(key);
  object.print(bytes_);
  return end(), std::move(*this);
}
Object&& Object::set(std::string_view key, const Array& array) && {
  begin(key);
  array.print(bytes_);
  return end(), std::move(*this);
}
Object&& Object::set(std::string_view key, std::span<const std::string> strings) && {
  begin(key);
  char before = '[';
  for (const auto& text : strings) bytes_ += std::exchange(before, ','), quote(bytes_, text);
  bytes_ += strings.empty() ? "[]" : "]";
  return end(), std::move(*this);
}
Object&& Object::set_raw(std::string_view key, std::string_view json) && {
  begin(key);
  bytes_.append(json);
  return end(), std::move(*this);
}

bool Object::has(std::string_view key) const {
  return std::ranges::any_of(parts_, [&](const Part& part) { return key_of(part) == key; });
}

std::vector<Object::Part> Object::in_order() const {
  std::vector<Part> parts = parts_;
  const auto key = [this](const Part& part) { return key_of(part); };
  std::ranges::sort(parts, [&](const Part& a, const Part& b) { return key(a) != key(b) ? key(a) < key(b) : a.key < b.key; });
  // Of equal keys the last one counts: keep the first of each run seen from the end.
  const auto dropped = std::ranges::unique(parts.rbegin(), parts.rend(), {}, key);
  parts.erase(parts.begin(), dropped.begin().base());
  return parts;
}

std::size_t Object::size() const { return ascending_ ? parts_.size() : in_order().size(); }

void Object::print_members(Buffer& out) const {
  const auto write = [&](std::span<const Part> parts) {
    bool first = true;
    for (const Part& part : parts) {
      if (!std::exchange(first, false)) out += ',';
      quote(out, key_of(part));
      out += ':';
      out.append(bytes_.view().substr(part.value, part.value_size));
    }
  };
  if (ascending_) write(parts_);
  else write(in_order());
}
void Object::print(Buffer& out) const {
  out += '{';
  print_members(out);
  out += '}';
}
std::string Object::text() const { return printed(*this); }

void Array::begin() {
  if (size_++ > 0) bytes_ += ',';
}
Array& Array::add(std::string_view text) {
  begin();
  quote(bytes_, text);
  return *this;
}
Array& Array::add_integer(std::int64_t number) {
  begin();
  bytes_.append_number(number);
  return *this;
}
Array& Array::add(const Value& value) {
  begin();
  json::print(bytes_, value);
  return *this;
}
Array& Array::add(const Object& object) {
  begin();
  object.print(bytes_);
  return *this;
}
Array& Array::add_raw(std::string_view json) {
  begin();
  bytes_.append(json);
  return *this;
}
void Array::print(Buffer& out) const {
  out += '[';
  out.append(bytes_);
  out += ']';
}
std::string Array::text() const { return printed(*this); }

}  // namespace sr::json
