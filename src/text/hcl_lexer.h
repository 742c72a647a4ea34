// The words of an HCL text. Internal to the HCL parser and formatter.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include "base/result.h"

namespace sr::hcl {

enum class Kind : std::uint8_t { end, identifier, boolean, number, string, heredoc, comment, open_brace, close_brace, open_bracket, close_bracket, comma, assign };

struct Token {
  Kind kind = Kind::end;
  std::string_view text;  // as it stands in the source; a heredoc without the newline behind its end
  int line = 1;           // of its first character
  std::size_t at = 0;     // its offset in the source
};

// Takes a text without "\r\n" (see normalized) that outlives the tokens.
class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}
  Result<Token> next();

 private:
  Result<std::size_t> size_of_token(Kind& kind) const;
  Result<std::size_t> size_of_comment() const;
  Result<std::size_t> size_of_number() const;
  Result<std::size_t> size_of_string() const;
  Result<std::size_t> size_of_heredoc() const;
  std::unexpected<Error> error(std::string_view problem, std::size_t offset = 0) const;

  std::string_view source_;
  std::size_t at_ = 0;
  int line_ = 1;
};

// The text with "\n" for "\r\n"; an error where it is not UTF-8 or holds a zero byte.
Result<std::string> normalized(std::string_view text);

// The value of a string token (with its quotes) or of a heredoc token. An escape that the lexer let through may still be
// wrong.
Result<std::string> decoded(const Token& token);

}  // namespace sr::hcl
