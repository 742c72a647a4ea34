// JSON objects whose members stay in the order in which they were added, as clients print their structures. (json::Object sorts.)
#pragma once
#include <concepts>
#include <string>
#include <string_view>
#include "cli/call.h"

namespace sr::cli {

class OrderedObject {
 public:
  OrderedObject& put(std::string_view key, std::string_view text) { return put_raw(key, quoted_json(text)); }
  OrderedObject& put(std::string_view key, const std::string& text) { return put(key, std::string_view(text)); }
  OrderedObject& put(std::string_view key, const char* text) { return put(key, std::string_view(text)); }
  template <std::integral T> OrderedObject& put(std::string_view key, T number) {
    if constexpr (std::same_as<T, bool>) return put_raw(key, number ? "true" : "false");
    else return put_raw(key, std::to_string(number));
  }
  OrderedObject& put_raw(std::string_view key, std::string_view json) {
    members_.append(members_.empty() ? "" : ",").append(quoted_json(key)).append(":").append(json);
    return *this;
  }
  std::string text() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

}  // namespace sr::cli
