// list_scan_response_keys_filter_path of a policy: for each name in a list the path that the caller must be allowed to read (of a
// folder, to list) to see it. The text is one of Go's templates, of which this much is known:
//
//   {{ .path }}  the path that is listed        {{ .key }}  a name in the answer
//   {{ .path | replace "metadata/" "data/" }}, and `lowercase` and `uppercase` in place of replace
//
// A template that says more is refused, never taken for something else. A value: constant, and copied freely.
#pragma once
#include <string>
#include <string_view>
#include <vector>
#include "base/result.h"

namespace sr {

class KeyFilter {
 public:
  static Result<KeyFilter> parse(std::string_view text);  // also checks that different names give different paths
  bool empty() const { return parts_.empty(); }
  std::string path_of(std::string_view listed, std::string_view key) const;

 private:
  enum class Source : std::uint8_t { text, path, key };
  struct Change {
    enum class Kind : std::uint8_t { replace, lowercase, uppercase } kind;
    std::string from{}, to{};
  };
  struct Part {
    Source source = Source::text;
    std::string text{};
    std::vector<Change> changes{};
  };
  static Result<Part> parse_part(std::string_view inside);

  std::vector<Part> parts_;
};

}  // namespace sr
