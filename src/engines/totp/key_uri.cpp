#include "engines/totp/key_uri.h"
#include <algorithm>
#include <array>
#include <charconv>
#include "base/concat.h"
#include "base/limits.h"
#include "text/base32.h"
#include "text/lower.h"

namespace sr::totp {
namespace {

constexpr std::string_view scheme = "otpauth://totp/";

constexpr std::array<std::string_view, 5> parameters{"secret", "issuer", "algorithm", "period", "digits"};

constexpr std::array<std::pair<std::string_view, OtpHash>, 3> algorithms{{{"SHA1", OtpHash::sha1}, {"SHA256", OtpHash::sha256}, {"SHA512", OtpHash::sha512}}};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum class Plus : std::uint8_t { is_plus, is_space };  // in a path, in a query

// Into a buffer that is wiped, since one of the parts is the secret.
Result<Buffer> decode_escapes(std::string_view text, Plus plus) {
  Buffer plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i] == '+' && plus == Plus::is_space ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return fail(Code::invalid, "an error occurred while parsing url string");
    plain += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return plain;
}

void encode_escapes(Buffer& out, std::string_view text) {
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("-_.~@").contains(c);
    if (is_plain) {
      out += c;
    } else {
      out += '%';
      out += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4];
      out += "0123456789ABCDEF"[static_cast<unsigned char>(c) & 15];
    }
  }
}

Result<std::int64_t> number(std::string_view name, std::string_view text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return fail(Code::invalid, concat("an error occurred while parsing ", name, " value in url"));
  return value;
}

Result<void> read_label(KeyUri& uri, std::string_view encoded) {
  const Buffer label = TRY(decode_escapes(encoded, Plus::is_plus));
  const std::size_t colon = label.view().find(':');
  uri.account = label.view().substr(colon == std::string_view::npos ? 0 : colon + 1);
  if (colon != std::string_view::npos) uri.issuer = label.view().substr(0, colon);
  return {};
}

Result<void> read_parameter(KeyUri& uri, std::string_view name, Buffer value) {
  if (value.empty()) return {};
  if (name == "secret") uri.secret = std::move(value);
  if (name == "issuer") uri.issuer = value.view();
  if (name == "algorithm") uri.algorithm = value.view();
  if (name == "period") uri.period = TRY(number(name, value));
  if (name == "digits") uri.digits = TRY(number(name, value));
  return {};
}

}  // namespace

Result<KeyUri> parse_key_uri(std::string_view text) {
  // A key of another kind, by counter ("otpauth://hotp/"), is no key here.
  if (text.size() > limits::totp_url_bytes) return fail(Code::invalid, "the url is too long");
  if (to_lower(text.substr(0, scheme.size())) != scheme) return fail(Code::invalid, "an error occurred while parsing url string");
  text = text.substr(scheme.size(), text.find('#') - scheme.size());
  const std::size_t mark = std::min(text.find('?'), text.size());
  KeyUri uri;
  TRY(read_label(uri, text.substr(0, mark)));

  std::array<bool, parameters.size()> seen{};  // of repeated parameters the first counts
  for (std::string_view rest = text.substr(std::min(mark + 1, text.size())); !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string name(TRY(decode_escapes(pair.substr(0, equals), Plus::is_space)).view());
    Buffer value = TRY(decode_escapes(pair.substr(std::min(equals + 1, pair.size())), Plus::is_space));
    const auto known = std::ranges::find(parameters, name);
    if (known == parameters.end() || std::exchange(seen[static_cast<std::size_t>(known - parameters.begin())], true)) continue;
    TRY(read_parameter(uri, name, std::move(value)));
  }
  return uri;
}

Buffer print_key_uri(const Key& key) {
  Buffer out(scheme);
  encode_escapes(out, key.issuer);
  out += ':';
  encode_escapes(out, key.account);
  out.append("?algorithm=").append(algorithm_name(key.hash)).append("&digits=").append_number(key.digits).append("&issuer=");
  encode_escapes(out, key.issuer);
  out.append("&period=").append_number(key.period.count()).append("&secret=");
  base32::encode(out, key.seed.reveal());
  return out;
}

std::optional<OtpHash> parse_algorithm(std::string_view name) {
  for (const auto& [known, hash] : algorithms)
    if (known == name) return hash;
  return std::nullopt;
}

std::string_view algorithm_name(OtpHash hash) {
  for (const auto& [name, known] : algorithms)
    if (known == hash) return name;
  return {};
}

}  // namespace sr::totp
