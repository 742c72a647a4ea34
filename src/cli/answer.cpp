#include "cli/answer.h"
#include <charconv>

namespace sr::cli {
namespace {

bool known_to_answers(std::string_view key) {
  for (const std::string_view name : {"request_id", "lease_id", "lease_duration", "renewable", "data", "warnings", "auth", "wrap_info"})
    if (key == name) return true;
  return false;
}

Login login_from(const json::Value& auth) {
  Login login;
  const auto policies = [&](std::string_view name, std::vector<std::string_view>& into, bool& has) {
    const json::Value* list = auth.find(name);
    has = list != nullptr && list->is_array();
    into = texts_of(list);
  };
  login.token = text_of(auth.find("client_token"));
  login.accessor = text_of(auth.find("accessor"));
  policies("policies", login.policies, login.has_policies);
  policies("token_policies", login.token_policies, login.has_token_policies);
  policies("identity_policies", login.identity_policies, login.has_identity_policies);
  if (const json::Value* metadata = auth.find("metadata"); metadata != nullptr && metadata->is_object()) login.metadata = metadata;
  login.orphan = flag_of(auth.find("orphan"));
  login.entity_id = text_of(auth.find("entity_id"));
  login.lease_duration = number_of(auth.find("lease_duration"));
  login.renewable = flag_of(auth.find("renewable"));
  if (const json::Value* mfa = auth.find("mfa_requirement"); mfa != nullptr && mfa->is_object()) login.mfa = mfa;
  return login;
}

}  // namespace

std::string_view text_of(const json::Value* value) { return value != nullptr && value->is_string() ? value->text : std::string_view(); }
bool flag_of(const json::Value* value) { return value != nullptr && value->type == json::Type::boolean && value->flag; }

std::int64_t number_of(const json::Value* value) {
  if (value == nullptr || value->type != json::Type::number) return 0;
  std::int64_t number = 0;
  std::from_chars(value->text.data(), value->text.data() + value->text.size(), number);
  return number;
}

std::vector<std::string_view> texts_of(const json::Value* value) {
  std::vector<std::string_view> texts;
  if (value == nullptr || !value->is_array()) return texts;
  for (const json::Value& item : value->items)
    if (item.is_string()) texts.push_back(item.text);
  return texts;
}

json::Limits answer_limits() {
  json::Limits limits;
  limits.depth = 256;
  limits.strings = 20'000'000;
  limits.memory = std::size_t(2) * 1024 * 1024 * 1024;
  return limits;
}

std::unique_ptr<Answer> Answer::empty() { return std::unique_ptr<Answer>(new Answer()); }

Result<std::unique_ptr<Answer>> Answer::parse(std::string body) {
  if (body.empty()) return nullptr;
  std::unique_ptr<Answer> answer = empty();
  answer->body_ = std::move(body);
  const json::Value* root = TRY(json::parse(answer->arena_, answer->body_, answer_limits()));
  if (!root->is_object()) return fail(Code::invalid, "the answer is not a JSON object");
  answer->request_id = text_of(root->find("request_id"));
  answer->lease_id = text_of(root->find("lease_id"));
  answer->lease_duration = number_of(root->find("lease_duration"));
  answer->renewable = flag_of(root->find("renewable"));
  if (const json::Value* data = root->find("data"); data != nullptr && data->is_object()) answer->data = data;
  const json::Value* warnings = root->find("warnings");
  answer->has_warnings = warnings != nullptr && warnings->is_array();
  answer->warnings = texts_of(warnings);
  if (const json::Value* auth = root->find("auth"); auth != nullptr && auth->is_object()) answer->login = login_from(*auth);
  if (const json::Value* wrap = root->find("wrap_info"); wrap != nullptr && wrap->is_object()) {
    answer->wrapping = Wrapping{text_of(wrap->find("token")), text_of(wrap->find("accessor")), number_of(wrap->find("ttl")),
                                text_of(wrap->find("creation_time")), text_of(wrap->find("creation_path")), text_of(wrap->find("wrapped_accessor"))};
  }

  // Some paths of sys/ answer without the envelope: then the whole answer is the data.
  const bool enveloped = !answer->request_id.empty() || !answer->lease_id.empty() || answer->lease_duration != 0 || answer->renewable ||
                         answer->data != nullptr || answer->has_warnings || answer->login || answer->wrapping;
  if (enveloped) return answer;
  const json::Value* errors = root->find("errors");
  if (errors != nullptr && root->members.size() == 1) return nullptr;
  if (errors != nullptr) {
    std::string all;
    for (const std::string_view error : texts_of(errors)) all.append(all.empty() ? "" : " ").append(error);
    return fail(Code::invalid, std::move(all));
  }
  if (std::ranges::any_of(root->members, [](const json::Member& member) { return !known_to_answers(member.key); })) answer->data = root;
  return answer;
}

const json::Value* Answer::keys() const {
  const json::Value* list = find("keys");
  return list != nullptr && list->is_array() ? list : nullptr;
}

}  // namespace sr::cli
