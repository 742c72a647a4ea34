#include "server/diagnosis.h"
#include <algorithm>
#include "base/concat.h"
#include "text/json.h"

namespace sr::server {
namespace {

using Status = Diagnosis::Status;

struct Look {
  std::string_view word, color, name;
};
Look look_of(Status status) {
  switch (status) {
    case Status::ok: return {"[ success ] ", "\033[32m", "ok"};
    case Status::skipped: return {"[ skipped ] ", "\033[90m", "skipped"};
    case Status::warning: return {"[ warning ] ", "\033[33m", "warn"};
    case Status::failure: return {"[ failure ] ", "\033[31m", "fail"};
  }
  return {};
}

std::string label(Status status, bool color) {
  const Look look = look_of(status);
  return color ? concat(look.color, look.word, "\033[0m") : std::string(look.word);
}

void print(std::string& out, const Diagnosis& check, std::size_t depth, bool color) {
  const std::string indent(2 * depth, ' '), below(2 * depth + 2, ' ');
  // A group shows how its worst check ended, a check how it did.
  out.append(indent).append(label(check.children.empty() ? check.status : check.worst(), color)).append(check.name);
  if (!check.message.empty()) out.append(": ").append(check.message);
  const bool beside = check.message.empty() && check.warnings.size() == 1;
  if (beside) out.append(": ").append(check.warnings[0]);
  out += '\n';
  if (!beside)
    for (const auto& warning : check.warnings) out.append(below).append(label(Status::warning, color)).append(warning).append("\n");
  if (!check.advice.empty()) out.append(below).append(color ? concat("\033[35m", check.advice, "\033[0m") : check.advice).append("\n");
  for (const auto& child : check.children) print(out, child, depth + 1, color);
}

json::Object object_of(const Diagnosis& check) {
  json::Object object;
  object.put("name", check.name).put("status", look_of(check.children.empty() ? check.status : check.worst()).name);
  if (!check.message.empty()) object.put("message", check.message);
  if (!check.warnings.empty()) object.put("warnings", std::span<const std::string>(check.warnings));
  if (!check.advice.empty()) object.put("advice", check.advice);
  if (!check.children.empty()) {
    json::Array children;
    for (const auto& child : check.children) children.add(object_of(child));
    object.put("children", children);
  }
  return object;
}

}  // namespace

Status Diagnosis::worst() const {
  Status worst = status == Status::skipped && !children.empty() ? Status::ok : status;
  for (const auto& child : children) {
    const Status one = child.worst();
    if (one != Status::skipped) worst = std::max(worst, one);
  }
  return worst;
}

int Diagnosis::exit_code() const {
  const Status status_of_all = worst();
  return status_of_all == Status::failure ? 1 : status_of_all == Status::warning ? 2 : 0;
}

std::string Diagnosis::text(bool color) const {
  std::string out;
  print(out, *this, 0, color);
  return out;
}

std::string Diagnosis::json() const { return object_of(*this).text(); }

}  // namespace sr::server
