// The script language of tests/api, read into statements. README.md beside the scripts describes it for people.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>
#include "base/result.h"
#include "target.h"

namespace sr::api_test {

// Texts still hold their $names: those are known only while the script is played.
struct RequestStep {
  std::string caller;   // the name of a token, "nobody", or empty for the root token
  std::string method;
  std::string path;     // below /v1/, or the whole target when it begins with a slash
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
};

struct Expectation {
  int status = 0;
  std::string pattern{};             // of the body; empty: any body
  bool raw = false;                  // the body is no JSON: the pattern is for its text
  std::vector<std::pair<std::string, std::string>> headers{};  // patterns, or the word absent
};

// The answer that is ours, and where it differs the answer of another server with the entry of docs/compatibility.md.
struct ExpectStep {
  Expectation ours;
  std::string entry{};               // of docs/compatibility.md; empty: no difference is known
  Expectation theirs{};
};

struct LetStep { std::string name, source; };            // source: .data.id, body, "text", repeat "x" 100
struct MountStep { bool auth = false; std::string type, name, body; };
struct PolicyStep { std::string name, text; };
struct TokenStep { std::string name, body; };
struct AdvanceStep { std::chrono::seconds by{}; };
struct NeedStep { Need need; };
struct StopStep { std::string entry; };                  // [bao entry] stop: the rest does not hold there

using Step = std::variant<RequestStep, ExpectStep, LetStep, MountStep, PolicyStep, TokenStep, AdvanceStep, NeedStep, StopStep>;

struct Statement {
  std::size_t line = 0;
  Step step;
};

struct Script {
  std::string file;
  std::string purpose;               // its first comment
  std::vector<Statement> statements{};
};

// An error names file and line.
Result<Script> parse_script(std::string file, std::string_view text);

}  // namespace sr::api_test
