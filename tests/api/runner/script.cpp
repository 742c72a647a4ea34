#include "script.h"
#include <charconv>
#include <optional>

namespace sr::api_test {
namespace {

struct Line {
  std::size_t number = 0;
  std::string_view text;
  bool indented() const { return text.starts_with(' ') || text.starts_with('\t'); }
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Takes the next word off the front.
std::string_view take_word(std::string_view& text) {
  text = trimmed(text);
  const auto end = text.find_first_of(" \t");
  const std::string_view word = text.substr(0, end);
  text = end == text.npos ? std::string_view{} : trimmed(text.substr(end));
  return word;
}

bool upper_word(std::string_view word) {
  return !word.empty() && word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == word.npos;
}

std::optional<int> status_of(std::string_view word) {
  int status = 0;
  if (word.size() != 3) return {};
  const auto [end, error] = std::from_chars(word.data(), word.data() + 3, status);
  if (error != std::errc{} || end != word.data() + 3) return {};
  return status;
}

// "X-Name: value", the form of a header among the indented lines.
std::optional<std::pair<std::string, std::string>> header_of(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == line.npos || colon == 0 || line[0] < 'A' || line[0] > 'Z') return {};
  for (const char c : line.substr(0, colon))
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-') return {};
  return std::pair{std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1)))};
}

class Parser {
 public:
  Parser(std::string file, std::string_view text) : script_{.file = std::move(file), .purpose = {}} {
    std::size_t number = 0;
    while (!text.empty()) {
      const auto end = text.find('\n');
      lines_.push_back({++number, text.substr(0, end)});
      text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    }
  }

  Result<Script> whole() {
    while (at_ < lines_.size()) {
      const Line line = lines_[at_++];
      if (line.text.starts_with('#')) {
        if (script_.purpose.empty()) script_.purpose = trimmed(line.text.substr(1));
        continue;
      }
      if (trimmed(line.text).empty()) continue;
      if (line.indented()) return refuse(line, "an indented line that goes on with nothing");
      TRY(statement(line));
    }
    if (script_.purpose.empty()) return refuse(Line{1, {}}, "the first comment must say what the file shows");
    return std::move(script_);
  }

 private:
  std::unexpected<Error> refuse(const Line& line, const std::string& why) const {
    return fail(Code::invalid, script_.file + ":" + std::to_string(line.number) + ": " + why);
  }
  void add(const Line& line, Step step) { script_.statements.push_back({line.number, std::move(step)}); }

  // The indented lines that follow: headers, where the statement takes them, and one text. No JSON line looks like a header.
  std::string continuation(std::vector<std::pair<std::string, std::string>>* headers) {
    std::string text;
    while (at_ < lines_.size() && lines_[at_].indented() && !trimmed(lines_[at_].text).empty()) {
      const std::string_view line = headers ? trimmed(lines_[at_].text) : lines_[at_].text;
      ++at_;
      if (headers) {
        if (auto header = header_of(line)) {
          headers->push_back(std::move(*header));
          continue;
        }
      }
      text += '\n';
      text += line;
    }
    return text;
  }

  Result<void> statement(const Line& line) {
    std::string_view rest = line.text;
    const std::string_view word = take_word(rest);
    if (status_of(word) || word == "[bao") return expectation(line);
    if (word == "as" || upper_word(word)) return request(line);
    if (word == "let") {
      const std::string name(take_word(rest));
      if (take_word(rest) != "=") return refuse(line, "expected: let name = value");
      add(line, LetStep{name, std::string(rest)});
    } else if (word == "mount" || word == "auth") {
      MountStep step{.auth = word == "auth", .type = std::string(take_word(rest)), .name = std::string(word), .body = {}};
      if (rest.starts_with("as ")) {
        take_word(rest);
        step.name = take_word(rest);
      }
      step.body = std::string(rest) + continuation(nullptr);
      add(line, std::move(step));
    } else if (word == "policy") {
      const std::string name(take_word(rest));
      add(line, PolicyStep{name, continuation(nullptr)});
    } else if (word == "token") {
      const std::string name(take_word(rest));
      add(line, TokenStep{name, std::string(rest) + continuation(nullptr)});
    } else if (word == "advance") {
      int count = 0;
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
      const std::string_view unit(end, rest.data() + rest.size() - end);
      const int seconds = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
      if (error != std::errc{} || seconds == 0) return refuse(line, "expected a duration such as 30s, 5m or 1h");
      add(line, AdvanceStep{std::chrono::seconds(count * seconds)});
    } else if (word == "needs") {
      const std::map<std::string_view, Need> needs{{"own-server", Need::own_server}, {"uninitialised", Need::uninitialised}, {"static-seal", Need::static_seal}, {"each-once", Need::each_once},
                                                   {"every-endpoint", Need::every_endpoint}, {"lender", Need::lender}};
      const auto need = needs.find(rest);
      if (need == needs.end()) return refuse(line, "what can be needed is own-server, uninitialised, static-seal, each-once, every-endpoint or lender");
      add(line, NeedStep{need->second});
    } else {
      return refuse(line, "unknown word '" + std::string(word) + "'");
    }
    return {};
  }

  Result<void> request(const Line& line) {
    std::string_view rest = line.text;
    RequestStep step;
    if (rest.starts_with("as ")) {
      take_word(rest);
      step.caller = take_word(rest);
    }
    step.method = take_word(rest);
    step.path = take_word(rest);
    if (!upper_word(step.method) || step.path.empty()) return refuse(line, "expected: METHOD path [body]");
    step.body = rest;
    step.body += continuation(&step.headers);
    add(line, std::move(step));
    return {};
  }

  Result<void> expectation(const Line& line) {
    std::string_view rest = line.text;
    std::string entry;
    if (rest.starts_with("[bao ")) {
      const auto close = rest.find(']');
      if (close == rest.npos) return refuse(line, "expected: [bao entry] status ...");
      entry = trimmed(rest.substr(5, close - 5));
      rest.remove_prefix(close + 1);
      if (trimmed(rest) == "stop") {
        add(line, StopStep{entry});
        return {};
      }
    }
    Expectation expected;
    const auto status = status_of(take_word(rest));
    if (!status) return refuse(line, "expected a status");
    expected.status = *status;
    if (rest.starts_with("text ")) {
      expected.raw = true;
      take_word(rest);
    }
    expected.pattern = rest;
    expected.pattern += continuation(&expected.headers);
    if (entry.empty()) {
      add(line, ExpectStep{.ours = std::move(expected)});
      return {};
    }
    auto* before = script_.statements.empty() ? nullptr : std::get_if<ExpectStep>(&script_.statements.back().step);
    if (!before || !before->entry.empty()) return refuse(line, "a [bao] line belongs right after the line with our answer");
    before->entry = std::move(entry);
    before->theirs = std::move(expected);
    return {};
  }

  Script script_;
  std::vector<Line> lines_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Script> parse_script(std::string file, std::string_view text) { return Parser(std::move(file), text).whole(); }

}  // namespace sr::api_test
