#include "logical/key_filter.h"
#include <optional>
#include "base/concat.h"
#include "text/lower.h"

namespace sr {
namespace {

std::unexpected<Error> unknown(std::string_view why) {
  return fail(Code::invalid, concat("unable to compile template for list_scan_response_keys_filter_path: ", why));
}

// The words of an action, texts in quotes as one word with their first quote.
Result<std::vector<std::string>> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ' || text[at] == '\t') {
      ++at;
      continue;
    }
    if (text[at] == '|') {
      words.emplace_back("|");
      ++at;
      continue;
    }
    std::string word;
    if (text[at] == '"') {
      word += text[at++];
      for (; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && (at + 1 == text.size() || (text[at + 1] != '"' && text[at + 1] != '\\'))) return unknown("unknown escape");
        if (text[at] == '\\') ++at;
        word += text[at];
      }
      if (at++ == text.size()) return unknown("unterminated quoted string");
    } else {
      while (at < text.size() && text[at] != ' ' && text[at] != '\t' && text[at] != '|' && text[at] != '"') word += text[at++];
    }
    words.push_back(std::move(word));
  }
  return words;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (auto at = text.find(from); at != text.npos; at = text.find(from)) {
    out.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
  }
  return out.append(text);
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return out;
}

}  // namespace

Result<KeyFilter::Part> KeyFilter::parse_part(std::string_view inside) {
  const auto words = TRY(words_of(inside));
  Part part;
  if (words.empty() || (words[0] != ".path" && words[0] != ".key")) return unknown("only .path and .key are known");
  part.source = words[0] == ".key" ? Source::key : Source::path;
  for (std::size_t at = 1; at < words.size();) {
    if (words[at] != "|" || at + 1 == words.size()) return unknown("a function must follow '|'");
    const std::string& function = words[at + 1];
    const auto is_text = [&](std::size_t i) { return i < words.size() && words[i].starts_with('"'); };
    if (function == "lowercase" || function == "uppercase") {
      part.changes.push_back({function == "lowercase" ? Change::Kind::lowercase : Change::Kind::uppercase});
      at += 2;
    } else if (function == "replace" && is_text(at + 2) && is_text(at + 3) && words[at + 2].size() > 1) {
      part.changes.push_back({Change::Kind::replace, words[at + 2].substr(1), words[at + 3].substr(1)});
      at += 4;
    } else {
      return unknown("only replace \"..\" \"..\", lowercase and uppercase are known");
    }
  }
  return part;
}

Result<KeyFilter> KeyFilter::parse(std::string_view text) {
  KeyFilter filter;
  while (!text.empty()) {
    const auto open = text.find("{{");
    if (open > 0) filter.parts_.push_back({.source = Source::text, .text = std::string(text.substr(0, open))});
    if (open == text.npos) break;
    text.remove_prefix(open + 2);
    const auto close = text.find("}}");
    if (close == text.npos) return unknown("unclosed action");
    filter.parts_.push_back(TRY(parse_part(text.substr(0, close))));
    text.remove_prefix(close + 2);
  }
  if (filter.path_of("list", "Zq7-first") == filter.path_of("list", "xW3-second"))
    return fail(Code::invalid, "list_scan_response_keys_filter_path resulted in same path for two different keys");
  return filter;
}

std::string KeyFilter::path_of(std::string_view listed, std::string_view key) const {
  std::string path;
  for (const auto& part : parts_) {
    std::string value(part.source == Source::text ? std::string_view(part.text) : part.source == Source::path ? listed : key);
    for (const auto& change : part.changes) {
      if (change.kind == Change::Kind::replace) value = replaced(value, change.from, change.to);
      else value = change.kind == Change::Kind::lowercase ? to_lower(value) : upper(value);
    }
    path += value;
  }
  return path;
}

}  // namespace sr
