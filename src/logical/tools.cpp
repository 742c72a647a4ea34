#include "logical/tools.h"
#include <charconv>
#include "base/concat.h"
#include "crypto/digest.h"
#include "text/base64.h"
#include "text/hex.h"

namespace sr::tools {

using namespace field;

namespace {

bool is_source(std::string_view text) { return text == "platform" || text == "seal" || text == "all"; }

Result<std::int64_t> count_in_path(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (problem != std::errc{} || end != text.data() + text.size())
    return fail(Code::invalid, concat("error parsing url-set byte count: strconv.Atoi: parsing \"", text, "\": invalid syntax"));
  return count;
}

}  // namespace

Result<Reply> draw_random(Call& call) {
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

Result<Reply> hash(Call& call) {
  const auto wanted = call[urlalgorithm].empty() ? call[algorithm] : call[urlalgorithm];
  Buffer text;
  if (const auto decoded = base64::decode_as_go(text, call[input].reveal()); !decoded) return fail(Code::invalid, concat("unable to decode input as base64: ", decoded.error().message));
  const auto format = call[hash_format];
  if (format != "hex" && format != "base64") return fail(Code::invalid, concat("unsupported encoding format ", format, "; must be \"hex\" or \"base64\""));
  const auto kind = parse_digest_name(wanted);
  if (!kind) return fail(Code::invalid, concat("unsupported algorithm ", wanted));
  const std::string sum = digest(*kind, text.view());
  json::Object data;
  data.put("sum", format == "hex" ? hex::encode(sum) : base64::encode(sum));
  return Reply::data(std::move(data));
}

}  // namespace sr::tools
