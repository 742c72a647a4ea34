#include "base/concat.h"
#include "engines/transit/cipher.h"
#include "engines/transit/engine.h"
#include "engines/transit/fields.h"
#include "text/base64.h"

namespace sr::transit {

Result<Reply> Transit::decrypt(Call& call) {
  const json::Value* batch = batch_of(call);
  constexpr std::string_view missing = "missing ciphertext to decrypt";
  if (!batch && call[field::ciphertext].empty()) return fail(Code::invalid, std::string(missing));
  const auto items = batch ? TRY(read_cipher_items(*batch, {.text_name = "ciphertext", .missing = missing}))
                           : std::vector{CipherItem{.text = call[field::ciphertext], .context = call[field::context], .associated = call[field::associated_data]}};
  TRY(check_contexts(items));
  OpenKey key = TRY(open(call, field::name, "encryption key not found"));
  TRY(leave_loop_if_slow(call, key.settings(), batch ? Amount::batch : Amount::one));

  Decryptor decryptor(key);
  Buffer context;
  const auto open_item = [&](std::size_t i) -> Result<std::string_view> {
    const CipherItem& item = items[i];
    if (item.text.empty()) return fail(Code::invalid, std::string(missing));
    context.clear();
    TRY(base64::decode_as_go(context, item.context));
    if (!item.associated.empty() && !key.info().aead)
      return fail(Code::invalid, concat("'[", std::to_string(i), "].associated_data' provided for non-AEAD cipher suite ", key.info().name));
    return decryptor({.ciphertext = item.text, .context = context, .associated = item.associated});
  };
  if (!batch) {
    Buffer plain;
    base64::encode(plain, TRY(open_item(0)));
    return Reply::data(json::Object().set("plaintext", plain.view()));
  }
  BatchResults results(items);
  BatchOutcome outcome;
  for (std::size_t i = 0; i < items.size(); ++i) {
    results.begin_item();
    if (const auto plain = open_item(i); plain) {
      outcome.has_success = true;
      Buffer& out = results.member("plaintext") += '"';
      base64::encode(out, *plain);
      out += '"';
    } else {
      outcome.has_failure = true;
      results.add("error", plain.error().message);
      results.add("plaintext", "");
    }
    results.end_item(items[i].reference);
  }
  return answer_batch(call, std::move(results), outcome);
}

}  // namespace sr::transit
