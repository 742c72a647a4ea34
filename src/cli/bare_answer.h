// Answers of sys/ without an envelope: the body is the object itself.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include "cli/call.h"

namespace sr::cli {

struct BareAnswer {
  std::string text;
  Arena arena;
  const json::Value* root = nullptr;

  // Where a server wraps such an answer after all, what is asked for lies one level deeper.
  const json::Value* find(std::string_view key) const;
  std::string string(std::string_view key) const { return std::string(text_of(find(key))); }
  std::int64_t number(std::string_view key) const { return number_of(find(key)); }
  bool flag(std::string_view key) const { return flag_of(find(key)); }
  // A list as JSON, or "null".
  std::string list_json(std::string_view key) const;
};

Outcome<std::unique_ptr<BareAnswer>> ask(Call& call, client::Request request);

// The same for requests that are answered with nothing.
Outcome<void> tell(Call& call, client::Request request);

}  // namespace sr::cli
