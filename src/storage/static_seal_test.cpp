#include "storage/static_seal.h"
#include <gtest/gtest.h>
#include "text/base64.h"
#include "text/hex.h"

namespace sr {
namespace {

struct StaticSeals : testing::Test {
  SeededRandom random{47};
  const KeySecret root_key = KeySecret::generate(random);

  StaticSeal::Key key(const char* id, char byte) const { return {id, KeySecret(std::string(32, byte))}; }
  std::unique_ptr<StaticSeal> seal(const char* id, char byte) const { return *StaticSeal::make(key(id, byte)); }
};

TEST_F(StaticSeals, OpenWhatTheyWrapped) {
  const auto one = seal("one", 'a');
  const auto wrapped = *one->wrap(root_key, random);
  EXPECT_EQ(wrapped.key_id, "one");
  EXPECT_EQ(wrapped.print().find(root_key.reveal()), std::string::npos);
  const auto row = WrappedKey::parse(wrapped.print());
  ASSERT_TRUE(row);
  EXPECT_TRUE(*one->unwrap(*row) == root_key);
  EXPECT_NE(one->wrap(root_key, random)->sealed, wrapped.sealed);  // a nonce each
  EXPECT_TRUE(probe(*one, random));
  for (const char* bad : {"", "x", "\x01"}) EXPECT_EQ(WrappedKey::parse(bad).error().code, Code::internal);
}

TEST_F(StaticSeals, RefuseWhatIsNotTheirs) {
  const auto wrapped = *seal("one", 'a')->wrap(root_key, random);
  EXPECT_EQ(seal("one", 'b')->unwrap(wrapped).error().code, Code::invalid);
  EXPECT_EQ(seal("two", 'a')->unwrap(wrapped).error().message,
            "the root key is wrapped by the key \"one\", which is neither current_key_id nor previous_key_id");
  // The id on the disk is not trusted: under another name the same key opens nothing.
  auto renamed = wrapped;
  renamed.key_id = "two";
  EXPECT_EQ(seal("two", 'a')->unwrap(renamed).error().code, Code::invalid);
  auto flipped = wrapped;
  flipped.sealed.back() = static_cast<char>(flipped.sealed.back() ^ 1);
  EXPECT_EQ(seal("one", 'a')->unwrap(flipped).error().code, Code::invalid);
}

TEST_F(StaticSeals, ThePreviousKeyOpensAndWrapsNothing) {
  const auto old = *seal("one", 'a')->wrap(root_key, random);
  const auto both = *StaticSeal::make(key("two", 'b'), key("one", 'a'));
  EXPECT_TRUE(*both->unwrap(old) == root_key);
  EXPECT_EQ(*both->key_id(), "two");
  EXPECT_EQ(both->wrap(root_key, random)->key_id, "two");
}

TEST_F(StaticSeals, KeysAndTheirIdsMustFit) {
  const auto why = [](auto made) { return made ? "" : made.error().message; };
  EXPECT_EQ(why(StaticSeal::make({"", KeySecret(std::string(32, 'a'))})), "got empty current_key_id; please specify a permanent identifier for this key");
  EXPECT_EQ(why(StaticSeal::make(key("two", 'b'), key("", 'a'))), "got empty previous_key_id with non-empty previous_key; please specify the matching key identifier");
  EXPECT_EQ(why(StaticSeal::make(key("two", 'b'), key("one", 'b'))), "current and previous key material match with different key identifiers");
  EXPECT_EQ(why(StaticSeal::make(key("one", 'b'), key("one", 'a'))), "current and previous key material differs with same key identifiers");
  EXPECT_EQ(why(StaticSeal::make(key("one", 'a'), key("one", 'a'))), "");
  EXPECT_FALSE(StaticSeal::make({"one", KeySecret("short")}));
}

TEST_F(StaticSeals, ReadAKeyHoweverItIsWritten) {
  std::string bytes(32, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + 250);
  bytes.back() = '\n';  // of the raw key, and no end of a line
  for (const std::string& text : {bytes, hex::encode(bytes), hex::encode(bytes) + "\n", base64::encode(bytes), base64::encode(bytes) + "\r\n", base64::encode(bytes, base64::Form::url_raw)}) {
    const auto key = StaticSeal::parse_key(text);
    ASSERT_TRUE(key) << text;
    EXPECT_EQ(key->reveal(), bytes);
  }
  for (const std::string& bad : {std::string(), std::string("\n"), std::string("abc"), std::string(64, 'g'), std::string(44, '!'), std::string(31, 'a'), std::string(33, 'a')}) {
    const auto key = StaticSeal::parse_key(bad);
    ASSERT_FALSE(key) << bad;
    if (bad.size() > 3) { EXPECT_EQ(key.error().message.find(bad), std::string::npos); }
  }
}

}  // namespace
}  // namespace sr
