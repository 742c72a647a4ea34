#include <gtest/gtest.h>
#include "server/config.h"

namespace sr::server {
namespace {

Config read(std::string_view text) {
  Config config;
  const auto merged = merge_config(config, text, "a.hcl");
  EXPECT_TRUE(merged) << merged.error().message;
  return config;
}
std::string refusal(std::string_view stanza) {
  Config config;
  const auto merged = merge_config(config, stanza, "a.hcl");
  return merged ? "" : merged.error().message;
}

TEST(ListenerConfig, ListenersAddUp) {
  const auto config = read(R"(
    listener "tcp" { address = "127.0.0.1" tls_disable = true max_request_duration = "3s" max_request_size = 1000 http_read_timeout = "500ms" }
    listener "tcp" { address = "[::1]" tls_disable = 1 }
    listener "unix" { address = "/x/sock" socket_mode = "0660" socket_user = "a" socket_group = "b" })");
  ASSERT_EQ(config.listeners.size(), 3u);
  EXPECT_EQ(config.listeners[0].net.address, "127.0.0.1:8200");
  EXPECT_EQ(config.listeners[0].net.deadlines.service, std::chrono::seconds(3));
  EXPECT_EQ(config.listeners[0].net.deadlines.body, std::chrono::milliseconds(500));
  EXPECT_EQ(config.listeners[0].net.limits.body_bytes, 1000u);
  EXPECT_EQ(config.listeners[1].net.address, "[::1]:8200");
  ASSERT_TRUE(config.listeners[2].net.unix_socket);
  EXPECT_EQ(config.listeners[2].net.unix_socket->mode, "0660");
}

TEST(ListenerConfig, CustomHeadersInBothLanguages) {
  const auto hcl = read(R"(listener "tcp" { tls_disable = true  custom_response_headers { "default" = { "X-A" = ["1", "2"] } "4xx" = { "X-B" = ["3"] } } })");
  const auto json = read(R"({"listener": {"tcp": {"tls_disable": true, "custom_response_headers": {"default": {"X-A": ["1", "2"]}, "4xx": [{"X-B": ["3"]}]}}}})");
  for (const auto* config : {&hcl, &json}) {
    const auto& custom = config->listeners[0].http.custom_headers;
    ASSERT_EQ(custom.size(), 2u);
    EXPECT_EQ(custom.at("default")[0].value, "1; 2");
    EXPECT_EQ(custom.at("4xx")[0].name, "X-B");
  }
  EXPECT_TRUE(refusal(R"(listener "tcp" { tls_disable = true custom_response_headers { "700" = { "X-A" = ["1"] } } })").contains("invalid status code"));
  EXPECT_TRUE(refusal(R"(listener "tcp" { tls_disable = true custom_response_headers { "200" = { "X-A" = "1" } } })").contains("must be a list of strings"));
}

TEST(ListenerConfig, AMisspeltFieldIsToldAndOneThatWouldProtectIsRefused) {
  const auto config = read("listener \"tcp\" {\n tls_disable = true\n tls_disabel = false\n}\nlog_levle = \"debug\"");
  EXPECT_EQ(config.notes, (std::vector<std::string>{"unknown or unsupported field tls_disabel found in configuration at a.hcl:3",
                                                    "unknown or unsupported field log_levle found in configuration at a.hcl:5"}));
  EXPECT_TRUE(refusal("listener \"tcp\" { tls_disable = true  chroot_namespace = \"a\" }").contains("not supported"));
  EXPECT_TRUE(refusal("listener \"tcp\" { tls_disable = true  tls_require_and_verify_client_cert = true }").contains("without TLS"));
  EXPECT_TRUE(refusal("listener \"tcp\" { tls_disable = true  x_forwarded_for_authorized_addrs = \"10.0.0.0/8,bad\" }").contains("\"bad\", which is neither"));
  EXPECT_TRUE(refusal("listener \"tcp\" { tls_disable = true  http_read_timeout = \"-1s\" }") != "");
  EXPECT_TRUE(refusal("listener \"tcp\" { }").contains("needs tls_cert_file and tls_key_file"));
}

}  // namespace
}  // namespace sr::server
