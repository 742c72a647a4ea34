// read, write, list, delete, patch, unwrap, path-help, print token, version and version-history: the API as it is, path by path.
#include "base/version.h"
#include "cli/call.h"
#include "cli/commands.h"

namespace sr::cli {
namespace {

int read_raw(Call& call, const std::string& path, client::Query query) {
  const auto response = call.session().send({.method = "GET", .path = path, .query = std::move(query)});
  if (!response) return call.refused("Error reading: " + path, response.error());
  if (response->status == 404) return call.failed("Error reading: " + path + ": " + client::error_text(*response));
  call.ui.out(response->body);
  return success;
}

int read(Call& call) {
  const std::string path = sanitize_path(call.args[0]);
  const auto values = call.key_values(1);
  if (!values) return call.wrong("Failed to parse K=V data: " + values.error().message);
  auto query = values->pairs();
  if (!query) return call.wrong("Failed to parse K=V data: " + query.error().message);
  if (call.style.format == Format::raw) return read_raw(call, path, std::move(*query));
  const MaybeAnswer answer = call.session().read(path, std::move(*query));
  if (!answer) return call.refused("Error reading " + path, answer.error());
  if (!*answer) return call.failed("No value found at " + path);
  return call.show(**answer);
}

// A login that still waits for a second factor is shown with a word on what to do.
void mention_mfa(Call& call, const MaybeAnswer& answer) {
  if (!answer || !*answer || !(*answer)->login || (*answer)->login->mfa == nullptr) return;
  call.ui.warn("A login request was issued that is subject to MFA validation. Please make\nsure to validate the login by sending another request to sys/mfa/validate\nendpoint.\n");
}

int write_or_patch(Call& call, bool patch) {
  if (call.args.size() == 1 && !call.flags.on("force")) {
    call.ui.error("Must supply data or use -force");
    return local_error;
  }
  const std::string path = sanitize_path(call.args[0]);
  const auto values = call.key_values(1);
  if (!values) return call.wrong("Failed to parse K=V data: " + values.error().message);
  const MaybeAnswer answer = patch ? call.session().patch(path, values->json()) : call.session().write(path, values->json());
  mention_mfa(call, answer);
  return call.show(answer, "Error writing data to " + path, "Success! Data written to: " + path);
}
int write(Call& call) { return write_or_patch(call, false); }
int patch(Call& call) { return write_or_patch(call, true); }

int list_or_scan(Call& call, bool scans) {
  const std::string path = sanitize_path(call.args[0]);
  client::Query query;
  const std::string& after = call.flags.text("after");
  const std::int64_t limit = call.flags.number("limit");
  if (!after.empty() || limit > 0) query = {{"after", after}, {"limit", std::to_string(limit)}};
  const MaybeAnswer answer = scans ? call.session().scan(path, std::move(query)) : call.session().list(path, std::move(query));
  if (!answer) return call.refused((scans ? "Error scanning " : "Error listing ") + path, answer.error());
  const Answer* found = answer->get();
  if (found != nullptr && found->wrapping && found->wrapping->ttl != 0) return print_answer(call.ui, call.style, *found);
  if (!call.table() && (found == nullptr || found->keys() == nullptr)) {
    print_json(call.ui, call.style, "{}");
    return remote_error;
  }
  if (found == nullptr) return call.failed("No value found at " + path);
  if (found->data == nullptr) return print_answer(call.ui, call.style, *found);
  if (found->keys() == nullptr) return call.failed("No entries found at " + path);
  return print_list(call.ui, call.style, *found);
}

int list(Call& call) { return list_or_scan(call, false); }
int scan(Call& call) { return list_or_scan(call, true); }

int remove(Call& call) {
  const std::string path = sanitize_path(call.args[0]);
  const auto values = call.key_values(1);
  if (!values) return call.wrong("Failed to parse string list data: " + values.error().message);
  auto query = values->pairs();
  if (!query) return call.wrong("Failed to parse string list data: " + query.error().message);
  return call.show(call.session().remove(path, std::move(*query)), "Error deleting " + path, "Success! Data deleted (if it existed) at: " + path);
}

int unwrap(Call& call) {
  const std::string token = call.args.empty() ? "" : trimmed(call.args[0]);
  std::string body = "null";
  client::ApiClient& client = call.session().client();
  if (!token.empty() && client.token().empty()) client.set_token(token);
  else if (!token.empty() && token != client.token()) body = "{\"token\":" + quoted_json(token) + "}";
  call.session().stop_wrapping();
  const MaybeAnswer answer = call.session().write("sys/wrapping/unwrap", std::move(body));
  if (!answer) {
    // What was wrapped may have been a 404 with something to say.
    if (answer.error().answer) return call.show(*answer.error().answer);
    return call.refused("Error unwrapping", answer.error());
  }
  if (!*answer) {
    if (call.table()) call.ui.out("Successfully unwrapped. There was no data in the wrapped secret.");
    return success;
  }
  if (call.field().empty() && (*answer)->keys() != nullptr) return print_list(call.ui, call.style, **answer);
  return call.show(**answer);
}

int path_help(Call& call) {
  const std::string path = sanitize_path(call.args[0]);
  const auto response = call.session().send({.method = "GET", .path = path, .query = {{"help", "1"}}});
  if (!response) return call.refused("Error retrieving help", response.error());
  if (response->status == 404) return call.failed("Error retrieving help: " + client::error_text(*response));
  Arena arena;
  const auto parsed = json::parse(arena, response->body, answer_limits());
  if (!parsed) return call.failed("Error retrieving help: " + parsed.error().message);
  if (call.style.format == Format::json) {
    const json::Value* openapi = (*parsed)->find("openapi");
    call.ui.out(openapi == nullptr ? "null" : json::to_text(*openapi));
  } else {
    call.ui.out(text_of((*parsed)->find("help")));
  }
  return success;
}

int print_token(Call& call) {
  call.ui.out(call.session().client().token());
  return success;
}

int print_version(Call& call) {
  const std::string own(version);
  if (call.program == "vault") call.ui.out("Vault v" + std::string(vault_api_version) + " (Strongroom " + own + ")");
  else if (call.program == "bao") call.ui.out("OpenBao v" + std::string(openbao_version) + " (Strongroom " + own + ")");
  else call.ui.out("Strongroom v" + own);
  return success;
}

int version_history(Call& call) {
  const MaybeAnswer answer = call.session().list("sys/version-history");
  if (!answer) return call.refused("Error reading version history", answer.error());
  if (!*answer || (*answer)->data == nullptr) return call.failed("Invalid response returned from Vault");
  call.ui.warn("\nNote:\nUse of this command requires a server running Vault 1.10.0 or greater.\n"
               "Version tracking was added in 1.9.0. Earlier versions have not been tracked.\n\n");
  if (!call.table()) return print_answer(call.ui, call.style, **answer);
  const json::Value* info = (*answer)->find("key_info");
  std::vector<Row> rows{{"Version", "Installation Time", "Commit Date"}};
  for (const std::string_view name : texts_of((*answer)->keys())) {
    const json::Value* entry = info == nullptr ? nullptr : info->find(name);
    if (entry == nullptr || !entry->is_object()) return call.failed("Expected version info for \"" + std::string(name) + "\" to be map");
    // OpenBao before 2.6, and Vault, know when a version was built, not from which commit.
    const std::string_view commit = text_of(entry->find("commit_date"));
    rows.push_back({std::string(name), std::string(text_of(entry->find("timestamp_installed"))), std::string(commit.empty() ? text_of(entry->find("build_date")) : commit)});
  }
  call.ui.out(print_table(std::move(rows), 2));  // narrower than other tables, as scripts know it
  return success;
}

constexpr Flag force_flags[] = {
    {.name = "force", .type = FlagType::boolean, .help = "Go on without any K=V data: for paths whose writes need none.", .standard = "false", .alias = "f"},
};
constexpr Flag page_flags[] = {
    {.name = "after", .help = "Start behind this entry, which need not exist."},
    {.name = "limit", .type = FlagType::integer, .help = "At most this many entries.", .standard = "-1"},
};

constexpr Example read_examples[] = {
    {"Read the id of an AppRole's role:", "read auth/approle/role/my-app/role-id"},
    {"Its id alone, for a script:", "read -field=role_id auth/approle/role/my-app/role-id"},
    {"With a parameter, which becomes part of the query:", "read secret/data/app version=2"},
};
constexpr Example write_examples[] = {
    {"Configure a role:", "write auth/approle/role/my-app token_ttl=1h policies=default,app"},
    {"A value from a file, and the whole body from one:", "write auth/jwt/config jwt_validation_pubkeys=@key.pem"},
    {"", "write sys/policies/acl/app @policy.json"},
    {"Without data:", "write -f auth/approle/role/my-app/secret-id"},
};
constexpr Example list_examples[] = {
    {"List the roles of an AppRole mount:", "list auth/approle/role"},
    {"Page by page:", "list -limit=100 -after=app-0099 auth/approle/role"},
};
constexpr Example scan_examples[] = {
    {"All secrets of a kv engine, however deep:", "scan secret/metadata"},
    {"With their versions:", "scan -detailed secret/detailed-metadata/app"},
};
constexpr Example delete_examples[] = {{"Delete a role:", "delete auth/approle/role/my-app"}};
constexpr Example patch_examples[] = {{"Change one field of a role and leave the others:", "patch pki/roles/example allow_localhost=false"}};
constexpr Example unwrap_examples[] = {
    {"Open a wrapped answer:", "unwrap hvs.CAES..."},
    {"The wrapping token is the one in use:", "unwrap"},
};
constexpr Example version_history_examples[] = {{"Since when the server has run its version:", "version-history"}};
constexpr Example path_help_examples[] = {{"What a path takes and does:", "path-help auth/approle/role/my-app"}};

constexpr Command commands[] = {
    {.name = "read", .summary = "Read data and retrieve secrets", .arguments = "[options] PATH [DATA K=V...]",
     .text = "Reads from a path of the API: a secret, a role, a generated credential. \"K=V\" arguments become query parameters.\n\nSecrets of the kv engine are easier to read with \"kv get\".",
     .examples = read_examples, .output = field | format | raw, .arity = {1, Arity::any, "1"}, .run = read, .takes = Takes::path},
    {.name = "write", .summary = "Write data, configuration, and secrets", .arguments = "[options] PATH [DATA K=V...]",
     .text = "Writes to a path of the API. Data are \"K=V\" arguments: V is a text, \"@file\" for the content of a file or \"-\" for standard input. \"@file\" and \"-\" alone are a whole JSON object. A key given twice becomes a list.",
     .examples = write_examples, .flags = force_flags, .output = field | format, .arity = {1, Arity::any, "1"}, .run = write, .takes = Takes::path},
    {.name = "list", .summary = "List data or secrets", .arguments = "[options] PATH",
     .text = "Lists the entries below a path; those that end in a slash are folders.", .examples = list_examples, .flags = page_flags,
     .output = format | detailed, .arity = {1, 1, "1"}, .run = list, .takes = Takes::path},
    {.name = "scan", .summary = "Scan data or secrets", .arguments = "[options] PATH",
     .text = "Lists the entries below a path and in all folders there. Not every path can be scanned.", .examples = scan_examples, .flags = page_flags,
     .output = format | detailed, .arity = {1, 1, "1"}, .run = scan, .takes = Takes::path},
    {.name = "delete", .summary = "Delete secrets and configuration", .arguments = "[options] PATH [DATA K=V...]",
     .text = "Deletes what is at a path. What that means is the engine's business: a role goes, the latest version of a kv secret is marked as deleted.",
     .examples = delete_examples, .output = field | format, .arity = {1, Arity::any, "at least 1"}, .run = remove, .takes = Takes::path},
    {.name = "patch", .summary = "Patch data, configuration, and secrets", .arguments = "[options] PATH [DATA K=V...]",
     .text = "Changes the given fields of what is at a path and leaves the others. Not every path can be patched.", .examples = patch_examples, .flags = force_flags,
     .output = field | format, .arity = {1, Arity::any, "1"}, .run = patch, .takes = Takes::path},
    {.name = "unwrap", .summary = "Unwrap a wrapped secret", .arguments = "[options] [TOKEN]",
     .text = "Opens an answer that was wrapped with -wrap-ttl. That works once: if it fails, somebody may have been there before.", .examples = unwrap_examples,
     .output = field | format, .arity = {0, 1, "0-1"}, .run = unwrap},
    {.name = "path-help", .summary = "Retrieve API help for paths", .arguments = "[options] PATH", .text = "Prints what the server says on a path: what it is for and which parameters it takes.",
     .examples = path_help_examples, .output = format, .arity = {1, 1, "1"}, .run = path_help, .takes = Takes::path},
    {.name = "print", .summary = "Prints runtime configurations", .arguments = "<subcommand>", .text = "Prints what the command line works with."},
    {.name = "print token", .summary = "Prints the server token currently in use", .arguments = "", .text = "Prints the token that commands use now: from the environment, else from the token helper.",
     .output = format, .arity = {0, Arity::any, "0"}, .run = print_token},
    {.name = "version", .summary = "Prints the version of this program", .arguments = "", .text = "Prints the version of this program. The server's is in \"status\".",
     .arity = {0, Arity::any, "0"}, .run = print_version, .local = true},
    {.name = "version-history", .summary = "Prints the version history of the server", .arguments = "[options]",
     .text = "Prints which versions of the server have run on its storage, and since when.", .examples = version_history_examples, .output = format,
     .arity = {0, Arity::any, "0"}, .run = version_history},
};

}  // namespace

std::span<const Command> basic_commands() { return commands; }

}  // namespace sr::cli
