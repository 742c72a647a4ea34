#include "cli/kv_path.h"

namespace sr::cli {
namespace {

struct Mount {
  std::string path;
  bool v2 = false;
};

Outcome<Mount> preflight(Call& call, const std::string& path) {
  const Session::Instead instead = call.session().instead();
  const Session::Ahead ahead(call.session());
  auto response = call.session().send({.method = "GET", .path = "sys/internal/ui/mounts/" + path});
  if (!response) {
    Refusal refusal = std::move(response.error());
    if (instead != Session::Instead::send && refusal.status == 403) {
      refusal.text = "This output flag asks the server first which version of the KV engine is there, and the token may not.\nRepeat the command with a token that can read " +
                     path + "; for a version 2 engine its policy names\nthe path as mount/data/name, not mount/name.";
    }
    return std::unexpected(std::move(refusal));
  }
  if (response->status == 404) return Mount{};  // a server that does not know the path knows version 1 only
  const auto answer = Answer::parse(std::move(response->body));
  if (!answer) return std::unexpected(Refusal{0, answer.error().message});
  if (!*answer) return std::unexpected(Refusal{0, "nil response from pre-flight request"});
  const json::Value* options = (*answer)->find("options");
  const bool v2 = options != nullptr && text_of(options->find("version")) == "2";
  return Mount{std::string(text_of((*answer)->find("path"))), v2};
}

}  // namespace

std::string kv_api_path(std::string_view path, std::string_view mount, std::string_view kind) {
  std::string_view bare = mount;
  if (bare.ends_with('/')) bare.remove_suffix(1);
  if (path == mount || path == bare) return client::join_path(mount, kind);
  std::string_view rest = path;
  if (path.starts_with(mount)) rest.remove_prefix(mount.size());
  std::string from(mount);
  // The mount may be named with its namespace in front, which the path leaves out.
  while (rest == path) {
    const std::size_t slash = from.find('/');
    if (slash == std::string::npos || slash + 1 == from.size()) break;
    from.erase(0, slash + 1);
    if (from.ends_with('/')) from.pop_back();
    if (rest.starts_with(from)) rest.remove_prefix(from.size());
  }
  return client::join_path(from, kind, rest);
}

std::string KvPath::api(std::string_view kind) const { return v2 ? kv_api_path(path, mount, kind) : path; }

Outcome<KvPath> find_kv(Call& call, std::string_view argument) {
  const std::string& flag = call.flags.text("mount");
  const std::string name = sanitize_path(argument);
  auto mount = preflight(call, flag.empty() ? name : sanitize_path(flag));
  if (!mount) return std::unexpected(std::move(mount.error()));
  KvPath found{mount->path, name, mount->v2};
  if (!flag.empty()) found.path = client::join_path(mount->path, name);
  return found;
}

}  // namespace sr::cli
