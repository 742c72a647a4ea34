#include "engines/totp/engine.h"
#include "engines/totp/fields.h"
#include "engines/totp/key_uri.h"
#include "engines/totp/qr_code.h"
#include "base/concat.h"
#include "text/base32.h"
#include "text/base64.h"

namespace sr::totp {
namespace {

constexpr Seconds period_max = std::chrono::floor<Seconds>(std::chrono::nanoseconds::max());  // what any duration is bounded by

std::unexpected<Error> wrong(std::string text) { return fail(Code::invalid, std::move(text)); }

// What the fields and the url say together, not judged yet.
struct Asked {
  std::string issuer, account, algorithm;
  std::int64_t digits = 0, period = 0;
  Buffer seed{};  // in base32; empty when it is to be generated
};

Result<Asked> asked_for(const Call& call) {
  Asked asked{.issuer = std::string(call[field::issuer]), .account = std::string(call[field::account_name]), .algorithm = std::string(call[field::algorithm]),
              .digits = call[field::digits], .period = call[field::period].count(), .seed = Buffer(call[field::key].reveal())};
  if (call[field::url].reveal().empty()) return asked;
  KeyUri uri = TRY(parse_key_uri(call[field::url].reveal()));
  if (!uri.issuer.empty()) asked.issuer = std::move(uri.issuer);
  if (!uri.algorithm.empty()) asked.algorithm = std::move(uri.algorithm);
  asked.account = std::move(uri.account);
  asked.digits = uri.digits.value_or(asked.digits);
  asked.period = uri.period.value_or(asked.period);
  asked.seed = std::move(uri.secret);
  return asked;
}

// All of a key but its seed.
Result<Key> settings(const Call& call, const Asked& asked) {
  if (asked.digits != 6 && asked.digits != 8) return wrong("the digits value can only be 6 or 8");
  const auto hash = parse_algorithm(asked.algorithm);
  if (!hash) return wrong("the algorithm value is not valid");
  if (asked.period <= 0) return wrong("the period value must be greater than zero");
  if (asked.period > period_max.count()) return wrong("the period value is too large");
  const std::int64_t skew = call[field::skew];
  if (skew != 0 && skew != 1) return wrong("the skew value must be 0 or 1");
  return Key{.issuer = asked.issuer, .account = asked.account, .period = Seconds(asked.period), .hash = *hash,
             .digits = static_cast<unsigned>(asked.digits), .skew = static_cast<unsigned>(skew)};
}

Result<void> check_sizes(const Call& call) {
  constexpr auto key_max = static_cast<std::int64_t>(limits::totp_key_bytes), qr_max = static_cast<std::int64_t>(limits::totp_qr_pixels);
  if (call[field::qr_size] < 0) return wrong("the qr_size value must be greater than or equal to zero");
  if (call[field::qr_size] > qr_max) return wrong("the qr_size value must be at most " + std::to_string(qr_max));
  if (call[field::key_size] <= 0) return wrong("the key_size value must be greater than zero");
  if (call[field::key_size] > key_max) return wrong("the key_size value must be at most " + std::to_string(key_max));
  return {};
}

Secret random_seed(const Call& call) {
  Secret seed = Secret::of_size(static_cast<std::size_t>(call[field::key_size]));
  call.host().random().fill(std::as_writable_bytes(std::span(seed.data(), seed.size())));
  return seed;
}

Result<Secret> given_seed(const Asked& asked) {
  if (asked.seed.empty()) return wrong("the key value is required");
  Buffer seed;
  if (const auto decoded = base32::decode(seed, asked.seed); !decoded) return wrong(concat("invalid key value: ", decoded.error().message));
  if (seed.size() > limits::totp_key_bytes) return wrong(concat("invalid key value: longer than ", std::to_string(limits::totp_key_bytes), " bytes"));
  return Secret(seed);
}

// The one time that a generated key is shown.
Result<Reply> show(const Key& key, std::size_t qr_pixels) {
  const Buffer uri = print_key_uri(key);
  json::Object data;
  data.put("url", uri.view());
  if (qr_pixels > 0) {
    Buffer barcode;
    base64::encode(barcode, TRY(qr_code_png(uri, qr_pixels)));
    data.put("barcode", barcode.view());
  }
  return Reply::data(std::move(data));
}

}  // namespace

Result<Reply> Totp::list_keys(Call& call) { return Reply::list(TRY(list_key_names(call))); }

Result<Reply> Totp::read_key(Call& call) {
  const auto key = TRY(load_key(call, TRY(key_name(call))));
  if (!key) return Reply::empty();
  json::Object data;
  data.put("account_name", key->account).put("algorithm", algorithm_name(key->hash)).put("digits", key->digits);
  data.put("issuer", key->issuer).put("period", key->period.count());
  return Reply::data(std::move(data));
}

Result<Reply> Totp::write_key(Call& call) {
  const std::string_view name = TRY(key_name(call));
  const bool generate = call[field::generate];
  if (generate && !call[field::key].reveal().empty()) return wrong("a key should not be passed if generate is true");
  if (generate && !call[field::url].reveal().empty()) return wrong("a url should not be passed if generate is true");
  const Asked asked = TRY(asked_for(call));
  Key key = TRY(settings(call, asked));
  TRY(check_sizes(call));
  if (generate && key.account.empty()) return wrong("the account_name value is required for generated keys");
  if (generate && key.issuer.empty()) return wrong("the issuer value is required for generated keys");
  key.seed = generate ? random_seed(call) : TRY(given_seed(asked));
  TRY(store_key(call, name, key));
  if (!generate || !call[field::exported]) return Reply::empty();
  return show(key, static_cast<std::size_t>(call[field::qr_size]));
}

Result<Reply> Totp::remove_key(Call& call) {
  TRY(totp::remove_key(call, TRY(key_name(call))));
  return Reply::empty();
}

}  // namespace sr::totp
