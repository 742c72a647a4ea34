#include "audit/file_device.h"
#include <algorithm>
#include <charconv>
#include "audit/chained_device.h"
#include "audit/file_sink.h"

namespace sr {
namespace {

using audit::ChainedDevice;
using audit::FileSink;
using audit::NullSink;
using audit::Sink;

// As Go's strconv.ParseBool.
Result<bool> parse_flag(const AuditDevice::Options& options, std::string_view name, bool otherwise) {
  static constexpr std::string_view yes[] = {"1", "t", "T", "true", "TRUE", "True"}, no[] = {"0", "f", "F", "false", "FALSE", "False"};
  const auto option = options.find(name);
  if (option == options.end()) return otherwise;
  if (std::ranges::find(yes, option->second) != std::end(yes)) return true;
  if (std::ranges::find(no, option->second) != std::end(no)) return false;
  return fail(Code::invalid, "option " + std::string(name) + " is neither true nor false");
}

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

Result<void> check_options(const AuditDevice::Options& options) {
  static constexpr std::string_view known[] = {"file_path", "path", "mode", "format", "log_raw", "hmac_accessor", "elide_list_responses", "skip_test", "prefix"};
  for (const auto& [name, value] : options)
    if (std::ranges::find(known, name) == std::end(known)) return fail(Code::invalid, "unknown option " + name);
  const auto prefix = options.find("prefix");
  if (prefix != options.end() && !prefix->second.empty()) return fail(Code::invalid, "audit log prefixing is not allowed");
  const auto format = options.find("format");
  if (format != options.end() && format->second != "json") return fail(Code::invalid, "unknown format type \"" + format->second + '"');
  TRY(parse_flag(options, "skip_test", false));
  return {};
}

}  // namespace

Result<std::unique_ptr<AuditDevice>> open_file_device(FileDeviceSetup setup) {
  TRY(check_options(setup.options));
  const std::string path = TRY(path_of(setup.options));
  const std::optional<mode_t> mode = TRY(parse_mode(setup.options));
  AuditFormat format{.hmac = HmacSha256(setup.salt.reveal()),
                     .log_raw = TRY(parse_flag(setup.options, "log_raw", false)),
                     .hmac_accessor = TRY(parse_flag(setup.options, "hmac_accessor", true)),
                     .elide_list_responses = TRY(parse_flag(setup.options, "elide_list_responses", false))};
  std::unique_ptr<Sink> sink;
  if (path == "discard") sink = std::make_unique<NullSink>();
  else sink = std::make_unique<FileSink>(FileSink::Options{.path = path == "stdout" ? "" : path, .mode = mode, .forbidden_folders = std::move(setup.forbidden_folders)});
  auto device = ChainedDevice::open({.type = "file", .name = setup.name + " (" + path + ")", .id = std::move(setup.id), .options = std::move(setup.options),
                                     .format = std::move(format), .key = std::move(setup.key), .last = std::move(setup.last),
                                     .on_checkpoint = std::move(setup.on_checkpoint), .must_open = setup.must_open, .deadline = setup.deadline,
                                     .clock = setup.clock, .log = setup.log},
                                    std::move(sink));
  if (!device) return fail(Code::invalid, "sanity check failed; unable to open \"" + path + "\" for writing: " + device.error().message);
  return std::unique_ptr<AuditDevice>(std::move(*device));
}

}  // namespace sr
