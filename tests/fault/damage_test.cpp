// A bit has flipped somewhere in the folder: the store refuses and says what to do, or everything acknowledged is there.
// Never does it open with fewer rows.
#include "tests/fault/workload.h"

namespace sr::fault {
namespace {

struct Damaged {
  FaultFileSystem::Image image;
  Workload workload;
};

// A folder as a killed process leaves it: rows in the log, and with `tables` in table files and manifests too.
Damaged killed(bool tables) {
  Machine machine(1);
  Damaged left;
  {
    auto store = machine.open();
    left.workload.run(**store, tables ? 60 : 8);
    left.image = machine.disk->image(db_folder);
  }
  return left;
}

struct Flip { std::string file; std::size_t at; unsigned bit; };

bool is_advice(const std::string& message) { return message.find("damaged") != std::string::npos && message.find("restore") != std::string::npos; }

// What is wrong with how the flipped bit was taken; "" if nothing.
std::string flip_and_examine(const Damaged& whole, const Flip& flip, bool* opened = nullptr) {
  auto damaged = whole.image;
  char& byte = damaged[flip.file][flip.at];
  byte = static_cast<char>(byte ^ (1 << flip.bit));
  Machine machine(1);
  machine.disk->restore(db_folder, damaged);
  auto workload = whole.workload;
  auto store = machine.open();
  if (opened) *opened = store.has_value();
  if (!store) {
    if (!is_advice(store.error().message)) return "no advice: " + store.error().message;
    const auto now = machine.disk->image(db_folder);
    for (const auto& [name, bytes] : damaged)
      if (!now.contains(name) || now.at(name) != bytes) return "refused and changed " + name;
    return "";
  }
  const auto wrong = workload.examine(**store);
  if (wrong.starts_with("error: ") && is_advice(wrong)) return "";
  return wrong;
}

void flip_bits(const Damaged& whole, std::size_t samples) {
  std::mt19937 random(7);
  std::vector<Flip> flips;
  for (const auto& [file, bytes] : whole.image) {
    if (bytes.empty() || file.starts_with("OPTIONS") || file == "IDENTITY") continue;  // nothing of ours is read from these
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 16); ++i)
      for (const auto at : {i, bytes.size() - 1 - i}) flips.push_back({file, at, static_cast<unsigned>(random() % 8)});
    for (std::size_t i = 0; i < samples; ++i) flips.push_back({file, random() % bytes.size(), static_cast<unsigned>(random() % 8)});
  }
  std::mutex mutex;
  in_parallel(flips.size(), [&](std::size_t i) {
    const auto& flip = flips[i];
    const auto wrong = flip_and_examine(whole, flip);
    std::lock_guard lock(mutex);
    EXPECT_EQ(wrong, "") << flip.file << " at " << flip.at << " of " << whole.image.at(flip.file).size() << " bit " << flip.bit;
  });
}

TEST(Damage, OfALogIsRefused) { flip_bits(killed(false), 600); }
TEST(Damage, OfATableIsRefused) { flip_bits(killed(true), 40); }

// Where RocksDB alone would take damage for a torn end: in the header of each record of the log.
TEST(Damage, OfEachHeaderOfALogIsRefused) {
  const auto whole = killed(false);
  std::vector<Flip> flips;
  for (const auto& [file, bytes] : whole.image) {
    if (!file.ends_with(".log") && !file.starts_with("MANIFEST")) continue;
    for (std::size_t at = 0; at + 7 <= bytes.size();) {
      for (std::size_t byte = 0; byte < 7; ++byte)
        for (unsigned bit = 0; bit < 8; ++bit) flips.push_back({file, at + byte, bit});
      at += 7 + static_cast<unsigned char>(bytes[at + 4]) + 256u * static_cast<unsigned char>(bytes[at + 5]);
    }
  }
  std::mutex mutex;
  std::size_t refused = 0;
  in_parallel(flips.size(), [&](std::size_t i) {
    bool opened = false;
    const auto wrong = flip_and_examine(whole, flips[i], &opened);
    std::lock_guard lock(mutex);
    refused += !opened;
    EXPECT_EQ(wrong, "") << flips[i].file << " at " << flips[i].at << " bit " << flips[i].bit;
  });
  EXPECT_EQ(refused, flips.size());
}

TEST(Damage, MissingFilesAreRefused) {
  const auto whole = killed(true);
  for (const auto& [file, bytes] : whole.image) {
    if (!file.ends_with(".sst") && !file.starts_with("MANIFEST") && file != "CURRENT") continue;
    Machine machine(1);
    auto image = whole.image;
    image.erase(file);
    machine.disk->restore(db_folder, image);
    const auto store = machine.open();
    ASSERT_FALSE(store) << file;
    EXPECT_TRUE(is_advice(store.error().message)) << store.error().message;
  }
}

}  // namespace
}  // namespace sr::fault
