#include "engines/kv/engine.h"
#include "engines/kv/fields.h"
#include "engines/kv/input.h"
#include "text/duration.h"

namespace sr::kv {

Result<Reply> Kv::read_config(Call& call) {
  const Config config = TRY(load_config(call.storage()));
  json::Object data;
  data.put("cas_required", config.cas_required)
      .put("delete_version_after", print_duration(config.delete_version_after))
      .put("max_versions", config.max_versions);
  return Reply::data(std::move(data));
}

Result<Reply> Kv::write_config(Call& call) {
  Config config = TRY(load_config(call.storage()));
  if (call.has(field::max_versions)) config.max_versions = version_limit(call[field::max_versions]);
  if (call.has(field::cas_required)) config.cas_required = call[field::cas_required];
  if (call.has(field::delete_version_after_signed)) config.delete_version_after = std::max(call[field::delete_version_after_signed], Seconds(-1));  // below 0 is never, and reads so
  TRY(store_config(call.storage(), config));
  return Reply::empty();
}

}  // namespace sr::kv
