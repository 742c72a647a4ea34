#include "server/seal_config.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include "base/concat.h"
#include "server/environment.h"
#include "storage/static_seal.h"
#include "text/lower.h"

namespace sr::server {
namespace {

constexpr std::size_t key_file_bytes = 1024;  // the longest that a key is written is 64 digits

std::unexpected<Error> unreadable(std::string_view path, int why) { return fail(Code::invalid, concat("error reading file at ", path, ": ", std::strerror(why))); }

Result<Secret> read_key_file(const std::string& path, Log& log) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) return unreadable(path, errno);
  struct stat info {};
  if (fstat(file, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 0077) != 0)
    log.warn("server", "the file with the seal's key is open to others than its owner: chmod 600", {{"file", path}});
  Secret bytes = Secret::of_size(key_file_bytes);
  std::size_t size = 0;
  ssize_t got = 0;
  while (size < key_file_bytes && ((got = ::read(file, bytes.data() + size, key_file_bytes - size)) > 0 || (got < 0 && errno == EINTR))) size += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  const int why = errno;
  ::close(file);
  if (got < 0) return unreadable(path, why);
  return Secret(bytes.reveal().substr(0, size));
}

// What is written where a key is wanted.
Result<Secret> resolve(std::string_view written, Log& log) {
  if (written.starts_with("file://")) return read_key_file(std::string(written.substr(7)), log);
  if (written.starts_with("env://")) {
    const std::string name(written.substr(6));
    const char* value = std::getenv(name.c_str());
    if (!value) return fail(Code::invalid, concat("environment variable ", name, " unset"));
    return Secret(value);
  }
  return Secret(written);
}

Result<StaticSeal::Key> key_of(const SealStanza::Key& key, Log& log) { return StaticSeal::Key{key.id, TRY(StaticSeal::parse_key(TRY(resolve(key.written.reveal(), log)).reveal()))}; }

SealStanza::Key with_environment(const SealStanza::Key& key, bool wanted, std::string_view name) {
  SealStanza::Key out{key.id, key.written.copy()};
  if (!wanted) return out;
  std::string text = environment(concat("STATIC_SEAL_", name));
  if (!text.empty()) out.written = Secret(text);
  wipe(text.data(), text.size());
  if (auto id = environment(concat("STATIC_SEAL_", name, "_ID")); !id.empty()) out.id = std::move(id);
  return out;
}

Result<std::unique_ptr<const AutoSeal>> make_static(const SealStanza& stanza, Log& log) {
  const auto current = with_environment(stanza.current, !stanza.disabled, "CURRENT_KEY"), previous = with_environment(stanza.previous, !stanza.disabled, "PREVIOUS_KEY");
  if (current.written.empty()) return fail(Code::invalid, "missing required current key: set current_key to file:///path, env://NAME, or the key in hex or base64");
  if (previous.written.empty() && previous.given())
    return fail(Code::invalid, "got non-empty previous_key_id with empty previous_key; please specify the previous key or remove previous_key_id");
  std::optional<StaticSeal::Key> before;
  if (previous.given()) before = TRY(key_of(previous, log));
  return TRY(StaticSeal::make(TRY(key_of(current, log)), std::move(before)));
}

Result<std::unique_ptr<const AutoSeal>> make(const SealStanza* stanza, Log& log) {
  if (!stanza || stanza->type == SealConfig::shamir) return nullptr;
  auto seal = make_static(*stanza, log);
  if (!seal) return fail(Code::invalid, concat("error configuring seal \"", stanza->type, "\": ", seal.error().message));
  return seal;
}

}  // namespace

Result<void> SealSettings::add(const hcl::Block& block, std::vector<std::string>& notes) {
  SealStanza stanza{.type = to_lower(block.labels.front())};
  if (stanza.type != SealConfig::shamir && stanza.type != "static")
    return hcl::fail_at(block.line, concat("seal \"", stanza.type, "\" is not supported yet: use \"static\", or take the stanza out to use Shamir's shares"));
  const auto is_inline = [](std::string_view text) { return !text.starts_with("file://") && !text.starts_with("env://"); };
  for (const auto& item : block.body->items) {
    if (item.key == "disabled") stanza.disabled = TRY(hcl::to_flag(item));
    else if (stanza.type == SealConfig::shamir) notes.push_back(concat("seal: \"", item.key, "\" has no effect"));
    else if (item.key == "current_key_id") stanza.current.id = TRY(hcl::to_text(item));
    else if (item.key == "previous_key_id") stanza.previous.id = TRY(hcl::to_text(item));
    else if (item.key == "current_key" || item.key == "previous_key") {
      const std::string text = TRY(hcl::to_text(item));
      if (is_inline(text)) notes.push_back(concat("seal: ", item.key, " lies in the configuration itself, and with it all secrets: better a file that the server alone may read (file:///path)"));
      (item.key == "current_key" ? stanza.current : stanza.previous).written = Secret(text);
    } else notes.push_back(concat("seal: \"", item.key, "\" is unknown and has no effect"));
  }
  if (stanza.disabled && stanza.type == SealConfig::shamir)
    return hcl::fail_at(block.line, "Shamir seals cannot be set disabled (they should simply not be set)");
  for (const auto& other : stanzas) {
    if (other.disabled == stanza.disabled)
      return hcl::fail_at(block.line, stanza.disabled ? "only one seal can be disabled" : "only one seal can be in use: disable the one to move away from");
    if (other.type == stanza.type)
      return hcl::fail_at(block.line, concat("two seals \"", stanza.type, "\": to change a key, name the one so far as previous_key and previous_key_id"));
  }
  stanzas.push_back(std::move(stanza));
  return {};
}

const SealStanza* SealSettings::in_use() const {
  const auto found = std::ranges::find_if(stanzas, [](const SealStanza& one) { return !one.disabled && one.type != SealConfig::shamir; });
  return found == stanzas.end() ? nullptr : &*found;
}
const SealStanza* SealSettings::leaving() const {
  const auto found = std::ranges::find_if(stanzas, [](const SealStanza& one) { return one.disabled; });
  return found == stanzas.end() ? nullptr : &*found;
}

Result<Seals> Seals::make(const SealSettings& settings, Log& log) {
  return Seals{TRY(server::make(settings.in_use(), log)), TRY(server::make(settings.leaving(), log))};
}

}  // namespace sr::server
