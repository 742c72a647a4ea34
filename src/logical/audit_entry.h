// One line of the audit log: what the core knows about a request, and how a device prints it. Names, nesting and order of
// the fields are those of Vault and OpenBao, whose logs are parsed by machines; a field without a value is left out as there.
//
// An AuditEntry borrows everything from the request; it lives as long as the rendering. Pure functions: any thread.
#pragma once
#include <array>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include "base/clock.h"
#include "base/secret.h"
#include "crypto/hmac.h"
#include "logical/op.h"
#include "text/json.h"

namespace sr {

// How one device prints. Immutable; shared by all threads.
struct AuditFormat {
  HmacSha256 hmac;                  // under the device's own salt
  bool log_raw = false;             // nothing is hashed: a decision of the operator
  bool hmac_accessor = true;
  bool elide_list_responses = false;  // of a LIST only how many keys there were
  std::uint64_t id = next_id();     // tells the formats of this process apart

  // "hmac-sha256:" and hex: what sys/audit-hash answers.
  std::string hash(std::string_view text) const;
  static std::uint64_t next_id();
};

// The hashes of a token and its accessor, which repeat with every request: kept beside a cached token, they are computed once
// for each device. Belongs to one token for ever. Shared by threads: a node is made, then never changed.
class AuditTokenHashes {
 public:
  using Hash = std::array<char, 76>;  // "hmac-sha256:" and 64 digits
  struct Pair { Hash token, accessor; };

  AuditTokenHashes() = default;
  AuditTokenHashes(const AuditTokenHashes&) = delete;
  AuditTokenHashes& operator=(const AuditTokenHashes&) = delete;
  ~AuditTokenHashes();
  // Null when more devices than `nodes_max` have asked; then the caller computes.
  const Pair* get(const AuditFormat& format, std::string_view token, std::string_view accessor) const;

 private:
  static constexpr int nodes_max = 8;
  struct Node { std::uint64_t format; Pair pair; Node* next; int depth; };
  mutable std::atomic<Node*> first_ = nullptr;
};

// User data, as a finished canonical text or as a parsed tree; every string value in it is hashed. An empty object is left out.
struct AuditData {
  std::string_view text{};
  const json::Value* tree = nullptr;

  AuditData() = default;
  template <std::convertible_to<std::string_view> Text> AuditData(const Text& json) : text(json) {}
  AuditData(const json::Value* value) : tree(value) {}
};

struct AuditPolicy {                // one that allowed the request
  std::string_view name{};
  std::string_view namespace_id = "root";
  std::string_view namespace_path{};
  std::string_view type = "acl";
};

// Who asked (in `AuditEntry::auth`) or whom a login made (in `AuditEntry::login`). For the answer to a login both are the new token, as
// in Vault.
struct AuditAuth {
  using Metadata = std::map<std::string, std::string, std::less<>>;
  std::string_view client_token{};
  std::string_view accessor{};
  const AuditTokenHashes* hashes = nullptr;  // of these two, when the token is cached
  std::string_view display_name{};
  std::span<const std::string> policies{};
  std::span<const std::string> token_policies{};
  std::span<const std::string> identity_policies{};
  bool no_default_policy = false;
  bool judged = false;              // policies were asked: prints policy_results
  bool allowed = false;
  std::span<const AuditPolicy> granting_policies{};
  const Metadata* metadata = nullptr;
  std::int64_t num_uses = 0;        // of a login: the limit
  std::int64_t remaining_uses = 0;  // of the caller
  std::string_view entity_id{};
  bool entity_created = false;
  std::string_view token_type = "default";  // "service", "batch"; "default" when there is no token
  Seconds token_ttl{};
  Time token_issue_time{};          // the epoch: unknown
};

struct AuditMount {
  std::string_view point{};         // "secret/"
  std::string_view type{};          // "kv"
  std::string_view accessor{};
  std::string_view running_version{};  // "v1.19.0+builtin.vault"
  std::string_view mount_class{};   // "secret" or "auth"
};

struct AuditHeader {                // one of those that sys/config/auditing/request-headers names
  std::string_view name{};          // lower case
  std::string_view value{};
  bool hmac = false;
};

struct AuditWrap {
  Seconds ttl{};
  std::string_view token{};
  std::string_view accessor{};
  Time creation_time{};
  std::string_view creation_path{};
  std::string_view wrapped_accessor{};
};

struct AuditEntry {
  enum class Kind : std::uint8_t { request, response };
  Kind kind = Kind::request;
  Time time{};
  AuditAuth auth{};

  // the request
  std::string_view request_id{};
  std::string_view client_id{};
  Op op = Op::read;
  AuditMount mount{};
  std::string_view client_token{};           // as it came in; what `auth` says about it may be missing
  std::string_view client_token_accessor{};
  std::string_view namespace_id = "root";
  std::string_view namespace_path{};
  std::string_view path{};
  AuditData request_data{};
  std::span<const std::string> plain_request_keys{};   // audit_non_hmac_request_keys of the mount
  std::string_view remote_address{};
  std::uint16_t remote_port = 0;
  Seconds wrap_ttl{};
  std::span<const AuditHeader> headers{};    // sorted by name
  std::string_view client_certificate_serial_number{};

  std::string_view error{};                  // the server's own text, never a piece of the request

  // the answer; only printed in a response
  const AuditAuth* login = nullptr;
  std::string_view lease_id{};
  AuditData response_data{};
  std::span<const std::string> plain_response_keys{};  // audit_non_hmac_response_keys of the mount
  std::span<const std::string> warnings{};
  std::string_view redirect{};
  const AuditWrap* wrap = nullptr;

  // What Vault's logs do not have, behind all that they have.
  std::optional<std::chrono::microseconds> duration{};  // from the whole request to its answer
  std::uint64_t object_version = 0;                     // of what was read or written: of a secret in KV version 2
};

// Where in a text one line says who asked and for what: the same in both lines of a request, but for a login, which is its own caller once it
// has succeeded.
struct AuditPassage { std::size_t begin = 0, end = 0; };

// Appends the entry as a JSON object without its closing brace: the device goes on with `seq` and `chain`. `asked` is that passage of the
// other line of the same request, in the same text and format; it is taken over, since hashing and quoting it again would take as long as
// the rest.
AuditPassage render(Buffer& out, const AuditEntry& entry, const AuditFormat& format, const std::optional<AuditPassage>& asked = {});

}  // namespace sr
