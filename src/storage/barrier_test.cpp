#include "storage/barrier.h"
#include <gtest/gtest.h>
#include <atomic>
#include <thread>
#include "base/limits.h"
#include "storage/committer.h"
#include "storage/keyring.h"
#include "storage/memory_table.h"
#include "storage/sealed_record.h"
#include "storage/transaction.h"

namespace sr {
namespace {

constexpr std::string_view place = "seal/keyring";

struct Barriers : testing::Test {
  SeededRandom random{21};
  FakeClock clock;
  KeySecret root_key = KeySecret::generate(random);
  std::shared_ptr<const Keyring> ring = Keyring::create(root_key.copy(), random, clock.now());
  Barrier barrier{random};

  Barriers() { barrier.unlock(ring); }
  std::string why(std::string_view key, std::string_view bytes) {
    const auto opened = barrier.open(key, bytes);
    EXPECT_FALSE(opened && "it opened");
    EXPECT_EQ(opened.error().code, Code::internal);
    return opened.error().message;
  }
};

TEST_F(Barriers, GiveNothingAwayOfWhatIsKnownOnceTheyAreLocked) {
  Committer store{memory_table()};
  Transaction transaction(store, &barrier);
  transaction.go_on(Tier::any);
  View view = View::core(transaction, NamespaceId("root"));
  ASSERT_TRUE(view.put("a", Secret("1")));
  ASSERT_TRUE(commit_and_wait(store, *transaction.take_batch()));
  RevisionCache<std::string> cache(16);
  const auto see = [&] { return view.get_made("a", cache, [](const Secret& row) -> Result<std::string> { return std::string(row.reveal()); }); };
  for (int i = 0; i < 2; ++i) EXPECT_EQ(**see(), "1");
  barrier.lock();
  EXPECT_EQ(see().error().code, Code::sealed);
}

TEST_F(Barriers, SealsAsVaultLaysItOut) {
  const std::string row = *barrier.seal("1/root/core/a", "value");
  EXPECT_EQ(row.size(), 4 + 1 + 12 + 5 + 16u);
  EXPECT_EQ(row.substr(0, 5), std::string_view("\0\0\0\1\2", 5));
  EXPECT_EQ(row.find("value"), std::string::npos);
  EXPECT_EQ(barrier.open("1/root/core/a", row)->reveal(), "value");
  EXPECT_NE(*barrier.seal("1/root/core/a", "value"), row);  // a nonce of its own
  EXPECT_EQ(barrier.open("k", *barrier.seal("k", ""))->size(), 0u);
}

TEST_F(Barriers, RowsCannotChangePlaces) {
  const std::string a = *barrier.seal("1/root/core/a", "of a"), b = *barrier.seal("1/root/core/b", "of b");
  EXPECT_EQ(why("1/root/core/a", b), "sealed record at \"1/root/core/a\" cannot be opened: it was damaged, moved or tampered with");
  EXPECT_NE(why("1/root/core/b", a), "");
}

TEST_F(Barriers, EveryBitCounts) {
  const std::string row = *barrier.seal("key", "canary-value");
  for (std::size_t bit = 0; bit < row.size() * 8; ++bit) {
    std::string changed = row;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    const std::string message = why("key", changed);
    EXPECT_NE(message.find("\"key\""), std::string::npos) << message;
    EXPECT_EQ(message.find("canary"), std::string::npos) << message;
  }
  for (std::size_t size = 0; size < row.size(); ++size) why("key", std::string_view(row).substr(0, size));
  EXPECT_EQ(why("key", "short"), "sealed record at \"key\" is too short");
  std::string other = row;
  other[4] = 3;
  EXPECT_EQ(why("key", other), "sealed record at \"key\" has the unknown version 3");
  other = row;
  other[2] = 1;
  EXPECT_EQ(why("key", other), "sealed record at \"key\" has the unknown term 257");
}

TEST_F(Barriers, OldTermsReadAfterRotation) {
  const std::string old = *barrier.seal("key", "old");
  clock.advance(std::chrono::hours(1));
  const auto next = ring->rotated(random, clock.now());
  ASSERT_TRUE(next);
  barrier.unlock(*next);
  const std::string fresh = *barrier.seal("key", "new");
  EXPECT_EQ(fresh[3], 2);
  EXPECT_EQ(barrier.open("key", old)->reveal(), "old");
  EXPECT_EQ(barrier.open("key", fresh)->reveal(), "new");
  EXPECT_EQ((*next)->active_term(), 2u);
  EXPECT_EQ((*next)->active_since(), clock.now());
  EXPECT_EQ(ring->active_term(), 1u);  // the ring itself never changes

  // A term of its own key: what the first term sealed does not pass under the second's number.
  std::string relabelled = old;
  relabelled[3] = 2;
  why("key", relabelled);
  barrier.unlock(ring);
  EXPECT_EQ(why("key", fresh), "sealed record at \"key\" has the unknown term 2");
}

TEST_F(Barriers, LockedHoldsNoKey) {
  const std::string row = *barrier.seal("key", "value");
  const std::weak_ptr<const Keyring> watched = ring;
  ring.reset();
  EXPECT_FALSE(barrier.locked());
  barrier.lock();
  EXPECT_TRUE(watched.expired());
  EXPECT_TRUE(barrier.locked());
  EXPECT_EQ(barrier.keyring(), nullptr);
  for (const Error& error : {barrier.open("key", row).error(), barrier.seal("key", "x").error(), barrier.storage_hmac("p", "x").error()}) {
    EXPECT_EQ(error.code, Code::sealed);
    EXPECT_EQ(error.message, "Vault is sealed");
  }
}

TEST_F(Barriers, MayBeLockedAndRotatedWhileItWorks) {
  SystemRandom system;
  Barrier shared(system);
  shared.unlock(ring);
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0}, read{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      while (!stop) {
        const auto row = shared.seal("key", "value");
        const auto opened = row ? shared.open("key", *row) : std::unexpected(row.error());
        if (opened) opened->reveal() == "value" ? ++read : ++wrong;
        else if (opened.error().code != Code::sealed) ++wrong;
      }
    });
  for (int i = 0; i < 50 || read < 100; ++i) {
    shared.lock();
    ring = ring->terms() < 50 ? *ring->rotated(random, clock.now()) : ring;
    shared.unlock(ring);
    std::this_thread::yield();
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Barriers, KeyringComesBackFromItsRow) {
  clock.advance(std::chrono::nanoseconds(7));
  ring = *ring->rotated(random, clock.now());
  barrier.unlock(ring);
  const std::string row = ring->seal(place, random), record = *barrier.seal("key", "value");
  const auto again = Keyring::open(root_key.copy(), place, row);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)->active_term(), 2u);
  EXPECT_EQ((*again)->active_since(), clock.now());
  EXPECT_EQ((*again)->storage_hmac("token", "hvs.x"), ring->storage_hmac("token", "hvs.x"));
  EXPECT_TRUE((*again)->root_key() == root_key);
  barrier.unlock(*again);
  EXPECT_EQ(barrier.open("key", record)->reveal(), "value");

  EXPECT_FALSE(Keyring::open(KeySecret::generate(random), place, row));
  EXPECT_FALSE(Keyring::open(KeySecret("short"), place, row));
  EXPECT_FALSE(Keyring::open(root_key.copy(), "elsewhere", row));
  for (std::size_t size = 0; size < row.size(); ++size) EXPECT_FALSE(Keyring::open(root_key.copy(), place, std::string_view(row).substr(0, size)));

  const auto moved = ring->under(KeySecret::generate(random));
  const std::string moved_row = moved->seal(place, random);
  EXPECT_FALSE(Keyring::open(root_key.copy(), place, moved_row));
  EXPECT_EQ((*Keyring::open(moved->root_key().copy(), place, moved_row))->active_term(), 2u);
}

