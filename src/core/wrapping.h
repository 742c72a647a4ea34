// Response wrapping: an answer is kept in the cubbyhole of a new token with one use, and the client gets that token instead. Whoever
// holds it takes the answer once; then token and answer are gone in one commit.
//
// The row cubbyhole/response is {"response": "<the envelope as it would have been answered>"}, as Vault has it. An answer that is no
// envelope of status 200 says so there as well: "status", and "content_type" when `response` is a body in base64.
//
// Shared by all threads; holds nothing. What it writes goes into the caller's transaction.
#pragma once
#include "core/tokens.h"

namespace sr {

// Of a token that is unknown, of another kind, used or expired.
inline constexpr std::string_view no_wrapping_token = "wrapping token is not valid or does not exist";

class Wrapping {
 public:
  Wrapping(Tokens& tokens, const Barrier& barrier, const Clock& clock) : tokens_(tokens), barrier_(barrier), clock_(clock) {}

  // What is kept, ready for Reply to say again.
  struct Kept {
    int status = 200;
    std::string content_type{};  // empty: `body` is an envelope
    Buffer body{};
  };
  struct Wish {
    std::chrono::nanoseconds ttl{};
    std::string creation_path{};
    std::string wrapped_accessor{};
  };
  Result<WrapInfo> wrap(Transaction&, const Wish&, const Kept&);

  // The token with this hash, if it is a wrapping token that is good for one more use.
  Result<std::optional<Token>> find(Transaction&, const std::string& hash);
  // The answer; token and answer end with the transaction. The token was found in it before.
  Result<Kept> take(Transaction&, const std::string& hash);

 private:
  Tokens& tokens_;
  const Barrier& barrier_;
  const Clock& clock_;
};

}  // namespace sr
