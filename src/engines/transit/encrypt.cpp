// Encrypting, encrypting anew, and data keys.
#include "base/concat.h"
#include "engines/transit/cipher.h"
#include "engines/transit/engine.h"
#include "engines/transit/fields.h"
#include "engines/transit/lifecycle.h"
#include "text/base64.h"

namespace sr::transit {
namespace {

constexpr std::string_view no_such_key = "encryption key not found";
constexpr std::string_view nonce_refused = "nonce provided when not allowed";

Result<void> check_padding(const Call& call) {
  if (call[field::padding_scheme] == "oaep") return {};
  return fail(Code::invalid, concat("padding scheme \"", call[field::padding_scheme], "\" is not supported, only \"oaep\" is"));
}

// Made by an encryption with a name that no key has: derived if there are contexts.
Result<void> make_key(Call& call, bool has_contexts) {
  const bool convergent = call[field::convergent_encryption];
  if (convergent && !has_contexts) return fail(Code::invalid, "convergent encryption requires derivation to be enabled, so context is required");
  const KeyTypeInfo* info = find_type(call[field::type]);
  if (info && info->is_ecdsa()) return fail(Code::invalid, concat("key type ", info->name, " not supported for this operation"));
  if (!info || !info->aead) return fail(Code::invalid, concat("unknown key type ", call[field::type]));
  if (TRY(load_row<KeysConfig>(call.storage(), keys_config_row)).value_or(KeysConfig{}).disable_upsert) return fail(Code::invalid, std::string(no_such_key));
  Key key = new_key(*info, call.host().random());
  key.derived = has_contexts, key.convergent = convergent;
  if (convergent) key.convergent_version = -1;
  return rotate_key(call.storage(), call.host(), TRY(check_name(call[field::name])), key);
}

// Texts of one item in base64, decoded; kept from item to item.
struct Decoded {
  Buffer plain{}, context{};

