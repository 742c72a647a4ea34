// A seal that opens itself: a key that lies elsewhere, in a file or in a key service, wraps the root key, and nobody has to be there
// when the server starts. The people who hold a recovery key prove with it who they are; it opens nothing without the seal.
//
// Shared by all threads. A call may be slow, fail, and need the network: never on a loop, and never under a lock that a request waits for.
#pragma once
#include <string>
#include <string_view>
#include "base/random.h"
#include "base/result.h"
#include "crypto/key_secret.h"

namespace sr {

// A key under a seal, as it is stored. The seal says by `key_id` which of its keys opens it, and alone knows what `sealed` is.
struct WrappedKey {
  std::string key_id{};
  std::string sealed{};
  template <class Archive> void fields(Archive& archive) {
    archive(1, key_id);
    archive(2, sealed);
  }
  std::string print() const;
  static Result<WrappedKey> parse(std::string_view row);  // Code::internal: the row was damaged
};

class AutoSeal {
 public:
  virtual ~AutoSeal() = default;
  virtual std::string_view type() const = 0;       // as in the configuration: "static"
  virtual Result<std::string> key_id() const = 0;  // of the key that wraps now; what another one has wrapped is wrapped again
  // Code::upstream: out of reach, and worth another try.
  virtual Result<WrappedKey> wrap(const KeySecret& key, Random& random) const = 0;
  // Code::invalid: that key is unknown, or is not the one that wrapped this.
  virtual Result<KeySecret> unwrap(const WrappedKey& wrapped) const = 0;
};

// Whether the seal can be used: what it wraps comes back. The id of the key that wraps now.
Result<std::string> probe(const AutoSeal& seal, Random& random);

}  // namespace sr
