// Errors are values: a function that can say no returns Result<T>, and TRY passes the no on.
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace sr {

// The reasons to say no, each with one HTTP status. A lost race is not among them: the pipeline runs the call again.
enum class Code : std::uint8_t {
  invalid,      // bad field, failed login, KV check-and-set mismatch
  denied,
  not_found,    // also "unsupported path"
  unsupported,  // the path exists, the verb does not
  stale,        // X-Vault-Index is ahead of this node
  too_large,
  media,        // PATCH without application/merge-patch+json
  limited,      // a quota
  internal,
  upstream,
  sealed,
  busy,         // a full lane or line; comes with Retry-After
  incomplete,   // "not from memory": moves a call to its lane, never reaches a client
};

constexpr int http_status(Code code) {
  switch (code) {
    case Code::invalid: return 400;
    case Code::denied: return 403;
    case Code::not_found: return 404;
    case Code::unsupported: return 405;
    case Code::stale: return 412;
    case Code::too_large: return 413;
    case Code::media: return 415;
    case Code::limited: return 429;
    case Code::upstream: return 502;
    case Code::sealed:
    case Code::busy: return 503;
    case Code::internal:
    case Code::incomplete: return 500;
  }
  return 500;
}

// What went wrong with which name: lower case, no full stop, never a secret. An empty message is an answer without text.
struct Error {
  Code code = Code::internal;
  std::string message;
};

template <class T> using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

// The value of a Result, or a return of its error from the calling function. The counter keeps a TRY inside a TRY from
// shadowing.
#define TRY(...) SR_TRY_COUNTED(__COUNTER__, __VA_ARGS__)
#define SR_TRY_COUNTED(n, ...) SR_TRY_NAMED(n, __VA_ARGS__)
#define SR_TRY_NAMED(n, ...)                                                \
  ({                                                                        \
    auto sr_try_##n = (__VA_ARGS__);                                        \
    if (!sr_try_##n) return std::unexpected(std::move(sr_try_##n).error()); \
    *std::move(sr_try_##n);                                                 \
  })

}  // namespace sr