  Result<void> operator()(std::string_view plain_text, std::string_view context_text) {
    plain.clear(), context.clear();
    TRY(base64::decode_as_go(plain, plain_text));
    return base64::decode_as_go(context, context_text);
  }
};

Result<void> check_associated(const KeyTypeInfo& info, const CipherItem& item, std::size_t index) {
  if (item.associated.empty() || info.aead) return {};
  return fail(Code::invalid, concat("'[", std::to_string(index), "].associated_data' provided for non-AEAD cipher suite ", info.name));
}

// A ciphertext and the version that it was made with; or, where `write` fails, why.
template <class Write> bool add_ciphertext(BatchResults& results, const Encryptor& encryptor, const CipherItem& item, Write write) {
  results.begin_item();
  const auto mark = results.mark();
  Buffer& out = results.member("ciphertext") += '"';
  const Result<void> written = write(out);
  if (written) {
    out += '"';
    results.member("key_version").append_number(encryptor.version_of(item.key_version));
  } else {
    results.back_to(mark);
    results.add("error", written.error().message);
  }
  results.end_item(item.reference);
  return written.has_value();
}

}  // namespace

Result<bool> Transit::key_exists(Call& call) { return TRY(open(call, call[field::name])).has_value(); }

Result<Reply> Transit::encrypt(Call& call) {
  TRY(check_padding(call));
  const json::Value* batch = batch_of(call);
  if (!batch && !call.has(field::plaintext)) return fail(Code::invalid, "missing plaintext to encrypt");
  const auto items = batch ? TRY(read_cipher_items(*batch, {.text_name = "plaintext", .missing = "missing plaintext to encrypt"}))
                           : std::vector{CipherItem{.text = call[field::plaintext].reveal(), .context = call[field::context], .associated = call[field::associated_data],
                                                    .nonce = call[field::nonce], .key_version = call[field::key_version]}};
  TRY(check_contexts(items));
  if (call.op() == Op::create) TRY(make_key(call, !items.front().context.empty()));
  OpenKey key = TRY(open(call, field::name, no_such_key));
  TRY(leave_loop_if_slow(call, key.settings(), batch ? Amount::batch : Amount::one));

  Encryptor encryptor(call, key, items.size());
  Decoded decoded;
  const auto seal = [&](Buffer& out, std::size_t i) -> Result<void> {
    const CipherItem& item = items[i];
    TRY(decoded(item.text, item.context));
    TRY(check_associated(key.info(), item, i));
    if (!item.nonce.empty()) return fail(Code::invalid, std::string(nonce_refused));
    return encryptor(out, {.plain = decoded.plain, .context = decoded.context, .associated = item.associated, .key_version = item.key_version});
  };
  if (!batch) {
    Buffer out;
    TRY(seal(out, 0));
    return Reply::data(json::Object().set("ciphertext", out.view()).set("key_version", encryptor.version_of(items.front().key_version)));
  }
  BatchResults results(items);
  BatchOutcome outcome;
  for (std::size_t i = 0; i < items.size(); ++i)
    (add_ciphertext(results, encryptor, items[i], [&](Buffer& out) { return seal(out, i); }) ? outcome.has_success : outcome.has_failure) = true;
  return answer_batch(call, std::move(results), outcome);
}

Result<Reply> Transit::rewrap(Call& call) {
  const json::Value* batch = batch_of(call);
  if (!batch && call[field::ciphertext].empty()) return fail(Code::invalid, "missing ciphertext to decrypt");
  const auto items = batch ? TRY(read_cipher_items(*batch, {.text_name = "ciphertext"}))
                           : std::vector{CipherItem{.text = call[field::ciphertext], .context = call[field::context], .associated = call[field::associated_data],
                                                    .nonce = call[field::nonce], .key_version = call[field::key_version]}};
  TRY(check_contexts(items));
  OpenKey key = TRY(open(call, field::name, no_such_key));
  TRY(leave_loop_if_slow(call, key.settings(), batch ? Amount::batch : Amount::one));

  Encryptor encryptor(call, key, items.size());
  Decryptor decryptor(key);
  Buffer context;
  const auto renew = [&](Buffer& out, std::size_t i) -> Result<void> {
    const CipherItem& item = items[i];
    if (item.text.empty()) return fail(Code::invalid, "missing ciphertext to decrypt");
    context.clear();
    TRY(base64::decode_as_go(context, item.context));
    TRY(check_associated(key.info(), item, i));
    if (!item.nonce.empty()) return fail(Code::invalid, std::string(nonce_refused));
    const auto plain = TRY(decryptor({.ciphertext = item.text, .context = context, .associated = item.associated}));
    return encryptor(out, {.plain = plain, .context = context, .associated = item.associated, .key_version = item.key_version});
  };
  if (!batch) {
    Buffer out;
    TRY(renew(out, 0));
    return Reply::data(json::Object().set("ciphertext", out.view()).set("key_version", encryptor.version_of(items.front().key_version)));
  }
  BatchResults results(items);
  for (std::size_t i = 0; i < items.size(); ++i) add_ciphertext(results, encryptor, items[i], [&](Buffer& out) { return renew(out, i); });
  return std::move(results).finish();  // 200 whatever became of the items, as in Vault
}

Result<Reply> Transit::make_data_key(Call& call) {
  const auto output = call[field::output];
  if (output != "plaintext" && output != "wrapped") return fail(Code::invalid, "Invalid path, must be 'plaintext' or 'wrapped'");
  TRY(check_padding(call));
  const auto context = base64::decode_as_go(call[field::context]);
  if (!context) return fail(Code::invalid, "failed to base64-decode context");
  OpenKey key = TRY(open(call, field::name, no_such_key));
  const std::int64_t bits = call[field::bits];
  if (bits != 128 && bits != 256 && bits != 512) return fail(Code::invalid, "invalid bit length");
  if (!call[field::associated_data].empty() && !key.info().aead) return fail(Code::invalid, concat("'associated_data' provided for non-AEAD cipher suite ", key.info().name));
  if (!call[field::nonce].empty()) return fail(Code::invalid, std::string(nonce_refused));
  TRY(leave_loop_if_slow(call, key.settings(), Amount::one));

  Secret made = Secret::of_size(static_cast<std::size_t>(bits / 8));
  call.host().random().fill(std::as_writable_bytes(std::span(made.data(), made.size())));
  Encryptor encryptor(call, key, 1);
  Buffer ciphertext, plaintext;
  TRY(encryptor(ciphertext, {.plain = made.reveal(), .context = *context, .associated = call[field::associated_data], .key_version = call[field::key_version]}));
  json::Object data;
  data.put("ciphertext", ciphertext.view()).put("key_version", encryptor.version_of(call[field::key_version]));
  if (output == "plaintext") {
    base64::encode(plaintext, made.reveal());
    data.put("plaintext", plaintext.view());
  }
  return Reply::data(std::move(data));
}

}  // namespace sr::transit
