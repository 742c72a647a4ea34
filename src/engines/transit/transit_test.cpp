#include "engines/transit/transit.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include "engines/transit/rows.h"
#include "logical/engine_harness.h"
#include "text/base64.h"

namespace sr::transit {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view types[] = {"aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305", "ed25519", "ecdsa-p256",
                                      "ecdsa-p384", "ecdsa-p521", "rsa-2048", "rsa-3072", "rsa-4096", "hmac"};

struct TransitTest : testing::Test {
  EngineHarness mount{spec()};

  auto get(std::string_view path, std::string_view query = {}) { return mount.call(Op::read, path, query); }
  auto post(std::string_view path, std::string_view body = "{}") { return mount.call(Op::update, path, body); }

  void make(std::string_view name, std::string_view type, std::string_view more = "") {
    const auto made = post(concat("keys/", name), concat(R"({"type": ")", type, "\"", type == "hmac" ? ", \"key_size\": 32" : "", more, "}"));
    ASSERT_EQ(made.status, 200) << made.error;
  }
  std::string encrypt(std::string_view name, std::string_view plain, std::string_view more = "") {
    return post(concat("encrypt/", name), concat(R"({"plaintext": ")", base64::encode(plain), "\"", more, "}")).text("ciphertext");
  }
  auto decrypt(std::string_view name, std::string_view ciphertext, std::string_view more = "") {
    return post(concat("decrypt/", name), concat(R"({"ciphertext": ")", ciphertext, "\"", more, "}"));
  }
  // The job that rotates and clears away, until it finds nothing.
  void keep_up() {
    const FakeHost host;
    const_cast<FakeClock&>(host.clock).set(mount.clock().now());
    for (bool found = true; found;) {
      Transaction transaction(mount.store(), nullptr);
      transaction.go_on(Tier::any);
      found = upkeep(View::mount(transaction, NamespaceId("root"), "uuid"), host).value();
      if (transaction.has_writes()) {
        ASSERT_TRUE(commit_and_wait(mount.store(), transaction.take_batch().value()));
      }
    }
  }
};

