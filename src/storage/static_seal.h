// The seal "static": its key lies beside the server, in its configuration, its environment or a file, as OpenBao has it. Whoever has
// that key and the store has everything.
#pragma once
#include <memory>
#include <optional>
#include "crypto/aead.h"
#include "storage/auto_seal.h"

namespace sr {

class StaticSeal final : public AutoSeal {
 public:
  struct Key { std::string id; KeySecret bytes; };
  // To change the key, the one so far becomes `previous`: what it has wrapped still opens, and is wrapped by `current` at the next start.
  // Refuses a key that has not 32 bytes, one key under two ids, and two keys under one id.
  static Result<std::unique_ptr<StaticSeal>> make(Key current, std::optional<Key> previous = std::nullopt);
  // A key as it is written: 64 hex digits, base64 of either alphabet, or the 32 bytes themselves; a line break after it is no part of it.
  static Result<KeySecret> parse_key(std::string_view text);

  std::string_view type() const override { return "static"; }
  Result<std::string> key_id() const override { return current_.id; }
  Result<WrappedKey> wrap(const KeySecret& key, Random& random) const override;
  Result<KeySecret> unwrap(const WrappedKey& wrapped) const override;

 private:
  StaticSeal(Key current, std::optional<Key> previous) : current_(std::move(current)), previous_(std::move(previous)) {}
  const Key current_;
  const std::optional<Key> previous_;
};

}  // namespace sr
