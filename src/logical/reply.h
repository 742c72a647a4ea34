// What a handler says. Leases, tokens and wrapping are made from it by the core afterwards, in the same transaction, so no
// engine can forget them.
#pragma once
#include <memory>
#include <optional>
#include "base/byte_source.h"
#include "base/secret.h"
#include "logical/field.h"
#include "logical/secret_type.h"

namespace sr {

// A login that succeeded: the core makes a token of it. Zero means "the mount's default" for times and "no limit" for uses.
struct Login {
  std::string display_name{};
  std::string alias{};              // the name that the method knows the caller by
  Strings policies{};
  StringMap metadata{};
  Seconds ttl{}, ttl_max{}, explicit_ttl_max{}, period{};
  std::int64_t uses = 0;
  Strings bound_cidrs{};
  bool no_default_policy = false;
  bool renewable = true;
  std::string renew_with{};         // what the method needs to judge a renewal; no secret
  std::string token_type{};         // "service" or "batch"; otherwise the mount decides
};

// A token as its maker or owner is told of it: the "auth" part of an answer, and of its audit line.
struct Auth {
  Secret client_token{};            // empty where only the accessor was given
  std::string accessor{};
  std::string display_name{};
  Strings policies{};
  StringMap metadata{};
  Seconds ttl{};
  bool renewable = false;
  bool orphan = false;
  std::int64_t uses = 0;
  Time issued{};
  std::string type = "service";

  json::Object print() const;
};

// A lease as the client is told of it.
struct LeaseInfo {
  std::string id{};
  Seconds ttl{};
  bool renewable = false;
};

// What a client gets in place of an answer that is kept for whoever holds the wrapping token.
struct WrapInfo {
  Secret token{};
  std::string accessor{};
  Seconds ttl{};
  Time created{};
  std::string creation_path{};
  std::string wrapped_accessor{};   // of the token or secret id inside; empty: of neither
};

class Reply {
 public:
  struct Body { std::string type; Buffer bytes; };
  enum class Shape : std::uint8_t {
    envelope,  // {"request_id": .., "data": {..}, ..}
    injected,  // the members of data once more at the top level, as sys/mounts and its like answer
    bare,      // data alone, without an envelope: sys/health, sys/init
  };

  static Reply empty() { return {}; }             // nil: 204 for a write, 404 for a read; 200 when warnings come with it
  static Reply data(json::Object object);
  static Reply data(Buffer object);               // printed already: what is large is not copied again
  static Reply bare(json::Object object);
  static Reply injected(json::Object object);
  static Reply list(const Strings& keys);         // no keys: 404, as in Vault
  static Reply list(const Strings& keys, json::Object key_info);
  static Reply scan(const Strings& keys);         // no keys: an empty object, as in OpenBao
  static Reply scan(const Strings& keys, json::Object key_info);
  static Reply raw(std::string type, Buffer bytes);
  // A file, made piece by piece while the client takes it. It is not wrapped, and the audit log has nothing of it.
  static Reply download(std::string type, std::shared_ptr<ByteSource> bytes);
  static Reply envelope(Buffer json);             // a whole envelope, answered as it stands: what an unwrapping gives back
  static Reply wrapped(WrapInfo info);            // it has been wrapped already
  static Reply login(Login login);
  static Reply token(Auth auth);                  // auth/token/create and its like
  static Reply refuse(Error error);               // a no whose writes are kept; fail() discards them
  static Reply bad_credentials(std::string text); // a refused login that counts against whom it was for

  Reply&& status(int code) && { status_ = code; return std::move(*this); }  // 202, 404 with data, sys/health's codes
  Reply&& warn(std::string text) && { warnings_.push_back(std::move(text)); return std::move(*this); }
  Reply&& lease(Lease lease) && { lease_ = std::move(lease); return std::move(*this); }
  Reply&& read_again_after(Seconds ttl) && { read_again_after_ = ttl; return std::move(*this); }  // a lease_duration without a lease
  // What is handed out can be looked at and taken back by this accessor: told beside a wrapping token.
  Reply&& accessor(std::string accessor) && { accessor_ = std::move(accessor); return std::move(*this); }

  // Which version of the object was read or made: for the audit log.
  Reply&& object_version(std::uint64_t number) && { object_version_ = number; return std::move(*this); }

  int status() const { return status_; }          // 0: by content
  Shape shape() const { return shape_; }
  bool has_data() const { return data_ || printed_; }
  void print_data(Buffer& out) const;
  Buffer take_data();                             // the same, once
  const std::optional<Auth>& auth() const { return auth_; }
  const Strings& warnings() const { return warnings_; }
  const std::optional<Body>& raw() const { return raw_; }
  std::optional<Body>& raw() { return raw_; }
  bool raw_is_envelope() const { return raw_is_envelope_; }
  const std::shared_ptr<ByteSource>& download() const { return download_; }
  const std::string& accessor() const { return accessor_; }
  std::uint64_t object_version() const { return object_version_; }
  const std::optional<WrapInfo>& wrap() const { return wrap_; }
  std::optional<WrapInfo>& wrap() { return wrap_; }
  const std::optional<Lease>& lease() const { return lease_; }
  const std::optional<LeaseInfo>& lease_info() const { return lease_info_; }
  Seconds read_again_after() const { return read_again_after_; }
  const std::optional<Login>& login() const { return login_; }
  const std::optional<Error>& refused() const { return refused_; }
  bool counts_as_failed_login() const { return bad_credentials_; }
  bool is_nil() const { return !has_data() && !auth_ && !raw_ && !login_ && !wrap_ && !lease_info_; }

  void add_warning(std::string text) { warnings_.push_back(std::move(text)); }
  void set_auth(Auth auth) { auth_ = std::move(auth); }
  void set_lease_info(LeaseInfo info) { lease_info_ = std::move(info); }
  void set_wrap(WrapInfo info) { wrap_ = std::move(info); }

 private:
  int status_ = 0;
  Shape shape_ = Shape::envelope;
  std::optional<json::Object> data_;
  std::optional<Buffer> printed_;                 // in place of data_
  std::optional<Auth> auth_;
  Strings warnings_;
  std::optional<Body> raw_;
  bool raw_is_envelope_ = false;
  std::shared_ptr<ByteSource> download_;
  std::string accessor_;
  std::uint64_t object_version_ = 0;
  std::optional<WrapInfo> wrap_;
  std::optional<Lease> lease_;
  std::optional<LeaseInfo> lease_info_;
  Seconds read_again_after_{};
  std::optional<Login> login_;
  std::optional<Error> refused_;
  bool bad_credentials_ = false;
};

}  // namespace sr