// Every verb with every kind of parameter on every type of key: what makes no sense is told so, and nothing worse happens.
TEST_F(TransitTest, everything_with_every_type) {
  constexpr std::string_view bodies[] = {
      R"({})",
      R"({"plaintext": "aGk=", "ciphertext": "vault:v1:AAAA", "input": "aGk=", "signature": "vault:v1:AAAA"})",
      R"({"plaintext": "aGk=", "ciphertext": "vault:v1:AAAA", "input": "aGk=", "hmac": "vault:v1:AAAA", "context": "Y3R4"})",
      R"({"plaintext": "aGk=", "ciphertext": "vault:v1:AAAA", "associated_data": "YWFk", "nonce": "bm9uY2U=", "bits": 7})",
      R"({"plaintext": "!", "ciphertext": "vault:v1:!", "input": "!", "signature": "vault:v1:!", "context": "!"})",
      R"({"plaintext": "aGk=", "ciphertext": "vault:v99999999999999999999:AAAA", "input": "aGk=", "signature": "vault:v-1:AAAA", "key_version": -1})",
      R"({"plaintext": "aGk=", "ciphertext": "vault:v0:AAAA", "input": "aGk=", "signature": "vault:v0:AAAA", "key_version": 2})",
      R"({"input": "aGk=", "signature": "vault:v1:AAAA", "prehashed": true, "signature_algorithm": "pkcs1v15", "hash_algorithm": "none"})",
      R"({"input": "aGk=", "signature": "vault:v1:AAAA", "prehashed": true, "signature_algorithm": "pss", "salt_length": "9223372036854775807"})",
      R"({"input": "aGk=", "signature": "vault:v1:AAAA", "marshaling_algorithm": "jws", "hash_algorithm": "sha3-512", "salt_length": "hash"})",
      R"({"input": "aGk=", "signature": "vault:v1:AAAA", "marshaling_algorithm": "x", "hash_algorithm": "x", "salt_length": "x"})",
      R"({"input": "aGk=", "signature": "vault:v1:AAAA", "hash_algorithm": "sha1", "signature_algorithm": "x", "padding_scheme": "pkcs1v15"})",
      R"({"batch_input": [{}, {"plaintext": "aGk=", "ciphertext": "x", "input": "aGk=", "signature": "x", "key_version": 1}]})",
      R"({"batch_input": [{"plaintext": "aGk=", "ciphertext": "x", "input": "aGk=", "signature": "x", "hmac": "x", "context": "x"}]})",
      R"({"batch_input": [1, "x", null]})",
      R"({"batch_input": "x"})",
      R"({"min_decryption_version": -1, "min_encryption_version": 9, "min_available_version": -5})",
      R"({"min_decryption_version": 1, "min_encryption_version": 1, "min_available_version": 1, "auto_rotate_period": 1})",
      R"({"csr": "x", "certificate_chain": "x", "version": 7, "public_key": "x", "base_key_name": "base", "peer_public_key": "x"})",
      R"({"public_key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "hash_function": "MD5", "ciphertext": "AAAA"})",
  };
  constexpr std::string_view verbs[] = {"encrypt/k", "decrypt/k", "rewrap/k", "datakey/plaintext/k", "datakey/wrapped/k", "datakey/x/k", "sign/k", "sign/k/sha2-512", "verify/k",
                                        "hmac/k", "hmac/k/sha3-224", "hmac/k/none", "keys/k", "keys/k/config", "keys/k/rotate", "keys/k/trim", "keys/k/import_version", "keys/k/import",
                                        "keys/k/csr", "keys/k/set-certificate", "keys/k/soft-delete-restore", "derive-key/k2"};
  for (const auto type : types) {
    for (const std::string_view derived : {"", ", \"derived\": true"}) {
      mount.call(Op::update, "keys/k/config", R"({"deletion_allowed": true})");
      mount.call(Op::remove, "keys/k");
      const auto made = post("keys/k", concat(R"({"type": ")", type, "\"", type == "hmac" ? ", \"key_size\": 32" : "", derived, "}"));
      if (made.status != 200) {
        EXPECT_THAT(made.error, HasSubstr("key derivation and convergent encryption not supported for keys of type "));
        continue;
      }
      // A larger RSA key differs in nothing but the time that it takes: fewer bodies, and no key is made with each rotation.
      const bool is_slow = type.starts_with("rsa") && type != "rsa-2048";
      for (const auto verb : verbs) {
        if (type.starts_with("rsa") && verb == "keys/k/rotate") continue;
        for (const auto body : std::span(bodies).first(is_slow ? 4 : std::size(bodies))) {
          const auto answer = post(verb, body);
          EXPECT_THAT(answer.status, AnyOf(200, 204, 400, 404)) << type << ' ' << verb << ' ' << body << ' ' << answer.error;
          EXPECT_TRUE(answer.status < 300 || answer.status == 400) << type << ' ' << verb;
          EXPECT_FALSE(answer.status == 400 && answer.error.empty() && answer.data.empty()) << type << ' ' << verb << ' ' << body;
        }
      }
      for (const auto what : {"encryption-key", "signing-key", "hmac-key", "public-key", "certificate-chain", "x"})
        for (const auto format : {"", "raw", "der", "pem", "x"})
          EXPECT_THAT(get(concat("export/", what, "/k"), concat(R"({"format": ")", format, "\"}")).status, AnyOf(200, 400)) << type << what << format;
      EXPECT_EQ(get("backup/k").status, 400);
      EXPECT_EQ(get("keys/k", R"({"context": "Y3R4"})").status, 200);
    }
  }
}

TEST_F(TransitTest, what_is_encrypted_decrypts_again) {
  for (const auto type : types) {
    if (type.starts_with("e") || type == "hmac") continue;
    make(type, type);
    for (const std::string_view plain : {"", "a", "a longer text"}) {
      const auto sealed = encrypt(type, plain);
      EXPECT_THAT(sealed, StartsWith("vault:v1:"));
      EXPECT_EQ(decrypt(type, sealed).text("plaintext"), base64::encode(plain)) << type;
      EXPECT_NE(encrypt(type, plain), sealed);
    }
  }
}

TEST_F(TransitTest, every_byte_of_a_ciphertext_counts) {
  make("k", "chacha20-poly1305");
  const auto sealed = encrypt("k", "text", R"(, "associated_data": "YWFk")");
  const std::string bytes = base64::decode(sealed.substr(9)).value();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(decrypt("k", concat("vault:v1:", base64::encode(changed)), R"(, "associated_data": "YWFk")").error, "chacha20poly1305: message authentication failed");
  }
  EXPECT_EQ(decrypt("k", sealed).status, 400);
  EXPECT_EQ(decrypt("k", sealed, R"(, "associated_data": "YWFk")").status, 200);
}

// A megabyte and a byte more, and all of Unicode as what it is.
TEST_F(TransitTest, large_texts) {
  make("k", "aes256-gcm96");
  for (const std::size_t size : {std::size_t{1} << 20, (std::size_t{1} << 20) + 1}) {
    const std::string plain(size, 'x');
    EXPECT_EQ(decrypt("k", encrypt("k", plain)).text("plaintext"), base64::encode(plain));
  }
}

