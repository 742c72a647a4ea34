// The one canonical spelling of an API path. Router, ACL, caches, audit and storage see nothing else, so no two of them
// can disagree on what a name is.
#pragma once
#include <string>
#include <string_view>
#include "base/result.h"
#include "base/strong.h"

namespace sr {

// A path below /v1/, without it: "secret/data/app". Percent-escapes are decoded once, by `parse`; there is no empty,
// "." or ".." segment, no control or non-printable character, no invalid UTF-8. A slash at the end is kept: it tells a
// folder from an entry.
class ApiPath {
 public:
  ApiPath() = default;

  // From the target of a request behind "/v1/", still percent-encoded and without its query.
  static Result<ApiPath> parse(std::string_view encoded, NamespaceId space = NamespaceId("root"));
  // From text that is decoded already: a path in a request's body, a mount's path.
  static Result<ApiPath> from_decoded(std::string decoded, NamespaceId space = NamespaceId("root"));

  const std::string& text() const { return text_; }
  std::string_view view() const { return text_; }
  const NamespaceId& space() const { return space_; }
  bool is_folder() const { return text_.ends_with('/'); }

 private:
  explicit ApiPath(std::string text, NamespaceId space) : text_(std::move(text)), space_(std::move(space)) {}

  std::string text_;
  NamespaceId space_{"root"};
};

// Decodes %XX; nothing for a broken escape. '+' stays '+', as in the path of a URL.
Result<std::string> percent_decode(std::string_view encoded);

}  // namespace sr
