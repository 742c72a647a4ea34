#include "crypto/bcrypt.h"
#include <gtest/gtest.h>

namespace sr {
namespace {

// From the test suites of Openwall's crypt_blowfish and of Go's golang.org/x/crypto/bcrypt.
TEST(Bcrypt, AgreesWithOthers) {
  EXPECT_TRUE(bcrypt::matches("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
  EXPECT_TRUE(bcrypt::matches("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"));
  EXPECT_TRUE(bcrypt::matches("\xff\xff\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"));
  EXPECT_TRUE(bcrypt::matches("allmine", "$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga"));
  EXPECT_FALSE(bcrypt::matches("allmin", "$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga"));
}

TEST(Bcrypt, HashesUnderANewSaltEachTime) {
  SystemRandom random;
  const auto one = bcrypt::hash("secret", random, 4), other = bcrypt::hash("secret", random, 4);
  ASSERT_TRUE(one && other);
  EXPECT_NE(*one, *other);
  EXPECT_EQ(bcrypt::cost_of(*one), 4);
  EXPECT_TRUE(bcrypt::matches("secret", *one));
  EXPECT_FALSE(bcrypt::matches("Secret", *one));
  EXPECT_FALSE(bcrypt::matches("", *one));
}

TEST(Bcrypt, CutsNothingShortWithoutAWord) {
  SystemRandom random;
  EXPECT_TRUE(bcrypt::hash(std::string(72, 'a'), random, 4));
  EXPECT_EQ(bcrypt::hash(std::string(73, 'a'), random, 4).error().message, "bcrypt: password length exceeds 72 bytes");
  EXPECT_FALSE(bcrypt::hash(std::string_view("a\0b", 3), random, 4));
  const auto a = bcrypt::hash("a", random, 4);
  EXPECT_FALSE(bcrypt::matches(std::string_view("a\0b", 3), *a));
}

TEST(Bcrypt, KnowsAHashFromOtherTexts) {
  EXPECT_EQ(bcrypt::cost_of("$2y$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"), 12);
  for (const auto* text : {"", "x", "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
                           "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe:", "$2a$32$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
                           "$2a$0x$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "$6$rounds=1$CCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWxx"})
    EXPECT_FALSE(bcrypt::cost_of(text)) << text;
}

}  // namespace
}  // namespace sr
