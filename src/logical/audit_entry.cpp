#include "logical/audit_entry.h"
#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include "base/arena.h"
#include "base/assert.h"

namespace sr {
namespace {

using Hash = AuditTokenHashes::Hash;

Hash hash_of(const HmacSha256& hmac, std::string_view text) {
  static constexpr std::string_view label = "hmac-sha256:";
  Hash hash;
  print_hex_to(std::ranges::copy(label, hash.begin()).out, hmac(text));
  return hash;
}
std::string_view as_text(const Hash& hash) { return {hash.data(), hash.size()}; }

// The members of one JSON object, in the order in which they are put; those without a value are left out. The names are
// the program's own and need no escapes.
class Members {
 public:
  explicit Members(Buffer& out) : out_(out) {}

  Buffer& name(std::string_view name) {
    char* to = out_.extend(name.size() + 4);
    *to++ = std::exchange(before_, ',');
    *to++ = '"';
    to = std::copy(name.begin(), name.end(), to);
    *to++ = '"';
    *to = ':';
    return out_;
  }
  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) json::quote(name(key), value);
  }
  void plain(std::string_view key, std::string_view value) {  // nothing in it to escape
    if (!value.empty()) ((name(key) += '"') += value) += '"';
  }
  void number(std::string_view key, std::int64_t value) {
    if (value != 0) name(key).append_number(value);
  }
  void flag(std::string_view key, bool value) {
    if (value) name(key) += "true";
  }
  void texts(std::string_view key, std::span<const std::string> values) {
    if (values.empty()) return;
    name(key);
    char before = '[';
    for (const std::string& value : values) out_ += std::exchange(before, ','), json::quote(out_, value);
    out_ += ']';
  }
  void time(std::string_view key, Time value) {
    char text[30];
    plain(key, {text, print_rfc3339(value, text)});
  }
  // Ends the object; one without members is `{}`.
  void end() {
    if (before_ == '{') out_ += '{';
    out_ += '}';
  }

 private:
  Buffer& out_;
  char before_ = '{';
};

// One line under way.
class Line {
 public:
  Line(Buffer& out, const AuditEntry& entry, const AuditFormat& format) : out_(out), entry_(entry), format_(format) {
    if (entry.auth.hashes && !format.log_raw && !entry.auth.client_token.empty())
      known_ = entry.auth.hashes->get(format, entry.auth.client_token, entry.auth.accessor);
  }

  AuditPassage print(const std::optional<AuditPassage>& asked) {
    const bool response = entry_.kind == AuditEntry::Kind::response;
    Members line(out_);
    line.time("time", entry_.time);
    line.plain("type", response ? "response" : "request");
    AuditPassage passage{out_.size(), 0};
    if (asked) {
      const std::size_t size = asked->end - asked->begin;
      char* to = out_.extend(size);
      std::memcpy(to, out_.data() + asked->begin, size);
    } else {
      line.name("auth");
      print_auth(entry_.auth, known_);
      line.name("request");
      print_request();
    }
    passage.end = out_.size();
    if (response) {
      line.name("response");
      print_response();
    }
    line.text("error", entry_.error);
    if (!response) return passage;
    if (entry_.duration) line.name("duration_us").append_number(entry_.duration->count());
    line.number("object_version", static_cast<std::int64_t>(entry_.object_version));
    return passage;
  }

 private:
  bool hides_accessors() const { return !format_.log_raw && format_.hmac_accessor; }

  void secret(Members& object, std::string_view key, std::string_view value, bool hide) {
    if (value.empty()) return;
    if (!hide) return object.text(key, value);
    const Hash hash = hash_of(format_.hmac, value);
    object.plain(key, as_text(hash));
  }

  void print_auth(const AuditAuth& auth, const AuditTokenHashes::Pair* known) {
    Members object(out_);
    if (known) object.plain("client_token", as_text(known->token));
    else secret(object, "client_token", auth.client_token, !format_.log_raw);
    if (known && hides_accessors() && !auth.accessor.empty()) object.plain("accessor", as_text(known->accessor));
    else secret(object, "accessor", auth.accessor, hides_accessors());
    object.text("display_name", auth.display_name);
    object.texts("policies", auth.policies);
    object.texts("token_policies", auth.token_policies);
    object.texts("identity_policies", auth.identity_policies);
    object.flag("no_default_policy", auth.no_default_policy);
    if (auth.judged) {
      object.name("policy_results");
      print_policy_results(auth);
    }
    if (auth.metadata && !auth.metadata->empty()) {
      object.name("metadata");
      char before = '{';
      for (const auto& [key, value] : *auth.metadata) {
        out_ += std::exchange(before, ',');
        json::quote(out_, key);
        out_ += ':';
        json::quote(out_, value);
      }
      out_ += '}';
    }
    object.number("num_uses", auth.num_uses);
    object.number("remaining_uses", auth.remaining_uses);
    object.text("entity_id", auth.entity_id);
    object.flag("entity_created", auth.entity_created);
    object.plain("token_type", auth.token_type);
    object.number("token_ttl", auth.token_ttl.count());
    if (auth.token_issue_time != Time()) object.time("token_issue_time", std::chrono::floor<std::chrono::seconds>(auth.token_issue_time));
    object.end();
  }

