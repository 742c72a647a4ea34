#include "base/log.h"
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>
#include "base/clock.h"

namespace sr {

struct Log::State {
  Options options;
  std::atomic<LogLevel> level;
  std::array<std::atomic<LogLevel>, log_modules.size()> levels;  // of the modules
  std::mutex mutex;  // guards file
  int file = STDERR_FILENO;

  struct Tapped { LogTap* tap; LogLevel level; LogFormat format; };
  std::atomic<LogLevel> least_tapped = LogLevel::off;
  std::mutex tap_mutex;  // guards taps
  std::vector<Tapped> taps;
};

namespace {

constexpr std::string_view names[] = {"trace", "debug", "info", "warn", "error", "off"};
constexpr std::string_view tags[] = {"[TRACE]", "[DEBUG]", "[INFO] ", "[WARN] ", "[ERROR]", ""};

void append_json(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\', out += c;
    else if (static_cast<unsigned char>(c) < 0x20) out += "\\u00", out += "0123456789abcdef"[c >> 4], out += "0123456789abcdef"[c & 15];
    else out += c;
  }
  out += '"';
}

// In text lines a value with a space, a quote or a control character is quoted, so that no input can forge a line.
void append_text(std::string& out, std::string_view text) {
  const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != '=' && c != 0x7f; });
  if (plain) out += text;
  else append_json(out, text);
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "warning") lower = "warn";
  if (lower == "err") lower = "error";
  for (std::size_t i = 0; i < std::size(names); ++i)
    if (names[i] == lower) return static_cast<LogLevel>(i);
  return std::nullopt;
}

std::string_view name_of(LogLevel level) { return names[static_cast<std::size_t>(level)]; }

std::optional<std::size_t> log_module(std::string_view name) {
  const auto found = std::ranges::find(log_modules, name);
  if (found == log_modules.end()) return std::nullopt;
  return static_cast<std::size_t>(found - log_modules.begin());
}

Log::Log(Options options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  set_level(state_->options.level);
  reopen();
}
Log::~Log() {
  if (state_->file > STDERR_FILENO) close(state_->file);
}

void Log::set_level(LogLevel level) {
  state_->level = level;
  for (auto& one : state_->levels) one = level;
}
void Log::set_level(std::size_t module, LogLevel level) { state_->levels[module] = level; }
void Log::reset_level(std::size_t module) { state_->levels[module] = state_->level.load(); }
LogLevel Log::level(std::size_t module) const { return state_->levels[module]; }

void Log::reopen() {
  if (state_->options.file.empty()) return;
  const int file = open(state_->options.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return error("log", "cannot open the log file, going on with the old one", {{"path", state_->options.file}});
  std::lock_guard lock(state_->mutex);
  if (state_->file > STDERR_FILENO) close(state_->file);
  state_->file = file;
}

void Log::attach(LogTap& tap, LogLevel level, LogFormat format) {
  std::lock_guard lock(state_->tap_mutex);
  state_->taps.push_back({&tap, level, format});
  state_->least_tapped = std::min(state_->least_tapped.load(), level);
}

void Log::detach(LogTap& tap) {
  std::lock_guard lock(state_->tap_mutex);
  std::erase_if(state_->taps, [&](const auto& tapped) { return tapped.tap == &tap; });
  LogLevel least = LogLevel::off;
  for (const auto& tapped : state_->taps) least = std::min(least, tapped.level);
  state_->least_tapped = least;
}

std::string Log::print(LogFormat format, LogLevel level, std::string_view module, std::string_view message, Fields fields) {
  std::string line;
  const std::string time = rfc3339(std::chrono::system_clock::now(), 3);
  if (format == LogFormat::json) {
    line = R"({"@level":")" + std::string(names[static_cast<int>(level)]) + R"(","@message":)";
    append_json(line, message);
    line += R"(,"@module":)";
    append_json(line, module);
    line += R"(,"@timestamp":")" + time + '"';
    for (const auto& field : fields) {
      line += ',';
      append_json(line, field.name);
      line += ':';
      if (field.number) line += field.value;
      else append_json(line, field.value);
    }
    line += "}\n";
  } else {
    line = time + ' ';
    line.append(tags[static_cast<int>(level)]).append(" ").append(module).append(": ").append(message);
    if (fields.size() > 0) line += ':';
    for (const auto& field : fields) {
      line += ' ';
      line.append(field.name) += '=';
      append_text(line, field.value);
    }
    line += '\n';
  }
  return line;
}

void Log::write(LogLevel level, std::string_view module, std::string_view message, Fields fields) {
  const auto known = log_module(module);
  const bool is_kept = level >= (known ? state_->levels[*known] : state_->level).load(std::memory_order_relaxed);
  const bool is_tapped = level >= state_->least_tapped.load(std::memory_order_relaxed);
  if (is_tapped) {
    std::lock_guard lock(state_->tap_mutex);
    for (const auto& tapped : state_->taps)
      if (level >= tapped.level) tapped.tap->take(print(tapped.format, level, module, message, fields));
  }
  if (!is_kept) return;
  const std::string line = print(state_->options.format, level, module, message, fields);
  std::lock_guard lock(state_->mutex);
  // A log that cannot be written must not stop the server.
  if (::write(state_->file, line.data(), line.size()) < 0) return;
}

}  // namespace sr