TEST_F(TransitTest, ten_thousand_items_with_bad_ones_among_them) {
  make("k", "aes256-gcm96");
  std::string body = R"({"batch_input": [)";
  constexpr int items = 10'000;
  for (int i = 0; i < items; ++i) body += concat(i ? "," : "", R"({"plaintext": ")", i % 1000 == 500 ? "!" : "aGk=", R"(", "reference": ")", std::to_string(i), "\"}");
  const auto answer = post("encrypt/k", body + "]}");
  EXPECT_EQ(answer.status, 400);
  Arena arena;
  const auto& results = json::parse(arena, answer.data).value()->find("batch_results")->items;
  ASSERT_EQ(results.size(), static_cast<std::size_t>(items));
  for (int i = 0; i < items; ++i) {
    const auto& item = results[static_cast<std::size_t>(i)];
    EXPECT_EQ(item.find("reference")->text, std::to_string(i));
    EXPECT_EQ(item.find("error") != nullptr, i % 1000 == 500);
    EXPECT_EQ(item.find("ciphertext") != nullptr, i % 1000 != 500);
  }
  EXPECT_EQ(post("encrypt/k", body + R"(], "partial_failure_response_code": 207})").status, 207);
}

TEST_F(TransitTest, rotating_while_encrypting) {
  make("k", "aes256-gcm96");
  std::vector<std::jthread> threads;
  threads.emplace_back([&] {
    for (int i = 0; i < 20; ++i) EXPECT_EQ(post("keys/k/rotate").status, 200);
  });
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) EXPECT_EQ(decrypt("k", encrypt("k", "text")).text("plaintext"), base64::encode("text"));
    });
  threads.clear();
  EXPECT_THAT(get("keys/k").data, HasSubstr(R"("latest_version":21)"));
}

TEST_F(TransitTest, of_many_that_make_a_key_at_once_all_use_the_one) {
  std::vector<std::jthread> threads;
  std::mutex mutex;
  Strings sealed;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      const auto one = encrypt("new", "text");
      std::lock_guard lock(mutex);
      sealed.push_back(one);
    });
  threads.clear();
  for (const auto& one : sealed) EXPECT_EQ(decrypt("new", one).text("plaintext"), base64::encode("text"));
  EXPECT_THAT(get("keys/new").data, HasSubstr(R"("latest_version":1)"));
}

// A name that is used again is another key: nothing of the first one is left, not in what is kept ready either.
TEST_F(TransitTest, a_key_of_an_old_name_is_new) {
  make("k", "aes256-gcm96");
  const auto sealed = encrypt("k", "text");
  post("keys/k/config", R"({"deletion_allowed": true})");
  EXPECT_EQ(mount.call(Op::remove, "keys/k").status, 204);
  make("k", "aes256-gcm96");
  EXPECT_EQ(decrypt("k", sealed).error, "cipher: message authentication failed");
}

TEST_F(TransitTest, keys_rotate_by_themselves) {
  make("k", "aes256-gcm96", R"(, "auto_rotate_period": "24h")");
  make("later", "aes256-gcm96", R"(, "auto_rotate_period": "2000h")");
  keep_up();
  EXPECT_THAT(get("keys/k").data, HasSubstr(R"("latest_version":1)"));
  mount.clock().advance(std::chrono::hours(24));
  keep_up();
  EXPECT_THAT(get("keys/k").data, HasSubstr(R"("latest_version":2)"));
  keep_up();
  EXPECT_THAT(get("keys/k").data, HasSubstr(R"("latest_version":2)"));
  post("keys/k/config", R"({"auto_rotate_period": 0})");
  mount.clock().advance(std::chrono::hours(240));
  keep_up();
  EXPECT_THAT(get("keys/k").data, HasSubstr(R"("latest_version":2)"));
  EXPECT_THAT(get("keys/later").data, HasSubstr(R"("latest_version":1)"));
}

// More versions than one request may remove: the job removes the rest.
TEST_F(TransitTest, trimming_takes_the_rows_out) {
  make("k", "aes256-gcm96");
  for (int i = 0; i < 1000; ++i) post("keys/k/rotate");
  const std::size_t before = mount.keys().size();
  EXPECT_EQ(post("keys/k/config", R"({"min_decryption_version": 1001, "min_encryption_version": 1001})").status, 200);
  EXPECT_EQ(post("keys/k/trim", R"({"min_available_version": 1001})").status, 200);
  keep_up();
  EXPECT_EQ(mount.keys().size(), before - 1000);
  EXPECT_EQ(decrypt("k", encrypt("k", "text")).status, 200);
  EXPECT_EQ(post("keys/k/config", R"({"min_decryption_version": 1000})").error, "min decryption version should not be less then min available version");
  post("keys/k/config", R"({"deletion_allowed": true})");
  EXPECT_EQ(mount.call(Op::remove, "keys/k").status, 204);
  keep_up();
  EXPECT_TRUE(mount.keys().empty());
}

