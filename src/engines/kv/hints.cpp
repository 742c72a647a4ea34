// Answers to those who take the mount for one of version 1: 404 with a warning, since the client's user has to read it.
#include "base/concat.h"
#include "engines/kv/engine.h"

namespace sr::kv {
namespace {

std::string_view command_for(Op op) {
  switch (op) {
    case Op::list: return "list";
    case Op::scan: return "scan";
    case Op::remove: return "delete";
    case Op::patch: return "patch";
    case Op::create:
    case Op::update: return "put";
    default: return "get";
  }
}

}  // namespace

Result<Reply> Kv::hint_at_root(Call&) {
  return Reply::empty().status(404).warn("Non-listing operations on the root of a K/V v2 mount are not supported.");
}

Result<Reply> Kv::hint_at_version_1(Call& call) {
  return Reply::empty().status(404).warn(
      concat("Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. "
             "If using the Vault CLI, use 'vault kv ", command_for(call.op()), "' for this operation."));
}

}  // namespace sr::kv
