#include "audit/device_options.h"
#include <algorithm>

namespace sr::audit {
namespace {

constexpr std::string_view of_every_device[] = {"format", "log_raw", "hmac_accessor", "elide_list_responses", "skip_test"};
constexpr std::size_t prefix_bytes = 256;

}  // namespace

std::string option(const AuditDevice::Options& options, std::string_view name, std::string_view otherwise) {
  const auto found = options.find(name);
  return found == options.end() ? std::string(otherwise) : found->second;
}

// As Go's strconv.ParseBool.
Result<bool> flag_option(const AuditDevice::Options& options, std::string_view name, bool otherwise) {
  static constexpr std::string_view yes[] = {"1", "t", "T", "true", "TRUE", "True"}, no[] = {"0", "f", "F", "false", "FALSE", "False"};
  const auto found = options.find(name);
  if (found == options.end()) return otherwise;
  if (std::ranges::find(yes, found->second) != std::end(yes)) return true;
  if (std::ranges::find(no, found->second) != std::end(no)) return false;
  return fail(Code::invalid, "option " + std::string(name) + " is neither true nor false");
}

Result<void> check_options(const AuditDeviceParts& parts, std::span<const std::string_view> own) {
  for (const auto& [name, value] : parts.options) {
    const bool known = std::ranges::find(of_every_device, name) != std::end(of_every_device) || std::ranges::find(own, name) != own.end();
    if (!known) return fail(Code::invalid, "unknown option " + name);
  }
  const std::string format = option(parts.options, "format", "json");
  if (format == "jsonx") return fail(Code::invalid, "jsonx formatting has been removed, consider switching to json by omitting \"format\" or setting it to \"json\"");
  if (format != "json") return fail(Code::invalid, "unknown format type \"" + format + '"');
  TRY(flag_option(parts.options, "skip_test", false));
  return {};
}

Result<std::string> prefix_option(const AuditDeviceParts& parts) {
  std::string prefix = option(parts.options, "prefix", "");
  if (prefix.empty()) return prefix;
  if (!parts.rules.prefix) return fail(Code::invalid, "audit log prefixing is not allowed");
  const auto is_visible = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
  if (prefix.size() > prefix_bytes || !std::ranges::all_of(prefix, is_visible)) return fail(Code::invalid, "option prefix is too long or has a character that no line can have");
  return prefix;
}

Result<AuditFormat> format_of(const AuditDeviceParts& parts) {
  return AuditFormat{.hmac = HmacSha256(parts.salt.reveal()),
                     .log_raw = TRY(flag_option(parts.options, "log_raw", false)),
                     .hmac_accessor = TRY(flag_option(parts.options, "hmac_accessor", true)),
                     .elide_list_responses = TRY(flag_option(parts.options, "elide_list_responses", false))};
}

Result<std::unique_ptr<AuditDevice>> open_on(std::unique_ptr<Sink> sink, AuditDeviceParts parts, std::string type, const std::string& place) {
  AuditFormat format = TRY(format_of(parts));
  auto device = ChainedDevice::open({.type = std::move(type), .name = parts.name + " (" + place + ")", .id = std::move(parts.id), .options = std::move(parts.options),
                                     .format = std::move(format), .key = std::move(parts.key), .last = std::move(parts.last),
                                     .on_checkpoint = std::move(parts.on_checkpoint), .must_open = parts.must_open, .deadline = parts.deadline,
                                     .clock = parts.clock, .log = parts.log},
                                    std::move(sink));
  if (!device) return fail(Code::invalid, "sanity check failed; unable to open \"" + place + "\" for writing: " + device.error().message);
  return std::unique_ptr<AuditDevice>(std::move(*device));
}

}  // namespace sr::audit