// One nonce for two texts would give away the key that authenticates them.
TEST_F(TransitTest, convergent_ciphertexts_with_other_associated_data_share_nothing) {
  make("c", "aes256-gcm96", R"(, "derived": true, "convergent_encryption": true)");
  const auto sealed = [&](std::string_view associated) { return encrypt("c", "text", concat(R"(, "context": "Y3R4", "associated_data": ")", base64::encode(associated), "\"")); };
  EXPECT_EQ(sealed("a"), sealed("a"));
  EXPECT_EQ(sealed(""), sealed(""));
  for (const auto other : {"b", ""}) EXPECT_NE(sealed("a").substr(0, 25), sealed(other).substr(0, 25)) << "the nonce";
  EXPECT_EQ(decrypt("c", sealed("a"), R"(, "context": "Y3R4", "associated_data": "YQ==")").status, 200);
}

// More rows than one request may write: those of the key before go by the job.
TEST_F(TransitTest, a_large_backup_comes_in_the_place_of_its_key) {
  make("k", "aes256-gcm96", R"(, "exportable": true, "allow_plaintext_backup": true)");
  const std::string first = encrypt("k", "text");
  for (int i = 0; i < 600; ++i) post("keys/k/rotate");
  const std::string backup = get("backup/k").text("backup");
  const std::size_t before = mount.keys().size();
  EXPECT_EQ(post("restore", concat(R"({"backup": ")", backup, R"(", "force": true})")).status, 204);
  keep_up();
  EXPECT_EQ(mount.keys().size(), before);
  EXPECT_EQ(decrypt("k", first).status, 200);
}

TEST_F(TransitTest, a_key_that_cannot_be_rotated_holds_up_no_other) {
  make("a", "hmac", R"(, "exportable": true, "allow_plaintext_backup": true, "auto_rotate_period": "2h")");
  std::string backup = base64::decode(get("backup/a").text("backup")).value();
  backup.replace(backup.find(R"("key_size":32)"), 13, R"("key_size":16)");
  make("z", "aes256-gcm96", R"(, "auto_rotate_period": "3h")");
  const int restored = post("restore", concat(R"({"backup": ")", base64::encode(backup), R"(", "force": true})")).status;
  mount.clock().advance(std::chrono::hours(3));
  keep_up();
  EXPECT_THAT(get("keys/z").data, HasSubstr(R"("latest_version":2)"));
  EXPECT_EQ(restored, 204);
  EXPECT_THAT(get("keys/a").data, HasSubstr(R"("latest_version":1)"));
}

TEST_F(TransitTest, backups_that_were_tampered_with) {
  make("k", "ecdsa-p256", R"(, "exportable": true, "allow_plaintext_backup": true)");
  const std::string backup = base64::decode(get("backup/k").text("backup")).value();
  const auto restore = [&](std::string_view text) { return post("restore/other", concat(R"({"backup": ")", base64::encode(text), R"(", "force": true})")); };
  EXPECT_EQ(restore(backup).status, 204);
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = backup;
    for (auto at = changed.find(from); at != std::string::npos; at = changed.find(from, at + to.size())) changed.replace(at, from.size(), to);
    return restore(changed);
  };
  for (const auto& [from, to] : std::vector<std::pair<std::string_view, std::string_view>>{
           {R"("type":1)", R"("type":0)"}, {R"("type":1)", R"("type":3)"}, {R"("type":1)", R"("type":99)"}, {R"("type":1)", R"("type":-1)"}, {R"("type":1)", R"("type":6)"},
           {R"("derived":false)", R"("derived":true)"}, {R"("latest_version":1)", R"("latest_version":0)"}, {R"("latest_version":1)", R"("latest_version":9223372036854775807)"},
           {R"("latest_version":1)", R"("latest_version":2000000000)"}, {R"("auto_rotate_period":0)", R"("auto_rotate_period":1000000000)"},
           {R"("min_decryption_version":1)", R"("min_decryption_version":2)"}, {R"("min_available_version":0)", R"("min_available_version":5)"},
           {R"("min_encryption_version":0)", R"("min_encryption_version":-1)"}, {R"("ec_d":)", R"("ec_d":1)"}, {R"("ec_x":)", R"("ec_x":1)"}})
    EXPECT_EQ(with(from, to).status, 400) << to;
  for (std::size_t size = 0; size < backup.size(); size += 7) EXPECT_EQ(restore(backup.substr(0, size)).status, 400);
  for (const auto text : {"", "{}", "[]", "null", R"({"policy": null})", R"({"policy": {}})", R"({"policy": {"type": 0, "latest_version": 1, "min_decryption_version": 1}})"})
    EXPECT_EQ(restore(text).status, 400) << text;
}

}  // namespace
}  // namespace sr::transit
