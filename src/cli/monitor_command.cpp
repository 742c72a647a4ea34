// monitor: the server's log, as it is written.
#include <algorithm>
#include "cli/call.h"
#include "cli/commands.h"

namespace sr::cli {
namespace {

constexpr std::string_view levels[] = {"trace", "debug", "info", "warn", "error"}, formats[] = {"standard", "json"};

// "x is an unknown log level. Valid log levels are: [trace debug]", or nothing.
std::string unknown(std::string_view what, std::string_view given, std::span<const std::string_view> known) {
  if (std::ranges::find(known, given) != known.end()) return {};
  std::string all;
  for (const auto one : known) all += (all.empty() ? "" : " ") + std::string(one);
  return std::string(given) + " is an unknown " + std::string(what) + ". Valid " + std::string(what) + "s are: [" + all + "]";
}

int monitor(Call& call) {
  const std::string level = lower_case(call.flags.text("log-level")), format = lower_case(call.flags.text("log-format"));
  for (const auto& problem : {unknown("log level", level, levels), unknown("log format", format, formats)})
    if (!problem.empty()) return call.failed(problem);
  const auto show = [&](std::string_view lines) -> Result<void> {
    call.ui.out_text(lines);
    if (!call.ui.flush()) return fail(Code::invalid, "the lines could not be written");
    return {};
  };
  const auto followed = call.session().send({.method = "GET", .path = "sys/monitor", .query = {{"log_level", level}, {"log_format", format}}, .download = show, .endless = true});
  if (!followed) return call.refused("Error starting monitor", followed.error());
  return success;
}

constexpr Flag flags[] = {
    {.name = "log-level", .help = "The least level that is shown, whatever the server itself writes: trace, debug, info, warn or error.", .standard = "info"},
    {.name = "log-format", .help = "\"standard\" or \"json\".", .standard = "standard"},
};
constexpr Example examples[] = {
    {"All that the server does, in detail:", "monitor -log-level=debug"},
};
constexpr Command commands[] = {
    {.name = "monitor", .summary = "Stream log messages from a server", .arguments = "[options]",
     .text = "Follows the server's log until the server seals or ends, or you do. Lines that are read too slowly are left out and counted.", .examples = examples, .flags = flags, .run = monitor},
};

}  // namespace

std::span<const Command> monitor_command() { return commands; }

}  // namespace sr::cli
