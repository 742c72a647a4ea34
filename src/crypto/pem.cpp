#include "crypto/pem.h"
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <climits>
#include <memory>
#include "base/assert.h"

namespace sr {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(void* memory) const { OPENSSL_free(memory); }
};

void print(std::string_view label, std::string_view der, auto take) {
  const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_secmem()));  // wiped when it is freed
  SR_ASSERT(bio && der.size() <= INT_MAX);
  SR_ASSERT(PEM_write_bio(bio.get(), std::string(label).c_str(), "", reinterpret_cast<const unsigned char*>(der.data()), static_cast<long>(der.size())) > 0);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  take(std::string_view(text, static_cast<std::size_t>(size)));
}

}  // namespace

std::string print_pem(std::string_view label, std::string_view der) {
  std::string out;
  print(label, der, [&](std::string_view text) { out = text; });
  return out;
}
Secret print_secret_pem(std::string_view label, const Secret& der) {
  Secret out;
  print(label, der.reveal(), [&](std::string_view text) { out = Secret(text); });
  return out;
}

std::vector<PemBlock> parse_pem(std::string_view text, std::size_t most, std::string_view* rest) {
  std::vector<PemBlock> blocks;
  if (text.empty() || text.size() > INT_MAX) return blocks;
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  SR_ASSERT(bio != nullptr);
  while (blocks.size() < most) {
    char *label = nullptr, *header = nullptr;
    unsigned char* der = nullptr;
    long size = 0;
    if (PEM_read_bio(bio.get(), &label, &header, &der, &size) != 1) break;
    const std::unique_ptr<void, Free> free_label(label), free_header(header), free_der(der);
    blocks.push_back({label, std::string(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size))});
    if (rest) *rest = text.substr(text.size() - static_cast<std::size_t>(BIO_pending(bio.get())));
  }
  ERR_clear_error();
  return blocks;
}

}  // namespace sr
