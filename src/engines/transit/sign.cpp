// Signing and verifying, one input or many.
#include "base/concat.h"
#include "engines/transit/batch.h"
#include "engines/transit/cipher.h"
#include "engines/transit/engine.h"
#include "engines/transit/fields.h"
#include "engines/transit/hmac.h"
#include "engines/transit/signature.h"
#include "text/base64.h"

namespace sr::transit {
namespace {

struct SignItem {
  std::optional<std::string_view> input{};
  std::string_view context{}, reference{};
  std::optional<std::string_view> signature{};  // of verifications
};

Result<std::vector<SignItem>> read_items(const Call& call, const json::Value* batch) {
  if (!batch) {
    SignItem item{.input = call[field::input].reveal(), .context = call[field::context]};
    if (call.has(field::signature)) item.signature = call[field::signature];
    return std::vector{item};
  }
  std::vector<SignItem> items;
  for (const auto& given : TRY(read_text_items(*batch)))
    items.push_back({.input = text_of(given, "input"), .context = text_of(given, "context").value_or(""), .reference = text_of(given, "reference").value_or(""),
                     .signature = text_of(given, "signature")});
  return items;
}

struct Prepared {
  Buffer input{};
  std::string context{};
};
Result<Prepared> prepare(const KeyTypeInfo& info, const SignatureOptions& options, const SignItem& item) {
  if (!item.input) return fail(Code::invalid, "missing input");
  Buffer input;
  if (const auto decoded = base64::decode_as_go(input, *item.input); !decoded) return fail(Code::invalid, concat("unable to decode input as base64: ", decoded.error().message));
  Prepared prepared{.input = prepare_input(info, options, std::move(input))};
  auto context = base64::decode_as_go(item.context);
  if (!context) return fail(Code::invalid, "failed to base64-decode context");
  prepared.context = std::move(*context);
  return prepared;
}

// Signatures and HMACs do not go into one batch.
Result<bool> wants_hmac(const Call& call, const json::Value* batch) {
  if (!batch) {
    if (!call.has(field::signature) && !call.has(field::hmac)) return fail(Code::invalid, "neither a 'signature' nor an 'hmac' were given to verify");
    return !call.has(field::signature);  // of both the signature counts, as in Vault
  }
  bool has_signature = false, has_hmac = false, lacks_both = false;
  for (const auto& item : TRY(read_text_items(*batch))) (item.find("signature") ? has_signature : item.find("hmac") ? has_hmac : lacks_both) = true;
  if (has_signature && has_hmac) return fail(Code::invalid, "elements of batch_input must all provide 'signature' or all provide 'hmac'");
  if (lacks_both && has_signature) return fail(Code::invalid, "some elements of batch_input are missing 'signature'");
  if (lacks_both && has_hmac) return fail(Code::invalid, "some elements of batch_input are missing 'hmac'");
  if (lacks_both) return fail(Code::invalid, "no batch_input elements have 'signature' or 'hmac'");
  return has_hmac;
}

}  // namespace

Result<Reply> Transit::sign(Call& call) {
  const auto options = TRY(read_signature_options(call));
  OpenKey key = TRY(open(call, field::name, "signing key not found"));
  TRY(check_signer(key.info(), options, "signing"));
  const json::Value* batch = batch_of(call);
  TRY(leave_loop_if_slow(call, key.settings(), batch ? Amount::batch : Amount::one));
  const auto items = TRY(read_items(call, batch));
  const VersionNumber number = call[field::key_version];
  const VersionNumber told = number == 0 ? key.settings().latest : number;

  const auto sign_item = [&](const SignItem& item) -> Result<Signature> {
    const auto prepared = TRY(prepare(key.info(), options, item));
    return make_signature(key, options, number, prepared.context, prepared.input);
  };
  if (!batch) {
    const auto signature = TRY(sign_item(items.front()));
    json::Object data;
    data.put("key_version", told);
    if (!signature.derived_key.empty()) data.put("public_key", signature.derived_key);
    data.put("signature", signature.text);
    return Reply::data(std::move(data));
  }
  BatchResults results(items.size());
  for (const auto& item : items) {
    results.begin_item();
    const auto signature = sign_item(item);
    if (!signature) results.add("error", signature.error().message);
    results.member("key_version").append_number(signature ? told : 0);
    if (signature && !signature->derived_key.empty()) results.add("publickey", signature->derived_key);
    if (signature) results.add("signature", signature->text);
    results.end_item(item.reference);
  }
  return std::move(results).finish();
}

Result<Reply> Transit::verify(Call& call) {
  const json::Value* batch = batch_of(call);
  if (TRY(wants_hmac(call, batch))) return verify_hmac(call, TRY(open(call, field::name, "encryption key not found")));
  const auto options = TRY(read_signature_options(call));
  OpenKey key = TRY(open(call, field::name, "signature verification key not found"));
  TRY(check_signer(key.info(), options, "verification"));
  TRY(leave_loop_if_slow(call, key.settings(), batch ? Amount::batch : Amount::one));
  const auto items = TRY(read_items(call, batch));

  const auto verify_item = [&](const SignItem& item) -> Result<bool> {
    const auto prepared = TRY(prepare(key.info(), options, item));
    return check_signature(key, options, prepared.context, prepared.input, *item.signature);
  };
  if (!batch) return Reply::data(json::Object().set("valid", TRY(verify_item(items.front()))));
  BatchResults results(items.size());
  for (const auto& item : items) {
    results.begin_item();
    const auto valid = verify_item(item);
    if (!valid) results.add("error", valid.error().message);
    results.end_item(item.reference, "valid", valid.value_or(false));
  }
  return std::move(results).finish();
}

}  // namespace sr::transit
