// What a store held comes back row by row; what was cut, changed, extended or is someone else's is refused.
#include <gtest/gtest.h>
#include <random>
#include "backup/reader.h"
#include "backup/tar.h"
#include "backup/writer.h"
#include "storage/committer.h"
#include "storage/memory_table.h"

namespace sr {
namespace {

// In pieces of any size.
class Text final : public ByteSource {
 public:
  explicit Text(std::string_view text, std::size_t piece = 1000) : rest_(text), piece_(piece) {}
  Result<Buffer> next() override {
    Buffer out(rest_.substr(0, piece_));
    rest_.remove_prefix(std::min(piece_, rest_.size()));
    return out;
  }

 private:
  std::string_view rest_;
  const std::size_t piece_;
};

using Rows = std::map<std::string, std::string>;

std::unique_ptr<Committer> store_with(const Rows& rows) {
  auto store = std::make_unique<Committer>(memory_table());
  for (const auto& [key, bytes] : rows) {
    Batch batch;
    batch.writes.push_back({key, bytes});
    EXPECT_TRUE(commit_and_wait(*store, std::move(batch)));
  }
  return store;
}

Manifest manifest() {
  return {.store_format = "1", .key_term = 2, .root_key_id = "0123456789abcdef", .seal_type = "shamir", .secret_shares = 5, .secret_threshold = 3,
          .created = Time(std::chrono::seconds(1'700'000'000)), .program = "0.1.0"};
}

std::string write(Store& store, Manifest wanted = manifest()) {
  BackupWriter writer(store.snapshot(), std::move(wanted), [](std::string_view sums) -> Result<std::string> { return "sealed " + std::to_string(sums.size()); });
  std::string all;
  while (true) {
    auto piece = writer.next();
    EXPECT_TRUE(piece) << piece.error().message;
    if (!piece || piece->empty()) return all;
    all += piece->view();
  }
}

// Reads all of it; the rows, or the error.
Result<Rows> read(std::string_view bytes, std::size_t piece = 1000, Manifest* seen = nullptr) {
  Text source(bytes, piece);
  BackupReader reader(source);
  const Manifest manifest = TRY(reader.begin());
  if (seen) *seen = manifest;
  Rows rows;
  while (auto row = TRY(reader.next_row())) rows[row->key] = row->row.bytes;
  TRY(reader.finish());
  return rows;
}

std::string gunzip(std::string_view bytes) {
  Text source(bytes);
  GzipReader reader(source);
  std::string all;
  char part[4096];
  while (true) {
    const auto size = reader.read_some(part, sizeof part);
    EXPECT_TRUE(size);
    if (!size || *size == 0) return all;
    all.append(part, *size);
  }
}
std::string gzip(std::string_view bytes) {
  GzipWriter writer;
  Buffer out;
  writer.write(out, bytes);
  writer.finish(out);
  return std::string(out.view());
}

Rows some_rows() {
  std::mt19937 random(1);
  Rows rows{{"a", ""}, {"a/\xff", std::string(700'000, 'x')}};
  for (int i = 0; i < 400; ++i) rows["row/" + std::to_string(random())] = std::string(random() % 2000, static_cast<char>(random()));
  return rows;
}

TEST(Backup, BringsBackEveryRow) {
  const Rows rows = some_rows();
  const auto store = store_with(rows);
  const std::string bytes = write(*store);
  for (const std::size_t piece : {std::size_t{1} << 30, std::size_t{4096}, std::size_t{333}}) {
    Manifest seen;
    const auto found = read(bytes, piece, &seen);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(*found, rows);
    EXPECT_EQ(seen.rows, rows.size());
    EXPECT_EQ(seen.revision, rows.size());
    EXPECT_EQ(seen.root_key_id, "0123456789abcdef");
    EXPECT_EQ(seen.id(), "strongroom-" + std::to_string(rows.size()) + "-1700000000");
  }
}

TEST(Backup, ShowsOneMomentHoweverLongItTakes) {
  const auto store = store_with({{"a", "1"}, {"b", "1"}});
  BackupWriter writer(store->snapshot(), manifest(), [](std::string_view) -> Result<std::string> { return "s"; });
  Batch batch;
  batch.writes = {{"a", std::nullopt}, {"b", "2"}, {"c", "2"}};
  ASSERT_TRUE(commit_and_wait(*store, std::move(batch)));
  std::string all;
  for (auto piece = writer.next(); piece && !piece->empty(); piece = writer.next()) all += piece->view();
  EXPECT_EQ(read(all), (Rows{{"a", "1"}, {"b", "1"}}));
}

TEST(Backup, IsRefusedWhereverItIsCut) {
  const auto store = store_with({{"a", "1"}, {"b", std::string(3000, 'b')}});
  const std::string bytes = write(*store);
  for (std::size_t size = 0; size < bytes.size(); size += size < 200 || size + 200 > bytes.size() ? 1 : 97) {
    const auto found = read(bytes.substr(0, size));
    ASSERT_FALSE(found) << "cut at " << size;
    EXPECT_EQ(found.error().code, Code::invalid);
  }
  EXPECT_FALSE(read(bytes + "x"));
  EXPECT_FALSE(read(bytes + bytes));
}

// Any changed byte of the archive is in a header or under a sum; the padding between is nobody's.
TEST(Backup, IsRefusedWhereverItIsChanged) {
  const Rows rows{{"a", "1"}, {"b", std::string(300, 'b')}};
  const auto store = store_with(rows);
  const std::string archive = gunzip(write(*store));
  ASSERT_EQ(read(gzip(archive)), rows);
  for (std::size_t at = 0; at < archive.size(); ++at) {
    std::string changed = archive;
    changed[at] = static_cast<char>(changed[at] ^ 0x21);
    const auto found = read(gzip(changed));
    if (found) EXPECT_EQ(*found, rows) << "at " << at;
    else EXPECT_EQ(found.error().code, Code::invalid);
  }
}

TEST(Backup, OfANewerFormatSaysSo) {
  const auto store = store_with({{"a", "1"}});
  Manifest newer = manifest();
  newer.format = Manifest::format_now + 1;
  const auto found = read(write(*store, newer));
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("the snapshot has the format 2, and this server knows those up to 1"), std::string::npos) << found.error().message;
}

TEST(Backup, OfSomebodyElseSaysSo) {
  const std::string meta = R"({"Version":1,"ID":"bolt-snapshot","Index":5,"Term":2,"Size":0})";
  std::string archive = tar::header({"meta.json", meta.size()}, {}) + meta + std::string(tar::padding(meta.size()), '\0');
  const auto found = read(gzip(archive + std::string(2048, '\0')));
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("those of Vault's and OpenBao's"), std::string::npos) << found.error().message;
  EXPECT_FALSE(read("hello"));
  EXPECT_FALSE(read(""));
}

TEST(Tar, HeadersComeBackWhateverTheSize) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{511}, std::uint64_t{8'589'934'591}, std::uint64_t{8'589'934'592}, tar::size_most}) {
    const auto member = tar::parse_header(tar::header({"state.bin", size}, Time(std::chrono::seconds(1'700'000'000))));
    ASSERT_TRUE(member) << member.error().message;
    EXPECT_EQ(member->name, "state.bin");
    EXPECT_EQ(member->size, size);
  }
}

}  // namespace
}  // namespace sr