// What is sealed correctly and still not a keyring: a later version's, say.
TEST_F(Barriers, KeyringOfAnotherFormatIsRefused) {
  const Aes256Gcm key(root_key.reveal());
  const std::string head = '\1' + std::string(32, 'n');
  auto refused = [&](std::string record) {
    const auto opened = Keyring::open(root_key.copy(), place, seal_record(key, 0, place, record, random));
    return !opened && opened.error().message == "the keyring was written in an unknown format";
  };
  using namespace std::string_literals;
  const std::string term = "\0\0\0\1"s + std::string(8, '\0') + std::string(32, 'k');
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("\2" + head.substr(1) + "\0\0\0\1"s + term));
  EXPECT_TRUE(refused(head + "\0\0\0\0"s));                                // no term
  EXPECT_TRUE(refused(head + "\0\0\0\1"s));                                // one, and it is missing
  EXPECT_TRUE(refused(head + "\0\0\0\1"s + term + "x"));                   // more than it says
  EXPECT_TRUE(refused(head + "\xff\xff\xff\xff"s + term));                 // far more than there is
  EXPECT_TRUE(refused(head + "\0\0\0\2"s + term + term));                  // the same twice
  EXPECT_TRUE(refused(head + "\0\0\0\1"s + "\0\0\0\0"s + term.substr(4)));  // term 0
  EXPECT_FALSE(refused(head + "\0\0\0\1"s + term));
}

TEST_F(Barriers, KeyringHasABound) {
  auto with_terms = [&](std::uint32_t count) {
    auto big_endian = [](std::uint32_t number) {
      return std::string{static_cast<char>(number >> 24), static_cast<char>(number >> 16), static_cast<char>(number >> 8), static_cast<char>(number)};
    };
    std::string record = '\1' + std::string(32, 'n') + big_endian(count);
    for (std::uint32_t term = 1; term <= count; ++term) record.append(big_endian(term)).append(8 + 32, 'k');
    return Keyring::open(root_key.copy(), place, seal_record(Aes256Gcm(root_key.reveal()), 0, place, record, random));
  };
  const auto nearly = with_terms(limits::keyring_terms - 1);
  ASSERT_TRUE(nearly);
  const auto full = (*nearly)->rotated(random, clock.now());
  ASSERT_TRUE(full);
  EXPECT_EQ((*full)->rotated(random, clock.now()).error().code, Code::invalid);
  EXPECT_TRUE(Keyring::open(root_key.copy(), place, (*full)->seal(place, random)));
  EXPECT_FALSE(with_terms(limits::keyring_terms + 1));
}

TEST_F(Barriers, NamesAreHashedForTheirPurpose) {
  const std::string hash = *barrier.storage_hmac("token", "hvs.abc");
  EXPECT_EQ(hash.size(), 40u);
  EXPECT_EQ(hash.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(hash, ring->storage_hmac("token", "hvs.abc"));
  EXPECT_EQ(hash, (*ring->rotated(random, clock.now()))->storage_hmac("token", "hvs.abc"));
  EXPECT_NE(hash, ring->storage_hmac("accessor", "hvs.abc"));
  EXPECT_NE(ring->storage_hmac("ab", "c"), ring->storage_hmac("a", "bc"));
  EXPECT_NE(hash, Keyring::create(root_key.copy(), random, clock.now())->storage_hmac("token", "hvs.abc"));
}

}  // namespace
}  // namespace sr
