#include "crypto/key_wrap.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <climits>
#include <memory>

namespace sr {
namespace {

struct Free { void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); } };

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

constexpr std::size_t overhead = 16;  // the header of 8 bytes, and up to 7 of padding

Result<Secret> run(std::string_view key, std::string_view text, bool wraps) {
  const std::unique_ptr<EVP_CIPHER_CTX, Free> context(EVP_CIPHER_CTX_new());
  Secret out = Secret::of_size(text.size() + overhead);
  int written = 0;
  if (key.size() == 32 && !text.empty() && text.size() < INT_MAX - overhead && context) {
    EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    if (EVP_CipherInit_ex(context.get(), EVP_aes_256_wrap_pad(), nullptr, bytes(key), nullptr, wraps) == 1 &&
        EVP_CipherUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &written, bytes(text), static_cast<int>(text.size())) == 1 && written > 0)
      return Secret(out.reveal().substr(0, static_cast<std::size_t>(written)));
  }
  ERR_clear_error();
  return fail(Code::invalid, "unwrapping failed");
}

}  // namespace

Result<std::string> key_wrap_pad(std::string_view wrapping_key, std::string_view text) {
  return std::string(TRY(run(wrapping_key, text, true)).reveal());
}
Result<Secret> key_unwrap_pad(std::string_view wrapping_key, std::string_view wrapped) { return run(wrapping_key, wrapped, false); }

}  // namespace sr
