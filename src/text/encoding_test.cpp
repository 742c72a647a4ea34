#include <gtest/gtest.h>
#include "text/base32.h"
#include "text/base64.h"
#include "text/hex.h"
#include "text/lower.h"
#include "base/utf8.h"

namespace sr {
namespace {

using base64::Form;

TEST(Base64, KnowsTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    std::string raw(encoded);
    raw.erase(std::min(raw.find('='), raw.size()));
    EXPECT_EQ(base64::encode(plain), encoded);
    EXPECT_EQ(base64::encode(plain, Form::url_raw), raw);
    EXPECT_EQ(base64::decode(encoded), plain);
    EXPECT_EQ(base64::decode(raw, Form::standard_raw), plain);
    EXPECT_EQ(base64::decode_as_go(encoded), plain);
  }
  EXPECT_EQ(base64::encode("\xff\xef\xfe"), "/+/+");
  EXPECT_EQ(base64::encode("\xff\xef\xfe", Form::url), "_-_-");
}

TEST(Base64, IsStrict) {
  for (const char* bad : {"Z", "Zg", "Zg=", "Zg===", "Zg==Zg==", "=", "====", "Z===", "Zm9v=", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "Zm9-", "Zg=a", "Zm9v\xc3\xa9"})
    EXPECT_FALSE(base64::decode(bad)) << bad;
  for (const char* bad : {"Z", "Zg==", "Zm9vY", "Zh", "Zm9_"}) EXPECT_FALSE(base64::decode(bad, Form::standard_raw)) << bad;
}

TEST(Base64, AsGoSkipsLineBreaks) {
  EXPECT_EQ(base64::decode_as_go("Zm9v\r\nYg==\n"), "foob");
  EXPECT_EQ(base64::decode_as_go("Zh=\n="), "f");
  for (const char* bad : {"Zm 9v", "Zg", "Zg=", "Zg==Zg==", "Zg==="}) EXPECT_FALSE(base64::decode_as_go(bad)) << bad;
}

// Digit by digit, as the RFC has it: what the wide steps are compared with.
std::string encode_slowly(std::string_view bytes, std::string_view last_two) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + std::string(last_two);
  std::string text;
  unsigned bits = 0, count = 0;
  for (const char c : bytes)
    for (int bit = 7; bit >= 0; --bit) {
      bits = bits << 1 | (static_cast<unsigned char>(c) >> bit & 1);
      if (++count == 6) text += digits[bits], bits = count = 0;
    }
  if (count > 0) text += digits[bits << (6 - count)];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

TEST(Base64, LongTextsAreAsShortOnes) {
  std::string bytes;
  for (unsigned size = 0; size < 300; ++size) {
    for (const auto& [form, last_two] : {std::pair(Form::standard, "+/"), std::pair(Form::url, "-_")}) {
      const std::string text = encode_slowly(bytes, last_two);
      EXPECT_EQ(base64::encode(bytes, form), text);
      EXPECT_EQ(base64::decode(text, form), bytes);
    }
    bytes += static_cast<char>(size * size * 31 >> 3);
  }
}

TEST(Base64, EachByteThatIsNoDigitIsFoundAtEachPlace) {
  std::string bytes;
  for (int i = 0; i < 75; ++i) bytes += static_cast<char>(37 * i);
  for (const auto& [form, last_two] : {std::pair(Form::standard, "+/"), std::pair(Form::url, "-_")}) {
    const std::string good = encode_slowly(bytes, last_two);
    for (std::size_t at = 0; at < good.size(); ++at)
      for (int c = 0; c < 256; ++c) {
        std::string text = good;
        text[at] = static_cast<char>(c);
        const bool is_digit = (std::isalnum(c) != 0 && c < 128) || std::string_view(last_two).contains(static_cast<char>(c));
        const auto decoded = base64::decode(text, form);
        ASSERT_EQ(decoded.has_value(), is_digit) << at << ' ' << c;
        if (is_digit) {
          ASSERT_EQ(encode_slowly(*decoded, last_two), text);
        }
      }
  }
}

TEST(Base64, LineBreaksInLongTextsAreSkippedAsInShortOnes) {
  const std::string bytes(1000, 'x'), text = encode_slowly(bytes, "+/");
  for (const std::size_t width : {1, 4, 31, 32, 33, 76}) {
    std::string wrapped;
    for (std::size_t at = 0; at < text.size(); at += width) (wrapped += text.substr(at, width)) += "\r\n";
    EXPECT_EQ(base64::decode_as_go(wrapped), bytes) << width;
    EXPECT_FALSE(base64::decode(wrapped)) << width;
  }
}

TEST(Base32, KnowsTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""}, {"f", "MY======"}, {"fo", "MZXQ===="}, {"foo", "MZXW6==="}, {"foob", "MZXW6YQ="}, {"fooba", "MZXW6YTB"}, {"foobar", "MZXW6YTBOI======"}};
  for (const auto& [plain, padded] : vectors) {
    std::string raw(padded);
    raw.erase(std::min(raw.find('='), raw.size()));
    Buffer encoded;
    base32::encode(encoded, plain);
    EXPECT_EQ(encoded.view(), raw);
    for (const std::string& text : {std::string(padded), raw, to_lower(raw)}) {
      Buffer decoded;
      EXPECT_TRUE(base32::decode(decoded, text)) << text;
      EXPECT_EQ(decoded.view(), plain);
    }
  }
}

TEST(Base32, NamesThePlaceOfWhatIsWrong) {
  const std::pair<const char*, int> wrong[] = {{"1", 0}, {"AAAAA1AA", 5}, {"A", 1}, {"AAA", 3}, {"AAAAAA", 6}, {"AAA=AAAA", 3}, {"AA AA", 2}, {"========", 0}, {"AAAA=========", 4}, {"AA\xc3\xa9", 2}};
  for (const auto& [text, at] : wrong) {
    Buffer out;
    const auto decoded = base32::decode(out, text);
    ASSERT_FALSE(decoded) << text;
    EXPECT_EQ(decoded.error().message, "illegal base32 data at input byte " + std::to_string(at)) << text;
  }
}

TEST(Hex, GoesBothWays) {
  EXPECT_EQ(hex::encode("\x01\xab\xff"), "01abff");
  EXPECT_EQ(hex::encode_with_colons("\x01\xab\xff"), "01:ab:ff");
  EXPECT_EQ(hex::decode("01aBFf"), "\x01\xab\xff");
  EXPECT_FALSE(hex::decode("0"));
  EXPECT_FALSE(hex::decode("0g"));
}

TEST(Utf8, GoesBothWays) {
  for (char32_t rune = 0; rune < 0x110000; ++rune) {
    char bytes[4];
    const std::string_view text(bytes, utf8::encode(rune, bytes));
    const auto decoded = utf8::decode(text);
    ASSERT_TRUE(decoded.valid && decoded.size == text.size());
    ASSERT_EQ(decoded.value, rune >= 0xD800 && rune < 0xE000 ? 0xFFFD : rune);
  }
  EXPECT_FALSE(utf8::is_valid("enough ascii before \xed\xa0\x80"));
  EXPECT_TRUE(utf8::is_valid("enough ascii before \u00e4\u20ac"));
}

}  // namespace
}  // namespace sr
