#include "audit/chain.h"
#include <charconv>
#include <memory>
#include "base/arena.h"
#include "text/base64.h"
#include "text/json.h"

namespace sr::audit {
namespace {

constexpr std::string_view before_seq = ",\"seq\":", before_chain = ",\"chain\":\"", after_chain = "\"}";
constexpr std::string_view before_time = "{\"time\":\"", before_type = "\",\"type\":\"";
constexpr std::size_t chain_digits = 64;

void begin(Buffer& out, std::string_view time, std::string_view type) {
  ((((out += before_time) += time) += before_type) += type) += '"';
}
void member(Buffer& out, std::string_view name, std::string_view value) {
  ((out += ",\"") += name) += "\":";
  json::quote(out, value);
}

std::string message_of(const AuditCheckpoint& checkpoint, const LogEnd& before) {
  return "strongroom audit checkpoint 1\n" + checkpoint.device + '\n' + std::to_string(before.seq) + '\n' + print_hex(before.chain) + '\n' + checkpoint.time + '\n';
}

std::optional<std::uint64_t> parse_number(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  // Only the form that the writer prints: one number has one spelling.
  if (problem != std::errc() || end != digits.data() + digits.size() || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  return number;
}

// The members of a line of the device's own, by name.
class Fields {
 public:
  static Result<Fields> of(std::string_view line) {
    Fields fields;
    fields.object_ = TRY(json::parse(*fields.arena_, line, {.depth = 4, .strings = 64, .string_bytes = 4096, .memory = 64 * 1024}));
    return fields;
  }
  Result<std::string> text(std::string_view name, const json::Value* object = nullptr) const {
    const json::Value* value = (object ? object : object_)->find(name);
    if (!value || !value->is_string()) return missing(name);
    return std::string(value->text);
  }
  Result<std::uint64_t> number(std::string_view name, const json::Value* object) const {
    const json::Value* value = object->find(name);
    const auto number = value && value->type == json::Type::number ? parse_number(value->text) : std::nullopt;
    if (!number) return missing(name);
    return *number;
  }
  const json::Value* object(std::string_view name) const {
    const json::Value* value = object_->find(name);
    return value && value->is_object() ? value : nullptr;
  }
  Result<Identity> identity() const { return Identity{TRY(text("device")), TRY(text("public_key"))}; }
  static std::unexpected<Error> missing(std::string_view name) { return fail(Code::invalid, "it has no " + std::string(name)); }

 private:
  std::unique_ptr<Arena> arena_ = std::make_unique<Arena>();
  const json::Value* object_ = nullptr;
};

}  // namespace

void close_line(Buffer& text, std::size_t begin, LogEnd& end) {
  ++end.seq;
  (text += before_seq).append_number(static_cast<std::int64_t>(end.seq));
  end.chain = sha256(as_text(end.chain), text.view().substr(begin));
  text += before_chain;
  append_hex(text, end.chain);
  (text += after_chain) += '\n';
}

std::optional<Sha256Digest> parse_chain(std::string_view text) {
  if (text.size() != chain_digits) return std::nullopt;
  Sha256Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    int byte = 0;
    for (const char c : text.substr(2 * i, 2)) {
      if (c >= '0' && c <= '9') byte = byte * 16 + (c - '0');
      else if (c >= 'a' && c <= 'f') byte = byte * 16 + (c - 'a' + 10);
      else return std::nullopt;
    }
    digest[i] = static_cast<unsigned char>(byte);
  }
  return digest;
}

std::optional<LineTail> read_tail(std::string_view line) {
  constexpr std::size_t chain_part = before_chain.size() + chain_digits + after_chain.size();
  if (!line.starts_with(before_time) || line.size() <= chain_part || !line.ends_with(after_chain)) return std::nullopt;
  LineTail tail;
  tail.covered = line.substr(0, line.size() - chain_part);
  if (line.substr(tail.covered.size(), before_chain.size()) != before_chain) return std::nullopt;
  const auto chain = parse_chain(line.substr(tail.covered.size() + before_chain.size(), chain_digits));
  const std::size_t colon = tail.covered.find_last_of(':');
  if (!chain || colon == std::string_view::npos || !tail.covered.substr(0, colon + 1).ends_with(before_seq)) return std::nullopt;
  const auto seq = parse_number(tail.covered.substr(colon + 1));
  if (!seq || *seq == 0) return std::nullopt;
  tail.end = {*seq, *chain};
  return tail;
}

std::string_view type_of(std::string_view line) {
  if (!line.starts_with(before_time)) return {};
  line.remove_prefix(before_time.size());
  const std::size_t time_end = line.find('"');
  if (time_end == std::string_view::npos || !line.substr(time_end).starts_with(before_type)) return {};
  line.remove_prefix(time_end + before_type.size());
  return line.substr(0, std::min(line.find('"'), line.size()));
}

void print_start(Buffer& out, Time now, const Identity& identity, const LogEnd& previous) {
  begin(out, rfc3339(now), "start");
  member(out, "device", identity.device);
  member(out, "public_key", identity.public_key);
  if (previous.seq == 0) return;
  (out += ",\"previous\":{\"seq\":").append_number(static_cast<std::int64_t>(previous.seq));
  member(out, "chain", print_hex(previous.chain));
  out += '}';
}

void print_resume(Buffer& out, Time now, const Identity& identity, const Torn& torn) {
  begin(out, rfc3339(now), "resume");
  member(out, "device", identity.device);
  member(out, "public_key", identity.public_key);
  if (torn.bytes == 0) return;
  (out += ",\"torn\":{\"bytes\":").append_number(static_cast<std::int64_t>(torn.bytes));
  member(out, "sha256", print_hex(torn.hash.digest()));
  out += '}';
}

AuditCheckpoint sign_checkpoint(Time now, const Identity& identity, const Ed25519Key& key, const LogEnd& before) {
  AuditCheckpoint checkpoint{.device = identity.device, .time = rfc3339(now), .public_key = identity.public_key};
  checkpoint.signature = base64::encode(as_text(key.sign(message_of(checkpoint, before))));
  return checkpoint;
}

void print_checkpoint(Buffer& out, const AuditCheckpoint& checkpoint) {
  begin(out, checkpoint.time, "checkpoint");
  member(out, "device", checkpoint.device);
  member(out, "public_key", checkpoint.public_key);
  member(out, "signature", checkpoint.signature);
}

Result<Start> read_start(std::string_view line) {
  const Fields fields = TRY(Fields::of(line));
  Start start{TRY(fields.identity()), {}};
  if (const json::Value* previous = fields.object("previous")) {
    const auto chain = parse_chain(TRY(fields.text("chain", previous)));
    if (!chain) return Fields::missing("chain");
    start.previous = {TRY(fields.number("seq", previous)), *chain};
  }
  return start;
}

Result<Resume> read_resume(std::string_view line) {
  const Fields fields = TRY(Fields::of(line));
  Resume resume{.identity = TRY(fields.identity())};
  if (const json::Value* torn = fields.object("torn")) {
    resume.torn_bytes = TRY(fields.number("bytes", torn));
    resume.torn_sha256 = TRY(fields.text("sha256", torn));
  }
  return resume;
}

Result<AuditCheckpoint> read_checkpoint(std::string_view line) {
  const Fields fields = TRY(Fields::of(line));
  const Identity identity = TRY(fields.identity());
  return AuditCheckpoint{.device = identity.device, .time = TRY(fields.text("time")), .public_key = identity.public_key, .signature = TRY(fields.text("signature"))};
}

bool has_good_signature(const AuditCheckpoint& checkpoint, const LogEnd& before) {
  const auto key = base64::decode(checkpoint.public_key), signature = base64::decode(checkpoint.signature);
  Ed25519PublicKey bytes;
  if (!key || !signature || key->size() != bytes.size()) return false;
  std::memcpy(bytes.data(), key->data(), bytes.size());
  return ed25519_verify(bytes, message_of(checkpoint, before), *signature);
}

}  // namespace sr::audit
