// sys/monitor: the server's log, followed while it is written, with a level and a format of the client's choice.
#include "sys/sys.h"
#include "text/lower.h"

namespace sr::sys {
namespace {

constexpr TextField level{"log_level", "The least level that is shown: trace, debug, info, warn or error (info)."};
constexpr TextField format{"log_format", "\"standard\" or \"json\" (standard).", "standard"};

}  // namespace

Result<Reply> Sys::follow_log(Call& call) {
  const auto wanted = parse_log_level(call[level].empty() ? "info" : call[level]);
  if (!wanted) return fail(Code::invalid, "unknown log level");
  const std::string form = to_lower(call[format]);
  if (form != "standard" && form != "json") return fail(Code::invalid, "unknown log format");
  auto stream = TRY(core_.monitors().follow(*wanted, form == "json" ? LogFormat::json : LogFormat::standard));
  // A seal that came between the gate and here has ended all streams but this one.
  if (!core_.seal_state().is_open()) return fail(Code::sealed, "Vault is sealed");
  return Reply::download("text/plain; charset=utf-8", std::move(stream));
}

std::vector<Route> monitor_routes() {
  return {{.paths = {"monitor"},
           .help = "The server's log, line by line as it is written, until the client goes or the server seals.",
           .fields = {&level, &format},
           .verbs = {on<&Sys::follow_log>(Op::read, "Follow the log.")}}};
}

}  // namespace sr::sys
