// kv move and kv copy: a secret in one request, a folder by a job of the server, which goes on when nobody looks.
#include <optional>
#include <thread>
#include "cli/commands.h"
#include "cli/kv_path.h"
#include "cli/progress.h"

namespace sr::cli {
namespace {

struct Kind {
  std::string_view name, doing, done;
};
constexpr Kind moving = {"move", "Moving", "Moved"}, copying = {"copy", "Copying", "Copied"};

std::int64_t number_of(const Answer& answer, std::string_view name) {
  const json::Value* value = answer.find(name);
  return value == nullptr ? 0 : std::strtoll(std::string(value->text).c_str(), nullptr, 10);
}

std::string secrets(std::int64_t count) { return std::to_string(count) + (count == 1 ? " secret" : " secrets"); }

// The name as the API wants it: with its mount.
std::string destination(const Call& call, const KvPath& from) {
  const std::string name = sanitize_path(call.args[1]);
  if (!call.flags.text("to-mount").empty()) return client::join_path(sanitize_path(call.flags.text("to-mount")), name);
  return call.flags.text("mount").empty() ? name : client::join_path(from.mount, name);
}

int show_one(Call& call, const Kind& kind, const Answer& answer) {
  if (!call.table()) return call.show(answer);
  const bool is_dry = flag_of(answer.find("dry_run"));
  const std::string what = std::string(text_of(answer.find("from"))) + " to " + std::string(text_of(answer.find("to")));
  const std::int64_t versions = number_of(answer, "versions");
  const std::string how_many = std::to_string(versions) + (versions == 1 ? " version" : " versions");
  if (flag_of(answer.find("overwrites"))) call.ui.warn(is_dry ? "This would replace what is there." : "What was there has been replaced.");
  call.ui.out(is_dry ? "Would " + std::string(kind.name) + " " + what + " (" + how_many + ")" : "Success! " + std::string(kind.done) + " " + what + " (" + how_many + ")");
  return success;
}

void show_problems(Call& call, const Answer& answer) {
  const json::Value* problems = answer.find("problems");
  if (problems == nullptr || !problems->is_array()) return;
  for (const json::Value& problem : problems->items) call.ui.advise("  " + std::string(text_of(problem.find("name"))) + ": " + std::string(text_of(problem.find("why"))));
  const std::int64_t more = number_of(answer, "problem_count") - static_cast<std::int64_t>(problems->items.size());
  if (more > 0) call.ui.advise("  and " + std::to_string(more) + " more");
}

int show_ended(Call& call, const Kind& kind, const Answer& answer) {
  const std::string_view state = text_of(answer.find("state"));
  if (!call.table()) {
    const int shown = call.show(answer);
    return shown == success && state != "done" ? remote_error : shown;
  }
  const std::string what = std::string(text_of(answer.find("from"))) + " to " + std::string(text_of(answer.find("to")));
  if (state == "done") {
    const bool is_dry = flag_of(answer.find("dry_run"));
    const std::int64_t count = number_of(answer, is_dry ? "found" : kind.name == "move" ? "removed" : "copied");
    call.ui.out((is_dry ? "Would " + std::string(kind.name) : "Success! " + std::string(kind.done)) + " " + secrets(count) + " from " + what);
    if (const std::int64_t left = number_of(answer, "left"); left > 0) call.ui.warn(secrets(left) + " stayed at the source, or came there meanwhile:");
    show_problems(call, answer);
    return success;
  }
  const std::string_view failure = text_of(answer.find("failure"));
  if (state == "refused") call.ui.error("Nothing was done: " + secrets(number_of(answer, "problem_count")) + " of " + std::to_string(number_of(answer, "found")) + " cannot be carried from " + what);
  else call.ui.error("The job " + std::string(state == "cancelled" ? "was cancelled" : "failed") + (failure.empty() ? "" : ": " + std::string(failure)) + ". " + secrets(number_of(answer, "copied")) +
                     " had been copied from " + what + ", and " + std::to_string(number_of(answer, "removed")) + " removed there");
  show_problems(call, answer);
  return remote_error;
}

// Looks and copies, or looks, copies and removes: each has its line of progress.
int follow(Call& call, const Kind& kind, const std::string& path) {
  std::optional<Progress> progress;
  std::string shown_phase;
  for (auto pause = std::chrono::milliseconds(50);; pause = std::min(pause * 2, std::chrono::milliseconds(1000))) {
    const MaybeAnswer found = call.session().fetch(path);
    if (!found || !*found) progress.reset();
    if (!found) return call.refused("Error reading how far the job is", found.error());
    if (!*found) return call.failed("The server does not know the job any more: " + path);
    const Answer& answer = **found;
    if (text_of(answer.find("state")) != "running") {
      progress.reset();
      return show_ended(call, kind, answer);
    }
    const std::string phase(text_of(answer.find("phase")));
    if (phase != shown_phase) {
      progress.reset();
      const auto total = static_cast<std::uint64_t>(number_of(answer, phase == "removing" ? "copied" : "found"));
      if (phase == "copying") progress.emplace(call.ui, "Copying", total);
      else if (phase == "removing") progress.emplace(call.ui, "Removing the source", total);
      else progress.emplace(call.ui, "Looking through the folder");
      shown_phase = phase;
    }
    progress->advance(static_cast<std::uint64_t>(number_of(answer, phase == "removing" ? "removed" : "copied")));
    std::this_thread::sleep_for(pause);
  }
}

int carry(Call& call, const Kind& kind) {
  auto from = find_kv(call, call.args[0]);
  if (!from) return call.failed(from.error().text);
  if (!from->v2) return call.failed("K/V engine mount must be version 2 for " + std::string(kind.name) + " support");
  const bool recursive = call.flags.on("recursive");
  json::Object body;
  body.put("to", destination(call, *from));
  if (recursive) body.put("recursive", true);
  if (call.flags.on("overwrite")) body.put("overwrite", true);
  if (call.flags.on("dry-run")) body.put("dry_run", true);
  const std::string path = from->api(kind.name);
  const MaybeAnswer answer = call.session().write(path, body.text(), "POST");
  if (!answer) return call.refused("Error writing data to " + path, answer.error());
  if (!*answer || (*answer)->data == nullptr) return call.failed("Error writing data to " + path + ": the server does not say what it did");
  if ((*answer)->wrapping && (*answer)->wrapping->ttl != 0) return print_answer(call.ui, call.style, **answer);
  if (!recursive) return show_one(call, kind, **answer);
  const std::string job = client::join_path(from->mount, "jobs", text_of((*answer)->find("id")));
  if (call.flags.on("detach") && !call.table()) return call.show(**answer);
  if (call.table()) call.ui.out("The server works on it, also when this command ends; \"read " + job + "\" tells how far it is, \"delete " + job + "\" ends it.");
  call.ui.flush();
  return call.flags.on("detach") ? success : follow(call, kind, job);
}

int move(Call& call) { return carry(call, moving); }
int copy(Call& call) { return carry(call, copying); }

constexpr Flag flags[] = {
    {.name = "detach", .type = FlagType::boolean, .help = "With -recursive: do not wait for the end. The job goes on in any case when this program is interrupted.", .standard = "false"},
    {.name = "dry-run", .type = FlagType::boolean, .help = "Say what would be done and what is in the way, and do nothing.", .standard = "false"},
    {.name = "mount", .help = "Path of the engine. The arguments are then the names of the secrets alone. Without it they are both: \"secret/app/db\"."},
    {.name = "overwrite", .type = FlagType::boolean, .help = "Replace secrets that are there, with all their versions. Without it nothing is done when one is.", .standard = "false"},
    {.name = "recursive", .type = FlagType::boolean, .help = "All secrets in the folder of that name, and in the folders in it.", .standard = "false", .alias = "r"},
    {.name = "to-mount", .help = "Path of the engine that the second argument is a name in; by default the same as -mount."},
};

constexpr Example move_examples[] = {
    {"Give a secret another name, with all its versions:", "kv move secret/app/db secret/app/database"},
    {"Move a folder to another engine, and look first:", "kv move -recursive -dry-run secret/app archive/app"},
    {"", "kv move -recursive secret/app archive/app"},
};
constexpr Example copy_examples[] = {
    {"Start a new stage with the secrets of another:", "kv copy -recursive -mount=secret staging production"},
    {"Replace what is there:", "kv copy -overwrite secret/app/db secret/app/db-old"},
};

constexpr Command commands[] = {
    {.name = "kv move", .summary = "Moves secrets with all their versions", .arguments = "[options] SOURCE DESTINATION",
     .text = "Moves a secret with its versions and metadata, at once; or, with -recursive, a folder. Of a folder the source reads as ever until all of it has been copied.\n\nIt takes the "
             "capability \"update\" of mount/move/SOURCE, and \"create\", or \"update\" with -overwrite, of mount/move/DESTINATION: no right to read.",
     .examples = move_examples, .flags = flags, .output = field | format, .arity = {2, 2, "2"}, .run = move, .takes = Takes::secret},
    {.name = "kv copy", .summary = "Copies secrets with all their versions", .arguments = "[options] SOURCE DESTINATION",
     .text = "Copies a secret with its versions and metadata, at once; or, with -recursive, a folder. It takes the same capabilities as \"kv move\", of mount/copy/.", .examples = copy_examples,
     .flags = flags, .output = field | format, .arity = {2, 2, "2"}, .run = copy, .takes = Takes::secret},
};

}  // namespace

std::span<const Command> kv_move_commands() { return commands; }

}  // namespace sr::cli