  void print_policy_results(const AuditAuth& auth) {
    out_ += auth.allowed ? "{\"allowed\":true" : "{\"allowed\":false";
    if (!auth.granting_policies.empty()) {
      out_ += ",\"granting_policies\":";
      char before = '[';
      for (const AuditPolicy& policy : auth.granting_policies) {
        out_ += std::exchange(before, ',');
        Members object(out_);
        object.text("name", policy.name);
        object.text("namespace_id", policy.namespace_id);
        object.text("namespace_path", policy.namespace_path);
        json::quote(object.name("type"), policy.type);
        object.end();
      }
      out_ += ']';
    }
    out_ += '}';
  }

  void print_mount(Members& object, std::string_view version_key) {
    const AuditMount& mount = entry_.mount;
    object.text("mount_point", mount.point);
    object.text("mount_type", mount.type);
    object.text("mount_accessor", mount.accessor);
    object.text(version_key, mount.running_version);
    object.plain("mount_class", mount.mount_class);
  }

  void print_request() {
    Members object(out_);
    object.text("id", entry_.request_id);
    object.text("client_id", entry_.client_id);
    object.plain("operation", name_of(entry_.op));
    print_mount(object, "mount_running_version");
    if (known_ && equal_in_constant_time(entry_.client_token, entry_.auth.client_token)) object.plain("client_token", as_text(known_->token));
    else secret(object, "client_token", entry_.client_token, !format_.log_raw);
    if (known_ && hides_accessors() && !entry_.client_token_accessor.empty() && entry_.client_token_accessor == entry_.auth.accessor)
      object.plain("client_token_accessor", as_text(known_->accessor));
    else secret(object, "client_token_accessor", entry_.client_token_accessor, hides_accessors());
    object.name("namespace");
    Members space(out_);
    space.text("id", entry_.namespace_id);
    space.text("path", entry_.namespace_path);
    space.end();
    object.text("path", entry_.path);
    print_data(object, entry_.request_data, entry_.plain_request_keys, false);
    object.text("remote_address", entry_.remote_address);
    object.number("remote_port", entry_.remote_port);
    object.number("wrap_ttl", entry_.wrap_ttl.count());
    print_headers(object);
    object.text("client_certificate_serial_number", entry_.client_certificate_serial_number);
    object.end();
  }

  void print_headers(Members& object) {
    if (entry_.headers.empty()) return;
    object.name("headers");
    std::string_view last;
    char before = '{';
    for (const AuditHeader& header : entry_.headers) {
      if (before == ',' && header.name == last) {
        out_ += ',';
      } else {
        out_ += before == '{' ? "{" : "],";
        json::quote(out_, header.name);
        out_ += ":[";
      }
      before = ',';
      last = header.name;
      if (header.hmac) print_hash(out_, header.value);  // whatever log_raw says: this one was asked for
      else json::quote(out_, header.value);
    }
    out_ += "]}";
  }

  void print_response() {
    Members object(out_);
    if (entry_.login) {
      object.name("auth");
      print_auth(*entry_.login, nullptr);
    }
    print_mount(object, "mount_running_plugin_version");
    if (!entry_.lease_id.empty()) {
      object.name("secret");
      Members lease(out_);
      lease.text("lease_id", entry_.lease_id);
      lease.end();
    }
    const bool elided = format_.elide_list_responses && (entry_.op == Op::list || entry_.op == Op::scan);
    print_data(object, entry_.response_data, entry_.plain_response_keys, elided);
    object.texts("warnings", entry_.warnings);
    object.text("redirect", entry_.redirect);
    if (entry_.wrap) {
      object.name("wrap_info");
      print_wrap(*entry_.wrap);
    }
    object.end();
  }

  void print_wrap(const AuditWrap& wrap) {
    Members object(out_);
    object.number("ttl", wrap.ttl.count());
    secret(object, "token", wrap.token, !format_.log_raw);
    secret(object, "accessor", wrap.accessor, hides_accessors());
    object.time("creation_time", wrap.creation_time);
    object.text("creation_path", wrap.creation_path);
    secret(object, "wrapped_accessor", wrap.wrapped_accessor, hides_accessors());
    object.end();
  }

