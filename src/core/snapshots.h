// Snapshots of the whole store: taken as a stream, and put back. The format is that of backup/manifest.h.
//
// A snapshot is put back in this order: it is read to its end into a new store beside the one in use, and whatever is wrong with it ends
// there, with nothing touched; then the server seals, which ends what is under way; then one step of the store puts the new content in
// place; then the server opens with the root key that it had, and reads mounts, devices and the rest as after any unsealing. Without the
// keys of the snapshot (`Keys::any`) it stays sealed, and the shares of the snapshot's time open it.
//
// Shared by all threads.
#pragma once
#include <functional>
#include "backup/writer.h"
#include "base/log.h"
#include "core/lanes.h"
#include "storage/barrier.h"
#include "storage/keyring.h"

namespace sr {

class Snapshots {
 public:
  // Puts the replacement in the store's place, around which the server is sealed; without a root key it stays so.
  using Switch = std::function<Result<void>(std::unique_ptr<Replacement>, Revision later_than, const KeySecret* root_key)>;
  struct Parts { Store& store; const Barrier& barrier; const Clock& clock; Log& log; };
  Snapshots(Parts parts, Switch switch_to);

  // Code::busy while limits::downloads are under way.
  Result<std::shared_ptr<ByteSource>> take();
  // The next piece of one, made on a thread of ours. `got` is called once.
  using Got = std::move_only_function<void(Result<Buffer>)>;
  void pull(std::shared_ptr<ByteSource> from, Got got);

  enum class Keys { same, any };
  Result<void> restore(ByteSource& from, Keys keys);  // reads `from`, which may wait

 private:
  struct Pull { std::shared_ptr<ByteSource> from; Got got; };

  const Parts parts_;
  const Switch switch_to_;
  std::mutex restoring_;  // one at a time
  std::shared_ptr<std::atomic<std::size_t>> under_way_ = std::make_shared<std::atomic<std::size_t>>(0);
  Lane<Pull> pulls_;      // last: its threads end first
};

// The keyed hash of a snapshot's SHA256SUMS.
std::string seal_sums(const Keyring& ring, std::string_view sums);

// The row keys::restored: SHA256SUMS of a snapshot whose keys are yet to come, and the keyed hash that they must give.
std::string print_restored(std::string_view sums, std::string_view sealed);
std::pair<std::string_view, std::string_view> split_restored(std::string_view row);

}  // namespace sr
