// One run of one handler: the operation, the decoded fields, a view of the mount's storage, and what the server says of
// itself and of the caller. Nothing of a Call is kept when the handler returns; all it lends ends with the request.
#pragma once
#include <algorithm>
#include "base/byte_source.h"
#include "base/random.h"
#include "logical/field.h"
#include "logical/elsewhere.h"
#include "logical/op.h"
#include "storage/transaction.h"

namespace sr {

// What an engine may ask the server; implemented by the core for each mount. Shared by all threads.
class Host {
 public:
  virtual ~Host() = default;
  virtual Time now() const = 0;
  virtual Random& random() const = 0;
  virtual Seconds ttl_default() const = 0;  // of the mount, or the system's
  virtual Seconds ttl_max() const = 0;
  virtual std::string_view mount_path() const = 0;      // "secret/", "auth/approle/"
  virtual std::string_view mount_accessor() const = 0;
  virtual std::string_view option(std::string_view name) const = 0;
  // A keyed hash of a name that must not lie in a storage key as it is: role ids, secret ids. Sealed: an error.
  virtual Result<std::string> keyed_hash(std::string_view purpose, std::string_view text) const = 0;
  // The address lies in one of the blocks ("10.0.0.0/8", "::1"); an empty list admits every address.
  virtual bool admits(const Strings& cidrs, std::string_view address) const = 0;
};

// Who asks. Views into the request; empty on routes that need no token.
struct CallerInfo {
  std::string_view token;         // as it was sent
  std::string_view token_hash;    // what the token's row is named by
  std::string_view accessor;
  std::string_view display_name;
  std::string_view address;       // of the client
  bool is_root = false;
  bool has_sudo = false;          // on this path
  bool is_wrapping = false;       // by a wrapping token
  Seconds wrap_ttl{};             // the answer is to be wrapped for so long; 0: not at all
};

// What of a folder that is scanned the caller may see; implemented by the core for each request. One thread.
class Sight {
 public:
  virtual ~Sight() = default;
  virtual bool shows(std::string_view name) = 0;  // relative to the path of the request; best asked in the order of the names
};

class Call {
 public:
  struct Parts {
    Op op;
    std::string_view path;             // inside the mount
    const Fields& fields;
    const json::Value* body;           // as it came; null without one
    Arena& arena;
    const CallerInfo& caller;
    const Host& host;
    ByteSource* upload = nullptr;      // of a request whose body is handed on as it comes in
    Elsewhere* elsewhere = nullptr;    // of a write by a token
    Sight* sight = nullptr;            // of a scan; null: the caller may see everything
  };
  Call(const Parts& parts, View storage) : parts_(parts), storage_(std::move(storage)) {}

  // The field as decoded, its fallback, or an empty value.
  template <class T> const T& operator[](const Field<T>& field) const {
    static const T none{};
    const T* found = find(field);
    return found ? *found : none;
  }
  // Null when the client did not send it and it has no fallback.
  template <class T> const T* find(const Field<T>& field) const {
    for (const auto& [info, value] : parts_.fields)
      if (info == &field) return std::get_if<T>(&value);
    return nullptr;
  }
  bool has(const FieldInfo& field) const {
    return std::ranges::any_of(parts_.fields, [&](const auto& given) { return given.first == &field; });
  }

  Op op() const { return parts_.op; }
  std::string_view path() const { return parts_.path; }
  const json::Value* body() const { return parts_.body; }
  ByteSource* upload() const { return parts_.upload; }
  Elsewhere* elsewhere() const { return parts_.elsewhere; }
  bool shows(std::string_view name) const { return !parts_.sight || parts_.sight->shows(name); }
  Arena& arena() const { return parts_.arena; }
  const CallerInfo& caller() const { return parts_.caller; }
  const Host& host() const { return parts_.host; }
  View& storage() { return storage_; }
  Time now() const { return host().now(); }

 private:
  const Parts& parts_;
  View storage_;
};

}  // namespace sr
