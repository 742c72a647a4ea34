#include "cli/audit_verify.h"
#include "audit/verify.h"
#include <filesystem>
#include "cli/call.h"
#include "cli/progress.h"
#include "text/base64.h"

namespace sr::cli {
namespace {

std::string findings_json(const std::vector<AuditReport::Finding>& findings) {
  std::string out = "[";
  for (const auto& finding : findings)
    out.append(out.size() > 1 ? "," : "").append((finding.file.empty() ? std::string("{") : "{\"file\":" + quoted_json(finding.file) + ",") + "\"line\":" + std::to_string(finding.line) + ",\"text\":" + quoted_json(finding.text) + "}");
  return out + "]";
}

std::string report_json(const AuditReport& report) {
  return std::string("{\"ok\":") + (report.ok() ? "true" : "false") + ",\"lines\":" + std::to_string(report.lines) +
         ",\"first_seq\":" + std::to_string(report.first_seq) + ",\"last_seq\":" + std::to_string(report.last_seq) +
         ",\"checkpoints\":" + std::to_string(report.checkpoints) + ",\"signed_seq\":" + std::to_string(report.signed_seq) +
         ",\"public_keys\":" + json_list(report.public_keys) + ",\"devices\":" + json_list(report.devices) +
         ",\"problems\":" + findings_json(report.problems) + ",\"notes\":" + findings_json(report.notes) + "}";
}

}  // namespace

int verify_audit(Call& call) {
  if (call.args.empty()) return call.too_few("1 or more", 0);
  for (const std::string& key : call.flags.list("public-key"))
    if (const auto bytes = base64::decode(key); !bytes || bytes->size() != 32) return call.wrong("\"" + key + "\" is no public key: give the 32 bytes in base64 that the server prints beside \"public_key\" (audit list -detailed)");
  std::uintmax_t size = 0;
  for (const std::string& file : call.args) {
    std::error_code unknown;
    const std::uintmax_t bytes = std::filesystem::file_size(file, unknown);
    size += unknown ? 0 : bytes;
  }
  Progress progress(call.ui, "Checking the log", size, Progress::Unit::bytes);
  const auto report = verify_audit_logs(call.args, {.public_keys = call.flags.list("public-key"), .reached = [&progress](std::uint64_t bytes) { progress.advance(bytes); }});
  progress.done();
  if (!report) return call.wrong("Error reading audit log: " + report.error().message);
  if (!call.table()) {
    if (const int code = print_json(call.ui, call.style, report_json(*report)); code != success) return code;
  } else {
    call.ui.out_text(report->text());
  }
  return report->ok() ? success : remote_error;
}

}  // namespace sr::cli
