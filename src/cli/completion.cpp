#include "cli/completion.h"
#include <algorithm>
#include <cstdlib>
#include <set>
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/global_flags.h"
#include "cli/kv_path.h"
#include "cli/login_methods.h"

namespace sr::cli {
namespace {

// The types that a server of ours knows.
constexpr std::string_view engine_types[] = {"kv", "kv-v1", "kv-v2"};
constexpr std::string_view method_types[] = {"approle", "userpass"};
constexpr std::string_view device_types[] = {"file", "socket", "syslog"};

class Completion {
 public:
  Completion(std::string_view program, std::vector<std::string> words) : program_(program) {
    if (!words.empty()) typed_ = std::move(words.back()), words.pop_back();
    words_ = std::move(words);
    match_ = match_command(words_);
  }

  std::vector<Candidate> run() {
    const std::string_view name = match_.command == nullptr ? std::string_view() : match_.command->name;
    const bool group = match_.command == nullptr || match_.command->run == nullptr;
    if (group) {
      if (match_.words == words_.size() && !typed_.starts_with('-'))
        for (const Command* child : commands_below(name)) offer(child->name.substr(child->name.rfind(' ') + 1), child->summary);
      return finish();
    }
    const Command& command = *match_.command;
    FlagValues flags({command.local ? std::span<const Flag>() : http_flags(), output_flags(command.output), command.flags});
    const std::span<const std::string> args = std::span(words_).subspan(match_.words);
    // A flag whose value comes as the next word swallows it; a missing one is what is being typed.
    const bool complete = flags.parse(args).has_value();
    const Flag* waiting = complete || args.empty() ? nullptr : find_flag(flags, args.back());
    if (waiting != nullptr && takes_value(*waiting)) offer_values(*waiting, "");
    else if (typed_.starts_with('-')) offer_flags(flags);
    else offer_arguments(command, flags);
    return finish();
  }

 private:
  void offer(std::string_view text, std::string_view says = "") {
    if (text.starts_with(typed_)) found_.push_back({std::string(text), std::string(says)});
  }
  void offer_files() { found_.push_back({std::string(files_marker), ""}); }
  std::vector<Candidate> finish() {
    std::ranges::sort(found_, {}, &Candidate::text);
    const auto again = std::ranges::unique(found_, {}, &Candidate::text);
    found_.erase(again.begin(), again.end());
    return std::move(found_);
  }

  static bool takes_value(const Flag& flag) { return flag.type != FlagType::boolean && flag.type != FlagType::tristate; }
  static const Flag* find_flag(const FlagValues& flags, std::string_view word) {
    word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
    for (const auto group : flags.groups())
      for (const Flag& flag : group)
        if (flag.name == word || (!flag.alias.empty() && flag.alias == word)) return &flag;
    return nullptr;
  }

  void offer_flags(const FlagValues& flags) {
    const std::string dashes = typed_.starts_with("--") ? "--" : "-";
    if (const std::size_t equals = typed_.find('='); equals != std::string::npos) {
      if (const Flag* flag = find_flag(flags, std::string_view(typed_).substr(0, equals))) offer_values(*flag, typed_.substr(0, equals + 1));
      return;
    }
    for (const auto group : flags.groups())
      for (const Flag& flag : group)
        if (!flag.hidden) offer(dashes + std::string(flag.name) + (takes_value(flag) ? "=" : ""), flag.help);
    offer(dashes + "help");
  }

  void offer_values(const Flag& flag, const std::string& front) {
    // Flags of one name mean the same in every command; a word that one command takes and another does not is told by the command.
    static constexpr std::pair<std::string_view, std::string_view> words[] = {
        {"format", "table"}, {"format", "json"}, {"format", "yaml"}, {"format", "raw"}, {"target", "barrier"}, {"target", "recovery"}, {"type", "service"}, {"type", "batch"},
        {"skip", "listener"}, {"skip", "storage"}, {"skip", "autounseal"}, {"mode", "orphan"}, {"mode", "path"}, {"listing-visibility", "hidden"}, {"listing-visibility", "unauth"}, {"token-type", "default-service"},
        {"token-type", "default-batch"}, {"token-type", "service"}, {"token-type", "batch"}};
    for (const auto& [name, word] : words)
      if (flag.name == name && !(word == "raw" && (match_.command->output & raw) == 0)) offer(front + std::string(word));
    if (flag.name == "method")
      for (const LoginMethod& method : login_methods()) offer(front + std::string(method.name), method.text);
    else if (flag.name == "mount") {
      for (const auto& [mount, type] : mounts("secret"))
        if (type == "kv") offer(front + mount);
    } else if (flag.name == "policy") {
      offer_policies(front);
    } else if (flag.name == "config" || flag.name == "ca-cert" || flag.name == "ca-path" || flag.name == "client-cert" || flag.name == "client-key" || flag.name.ends_with("pgp-key") || flag.name.ends_with("pgp-keys")) {
      offer_files();
    }
  }

  void offer_arguments(const Command& command, const FlagValues& flags) {
    const std::size_t position = flags.arguments().size();
    if (position > 0 && command.takes == Takes::policy_and_file) return offer_files();
    if (position > 0 && command.takes != Takes::two_engines && command.takes != Takes::two_methods) return;
    switch (command.takes) {
      case Takes::nothing: break;
      case Takes::path: return offer_paths();
      case Takes::secret: return offer_secrets(command, flags);
      case Takes::engine_type:
        for (const std::string_view type : engine_types) offer(type);
        break;
      case Takes::method_type:
        for (const std::string_view type : method_types) offer(type);
        break;
      case Takes::login_method:
        for (const LoginMethod& method : login_methods()) offer(method.name, method.text);
        break;
      case Takes::device_type:
        for (const std::string_view type : device_types) offer(type);
        break;
      case Takes::engine:
      case Takes::two_engines:
        for (const auto& [mount, type] : mounts("secret")) offer(mount, type);
        break;
      case Takes::method:
      case Takes::two_methods:
        for (const auto& [mount, type] : mounts("auth")) offer(command.takes == Takes::two_methods ? "auth/" + mount : mount, type);
        break;
      case Takes::policy:
      case Takes::policy_and_file: offer_policies(""); break;
      case Takes::file: offer_files(); break;
      case Takes::shell:
        for (const std::string_view shell : {"bash", "fish", "zsh"}) offer(shell);
        break;
    }
  }

