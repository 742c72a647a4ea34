// What checks have found: a tree, each check with what it says, what it warns of and what to do about it. Values and pure functions.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sr::server {

struct Diagnosis {
  enum class Status : std::uint8_t { ok, skipped, warning, failure };  // the worse the later

  std::string name{};
  Status status = Status::ok;          // without its children
  std::string message{};
  std::vector<std::string> warnings{};
  std::string advice{};
  std::vector<Diagnosis> children{};

  Diagnosis& add(std::string child) { return children.emplace_back(Diagnosis{.name = std::move(child)}); }
  void warn(std::string text) { warnings.push_back(std::move(text)), status = std::max(status, Status::warning); }
  void fail(std::string text, std::string what_to_do = {}) { message = std::move(text), advice = std::move(what_to_do), status = Status::failure; }
  void skip(std::string why) { message = std::move(why), status = Status::skipped; }

  Status worst() const;  // of this and all below; what was skipped is no worse than ok
  int exit_code() const; // 0 in order, 1 something failed, 2 something to know about

  // Lines with their ends; `color` for a terminal.
  std::string text(bool color) const;
  // As OpenBao's client has it: "name", "status" (ok, warn, fail, skipped), "message", "warnings", "advice", "children".
  std::string json() const;
};

}  // namespace sr::server
