#include "http/response_headers.h"
#include "base/concat.h"

namespace sr::http {
namespace {

constexpr std::string_view classes[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};

bool is_status(std::string_view key) {
  if (key == "default" || std::ranges::find(classes, key) != std::end(classes)) return true;
  return key.size() == 3 && key[0] >= '1' && key[0] <= '5' && key[1] >= '0' && key[1] <= '9' && key[2] >= '0' && key[2] <= '9';
}
bool starts_like(std::string_view name, std::string_view prefix) { return name.size() >= prefix.size() && same_name(name.substr(0, prefix.size()), prefix); }

void set(std::vector<Header>& headers, const CustomHeaders& custom, std::string_view key) {
  const auto found = custom.find(key);
  if (found == custom.end()) return;
  for (const auto& header : found->second) {
    if (starts_like(header.name, "X-Vault-") || header.value.empty()) continue;
    const auto same = std::ranges::find_if(headers, [&](const Header& one) { return same_name(one.name, header.name); });
    if (same == headers.end()) headers.push_back(header);
    else same->value = header.value;
  }
}

}  // namespace

Result<void> check(const CustomHeaders& custom) {
  for (const auto& [status, headers] : custom) {
    if (!is_status(status)) return fail(Code::invalid, concat("invalid status code found in the server configuration: ", status));
    for (const auto& header : headers) {
      const bool named = !header.name.empty() && std::ranges::all_of(header.name, is_token_character);
      if (!named) return fail(Code::invalid, concat("custom_response_headers: \"", header.name, "\" is no name of a header"));
      // The codec frames the answers.
      for (const std::string_view framing : {"Content-Length", "Transfer-Encoding", "Connection", "Date"})
        if (same_name(header.name, framing)) return fail(Code::invalid, concat("custom_response_headers: ", framing, " cannot be set"));
      if (!std::ranges::all_of(header.value, is_value_character)) return fail(Code::invalid, concat("custom_response_headers: the value of ", header.name, " has a control character"));
    }
  }
  return {};
}

ResponseHeaders::ResponseHeaders(const CustomHeaders& custom) {
  std::vector<Header> base{{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}, {"Strict-Transport-Security", "max-age=31536000; includeSubDomains"}};
  set(base, custom, "default");
  lists_.push_back(base);
  for (int status = 100; status < 600; ++status) {
    const auto group = classes[status / 100 - 1];
    const std::string code = std::to_string(status);
    if (!custom.contains(group) && !custom.contains(code)) continue;
    auto list = base;
    set(list, custom, group);
    set(list, custom, code);
    if (const auto& last = lists_.back(); std::ranges::equal(list, last, [](const Header& a, const Header& b) { return a.name == b.name && a.value == b.value; })) {
      list_of_[static_cast<std::size_t>(status - 100)] = static_cast<std::uint16_t>(lists_.size() - 1);
      continue;
    }
    list_of_[static_cast<std::size_t>(status - 100)] = static_cast<std::uint16_t>(lists_.size());
    lists_.push_back(std::move(list));
  }
  for (const auto& [status, headers] : custom)
    for (const auto& header : headers) custom_names_.push_back(header.name);
}

bool ResponseHeaders::has_custom(std::string_view name) const {
  return std::ranges::any_of(custom_names_, [&](const std::string& one) { return same_name(one, name); });
}

}  // namespace sr::http
