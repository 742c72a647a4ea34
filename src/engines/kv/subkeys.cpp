#include "engines/kv/engine.h"
#include "engines/kv/fields.h"

namespace sr::kv {
namespace {

// The keys of an object down to `levels`; what is no object, or an empty one, is shown as null.
void print_keys(Buffer& out, const json::Value& object, std::int64_t levels) {
  out += '{';
  for (const auto& [key, value] : object.members) {
    if (out.back() != '{') out += ',';
    json::quote(out, key);
    out += ':';
    if (value.is_object() && !value.members.empty() && levels > 1) print_keys(out, value, levels - 1);
    else out += "null";
  }
  out += '}';
}

}  // namespace

Result<Reply> Kv::read_subkeys(Call& call) {
  const auto meta = TRY(load_meta(call.storage(), call[field::path]));
  if (!meta) return Reply::empty();
  const VersionNumber number = call[field::version] > 0 ? call[field::version] : meta->current;
  const auto found = TRY(load_version(call.storage(), call[field::path], number));
  if (!found) return Reply::empty();
  const bool is_readable = found->is_readable(call.now());
  json::Object object;
  object.put_raw("metadata", print_version(number, *found, *meta)).put("subkeys", nullptr);
  if (is_readable) {
    const json::Value* data = TRY(json::parse(call.arena(), found->data.reveal()));
    const std::int64_t levels = call[field::depth] == 0 ? limits::json_depth : std::max<std::int64_t>(call[field::depth], 1);
    Buffer keys;
    if (data->is_object()) print_keys(keys, *data, levels), object.put_raw("subkeys", keys);
  }
  return Reply::data(std::move(object)).status(is_readable ? 200 : 404);
}

}  // namespace sr::kv
