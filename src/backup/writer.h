// A snapshot of the whole store as a stream: what it held at one moment, in the format of manifest.h, with memory for one piece of it.
#pragma once
#include <functional>
#include "backup/gzip.h"
#include "backup/manifest.h"
#include "crypto/hash.h"
#include "storage/store.h"

namespace sr {

// Borrows nothing: it may outlive the request that asked for it, but not the store.
class BackupWriter final : public ByteSource {
 public:
  // The keyed hash of SHA256SUMS, asked for at the end.
  using SealSums = std::function<Result<std::string>(std::string_view sums)>;
  // `manifest` without what the rows say: their number, their bytes and the revision.
  BackupWriter(std::unique_ptr<const Snapshot> snapshot, Manifest manifest, SealSums seal_sums);

  Result<Buffer> next() override;

 private:
  enum class Stage : std::uint8_t { count, rows, end, over };
  Result<void> count();
  Result<void> begin(Buffer& out);
  Result<bool> write_rows(Buffer& out);  // false: there were no more
  Result<void> end(Buffer& out);
  void write_file(Buffer& out, std::string_view name, std::string_view bytes);

  const std::unique_ptr<const Snapshot> snapshot_;
  Manifest manifest_;
  const SealSums seal_sums_;
  Stage stage_ = Stage::count;
  GzipWriter gzip_;
  Sha256 rows_sum_;
  std::string manifest_sum_;
  std::string after_;           // the last key that was written
  std::uint64_t written_ = 0;   // of state.bin
};

}  // namespace sr
