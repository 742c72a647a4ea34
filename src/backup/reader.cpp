#include "backup/reader.h"
#include "backup/tar.h"
#include "base/concat.h"
#include "base/limits.h"

namespace sr {
namespace {

constexpr std::size_t sums_bytes_max = 4096, end_bytes_max = 64 * 1024;
constexpr std::size_t row_bytes_max = limits::batch_bytes + 1024;  // what one commit may write, and what sealing adds

std::unexpected<Error> damaged(std::string_view what) { return fail(Code::invalid, concat("the snapshot is damaged: ", what)); }

}  // namespace

Result<std::uint64_t> BackupReader::next_file(std::string_view name) {
  char block[tar::block_bytes];
  TRY(gzip_.read(block, sizeof block));
  const auto member = TRY(tar::parse_header({block, sizeof block}));
  if (member.name != name) return damaged(concat("the file \"", name, "\" is not where it belongs"));
  return member.size;
}

Result<void> BackupReader::skip_padding(std::uint64_t size) {
  char zeros[tar::block_bytes];
  return gzip_.read(zeros, tar::padding(size));
}

Result<std::string> BackupReader::read_file(std::string_view name, std::size_t bytes_max) {
  const std::uint64_t size = TRY(next_file(name));
  if (size > bytes_max) return damaged(concat("the file \"", name, "\" is too large"));
  std::string bytes(size, '\0');
  TRY(gzip_.read(bytes.data(), size));
  TRY(skip_padding(size));
  return bytes;
}

Result<Manifest> BackupReader::begin() {
  const std::string text = TRY(read_file(backup::manifest_name, Manifest::bytes_max));
  manifest_ = TRY(Manifest::parse(text));
  manifest_sum_ = print_hex(sha256(text));
  left_ = TRY(next_file(backup::rows_name));
  if (left_ != manifest_.bytes) return damaged("state.bin has not the size that meta.json names");
  return manifest_;
}

Result<void> BackupReader::take(char* into, std::uint64_t size) {
  if (size > left_) return damaged("a row reaches beyond the end of state.bin");
  TRY(gzip_.read(into, size));
  rows_sum_.update({into, size});
  left_ -= size;
  return {};
}

Result<std::uint64_t> BackupReader::take_varint() {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    char byte = 0;
    TRY(take(&byte, 1));
    const auto bits = static_cast<std::uint64_t>(static_cast<unsigned char>(byte) & 0x7f);
    if (shift == 63 && bits > 1) break;
    number |= bits << shift;
    if (!(byte & 0x80)) return number;
  }
  return damaged("a number of a row is too large");
}

Result<std::string> BackupReader::take_text(std::size_t bytes_max) {
  const std::uint64_t size = TRY(take_varint());
  if (size > bytes_max) return damaged("a row is too large");
  if (size > left_) return damaged("a row reaches beyond the end of state.bin");
  std::string text;
  // A length that is only claimed reserves no more than a piece.
  for (std::uint64_t done = 0; done < size;) {
    const std::uint64_t part = std::min<std::uint64_t>(size - done, 1024 * 1024);
    text.resize(done + part);
    TRY(take(text.data() + done, part));
    done += part;
  }
  return text;
}

Result<std::optional<KeyedRow>> BackupReader::next_row() {
  if (left_ == 0) return std::nullopt;
  KeyedRow row;
  row.key = TRY(take_text(limits::storage_key_bytes));
  row.row.revision = TRY(take_varint());
  row.row.bytes = TRY(take_text(row_bytes_max));
  if (row.key <= last_key_) return damaged("rows are out of order");
  if (static_cast<unsigned char>(row.key.front()) < 0x20) return damaged("a row has a name that no row may have");
  if (row.row.revision == 0 || row.row.revision > manifest_.revision) return damaged("a row is newer than the snapshot");
  if (++rows_ > manifest_.rows) return damaged("state.bin has more rows than meta.json names");
  last_key_ = row.key;
  return row;
}

Result<BackupReader::Sums> BackupReader::finish() {
  if (left_ != 0 || rows_ != manifest_.rows) return damaged("state.bin has fewer rows than meta.json names");
  TRY(skip_padding(manifest_.bytes));
  Sums sums;
  sums.text = TRY(read_file(backup::sums_name, sums_bytes_max));
  if (sums.text != backup::print_sums(manifest_sum_, print_hex(rows_sum_.digest()))) return damaged("its bytes are not those that SHA256SUMS was made of");
  sums.sealed = TRY(read_file(backup::sealed_name, sums_bytes_max));
  if (!sums.sealed.ends_with('\n')) return damaged("SHA256SUMS.sealed is not whole");
  sums.sealed.pop_back();
  // The end: two blocks of zeros, and as many more as whoever packed it liked.
  char block[tar::block_bytes];
  std::size_t zeros = 0;
  while (const std::size_t size = TRY(gzip_.read_some(block, sizeof block))) {
    zeros += size;
    if (zeros > end_bytes_max || std::ranges::any_of(std::string_view(block, size), [](char c) { return c != 0; })) return damaged("there is something behind its end");
  }
  if (zeros < 2 * tar::block_bytes) return damaged("its end is missing");
  if (!TRY(gzip_.is_last())) return damaged("there is something behind its end");
  return sums;
}

}  // namespace sr
