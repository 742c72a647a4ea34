// Reads a snapshot, hostile or not, piece by piece and from front to end: the manifest, then the rows, then what vouches for both.
//
//   BackupReader reader(source);
//   const Manifest manifest = TRY(reader.begin());
//   while (auto row = TRY(reader.next_row())) ...
//   const BackupReader::Sums sums = TRY(reader.finish());    // the bytes are as they were written; by whom, `sums.sealed` says
//
// Everything that is wrong with it is Code::invalid; errors of the source are passed on.
#pragma once
#include "backup/gzip.h"
#include "backup/manifest.h"
#include "crypto/hash.h"
#include "storage/store.h"

namespace sr {

class BackupReader {
 public:
  explicit BackupReader(ByteSource& source) : gzip_(source) {}

  Result<Manifest> begin();
  Result<std::optional<KeyedRow>> next_row();  // nothing: that was the last
  struct Sums {
    std::string text;    // SHA256SUMS
    std::string sealed;  // its keyed hash, as it is claimed to be
  };
  Result<Sums> finish();

 private:
  Result<std::uint64_t> next_file(std::string_view name);
  Result<std::string> read_file(std::string_view name, std::size_t bytes_max);
  Result<void> skip_padding(std::uint64_t size);
  Result<void> take(char* into, std::uint64_t size);  // of state.bin
  Result<std::uint64_t> take_varint();
  Result<std::string> take_text(std::size_t bytes_max);

  GzipReader gzip_;
  Manifest manifest_;
  std::string manifest_sum_;
  Sha256 rows_sum_;
  std::uint64_t left_ = 0;   // of state.bin
  std::uint64_t rows_ = 0;
  std::string last_key_;
};

}  // namespace sr
