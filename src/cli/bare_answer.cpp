#include "cli/bare_answer.h"

namespace sr::cli {

const json::Value* BareAnswer::find(std::string_view key) const {
  if (const json::Value* value = root->find(key)) return value;
  const json::Value* data = root->find("data");
  return data != nullptr && data->is_object() ? data->find(key) : nullptr;
}

std::string BareAnswer::list_json(std::string_view key) const {
  const json::Value* value = find(key);
  return value == nullptr || !value->is_array() ? std::string("null") : json::to_text(*value);
}

Outcome<std::unique_ptr<BareAnswer>> ask(Call& call, client::Request request) {
  auto response = call.session().send(std::move(request));
  if (!response) return std::unexpected(std::move(response.error()));
  if (response->status == 404) return std::unexpected(Refusal{404, client::error_text(*response)});
  auto body = std::make_unique<BareAnswer>();
  body->text = std::move(response->body);
  const auto parsed = json::parse(body->arena, body->text, answer_limits());
  if (!parsed || !(*parsed)->is_object()) return std::unexpected(Refusal{response->status, parsed ? "the answer is not a JSON object" : parsed.error().message});
  body->root = *parsed;
  return body;
}

Outcome<void> tell(Call& call, client::Request request) {
  auto response = call.session().send(std::move(request));
  if (!response) return std::unexpected(std::move(response.error()));
  if (response->status == 404) return std::unexpected(Refusal{404, client::error_text(*response)});
  return {};
}

}  // namespace sr::cli
