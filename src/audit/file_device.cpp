#include "audit/devices.h"
#include <algorithm>
#include <charconv>
#include "audit/device_options.h"
#include "audit/file_sink.h"

namespace sr {
namespace {

using audit::FileSink;
using audit::NullSink;
using audit::Sink;

Result<std::optional<mode_t>> parse_mode(const AuditDevice::Options& options) {
  const auto option = options.find("mode");
  if (option == options.end()) return std::optional<mode_t>(0600);
  unsigned mode = 0;
  const std::string& text = option->second;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (problem != std::errc() || end != text.data() + text.size()) return fail(Code::invalid, "option mode is not an octal number");
  if (mode > 0777) return fail(Code::invalid, "file mode does not represent a regular file");
  if ((mode & 0111) != 0) return fail(Code::invalid, "option mode makes the file executable");
  if (mode == 0) return std::optional<mode_t>();  // Vault: leave it as it is
  return std::optional<mode_t>(mode);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == y; });  // `b` is lower-case letters
}

Result<std::string> path_of(const AuditDevice::Options& options) {
  const auto file_path = options.find("file_path"), path = options.find("path");
  if (file_path != options.end() && path != options.end() && file_path->second != path->second)
    return fail(Code::invalid, "options file_path and path differ");
  const auto option = file_path != options.end() ? file_path : path;
  if (option == options.end() || option->second.empty()) return fail(Code::invalid, "file_path is required");
  const std::string& text = option->second;
  if (text.find('\0') != std::string::npos) return fail(Code::invalid, "option file_path has a byte that no path can have");
  if (equal_ignoring_case(text, "stdout") || text == "/dev/stdout") return std::string("stdout");
  if (equal_ignoring_case(text, "discard")) return std::string("discard");
  return text;
}

}  // namespace

Result<std::unique_ptr<AuditDevice>> open_file_device(AuditDeviceParts parts) {
  static constexpr std::string_view own[] = {"file_path", "path", "mode", "prefix"};
  TRY(audit::check_options(parts, own));
  if (!audit::option(parts.options, "prefix", "").empty()) return fail(Code::invalid, "audit log prefixing is not allowed");
  const std::string path = TRY(path_of(parts.options));
  const std::optional<mode_t> mode = TRY(parse_mode(parts.options));
  std::unique_ptr<Sink> sink;
  if (path == "discard") sink = std::make_unique<NullSink>();
  else sink = std::make_unique<FileSink>(FileSink::Options{.path = path == "stdout" ? "" : path, .mode = mode, .folders = parts.rules.folders, .forbidden_folders = parts.rules.forbidden_folders});
  return audit::open_on(std::move(sink), std::move(parts), "file", path);
}

}  // namespace sr
