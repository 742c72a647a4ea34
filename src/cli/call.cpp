#include "cli/call.h"
#include "cli/go_text.h"
#include "text/trim.h"

namespace sr::cli {

int Call::wrong(std::string_view text) {
  ui.error(text);
  return local_error;
}

int Call::failed(std::string_view text) {
  ui.error(text);
  return remote_error;
}

int Call::refused(std::string_view what, const Refusal& refusal) {
  ui.error(std::string(what) + ": " + refusal.text);
  if (refusal.answer) print_answer(ui, style, *refusal.answer);
  return remote_error;
}

// Behind the reference's line comes what to do about it.
int Call::too_few(std::string_view expected, std::size_t got) {
  ui.error("Not enough arguments (expected " + std::string(expected) + ", got " + std::to_string(got) + ")");
  advise_usage();
  return local_error;
}

int Call::too_many(std::string_view expected, std::size_t got) {
  ui.error("Too many arguments (expected " + std::string(expected) + ", got " + std::to_string(got) + ")");
  advise_usage();
  return local_error;
}

void Call::advise_usage() {
  const std::string name = std::string(program) + " " + std::string(command.name);
  ui.advise("Usage: " + name + " " + std::string(command.arguments) + "\n\"" + name + " -h\" explains it, with examples.");
}

int Call::show(const MaybeAnswer& answer, std::string_view error, std::string_view done) {
  if (!answer) return refused(error, answer.error());
  if (*answer) return show(**answer);
  if (table()) ui.out(done);  // a program is told by the exit code
  return success;
}

int Call::show(const Answer& answer) {
  if (!field().empty()) return print_field(ui, style, answer, field());
  return print_answer(ui, style, answer);
}

std::string trimmed(std::string_view text) { return std::string(sr::trimmed(text, go_blanks)); }

std::string sanitize_path(std::string_view path) {
  std::string text = trimmed(path);
  text.erase(0, std::min(text.find_first_not_of('/'), text.size()));
  while (text.ends_with('/')) text.pop_back();
  return text;
}

std::string with_slash(std::string_view path) {
  std::string text = trimmed(path);
  if (!text.empty() && !text.ends_with('/')) text += '/';
  return text;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::string quoted_json(std::string_view text) {
  Buffer out;
  json::quote(out, text);
  return std::string(out.view());
}

std::string json_list(std::span<const std::string> texts) {
  std::string out = "[";
  for (const std::string& text : texts) out.append(out.size() > 1 ? "," : "").append(quoted_json(text));
  return out + "]";
}

}  // namespace sr::cli
