// sys/storage/raft/snapshot: the whole store, out and in. There is no raft here; the rows are served where clients and their backup
// jobs look for them.
#include "sys/sys.h"

namespace sr::sys {
namespace {

Result<Reply> restore(Core& core, Call& call, Snapshots::Keys keys) {
  if (!call.upload()) return fail(Code::invalid, "the body must be a snapshot, and there is none");
  TRY(core.snapshots().restore(*call.upload(), keys));
  return Reply::empty();
}

}  // namespace

Result<Reply> Sys::take_snapshot(Call&) { return Reply::download("application/gzip", TRY(core_.snapshots().take())); }
Result<Reply> Sys::restore_snapshot(Call& call) { return restore(core_, call, Snapshots::Keys::same); }
Result<Reply> Sys::force_snapshot(Call& call) { return restore(core_, call, Snapshots::Keys::any); }

std::vector<Route> snapshot_routes() {
  return {
      {.paths = {"storage/raft/snapshot"},
       .help = "A snapshot of the whole store as one file, and back. Its rows are sealed, as they are in the store.",
       .verbs = {on<&Sys::take_snapshot>(Op::read, "Take a snapshot."),
                 on<&Sys::restore_snapshot>(Op::update, "Put a snapshot back that was taken under the same unseal keys.", Cost::transfer)}},
      {.paths = {"storage/raft/snapshot-force"},
       .help = "Puts a snapshot back whose unseal keys are others. The server seals, and the shares of the snapshot's time open it.",
       .verbs = {on<&Sys::force_snapshot>(Op::update, "Put a snapshot back, whatever its unseal keys are.", Cost::transfer)}},
  };
}

}  // namespace sr::sys
