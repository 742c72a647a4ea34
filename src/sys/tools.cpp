// sys/tools: random bytes and hashes, for clients that have no good source or library of their own.
#include <charconv>
#include "base/concat.h"
#include "crypto/digest.h"
#include "sys/sys.h"
#include "text/base64.h"
#include "text/hex.h"

namespace sr::sys {
namespace {

constexpr TextField source{"source", "Where the bytes come from: \"platform\", \"seal\" or \"all\"; in the path also how many.", "platform"};
constexpr TextField urlbytes{"urlbytes", "How many bytes, in the path."};
constexpr IntegerField bytes{"bytes", "How many bytes.", "32"};
constexpr TextField random_format{"format", "\"hex\" or \"base64\".", "base64"};

constexpr SecretField input{"input", "What to hash, in base64."};
constexpr TextField algorithm{"algorithm", "sha2-224, sha2-256, sha2-384, sha2-512, sha3-224, sha3-256, sha3-384 or sha3-512.", "sha2-256"};
constexpr TextField urlalgorithm{"urlalgorithm", "The same, in the path."};
constexpr TextField hash_format{"format", "\"hex\" or \"base64\".", "hex"};

bool is_source(std::string_view text) { return text == "platform" || text == "seal" || text == "all"; }

Result<std::int64_t> count_in_path(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (problem != std::errc{} || end != text.data() + text.size())
    return fail(Code::invalid, concat("error parsing url-set byte count: strconv.Atoi: parsing \"", text, "\": invalid syntax"));
  return count;
}

}  // namespace

Result<Reply> Sys::draw_random(Call& call) {
  // "random/32", "random/seal", "random/seal/32": rules of policies can bound the source and the count.
  std::string_view from = call[source];
  std::int64_t count = call[bytes];
  if (!call[urlbytes].empty()) count = TRY(count_in_path(call[urlbytes]));
  else if (!is_source(from)) count = TRY(count_in_path(from)), from = "platform";
  if (count < 1) return fail(Code::invalid, "'bytes' cannot be less than 1");
  if (count > static_cast<std::int64_t>(limits::random_bytes)) return fail(Code::invalid, concat("'bytes' should be less than ", std::to_string(limits::random_bytes)));
  const auto format = call[random_format];
  if (format != "hex" && format != "base64") return fail(Code::invalid, concat("unsupported encoding format \"", format, "\"; must be \"hex\" or \"base64\""));
  if (!is_source(from)) return fail(Code::invalid, concat("unsupported entropy source \"", from, "\"; must be \"platform\" or \"seal\", or \"all\""));
  const std::string drawn = random_bytes(call.host().random(), static_cast<std::size_t>(count));
  json::Object data;
  data.put("random_bytes", format == "hex" ? hex::encode(drawn) : base64::encode(drawn));
  Reply reply = Reply::data(std::move(data));
  if (from == "seal") reply.add_warning("no seal/entropy augmentation available, using platform entropy source");
  return reply;
}

Result<Reply> Sys::hash(Call& call) {
  const auto wanted = call[urlalgorithm].empty() ? call[algorithm] : call[urlalgorithm];
  Buffer text;
  if (!base64::decode_as_go(text, call[input].reveal())) return fail(Code::invalid, "unable to decode input as base64: illegal base64 data");
  const auto format = call[hash_format];
  if (format != "hex" && format != "base64") return fail(Code::invalid, concat("unsupported encoding format ", format, "; must be \"hex\" or \"base64\""));
  const auto kind = parse_digest_name(wanted);
  if (!kind) return fail(Code::invalid, concat("unsupported algorithm ", wanted));
  const std::string sum = digest(*kind, text.view());
  json::Object data;
  data.put("sum", format == "hex" ? hex::encode(sum) : base64::encode(sum));
  return Reply::data(std::move(data));
}

std::vector<Route> tool_routes() {
  return {
      {.paths = {"tools/random", "tools/random/{source}", "tools/random/{source}/{urlbytes}"},
       .help = "Random bytes from the server.",
       .fields = {&source, &urlbytes, &bytes, &random_format},
       .verbs = {on<&Sys::draw_random>(Op::update, "Draw random bytes.")}},
      {.paths = {"tools/hash", "tools/hash/{urlalgorithm}"},
       .help = "The hash of what the body holds.",
       .fields = {&input, &algorithm, &urlalgorithm, &hash_format},
       .verbs = {on<&Sys::hash>(Op::update, "Hash a text.", Cost::cpu)}},
  };
}

}  // namespace sr::sys
