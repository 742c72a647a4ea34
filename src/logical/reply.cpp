#include "logical/reply.h"

namespace sr {

json::Object Auth::print() const {
  json::Object auth;
  auth.put("client_token", client_token.reveal())
      .put("accessor", accessor)
      .put("policies", std::span<const std::string>(policies))
      .put("lease_duration", std::int64_t{ttl.count()})
      .put("renewable", renewable)
      .put("entity_id", "")
      .put("token_type", type)
      .put("orphan", orphan)
      .put("mfa_requirement", nullptr)
      .put("num_uses", uses);
  if (!policies.empty()) auth.put("token_policies", std::span<const std::string>(policies));
  json::Object pairs;
  for (const auto& [key, value] : metadata) pairs.put(key, value);
  if (metadata.empty()) auth.put("metadata", nullptr);
  else auth.put("metadata", pairs);
  return auth;
}

Reply Reply::data(json::Object object) {
  Reply reply;
  reply.data_ = std::move(object);
  return reply;
}
Reply Reply::data(Buffer object) {
  Reply reply;
  reply.printed_ = std::move(object);
  return reply;
}
void Reply::print_data(Buffer& out) const {
  if (printed_) out += *printed_;
  else if (data_) data_->print(out);
}
Buffer Reply::take_data() {
  if (printed_) return std::move(*printed_);
  Buffer printed;
  print_data(printed);
  return printed;
}
Reply Reply::bare(json::Object object) {
  Reply reply = data(std::move(object));
  reply.shape_ = Shape::bare;
  return reply;
}
Reply Reply::injected(json::Object object) {
  Reply reply = data(std::move(object));
  reply.shape_ = Shape::injected;
  return reply;
}
Reply Reply::list(const Strings& keys) { return list(keys, json::Object()); }
Reply Reply::list(const Strings& keys, json::Object key_info) {
  if (keys.empty()) return Reply().status(404);
  json::Object data;
  data.put("keys", std::span<const std::string>(keys));
  if (!key_info.empty()) data.put("key_info", key_info);
  return Reply::data(std::move(data));
}
Reply Reply::scan(const Strings& keys) { return scan(keys, json::Object()); }
Reply Reply::scan(const Strings& keys, json::Object key_info) {
  return keys.empty() ? Reply::data(json::Object()) : list(keys, std::move(key_info));
}
Reply Reply::raw(std::string type, Buffer bytes) {
  Reply reply;
  reply.raw_.emplace(Body{std::move(type), std::move(bytes)});
  return reply;
}
Reply Reply::download(std::string type, std::shared_ptr<ByteSource> bytes) {
  Reply reply = raw(std::move(type), Buffer());
  reply.download_ = std::move(bytes);
  return reply;
}
Reply Reply::envelope(Buffer json) {
  Reply reply = raw("application/json", std::move(json));
  reply.raw_is_envelope_ = true;
  return reply;
}
Reply Reply::wrapped(WrapInfo info) {
  Reply reply;
  reply.wrap_ = std::move(info);
  return reply;
}
Reply Reply::login(Login login) {
  Reply reply;
  reply.login_ = std::move(login);
  return reply;
}
Reply Reply::token(Auth auth) {
  Reply reply;
  reply.auth_ = std::move(auth);
  return reply;
}
Reply Reply::bad_credentials(std::string text) {
  Reply reply = refuse({Code::invalid, std::move(text)});
  reply.bad_credentials_ = true;
  return reply;
}
Reply Reply::refuse(Error error) {
  Reply reply;
  reply.refused_ = std::move(error);
  return reply;
}

}  // namespace sr
