// A header says the same however much of it has come: more bytes behind it change nothing, and fewer ask for more.
#include <cstdlib>
#include "net/proxy_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = sr::net::parse_proxy_header(bytes);
  if (!whole || !*whole) return 0;
  const std::size_t header = (*whole)->bytes;
  if (header > size || header > sr::net::proxy_header_bytes) std::abort();
  if (header == 0) return 0;
  const auto exact = sr::net::parse_proxy_header(bytes.substr(0, header));
  if (!exact || !*exact || (*exact)->bytes != header) std::abort();
  const auto less = sr::net::parse_proxy_header(bytes.substr(0, header - 1));
  if (!less || *less) std::abort();
  return 0;
}
