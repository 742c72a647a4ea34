// The format of a snapshot of the whole store, version 1.
//
// A snapshot is a gzip stream of a tar archive of four files, in this order. The names are those in a snapshot of Vault's or
// OpenBao's integrated storage, since their clients look for them:
//
//   meta.json            the Manifest below, JSON. "Version", "ID", "Index", "Term" and "Size" are what raft's tools show of it;
//                        all else is in the object "strongroom".
//   state.bin            the rows, in strictly ascending byte order of their keys: varint length and key, varint revision, varint
//                        length and bytes. They are as they lie in the store: sealed, but for the seal's own, which wrap the keys.
//   SHA256SUMS           "<64 hex digits>  meta.json\n<64 hex digits>  state.bin\n"
//   SHA256SUMS.sealed    a keyed hash of SHA256SUMS by the key of the keyring that no rotation changes, and "\n". It stands for
//                        everything: nobody without the keys can take a row out, put an older one in, or mix two snapshots.
//
// So a snapshot is as safe as the store: it tells the names of rows, and the values to those only who have the unseal keys. A varint
// is seven bits a byte, lowest first, the eighth bit says that more follow. A reader refuses a format that is newer than its own.
#pragma once
#include <cstdint>
#include <string>
#include "base/clock.h"
#include "base/result.h"

namespace sr {

struct Manifest {
  static constexpr std::int64_t format_now = 1;
  static constexpr std::size_t bytes_max = 64 * 1024;

  std::int64_t format = format_now;
  std::string store_format{};      // of storage keys and rows: View::format
  std::uint64_t revision = 0;      // of the last commit that is in it
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;         // of state.bin
  std::uint32_t key_term = 0;      // the newest of the barrier's keys
  std::string root_key_id{};       // Keyring::root_key_id: whose shares open it
  std::string seal_type{};         // "shamir"
  std::size_t secret_shares = 0, secret_threshold = 0;
  Time created{};
  std::string program{};           // version of the program that took it

  std::string id() const;          // "strongroom-1234-1700000000"
  std::string print() const;
  // Code::invalid: it is none of ours, or of a newer format.
  static Result<Manifest> parse(std::string_view json);
};

// The files of the archive.
namespace backup {
inline constexpr std::string_view manifest_name = "meta.json", rows_name = "state.bin", sums_name = "SHA256SUMS", sealed_name = "SHA256SUMS.sealed";
std::string print_sums(std::string_view manifest_sum, std::string_view rows_sum);  // both in hex
}  // namespace backup

}  // namespace sr
