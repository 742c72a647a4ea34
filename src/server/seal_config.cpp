#include "server/seal_config.h"
#include <algorithm>
#include "base/concat.h"
#include "server/environment.h"
#include "server/written_secret.h"
#include "storage/static_seal.h"
#include "text/lower.h"

namespace sr::server {
namespace {

Result<StaticSeal::Key> key_of(const SealStanza::Key& key, Log& log) { return StaticSeal::Key{key.id, TRY(StaticSeal::parse_key(TRY(resolve_secret(key.written.reveal(), log)).reveal()))}; }

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
  auto seal = stanza->type == "transit" ? make_transit(stanza->transit, stanza->disabled ? Environment::ignored : Environment::heard, log) : make_static(*stanza, log);
  if (!seal) return fail(Code::invalid, concat("error configuring seal \"", stanza->type, "\": ", seal.error().message));
  return seal;
}

}  // namespace

Result<void> SealSettings::add(const hcl::Block& block, std::vector<std::string>& notes) {
  SealStanza stanza{.type = to_lower(block.labels.front())};
  if (stanza.type != SealConfig::shamir && stanza.type != "static" && stanza.type != "transit")
    return hcl::fail_at(block.line, concat("seal \"", stanza.type, "\" is not supported yet: use \"static\" or \"transit\", or take the stanza out to use Shamir's shares"));
  for (const auto& item : block.body->items) {
    if (item.key == "disabled") stanza.disabled = TRY(hcl::to_flag(item));
    else if (stanza.type == SealConfig::shamir) notes.push_back(concat("seal: \"", item.key, "\" has no effect"));
    else if (stanza.type == "transit") {
      if (!TRY(stanza.transit.read(item, notes))) notes.push_back(concat("seal: \"", item.key, "\" is unknown and has no effect"));
    } else if (item.key == "current_key_id") stanza.current.id = TRY(hcl::to_text(item));
    else if (item.key == "previous_key_id") stanza.previous.id = TRY(hcl::to_text(item));
    else if (item.key == "current_key" || item.key == "previous_key") {
      const std::string text = TRY(hcl::to_text(item));
      if (is_written_out(text)) notes.push_back(concat("seal: ", item.key, " lies in the configuration itself, and with it all secrets: better a file that the server alone may read (file:///path)"));
      (item.key == "current_key" ? stanza.current : stanza.previous).written = Secret(text);
    } else notes.push_back(concat("seal: \"", item.key, "\" is unknown and has no effect"));
  }
  if (stanza.disabled && stanza.type == SealConfig::shamir)
    return hcl::fail_at(block.line, "Shamir seals cannot be set disabled (they should simply not be set)");
  for (const auto& other : stanzas) {
    if (other.disabled == stanza.disabled)
      return hcl::fail_at(block.line, stanza.disabled ? "only one seal can be disabled" : "only one seal can be in use: disable the one to move away from");
    if (other.type == stanza.type)
      return hcl::fail_at(block.line, concat("two seals \"", stanza.type, "\": ", stanza.type == "static" ? "to change a key, name the one so far as previous_key and previous_key_id"
                                                                                      : "move to shares or a seal of another type first, and from there to the new one"));
  }
  stanzas.push_back(std::move(stanza));
  return {};
}

Result<void> SealSettings::hear_environment() {
  const std::string type = to_lower(environment("SEAL_TYPE"));
  if (in_use() || type.empty() || type == SealConfig::shamir) return {};
  if (type != "static" && type != "transit") return fail(Code::invalid, concat("SEAL_TYPE of the environment: a seal \"", type, "\" is not supported yet, use \"static\" or \"transit\""));
  if (leaving() && leaving()->type == type) return fail(Code::invalid, concat("SEAL_TYPE of the environment names the seal \"", type, "\" that the configuration disables: unset it"));
  stanzas.push_back({.type = type});
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
