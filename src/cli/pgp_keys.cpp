#include "cli/pgp_keys.h"
#include "cli/go_text.h"
#include "text/base64.h"

namespace sr::cli {
namespace {

constexpr std::string_view armor_begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----", armor_end = "-----END PGP PUBLIC KEY BLOCK-----";

std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  return line;
}

// What is between the lines of an armor (RFC 4880, 6.2): headers up to an empty line, base64, a checksum that begins with "=".
Result<std::string> without_armor(std::string_view text, const std::string& file) {
  text.remove_prefix(text.find(armor_begin) + armor_begin.size());
  next_line(text);
  while (!text.empty() && !next_line(text).empty()) {}
  std::string key;
  for (;;) {
    if (text.empty()) return fail(Code::invalid, "the PGP key in " + file + " has no end");
    const std::string_view line = next_line(text);
    if (line == armor_end) break;
    if (!line.starts_with('=')) key += line;
  }
  if (text.find(armor_begin) != std::string_view::npos) return fail(Code::invalid, "more than one key found in file " + go_quote(file));
  if (key.empty() || !base64::decode_as_go(key)) return fail(Code::invalid, "the PGP key in " + file + " is damaged");
  return key;
}

Result<std::string> read_key(std::string name) {
  if (name.starts_with("keybase:")) return fail(Code::invalid, "keybase keys are not fetched; save the public key to a file and name that");
  if (name.starts_with('@')) name.erase(0, 1);
  if (name.empty()) return fail(Code::invalid, "empty path");
  const std::string content = TRY(read_file(name));
  if (content.find(armor_begin) != std::string::npos) return without_armor(content, name);
  std::string text = trimmed(content);
  return !text.empty() && base64::decode_as_go(text) ? text : base64::encode(content);
}

}  // namespace

std::expected<std::vector<std::string>, int> pgp_keys(Call& call, std::string_view flag) {
  std::vector<std::string> keys;
  if (!call.flags.given(flag)) return keys;
  const std::string& given = call.flags.text(flag);
  for (std::size_t from = 0; from <= given.size();) {
    const std::size_t to = std::min(given.find(',', from), given.size());
    auto key = read_key(trimmed(std::string_view(given).substr(from, to - from)));
    from = to + 1;
    if (!key) return std::unexpected(call.wrong("invalid value " + go_quote(given) + " for flag -" + std::string(flag) + ": " + key.error().message));
    keys.push_back(std::move(*key));
  }
  return keys;
}

}  // namespace sr::cli
