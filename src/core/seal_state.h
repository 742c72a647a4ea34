// Whether the server has a root key, and how it gets one: initialisation, unsealing by shares, sealing.
//
// Shared by all threads. The seal's own rows lie outside of the barrier and are read and written raw.
#pragma once
#include "base/clock.h"
#include "base/log.h"
#include "storage/barrier.h"
#include "storage/seal.h"
#include "storage/transaction.h"

namespace sr {

struct InitResult {
  std::vector<Secret> shares;
  Secret root_token;
};
struct SealStatus {
  std::string type = "shamir";
  bool initialized = false, sealed = true;
  std::size_t threshold = 0, shares = 0, progress = 0;
  std::string nonce{}, cluster_name{}, cluster_id{};
};
struct Cluster {
  std::string name{}, id{};
  template <class Archive> void fields(Archive& archive) {
    archive(1, name);
    archive(2, id);
  }
};

class SealState {
 public:
  struct Parts { Store& store; Barrier& barrier; const Clock& clock; Random& random; Log& log; };
  explicit SealState(Parts parts) : parts_(parts) {}

  Result<bool> initialized() const;
  Result<SealStatus> status() const;
  Cluster cluster() const;      // as of the last unseal
  Time unsealed_at() const;

  // Writes the seal's rows and the first rows behind the barrier into a raw transaction; the server stays sealed. `fill` writes
  // what a new store starts with and answers with the root token's id. A second call loses the race for the seal's rows.
  using Fill = std::function<Result<std::string>(Transaction&, const Barrier&)>;
  Result<InitResult> initialize(Transaction& raw, const SealConfig&, std::string cluster_name, const Fill& fill);

  // One share. With the last one that is needed `opened` runs behind the barrier, and the server stays unsealed only if that
  // goes well. Reads the store: not on a loop.
  using Opened = std::function<Result<void>()>;
  Result<void> unseal(std::string_view share, const Opened& opened);
  void reset_unseal();
  void seal();

 private:
  struct Rows { SealConfig config; std::string wrapped_root_key; };
  Result<std::optional<Rows>> rows() const;
  Result<void> open(KeySecret root_key, const Opened& opened);

  const Parts parts_;
  mutable std::mutex mutex_;  // guards the four below; held while a share is tried
  UnsealAttempt attempt_;
  Cluster cluster_;
  Time unsealed_at_{};
};

}  // namespace sr
