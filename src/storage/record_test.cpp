#include "storage/record.h"
#include <gtest/gtest.h>

namespace sr {
namespace {

enum class Colour : std::uint8_t { red, green = 200 };
struct Key {
  std::uint64_t version = 0;
  Secret bytes;
  template <class A> void fields(A& a) { a(1, version); a(2, bytes); }
};
struct Everything {
  std::string name = "default";
  Secret secret;
  bool flag = true;
  std::int64_t number = 0;
  std::uint64_t count = 0;
  std::int8_t small = 0;
  Colour colour = Colour::red;
  Seconds ttl{};
  Time made{};
  std::optional<std::string> note;
  std::optional<Key> maybe;
  std::vector<std::string> policies{"default"};
  std::vector<Key> keys;
  std::vector<std::int64_t> numbers;
  std::map<std::string, std::string> metadata;
  std::map<std::string, Key> named;
  Key nested;
  template <class A> void fields(A& a) {
    a(1, name), a(2, secret), a(3, flag), a(4, number), a(5, count), a(6, small), a(7, colour), a(8, ttl), a(9, made), a(10, note);
    a(11, maybe), a(12, policies), a(13, keys), a(14, numbers), a(15, metadata), a(16, named), a(200, nested);
  }
};

Everything sample() {
  Everything e;
  e.name = std::string("a\0b", 3);
  e.secret = Secret("s3cret");
  e.flag = false;
  e.number = std::numeric_limits<std::int64_t>::min();
  e.count = std::numeric_limits<std::uint64_t>::max();
  e.small = -128;
  e.colour = Colour::green;
  e.ttl = Seconds(-1);
  e.made = Time(std::chrono::nanoseconds(1'700'000'000'123'456'789));
  e.note = "";
  e.maybe = Key{7, Secret("seven")};
  e.policies = {};
  e.keys.push_back({1, Secret("one")});
  e.keys.push_back({2, Secret()});
  e.numbers = {0, -1, 1, 1 << 30};
  e.metadata = {{"a", "1"}, {"", ""}};
  e.named["x"] = {3, Secret("three")};
  e.nested.version = 9;
  return e;
}

TEST(Record, ReadsBackAsItWasWritten) {
  const Secret bytes = store_record(sample());
  const auto read = load_record<Everything>(bytes);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->name, std::string("a\0b", 3));
  EXPECT_EQ(read->secret, Secret("s3cret"));
  EXPECT_FALSE(read->flag);
  EXPECT_EQ(read->number, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(read->count, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(read->small, -128);
  EXPECT_EQ(read->colour, Colour::green);
  EXPECT_EQ(read->ttl, Seconds(-1));
  EXPECT_EQ(read->made, sample().made);
  EXPECT_EQ(read->note, "");
  EXPECT_EQ(read->maybe->bytes, Secret("seven"));
  EXPECT_TRUE(read->policies.empty());
  EXPECT_EQ(read->keys.at(0).bytes, Secret("one"));
  EXPECT_EQ(read->numbers, (std::vector<std::int64_t>{0, -1, 1, 1 << 30}));
  EXPECT_EQ(read->metadata.size(), 2u);
  EXPECT_EQ(read->named.at("x").version, 3u);
  EXPECT_EQ(read->nested.version, 9u);
  EXPECT_EQ(store_record(*read), bytes);
}

struct Old {
  std::string name = "unnamed";
  std::int64_t gone = 0;
  template <class A> void fields(A& a) { a(1, name); a(4, gone); }
};
struct New {
  std::vector<std::string> added{"kept"};
  std::string name;
  template <class A> void fields(A& a) { a(7, added); a(1, name); }  // another order, one more, one less
};

TEST(Record, SkipsUnknownTagsAndKeepsDefaultsOfAbsentOnes) {
  const auto read = load_record<New>(store_record(Old{"x", 5}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name, "x");
  EXPECT_EQ(read->added, std::vector<std::string>{"kept"});
  EXPECT_EQ(load_record<Old>(store_record(New{}))->gone, 0);
}

TEST(Record, RefusesWhatIsNotOne) {
  auto message = [](std::string_view bytes) {
    const auto read = load_record<Old>(bytes);
    return read ? "" : read.error().message;
  };
  using namespace std::string_view_literals;
  EXPECT_EQ(message(""), "stored record is empty");
  EXPECT_EQ(message("\x02"), "stored record is of a format that this version does not know");
  EXPECT_EQ(message("\x01\x03\x05""ab"), "stored record is truncated or malformed");               // five bytes announced, two there
  EXPECT_EQ(message("\x01\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01""a"), "stored record is truncated or malformed");
  EXPECT_EQ(message("\x01\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), "stored record is truncated or malformed");  // 65 bits
  EXPECT_EQ(message("\x01\x08\x80\x00"sv), "stored record is truncated or malformed");             // a zero at the end
  EXPECT_EQ(message("\x01\x01\x00"sv), "stored record is truncated or malformed");                 // tag 0
  EXPECT_EQ(message("\x01\x02\x05"), "stored record is malformed in field 1");                     // a number where text should be
  EXPECT_EQ(message("\x01"), "");                                                                  // nothing but defaults
}

struct Wide { std::int64_t n = 300; template <class A> void fields(A& a) { a(1, n); } };
struct Narrow { std::int8_t n = 0; template <class A> void fields(A& a) { a(1, n); } };
struct Flag { bool n = false; template <class A> void fields(A& a) { a(1, n); } };

TEST(Record, RefusesNumbersThatDoNotFit) {
  EXPECT_FALSE(load_record<Narrow>(store_record(Wide{})));
  EXPECT_FALSE(load_record<Flag>(store_record(Wide{})));
  EXPECT_EQ(load_record<Narrow>(store_record(Wide{-128}))->n, -128);
}

// Every truncation and every flipped bit is an error or a value, and never a read beyond the end (which ASan would see).
TEST(Record, SurvivesDamage) {
  const Secret whole = store_record(sample());
  for (std::size_t size = 0; size < whole.size(); ++size) (void)load_record<Everything>(Secret(whole.reveal().substr(0, size)));
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    Secret damaged = whole.copy();
    damaged.data()[bit / 8] = static_cast<char>(damaged.data()[bit / 8] ^ (1 << bit % 8));
    if (const auto read = load_record<Everything>(damaged)) (void)store_record(*read);
  }
}

}  // namespace
}  // namespace sr
