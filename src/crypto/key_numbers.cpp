#include "crypto/key_numbers.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <cstring>
#include "base/limits.h"
#include "crypto/key_pair_state.h"

namespace sr {
namespace {

using openssl::refusal;

struct Free {
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
  void operator()(BN_CTX* context) const { BN_CTX_free(context); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using Number = std::unique_ptr<BIGNUM, Free>;

constexpr std::size_t digits_max = limits::rsa_bits * 30103 / 100000 + 1;

Number parse(std::string_view digits) {
  if (digits.empty() || digits.size() > digits_max || digits.find_first_not_of("0123456789") != std::string_view::npos) return nullptr;
  const Secret terminated = [&] {
    Secret text = Secret::of_size(digits.size() + 1);
    std::memcpy(text.data(), digits.data(), digits.size());
    return text;
  }();
  BIGNUM* number = BN_secure_new();  // so is what is made of it
  BN_dec2bn(&number, terminated.reveal().data());
  if (number) BN_set_flags(number, BN_FLG_CONSTTIME);
  return Number(number);
}

Secret print(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  SR_ASSERT(EVP_PKEY_get_bn_param(key, name, &raw) == 1);
  const Number number(raw);
  char* digits = BN_bn2dec(number.get());
  SR_ASSERT(digits != nullptr);
  Secret text{std::string_view(digits)};
  OPENSSL_clear_free(digits, text.size());
  return text;
}

// The builder keeps pointers to the numbers until it is done with them.
class Builder {
 public:
  Builder() : builder_(OSSL_PARAM_BLD_new()) { SR_ASSERT(builder_ != nullptr); }
  void add(const char* name, const BIGNUM* number) { SR_ASSERT(OSSL_PARAM_BLD_push_BN(builder_.get(), name, number) == 1); }
  void add(const char* name, const char* text) { SR_ASSERT(OSSL_PARAM_BLD_push_utf8_string(builder_.get(), name, text, 0) == 1); }
  void add(const char* name, const std::string& octets) { SR_ASSERT(OSSL_PARAM_BLD_push_octet_string(builder_.get(), name, octets.data(), octets.size()) == 1); }

  EVP_PKEY* build(const char* type, bool is_private) {
    const std::unique_ptr<OSSL_PARAM, Free> params(OSSL_PARAM_BLD_to_param(builder_.get()));
    const std::unique_ptr<EVP_PKEY_CTX, Free> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
      ERR_clear_error();
      return nullptr;
    }
    return key;
  }

 private:
  std::unique_ptr<OSSL_PARAM_BLD, Free> builder_;
};

}  // namespace

KeyNumbers::Rsa KeyNumbers::print_rsa(const KeyPair& pair) {
  const EVP_PKEY* key = pair.state().key.get();
  Rsa numbers{.modulus = std::string(print(key, OSSL_PKEY_PARAM_RSA_N).reveal()), .exponent = std::string(print(key, OSSL_PKEY_PARAM_RSA_E).reveal())};
  if (!pair.is_private()) return numbers;
  numbers.private_exponent = print(key, OSSL_PKEY_PARAM_RSA_D);
  numbers.prime1 = print(key, OSSL_PKEY_PARAM_RSA_FACTOR1), numbers.prime2 = print(key, OSSL_PKEY_PARAM_RSA_FACTOR2);
  numbers.exponent1 = print(key, OSSL_PKEY_PARAM_RSA_EXPONENT1), numbers.exponent2 = print(key, OSSL_PKEY_PARAM_RSA_EXPONENT2);
  numbers.coefficient = print(key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1);
  return numbers;
}

KeyNumbers::Curve KeyNumbers::print_curve(const KeyPair& pair) {
  const EVP_PKEY* key = pair.state().key.get();
  Curve numbers{.x = std::string(print(key, OSSL_PKEY_PARAM_EC_PUB_X).reveal()), .y = std::string(print(key, OSSL_PKEY_PARAM_EC_PUB_Y).reveal())};
  if (pair.is_private()) numbers.scalar = print(key, OSSL_PKEY_PARAM_PRIV_KEY);
  return numbers;
}

Result<KeyPair> KeyNumbers::parse_rsa(const Rsa& numbers) {
  const Number n = parse(numbers.modulus), e = parse(numbers.exponent);
  if (!n || !e) return refusal("an rsa key without its numbers");
  Builder builder;
  builder.add(OSSL_PKEY_PARAM_RSA_N, n.get()), builder.add(OSSL_PKEY_PARAM_RSA_E, e.get());
  if (numbers.private_exponent.empty()) return KeyPair::adopt(builder.build("RSA", false), KeyPair::Check::yes);

  const Number d = parse(numbers.private_exponent.reveal()), p = parse(numbers.prime1.reveal()), q = parse(numbers.prime2.reveal());
  if (!d || !p || !q || BN_is_zero(p.get()) || BN_is_zero(q.get())) return refusal("an rsa key without its numbers");
  const std::unique_ptr<BN_CTX, Free> context(BN_CTX_secure_new());
  const Number less(BN_dup(p.get())), dp(BN_secure_new()), dq(BN_secure_new()), inverse(BN_secure_new());
  SR_ASSERT(context && less && dp && dq && inverse && BN_sub_word(less.get(), 1) == 1);
  if (BN_is_zero(less.get()) || BN_is_one(q.get()) || BN_mod(dp.get(), d.get(), less.get(), context.get()) != 1 || !BN_copy(less.get(), q.get()) || BN_sub_word(less.get(), 1) != 1 ||
      BN_mod(dq.get(), d.get(), less.get(), context.get()) != 1 || !BN_mod_inverse(inverse.get(), q.get(), p.get(), context.get()))
    return refusal("the numbers of the key do not fit together");
  builder.add(OSSL_PKEY_PARAM_RSA_D, d.get());
  builder.add(OSSL_PKEY_PARAM_RSA_FACTOR1, p.get()), builder.add(OSSL_PKEY_PARAM_RSA_FACTOR2, q.get());
  builder.add(OSSL_PKEY_PARAM_RSA_EXPONENT1, dp.get()), builder.add(OSSL_PKEY_PARAM_RSA_EXPONENT2, dq.get());
  builder.add(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, inverse.get());
  return KeyPair::adopt(builder.build("RSA", true), KeyPair::Check::yes);
}

Result<KeyPair> KeyNumbers::parse_curve(KeyAlgorithm algorithm, const Curve& numbers) {
  const char* group = algorithm == KeyAlgorithm::ecdsa_p256 ? "P-256" : algorithm == KeyAlgorithm::ecdsa_p384 ? "P-384" : "P-521";
  const int size = algorithm == KeyAlgorithm::ecdsa_p256 ? 32 : algorithm == KeyAlgorithm::ecdsa_p384 ? 48 : 66;
  const Number x = parse(numbers.x), y = parse(numbers.y);
  std::string point(1 + 2 * static_cast<std::size_t>(size), '\4');  // uncompressed
  if (!x || !y || BN_bn2binpad(x.get(), openssl::bytes(point.data() + 1), size) < 0 || BN_bn2binpad(y.get(), openssl::bytes(point.data() + 1 + size), size) < 0)
    return refusal("an ecdsa key without its numbers");
  Builder builder;
  builder.add(OSSL_PKEY_PARAM_GROUP_NAME, group), builder.add(OSSL_PKEY_PARAM_PUB_KEY, point);
  if (numbers.scalar.empty()) return KeyPair::adopt(builder.build("EC", false), KeyPair::Check::yes);
  const Number scalar = parse(numbers.scalar.reveal());
  if (!scalar) return refusal("an ecdsa key without its numbers");
  builder.add(OSSL_PKEY_PARAM_PRIV_KEY, scalar.get());
  return KeyPair::adopt(builder.build("EC", true), KeyPair::Check::yes);
}

}  // namespace sr
