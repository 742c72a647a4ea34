#include "backup/writer.h"
#include "backup/tar.h"
#include "base/assert.h"
#include "storage/record.h"

namespace sr {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;

void print_row(Buffer& out, const KeyedRow& row) {
  record::put_varint(out, row.key.size());
  out += row.key;
  record::put_varint(out, row.row.revision);
  record::put_varint(out, row.row.bytes.size());
  out += row.row.bytes;
}
std::size_t varint_size(std::uint64_t number) {
  std::size_t size = 1;
  while (number >>= 7) ++size;
  return size;
}
std::uint64_t size_of(const KeyedRow& row) {
  return varint_size(row.key.size()) + row.key.size() + varint_size(row.row.revision) + varint_size(row.row.bytes.size()) + row.row.bytes.size();
}

}  // namespace

BackupWriter::BackupWriter(std::unique_ptr<const Snapshot> snapshot, Manifest manifest, SealSums seal_sums)
    : snapshot_(std::move(snapshot)), manifest_(std::move(manifest)), seal_sums_(std::move(seal_sums)) {
  manifest_.revision = snapshot_->revision();
}

Result<Buffer> BackupWriter::next() {
  Buffer out;
  if (stage_ == Stage::count) {
    TRY(count());
    TRY(begin(out));
    stage_ = Stage::rows;
  }
  while (stage_ == Stage::rows && out.size() < piece_bytes)
    if (!TRY(write_rows(out))) stage_ = Stage::end;
  if (stage_ == Stage::end) {
    TRY(end(out));
    stage_ = Stage::over;
  }
  return out;
}

// tar wants to know a file's size before its first byte: the rows are read twice, rather than kept.
Result<void> BackupWriter::count() {
  std::string after;
  while (true) {
    const auto rows = TRY(snapshot_->scan(after, piece_bytes));
    if (rows.empty()) return {};
    for (const auto& row : rows) manifest_.bytes += size_of(row);
    manifest_.rows += rows.size();
    after = rows.back().key;
  }
}

Result<void> BackupWriter::begin(Buffer& out) {
  const std::string text = manifest_.print();
  manifest_sum_ = print_hex(sha256(text));
  write_file(out, backup::manifest_name, text);
  gzip_.write(out, tar::header({std::string(backup::rows_name), manifest_.bytes}, manifest_.created));
  return {};
}

Result<bool> BackupWriter::write_rows(Buffer& out) {
  const auto rows = TRY(snapshot_->scan(after_, piece_bytes));
  Buffer text;
  for (const auto& row : rows) print_row(text, row);
  rows_sum_.update(text.view());
  written_ += text.size();
  gzip_.write(out, text.view());
  if (!rows.empty()) after_ = rows.back().key;
  return !rows.empty();
}

Result<void> BackupWriter::end(Buffer& out) {
  if (written_ != manifest_.bytes) return fail(Code::internal, "the store's rows were not the same when they were read twice");
  gzip_.write(out, std::string(tar::padding(written_), '\0'));
  const std::string sums = backup::print_sums(manifest_sum_, print_hex(rows_sum_.digest()));
  write_file(out, backup::sums_name, sums);
  write_file(out, backup::sealed_name, TRY(seal_sums_(sums)) + "\n");
  gzip_.write(out, std::string(2 * tar::block_bytes, '\0'));
  gzip_.finish(out);
  return {};
}

void BackupWriter::write_file(Buffer& out, std::string_view name, std::string_view bytes) {
  gzip_.write(out, tar::header({std::string(name), bytes.size()}, manifest_.created));
  gzip_.write(out, bytes);
  gzip_.write(out, std::string(tar::padding(bytes.size()), '\0'));
}

}  // namespace sr
