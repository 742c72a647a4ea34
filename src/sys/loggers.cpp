// sys/loggers: how much each part of the server tells in its log, until the next start or reload.
#include "base/concat.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr TextField name{"name", "Name of the logger: core, audit and so on."};
constexpr TextField level{"level", "The least level that is written: trace, debug, info, warn or error."};

Result<LogLevel> level_in(Call& call) {
  if (call[level].empty()) return fail(Code::invalid, "level is required");
  const auto found = call[level] == "notice" ? LogLevel::info : parse_log_level(call[level]);
  if (!found || *found == LogLevel::off) return fail(Code::invalid, "invalid level provided: unknown log level");
  return *found;
}

Result<std::size_t> logger_in(Call& call) {
  const auto found = log_module(call[name]);
  if (!found) return fail(Code::invalid, concat("logger \"", call[name], "\" not found"));
  return *found;
}

}  // namespace

Result<Reply> Sys::list_loggers(Call&) {
  json::Object data;
  for (std::size_t i = 0; i < log_modules.size(); ++i) data.put(log_modules[i], name_of(core_.log().level(i)));
  return Reply::data(std::move(data));
}

Result<Reply> Sys::write_loggers(Call& call) {
  const LogLevel wanted = TRY(level_in(call));
  for (std::size_t i = 0; i < log_modules.size(); ++i) core_.log().set_level(i, wanted);
  return Reply::empty();
}

Result<Reply> Sys::reset_loggers(Call&) {
  for (std::size_t i = 0; i < log_modules.size(); ++i) core_.log().reset_level(i);
  return Reply::empty();
}

// An empty answer, and no error, for a logger that there is not: as Vault has it.
Result<Reply> Sys::read_logger(Call& call) {
  json::Object data;
  if (const auto found = log_module(call[name])) data.put(call[name], name_of(core_.log().level(*found)));
  return Reply::data(std::move(data));
}

Result<Reply> Sys::write_logger(Call& call) {
  const LogLevel wanted = TRY(level_in(call));
  core_.log().set_level(TRY(logger_in(call)), wanted);
  return Reply::empty();
}

Result<Reply> Sys::reset_logger(Call& call) {
  core_.log().reset_level(TRY(logger_in(call)));
  return Reply::empty();
}

std::vector<Route> logger_routes() {
  return {
      {.paths = {"loggers"},
       .help = "All loggers of the server.",
       .fields = {&level},
       .verbs = {on<&Sys::list_loggers>(Op::read, "Read their levels."), on<&Sys::write_loggers>(Op::update, "Give all the same level."),
                 on<&Sys::reset_loggers>(Op::remove, "Go back to the level of the configuration.")}},
      {.paths = {"loggers/{name}"},
       .help = "One logger.",
       .fields = {&name, &level},
       .verbs = {on<&Sys::read_logger>(Op::read, "Read its level."), on<&Sys::write_logger>(Op::update, "Set its level."),
                 on<&Sys::reset_logger>(Op::remove, "Go back to the level of the configuration.")}},
  };
}

}  // namespace sr::sys
