// An answer of the API, taken apart: data, lease, login, wrapping, warnings. The views borrow from the answer, which stays
// where it was made.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "text/json.h"

namespace sr::cli {

struct Login {  // "auth"
  std::string_view token;
  std::string_view accessor;
  std::vector<std::string_view> policies, token_policies, identity_policies;
  bool has_policies = false, has_token_policies = false, has_identity_policies = false;  // else null in JSON
  const json::Value* metadata = nullptr;
  bool orphan = false;
  std::string_view entity_id;
  std::int64_t lease_duration = 0;
  bool renewable = false;
  const json::Value* mfa = nullptr;  // "mfa_requirement": a second factor is still asked for, and there is no token yet
};

struct Wrapping {  // "wrap_info"
  std::string_view token;
  std::string_view accessor;
  std::int64_t ttl = 0;
  std::string_view creation_time;
  std::string_view creation_path;
  std::string_view wrapped_accessor;
};

class Answer {
 public:
  // The body of a response. Nothing when it is empty, or says no more than errors; then there is "no value".
  static Result<std::unique_ptr<Answer>> parse(std::string body);
  static std::unique_ptr<Answer> empty();

  std::string_view request_id;
  std::string_view lease_id;
  std::int64_t lease_duration = 0;
  bool renewable = false;
  const json::Value* data = nullptr;  // an object, or null
  std::vector<std::string_view> warnings;
  bool has_warnings = false;
  std::optional<Login> login;
  std::optional<Wrapping> wrapping;

  const json::Value* find(std::string_view name) const { return data == nullptr ? nullptr : data->find(name); }
  bool has_data() const { return data != nullptr && !data->members.empty(); }
  // The strings of data.keys; null when the answer has no list.
  const json::Value* keys() const;
  Arena& arena() { return arena_; }

 private:
  Answer() = default;
  std::string body_;
  Arena arena_;
};

// A string, or "" for anything else; an integer, or 0.
std::string_view text_of(const json::Value* value);
std::int64_t number_of(const json::Value* value);
bool flag_of(const json::Value* value);
// Its strings, when it is a list.
std::vector<std::string_view> texts_of(const json::Value* value);

// Limits for answers: a list of a million keys is fine here.
json::Limits answer_limits();

}  // namespace sr::cli
