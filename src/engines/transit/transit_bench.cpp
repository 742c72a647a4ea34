// What the engine adds to its ciphers: encryptions by item of a batch, and single signatures, each beside the same without the engine.
// CPU time of one thread; the network, the pipeline and the audit log are not in it.
//
//   ninja -C build/release transit_bench && build/release/bin/transit_bench
#include <ctime>
#include <cstdio>
#include "engines/transit/transit.h"
#include "logical/engine_harness.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/key_pair.h"
#include "text/base64.h"

namespace sr {
namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// How many a second, where one run does so many.
template <class Run> double rate(double of_one_run, Run run) {
  double runs = 0;
  const double start = cpu_seconds();
  while (cpu_seconds() - start < 1) run(), ++runs;
  return runs * of_one_run / (cpu_seconds() - start);
}

void report(const char* what, double with, double without) { std::printf("%-40s %12.0f /s  %12.0f /s without the engine  %5.2f\n", what, with, without, with / without); }

void measure() {
  EngineHarness mount(transit::spec());
  const auto make = [&](std::string_view type) { mount.call(Op::update, concat("keys/", type), concat(R"({"type": ")", type, "\"}")); };
  for (const std::string_view type : {"aes256-gcm96", "ecdsa-p256", "ed25519"}) make(type);

  SystemRandom random;
  const Aead gcm(AeadKind::aes_256_gcm, random_bytes(random, 32));
  for (const std::size_t size : {std::size_t{16}, std::size_t{64}, std::size_t{1024}, std::size_t{8192}}) {
    const std::string plain(size, 'x'), nonce(12, 'n');
    std::string body = R"({"batch_input": [)", out(size + 16, '?');
    for (int i = 0; i < 1000; ++i) body += concat(i ? "," : "", R"({"plaintext": ")", base64::encode(plain), "\"}");
    body += "]}";
    report(concat("encrypt, batch of 1000, ", std::to_string(size), " bytes").c_str(), rate(1000, [&] { mount.call(Op::update, "encrypt/aes256-gcm96", body); }),
           rate(1000, [&] { for (int i = 0; i < 1000; ++i) gcm.seal_to(out.data(), nonce, "", plain); }));
  }
  const std::string hashed(as_text(sha256("text")));
  const KeyPair curve = KeyPair::generate(KeyAlgorithm::ecdsa_p256), edwards = KeyPair::generate(KeyAlgorithm::ed25519);
  report("sign, P-256", rate(1, [&] { mount.call(Op::update, "sign/ecdsa-p256", R"({"input": "dGV4dA=="})"); }), rate(1, [&] { curve.sign_ecdsa(hashed); }));
  report("sign, Ed25519", rate(1, [&] { mount.call(Op::update, "sign/ed25519", R"({"input": "dGV4dA=="})"); }), rate(1, [&] { edwards.sign_ed25519("text"); }));
  report("encrypt, one of 16 bytes", rate(1, [&] { mount.call(Op::update, "encrypt/aes256-gcm96", R"({"plaintext": "dGV4dA=="})"); }),
         rate(1, [&] { char out[20]; gcm.seal_to(out, "123456789012", "", "text"); }));
}

}  // namespace
}  // namespace sr

int main() { sr::measure(); }