  // ---- what the server says ---------------------------------------------------------------------------------------------
  Session* session() {
    if (!asked_) {
      asked_ = true;
      setenv("STRONGROOM_CLIENT_TIMEOUT", "2s", 1);  // somebody sits there and waits
      FlagValues flags({http_flags()});
      static_cast<void>(flags.parse(std::span(words_).subspan(match_.words)));
      if (auto opened = Session::open(flags, Session::Instead::send, std::string(program_)); opened && (*opened)->take_token()) session_ = std::move(*opened);
    }
    return session_.get();
  }

  // Mounts with their types: "secret" engines, or "auth" methods.
  std::vector<std::pair<std::string, std::string>> mounts(std::string_view kind) {
    std::vector<std::pair<std::string, std::string>> all;
    if (session() == nullptr) return all;
    const MaybeAnswer answer = session()->fetch("sys/internal/ui/mounts");
    const json::Value* list = answer && *answer ? (*answer)->find(kind) : nullptr;
    if (list == nullptr || !list->is_object()) return all;
    for (const json::Member& mount : list->members) all.emplace_back(mount.key, text_of(mount.value.find("type")));
    return all;
  }

  void offer_policies(const std::string& front) {
    if (session() == nullptr) return;
    if (const MaybeAnswer answer = session()->fetch("sys/policies/acl", {{"list", "true"}}); answer && *answer)
      for (const std::string_view name : texts_of((*answer)->keys())) offer(front + std::string(name));
  }

  // The API's own paths out of the route tables, as the server's OpenAPI document has them: one segment further than what is typed,
  // and no further than the first name that the caller chooses.
  void offer_paths() {
    if (session() == nullptr) return;
    for (const auto& [mount, type] : mounts("secret")) offer(mount, type);
    if (typed_.find('/') == std::string::npos) {
      for (const std::string_view front : {"auth/", "sys/"}) offer(front);
      return;
    }
    const auto response = session()->send({.method = "GET", .path = "sys/internal/specs/openapi"});
    Arena arena;
    const auto parsed = response ? json::parse(arena, response->body, answer_limits()) : Result<const json::Value*>(fail(Code::upstream, ""));
    const json::Value* paths = parsed && (*parsed)->is_object() ? (*parsed)->find("paths") : nullptr;
    if (paths == nullptr || !paths->is_object()) return;
    for (const json::Member& entry : paths->members) {
      std::string_view path = entry.key;
      path.remove_prefix(path.starts_with('/') ? 1 : 0);
      path = path.substr(0, path.find('{'));
      if (!path.starts_with(typed_)) continue;
      const std::size_t next = path.find('/', typed_.size());
      offer(path.substr(0, next == std::string_view::npos ? next : next + 1));
    }
  }

  void offer_secrets(const Command& command, const FlagValues& flags) {
    if (session() == nullptr) return;
    const std::size_t slash = typed_.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : typed_.substr(0, slash + 1);
    if (folder.empty() && flags.text("mount").empty()) {
      for (const auto& [mount, type] : mounts("secret"))
        if (type == "kv") offer(mount);
      return;
    }
    Ui ui({.color = false, .hold_errors = true});
    Call call{.program = program_, .command = command, .flags = flags, .args = {}, .ui = ui, .style = {}, .connection = session()};
    const auto where = find_kv(call, folder);
    if (!where) return;
    if (const MaybeAnswer answer = session()->list(where->api("metadata")); answer && *answer)
      for (const std::string_view name : texts_of((*answer)->keys())) offer(folder + std::string(name));
  }

  std::string_view program_;
  std::string typed_;
  std::vector<std::string> words_;
  Match match_;
  std::vector<Candidate> found_;
  bool asked_ = false;
  std::unique_ptr<Session> session_;
};

// A help text's first sentence is enough beside a word.
std::string first_sentence(std::string_view text) {
  const std::size_t end = std::min(text.find(". "), text.size());
  std::string line(text.substr(0, end));
  std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  if (line.ends_with('.')) line.pop_back();
  return line;
}

// A name out of the server is data: one with a control character could write to the terminal, and is left out.
bool printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
}

}  // namespace

std::vector<Candidate> complete(std::string_view program, std::vector<std::string> words) { return Completion(program, std::move(words)).run(); }

int print_completions(std::string_view program, std::vector<std::string> words) {
  Ui ui({.color = false});
  for (const Candidate& candidate : complete(program, std::move(words)))
    if (printable(candidate.text)) ui.out(candidate.text + (candidate.says.empty() ? "" : "\t" + first_sentence(candidate.says)));
  ui.flush();
  return success;
}

int answer_bash(std::string_view program, std::string_view line) {
  std::vector<std::string> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) words.emplace_back(line.substr(0, end));
    if (end + 1 == line.size()) words.emplace_back();  // behind a blank begins the next word
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  if (!words.empty()) words.erase(words.begin());
  Ui ui({.color = false});
  for (const Candidate& candidate : complete(program, std::move(words)))
    if (candidate.text != files_marker && printable(candidate.text)) ui.out(candidate.text);
  ui.flush();
  return success;
}

}  // namespace sr::cli
