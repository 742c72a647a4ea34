// The server's own log: one line an event, with named fields, as text or as JSON. Never a secret: a field takes numbers
// and names, and Secret has no way to become one.
#pragma once
#include <array>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <concepts>
#include <utility>

namespace sr {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };
enum class LogFormat : std::uint8_t { standard, json };

std::optional<LogLevel> parse_log_level(std::string_view text);  // "trace".."error", "warning", "off"; any case
std::string_view name_of(LogLevel level);

// Who writes in the log. Each has a level of its own; what another name writes has that of the configuration.
constexpr std::array<std::string_view, 9> log_modules = {"audit", "core", "expiration", "log", "net", "quotas", "seal", "server", "storage"};
std::optional<std::size_t> log_module(std::string_view name);

struct LogField {
  std::string_view name;
  std::string value;
  bool number = false;
  LogField(std::string_view field, std::string_view text) : name(field), value(text) {}
  LogField(std::string_view field, const char* text) : name(field), value(text) {}
  LogField(std::string_view field, const std::string& text) : name(field), value(text) {}
  LogField(std::string_view field, bool flag) : name(field), value(flag ? "true" : "false"), number(true) {}
  template <std::integral T> LogField(std::string_view field, T integer) : name(field), value(std::to_string(integer)), number(true) {}
};

// Who follows the log while it is written. take() is called with whole lines, on the thread that writes them, and must neither wait nor
// write in the log.
class LogTap {
 public:
  virtual ~LogTap() = default;
  virtual void take(std::string_view line) = 0;
};

// Shared by all threads; a line is written whole. Lines read
//   2024-01-02T03:04:05.123Z [INFO]  core: mounted: path=secret/ type=kv
class Log {
 public:
  struct Options {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::standard;
    std::string file{};  // "": standard error
  };
  using Fields = std::initializer_list<LogField>;
  explicit Log(Options options);
  ~Log();

  void set_level(LogLevel level);  // SIGHUP: of the configuration, and of all modules
  void set_level(std::size_t module, LogLevel level);
  void reset_level(std::size_t module);  // to that of the configuration
  LogLevel level(std::size_t module) const;
  void attach(LogTap&, LogLevel, LogFormat);  // it is given what its own level says, whatever the log itself writes
  void detach(LogTap&);                       // afterwards it is not called, and no call is under way
  static std::string print(LogFormat, LogLevel, std::string_view module, std::string_view message, Fields);  // a line
  void reopen();                   // SIGHUP: a log file that was moved away
  void write(LogLevel level, std::string_view module, std::string_view message, Fields fields = {});

  void trace(std::string_view module, std::string_view message, Fields fields = {}) { write(LogLevel::trace, module, message, fields); }
  void debug(std::string_view module, std::string_view message, Fields fields = {}) { write(LogLevel::debug, module, message, fields); }
  void info(std::string_view module, std::string_view message, Fields fields = {}) { write(LogLevel::info, module, message, fields); }
  void warn(std::string_view module, std::string_view message, Fields fields = {}) { write(LogLevel::warn, module, message, fields); }
  void error(std::string_view module, std::string_view message, Fields fields = {}) { write(LogLevel::error, module, message, fields); }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sr
