// sys/tools: random bytes and hashes, for clients that have no good source or library of their own.
#include "logical/tools.h"
#include "sys/sys.h"

namespace sr::sys {

Result<Reply> Sys::draw_random(Call& call) { return tools::draw_random(call); }
Result<Reply> Sys::hash(Call& call) { return tools::hash(call); }

std::vector<Route> tool_routes() {
  return {
      {.paths = {"tools/random", "tools/random/{source}", "tools/random/{source}/{urlbytes}"},
       .help = "Random bytes from the server.",
       .fields = tools::random_fields,
       .verbs = {on<&Sys::draw_random>(Op::update, "Draw random bytes.")}},
      {.paths = {"tools/hash", "tools/hash/{urlalgorithm}"},
       .help = "The hash of what the body holds.",
       .fields = tools::hash_fields,
       .verbs = {on<&Sys::hash>(Op::update, "Hash a text.", Cost::cpu)}},
  };
}

}  // namespace sr::sys