  void print_hash(Buffer& out, std::string_view text) const {
    const Hash hash = hash_of(format_.hmac, text);
    ((out += '"') += as_text(hash)) += '"';
  }

  // A text is hashed as it stands; only the rare wishes (plain keys, elided lists) need it as a tree.
  void print_data(Members& object, const AuditData& data, std::span<const std::string> plain_keys, bool elided) {
    const json::Value* tree = data.tree;
    if (tree ? tree->is_null() || (tree->is_object() && tree->members.empty()) : data.text.empty() || data.text == "{}" || data.text == "null") return;
    Buffer& out = object.name("data");
    if (!tree && !elided && (format_.log_raw || plain_keys.empty())) {
      if (format_.log_raw) out += data.text;
      else json::replace_strings(out, data.text, [](void* line, Buffer& to, std::string_view text) { static_cast<const Line*>(line)->print_hash(to, text); }, this);
      return;
    }
    Arena arena;
    if (!tree) {
      auto parsed = json::parse(arena, data.text, {.depth = 2 * limits::json_depth, .strings = SIZE_MAX, .string_bytes = SIZE_MAX, .memory = SIZE_MAX});
      SR_ASSERT(parsed.has_value());  // it is the server's own text
      tree = *parsed;
    }
    if (elided && tree->is_object()) print_counts(*tree, plain_keys);
    else print_value(*tree, {}, plain_keys);
  }

  void print_value(const json::Value& value, std::string_view key, std::span<const std::string> plain_keys) {
    switch (value.type) {
      case json::Type::string:
        if (format_.log_raw || std::ranges::find(plain_keys, key) != plain_keys.end()) json::quote(out_, value.text);
        else print_hash(out_, value.text);
        return;
      case json::Type::array: {  // its items count as values of the key that holds it
        out_ += '[';
        for (const json::Value& item : value.items) {
          if (&item != value.items.data()) out_ += ',';
          print_value(item, key, plain_keys);
        }
        out_ += ']';
        return;
      }
      case json::Type::object: {
        out_ += '{';
        for (const json::Member& member : value.members) {
          if (&member != value.members.data()) out_ += ',';
          json::quote(out_, member.key);
          out_ += ':';
          print_value(member.value, member.key, plain_keys);
        }
        out_ += '}';
        return;
      }
      default: json::print(out_, value);
    }
  }

  // Vault's elide_list_responses: of `keys` and `key_info` only how many there were.
  void print_counts(const json::Value& object, std::span<const std::string> plain_keys) {
    out_ += '{';
    for (const json::Member& member : object.members) {
      if (&member != object.members.data()) out_ += ',';
      json::quote(out_, member.key);
      out_ += ':';
      if (member.key == "keys" && member.value.is_array()) out_.append_number(static_cast<std::int64_t>(member.value.items.size()));
      else if (member.key == "key_info" && member.value.is_object()) out_.append_number(static_cast<std::int64_t>(member.value.members.size()));
      else print_value(member.value, member.key, plain_keys);
    }
    out_ += '}';
  }

  Buffer& out_;
  const AuditEntry& entry_;
  const AuditFormat& format_;
  const AuditTokenHashes::Pair* known_ = nullptr;
};

}  // namespace

std::string AuditFormat::hash(std::string_view text) const { return std::string(as_text(hash_of(hmac, text))); }

std::uint64_t AuditFormat::next_id() {
  static std::atomic<std::uint64_t> next{1};
  return next++;
}

AuditTokenHashes::~AuditTokenHashes() {
  for (Node* node = first_.load(std::memory_order_relaxed); node;) delete std::exchange(node, node->next);
}

const AuditTokenHashes::Pair* AuditTokenHashes::get(const AuditFormat& format, std::string_view token, std::string_view accessor) const {
  Node* first = first_.load(std::memory_order_acquire);
  for (const Node* node = first; node; node = node->next)
    if (node->format == format.id) return &node->pair;
  if (first && first->depth >= nodes_max) return nullptr;
  auto made = std::make_unique<Node>(Node{format.id, {hash_of(format.hmac, token), hash_of(format.hmac, accessor)}, nullptr, 1});
  for (;;) {  // two threads may make the same node: the second one is found first and is as good
    made->next = first;
    made->depth = first ? first->depth + 1 : 1;
    if (first_.compare_exchange_weak(first, made.get(), std::memory_order_acq_rel, std::memory_order_acquire)) return &made.release()->pair;
  }
}

AuditPassage render(Buffer& out, const AuditEntry& entry, const AuditFormat& format, const std::optional<AuditPassage>& asked) {
  out.reserve(out.size() + 2048 + entry.request_data.text.size() + entry.response_data.text.size());
  return Line(out, entry, format).print(asked);
}

}  // namespace sr
