// HMACs, hashes and random bytes.
#include "engines/transit/hmac.h"
#include "base/concat.h"
#include "engines/transit/batch.h"
#include "engines/transit/cipher.h"
#include "engines/transit/engine.h"
#include "engines/transit/fields.h"
#include "engines/transit/signature.h"
#include "logical/tools.h"
#include "text/base64.h"

namespace sr::transit {
namespace {

std::unexpected<Error> invalid(std::string text) { return fail(Code::invalid, std::move(text)); }

struct HmacItem {
  std::optional<std::string_view> input{}, hmac{};
  std::string_view reference{};
};

Result<std::vector<HmacItem>> read_items(const Call& call, const json::Value* batch) {
  if (!batch) return std::vector{HmacItem{.input = call[field::input].reveal(), .hmac = call[field::hmac]}};
  std::vector<HmacItem> items;
  for (const auto& given : TRY(read_text_items(*batch)))
    items.push_back({.input = text_of(given, "input"), .hmac = text_of(given, "hmac"), .reference = text_of(given, "reference").value_or("")});
  return items;
}

Result<const Secret*> hmac_key(OpenKey& key, VersionNumber number) {
  if (key.settings().soft_deleted) return invalid(std::string(soft_deleted));
  if (number < 0) return invalid("key version does not exist (cannot be negative)");
  if (number > key.settings().latest) return invalid(concat("key version does not exist; latest key version is ", std::to_string(key.settings().latest)));
  const Secret& secret = TRY(key.version(number))->hmac_key(key.settings());
  if (secret.empty()) return invalid("no HMAC key exists for that key version");
  return &secret;
}

Result<void> decode_input(Buffer& to, const std::optional<std::string_view>& input, std::string_view missing) {
  if (!input) return invalid(std::string(missing));
  to.clear();
  if (const auto decoded = base64::decode_as_go(to, *input); !decoded) return invalid(concat("unable to decode input as base64: ", decoded.error().message));
  return {};
}

}  // namespace

Result<Reply> Transit::make_hmac(Call& call) {
  const auto algorithm = call[field::urlalgorithm].empty() ? call[field::algorithm] : call[field::urlalgorithm];
  OpenKey key = TRY(open(call, field::name, "encryption key not found"));
  const VersionNumber latest = key.settings().latest, number = call[field::key_version] == 0 ? latest : call[field::key_version];
  if (number != latest && key.settings().encryption_min > 0 && number < key.settings().encryption_min)
    return invalid("cannot generate HMAC: version is too old (disallowed by policy)");
  const Secret* secret = TRY(hmac_key(key, number));
  const auto hash = algorithm == "sha1" ? DigestKind::sha1 : parse_digest_name(algorithm);
  if (!hash) return invalid(concat("unsupported algorithm \"", algorithm, "\""));
  const json::Value* batch = batch_of(call);
  constexpr std::string_view missing = "missing input for HMAC";
  if (!batch && !call.has(field::input)) return invalid(std::string(missing));
  if (batch) TRY(call.storage().transaction().need_lane("a batch needs a lane"));
  const auto items = TRY(read_items(call, batch));

  Buffer input;
  const auto make = [&](const HmacItem& item) -> Result<std::string> {
    TRY(decode_input(input, item.input, missing));
    return concat("vault:v", std::to_string(number), ":", base64::encode(sr::hmac(*hash, secret->reveal(), input)));
  };
  if (!batch) return Reply::data(json::Object().set("hmac", TRY(make(items.front()))));
  BatchResults results(items.size());
  for (const auto& item : items) {
    results.begin_item();
    const auto made = make(item);
    results.add(made ? "hmac" : "error", made ? *made : made.error().message);
    results.end_item(item.reference);
  }
  return std::move(results).finish();
}

Result<Reply> verify_hmac(Call& call, OpenKey key) {
  const DigestKind hash = TRY(read_hmac_algorithm(call));
  const json::Value* batch = batch_of(call);
  if (batch) TRY(call.storage().transaction().need_lane("a batch needs a lane"));
  const auto items = TRY(read_items(call, batch));

  Buffer input;
  const auto check = [&](const HmacItem& item) -> Result<bool> {
    TRY(decode_input(input, item.input, "missing input"));
    if (!item.hmac) return invalid("missing hmac");
    if (!item.hmac->starts_with("vault:v")) return invalid("invalid HMAC to verify: no prefix");
    const auto [number, text] = TRY(split_prefix(*item.hmac, "HMAC"));
    const auto wanted = base64::decode_as_go(text);
    if (!wanted) return invalid(concat("unable to decode verification HMAC as base64: ", wanted.error().message));
    if (number > key.settings().latest) return invalid("invalid HMAC: version is too new");
    if (number < key.settings().decryption_min) return invalid("cannot verify HMAC: version is too old (disallowed by policy)");
    return equal_in_constant_time(sr::hmac(hash, TRY(hmac_key(key, number))->reveal(), input), *wanted);
  };
  if (!batch) return Reply::data(json::Object().set("valid", TRY(check(items.front()))));
  BatchResults results(items.size());
  for (const auto& item : items) {
    results.begin_item();
    const auto valid = check(item);
    if (!valid) results.add("error", valid.error().message);
    if (valid && *valid) results.end_item(item.reference, "valid", true);
    else results.end_item(item.reference);  // of HMACs Vault leaves a false one out
  }
  return std::move(results).finish();
}

Result<Reply> Transit::draw_random(Call& call) { return tools::draw_random(call); }

Result<Reply> Transit::hash(Call& call) {
  if (!call.has(tools::field::input)) return invalid("input missing");
  return tools::hash(call);
}

}  // namespace sr::transit
