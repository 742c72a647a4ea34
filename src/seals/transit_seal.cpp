#include "seals/transit_seal.h"
#include <algorithm>
#include <charconv>
#include "base/concat.h"
#include "text/base64.h"
#include "text/json.h"

namespace sr {
namespace {

constexpr std::size_t reason_bytes = 240;    // of an error of the other server, for our log
constexpr std::size_t answer_bytes = 64 * 1024;
constexpr Seconds longest_pause{366 * 24 * 3600};  // between two renewals

// A text that has held a key, in memory that does not wipe itself. What libcurl and OpenSSL copy of it on its way is out of reach.
struct Wiped {
  std::string& text;
  ~Wiped() { wipe(text.data(), text.size()); }
};

// Null: too large, or no JSON. Borrowed from the arena and the response.
const json::Value* parsed(Arena& arena, const client::Response& response) {
  if (response.body.size() > answer_bytes) return nullptr;
  return json::parse(arena, response.body).value_or(nullptr);
}

// The first error that the other server names, as far as it is fit for a log.
std::string reason_of(const client::Response& response) {
  std::string text = concat("it answered ", std::to_string(response.status));
  Arena arena;
  const json::Value* root = parsed(arena, response);
  const json::Value* errors = root ? root->find("errors") : nullptr;
  if (!errors || errors->items.empty() || !errors->items.front().is_string()) return text;
  std::string said(errors->items.front().text.substr(0, reason_bytes));
  std::ranges::replace_if(said, [](char c) { return static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) > 126; }, ' ');
  return concat(text, ": ", said);
}

// A bad request is for ever. Everything else may be mended over there: a token, a policy, a mount that is not there yet, a sealed server.
Result<client::Response> accepted(client::Response response) {
  if (response.status >= 200 && response.status < 300) return response;
  return fail(response.status == 400 ? Code::invalid : Code::upstream, reason_of(response));
}

// A text among the data of an answer, borrowed from the arena.
Result<std::string_view> member(Arena& arena, const client::Response& response, std::string_view name) {
  const json::Value* root = parsed(arena, response);
  const json::Value* data = root ? root->find("data") : nullptr;
  const json::Value* found = data ? data->find(name) : nullptr;
  if (!found || !found->is_string()) return fail(Code::upstream, concat("its answer has no ", name));
  return found->text;
}

// "vault:v3:.." is by version 3 of the key.
Result<std::string_view> version_of(std::string_view ciphertext) {
  const std::size_t first = ciphertext.find(':'), second = ciphertext.find(':', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return fail(Code::upstream, "invalid ciphertext returned");
  const auto version = ciphertext.substr(first + 1, second - first - 1);
  const bool is_version = version.size() > 1 && version.size() < 12 && version.front() == 'v' && version.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (!is_version) return fail(Code::upstream, "invalid ciphertext returned");
  return version;
}

template <class T> Result<T> at(std::string_view address, Result<T> result) {
  if (!result) result.error().message = concat("the transit engine at ", address, ": ", result.error().message);
  return result;
}

}  // namespace

Result<std::unique_ptr<TransitSeal>> TransitSeal::make(Options options, Log& log) {
  if (options.mount_path.empty()) return fail(Code::invalid, "mount_path is required");
  if (options.key_name.empty()) return fail(Code::invalid, "key_name is required");
  if (options.address.empty()) return fail(Code::invalid, "address is required");
  TRY(client::parse_address(options.address));
  if (options.tls.client_cert.empty() != options.tls.client_key.empty()) return fail(Code::invalid, "tls_client_cert and tls_client_key belong together");
  if (options.token.empty()) log.warn("seal", "no token provided to transit auto-seal");
  auto seal = std::unique_ptr<TransitSeal>(new TransitSeal(std::move(options)));
  if (seal->options_.renew_token && !seal->options_.token.empty())
    seal->renewal_ = std::make_unique<TokenRenewal>([self = seal.get()] { return self->renew(); }, log);
  return seal;
}

// Whatever it answers. Who waits for the seal tries again by himself.
Result<client::Response> TransitSeal::ask(std::string path, std::string body) const {
  const auto client = TRY(client::ApiClient::make({.address = options_.address, .tls = options_.tls, .timeout = options_.timeout, .retries = 0}));
  client->set_token(options_.token.reveal());
  client->set_namespace(options_.name_space);
  client::Request request{.method = "PUT", .path = std::move(path), .body = std::move(body)};
  const Wiped sent{*request.body};
  return client->send(request);
}

// ---- keys -----------------------------------------------------------------------------------------------------------------------
Result<WrappedKey> TransitSeal::encrypt(std::string_view plaintext) const {
  auto go = [&]() -> Result<WrappedKey> {
    Buffer body("{\"plaintext\":\"");
    base64::encode(body, plaintext);
    body += "\"}";
    const auto response = TRY(accepted(TRY(ask(client::join_path(options_.mount_path, "encrypt", options_.key_name), std::string(body.view())))));
    Arena arena;
    const std::string_view ciphertext = TRY(member(arena, response, "ciphertext"));
    return WrappedKey{concat(options_.key_id_prefix, TRY(version_of(ciphertext))), std::string(ciphertext)};
  };
  return at(options_.address, go());
}

Result<std::string> TransitSeal::key_id() const { return TRY(encrypt("a")).key_id; }

Result<WrappedKey> TransitSeal::wrap(const KeySecret& key, Random&) const { return encrypt(key.reveal()); }

Result<KeySecret> TransitSeal::unwrap(const WrappedKey& wrapped) const {
  auto go = [&]() -> Result<KeySecret> {
    const std::string body = json::Object().set("ciphertext", wrapped.sealed).text();
    auto response = TRY(accepted(TRY(ask(client::join_path(options_.mount_path, "decrypt", options_.key_name), body))));
    const Wiped wiped{response.body};
    Arena arena;
    Buffer key;
    TRY(base64::decode_as_go(key, TRY(member(arena, response, "plaintext"))));
    if (key.empty()) return fail(Code::invalid, "what it opens is no key");
    return KeySecret(key.view());
  };
  return at(options_.address, go());
}

// ---- the token --------------------------------------------------------------------------------------------------------------------
Result<Lifetime> TransitSeal::renew() const {
  auto go = [&]() -> Result<Lifetime> {
    auto response = TRY(ask("auth/token/renew-self", "{}"));
    const Wiped wiped{response.body};  // it has the token in it
    if (response.status == 400 || response.status == 403) return fail(Code::denied, reason_of(response));
    if (response.status != 200) return fail(Code::upstream, reason_of(response));
    Arena arena;
    const json::Value* root = parsed(arena, response);
    const json::Value* auth = root ? root->find("auth") : nullptr;
    const json::Value* left = auth ? auth->find("lease_duration") : nullptr;
    const json::Value* renewable = auth ? auth->find("renewable") : nullptr;
    std::int64_t seconds = 0;
    if (!left || !renewable || std::from_chars(left->text.data(), left->text.data() + left->text.size(), seconds).ec != std::errc())
      return fail(Code::upstream, "it does not say how long the token lives");
    return Lifetime{Seconds(std::clamp<std::int64_t>(seconds, 0, longest_pause.count())), renewable->flag};
  };
  return at(options_.address, go());
}

}  // namespace sr
