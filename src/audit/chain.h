// How the lines of a log hang together. Each ends with
//     ,"seq":<number>,"chain":"<hex>"}
// where `chain` is SHA-256 over the 32 bytes of the line before and this line up to and including its `seq`. Lines of the
// device itself have a type of their own:
//   start       first line of a file: which device and key, and where an older file ended that this one goes on from
//   resume      the device went on with a file that it knew; says what of an unfinished line lies before it
//   checkpoint  an Ed25519 signature over everything before it
// Writer and verifier share this file. Pure functions.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include "base/clock.h"
#include "base/secret.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "logical/audit_device.h"

namespace sr::audit {

// Where a log stands.
struct LogEnd {
  std::uint64_t seq = 0;  // of the last line; 0: nothing was written yet
  Sha256Digest chain{};
  friend bool operator==(const LogEnd&, const LogEnd&) = default;
};

// Bytes behind the last whole line that are no line.
struct Torn {
  std::uint64_t bytes = 0;
  Sha256 hash{};
  void add(std::string_view text) { bytes += text.size(), hash.update(text); }
};

// Ends the line that begins at `begin` in `text` and lacks its closing brace, line feed included, and moves `end` to it.
void close_line(Buffer& text, std::size_t begin, LogEnd& end);

// What the end of a line says; `line` is without its line feed. Nothing when it has another form.
struct LineTail {
  LogEnd end;                // as the line claims
  std::string_view covered;  // what its chain was made of, besides the chain before
  bool follows(const LogEnd& before) const { return end.seq == before.seq + 1 && end.chain == chain_after(before); }
  Sha256Digest chain_after(const LogEnd& before) const { return sha256(as_text(before.chain), covered); }
};
std::optional<LineTail> read_tail(std::string_view line);

// "request", "checkpoint" ...: of a line as render() and the functions below begin it.
std::string_view type_of(std::string_view line);

struct Identity {
  std::string device;      // id
  std::string public_key;  // base64
};
// Without their closing braces.
void print_start(Buffer& out, Time now, const Identity& identity, const LogEnd& previous);
void print_resume(Buffer& out, Time now, const Identity& identity, const Torn& torn);
AuditCheckpoint sign_checkpoint(Time now, const Identity& identity, const Ed25519Key& key, const LogEnd& before);
void print_checkpoint(Buffer& out, const AuditCheckpoint& checkpoint);

// The same read back. An error names what is missing.
struct Start {
  Identity identity;
  LogEnd previous;
};
struct Resume {
  Identity identity;
  std::uint64_t torn_bytes = 0;
  std::string torn_sha256;  // hex
};
Result<Start> read_start(std::string_view line);
Result<Resume> read_resume(std::string_view line);
Result<AuditCheckpoint> read_checkpoint(std::string_view line);
// Was it signed, with the key that it names, over a log that stood at `before`?
bool has_good_signature(const AuditCheckpoint& checkpoint, const LogEnd& before);

std::optional<Sha256Digest> parse_chain(std::string_view hex);

}  // namespace sr::audit
