// The commands on tokens.
#include "cli/commands.h"
#include "cli/call.h"
#include "text/duration.h"

namespace sr::cli {
namespace {

// A request's answer that is shown as it is.
int show(Call& call, const MaybeAnswer& answer, std::string_view error) {
  if (!answer) return call.refused(error, answer.error());
  return *answer ? call.show(**answer) : success;
}

int create(Call& call) {
  const bool batch = call.flags.text("type") == "batch";
  const auto duration = [&call](std::string_view flag) { return print_duration(Duration(call.flags.nanoseconds(flag))); };
  json::Object body;
  const auto add = [&](std::string_view key, std::string_view flag) {
    if (!call.flags.text(flag).empty()) body.put(key, call.flags.text(flag));
  };
  add("id", "id");
  if (const auto& policies = call.flags.list("policy"); !policies.empty()) body.put_raw("policies", json_list(policies));
  if (const auto& metadata = call.flags.map("metadata"); !metadata.empty()) {
    json::Object meta;
    for (const auto& [key, value] : metadata) meta.put(key, value);
    body.put("meta", meta);
  }
  body.put("ttl", duration("ttl"));
  body.put("explicit_max_ttl", duration("explicit-max-ttl"));
  body.put("period", duration("period"));
  if (call.flags.on("orphan")) body.put("no_parent", true);
  if (call.flags.on("no-default-policy")) body.put("no_default_policy", true);
  body.put("display_name", call.flags.text("display-name"));
  body.put("num_uses", call.flags.number("use-limit"));
  body.put("renewable", call.flags.on("renewable") && !batch);
  body.put("type", call.flags.text("type"));
  body.put("entity_alias", call.flags.text("entity-alias"));
  const std::string& role = call.flags.text("role");
  return show(call, call.session().write(role.empty() ? "auth/token/create" : "auth/token/create/" + role, body.text(), "POST"), "Error creating token");
}

int lookup(Call& call) {
  const bool by_accessor = call.flags.on("accessor");
  if (by_accessor && call.args.empty()) return call.wrong("Not enough arguments with -accessor (expected 1, got 0)");
  if (by_accessor && call.args.size() > 1) return call.wrong("Too many arguments with -accessor (expected 1, got " + std::to_string(call.args.size()) + ")");
  if (call.args.size() > 1) return call.too_many("0-1", call.args.size());
  const std::string token = call.args.empty() ? "" : trimmed(call.args[0]);
  if (token.empty()) return show(call, call.session().fetch("auth/token/lookup-self"), "Error looking up token");
  const std::string path = by_accessor ? "auth/token/lookup-accessor" : "auth/token/lookup";
  const std::string body = std::string(by_accessor ? "{\"accessor\":" : "{\"token\":") + quoted_json(token) + "}";
  return show(call, call.session().write(path, body, "POST"), "Error looking up token");
}

int renew(Call& call) {
  const std::string token = call.args.empty() ? "" : trimmed(call.args[0]);
  const std::int64_t seconds = std::max<std::int64_t>(0, call.flags.nanoseconds("increment") / 1'000'000'000);
  const std::string increment = "\"increment\":" + std::to_string(seconds) + "}";
  if (token.empty()) return show(call, call.session().write("auth/token/renew-self", "{" + increment), "Error renewing token");
  if (call.flags.on("accessor"))
    return show(call, call.session().write("auth/token/renew-accessor", "{\"accessor\":" + quoted_json(token) + "," + increment, "POST"), "Error renewing token");
  return show(call, call.session().write("auth/token/renew", "{\"token\":" + quoted_json(token) + "," + increment), "Error renewing token");
}

int revoke(Call& call) {
  const bool self = call.flags.on("self"), by_accessor = call.flags.on("accessor");
  const std::string& mode = call.flags.text("mode");
  if (!mode.empty() && mode != "orphan" && mode != "path") return call.wrong("Invalid mode: " + mode);
  if (self && !call.args.empty()) return call.wrong("Too many arguments with -self (expected 0, got " + std::to_string(call.args.size()) + ")");
  if (!self && call.args.size() > 1) return call.too_many("1 or -self", call.args.size());
  if (!self && call.args.empty()) return call.too_few("1 or -self", 0);
  if (self && by_accessor) return call.wrong("Cannot use -self with -accessor!");
  if (self && !mode.empty()) return call.wrong("Cannot use -self with -mode!");
  if (by_accessor && !mode.empty()) return call.wrong("Cannot use -accessor with -mode=" + mode + "!");

  const std::string token = self ? "" : trimmed(call.args[0]);
  const std::string body = std::string(by_accessor ? "{\"accessor\":" : "{\"token\":") + quoted_json(token) + "}";
  const auto send = [&]() -> Outcome<client::Response> {
    if (mode == "path") return call.session().send({.method = "PUT", .path = "sys/leases/revoke-prefix/" + token});
    const std::string path = self ? "revoke-self" : by_accessor ? "revoke-accessor" : mode == "orphan" ? "revoke-orphan" : "revoke";
    client::Request request{.method = by_accessor ? "POST" : "PUT", .path = "auth/token/" + path};
    if (!self) request.body = body;
    return call.session().send(std::move(request));
  };
  const auto done = send();
  if (!done) return call.refused("Error revoking token", done.error());
  if (done->status == 404) return call.failed("Error revoking token: " + client::error_text(*done));
  call.ui.out("Success! Revoked token (if it existed)");
  return success;
}

int capabilities(Call& call) {
  if (call.args.empty()) return call.too_few("1-2", 0);
  if (call.args.size() > 2) return call.too_many("1-2", call.args.size());
  const std::string own(call.session().client().token());
  const bool by_accessor = call.flags.on("accessor");
  if (by_accessor && call.args.size() != 2) return call.too_few("2", call.args.size());
  const std::string& path = call.args.back();
  const std::string token = call.args.size() == 2 ? call.args[0] : own;
  const std::string where = by_accessor ? "sys/capabilities-accessor" : token == own ? "sys/capabilities-self" : "sys/capabilities";
  json::Object body;
  body.put(by_accessor ? "accessor" : "token", token);
  body.put("path", path);
  const MaybeAnswer answer = call.session().write(where, body.text(), "POST");
  if (!answer) return call.refused("Error listing capabilities", answer.error());
  if (!*answer || (*answer)->data == nullptr) return call.failed("Error listing capabilities: data from server response is empty");
  const json::Value* list = (*answer)->find(path);
  if (list == nullptr || !list->is_array() || list->items.empty()) list = (*answer)->find("capabilities");
  if (list == nullptr || !list->is_array()) return call.wrong("No capabilities found");
  if (!call.table()) return print_json(call.ui, call.style, json::to_text(*list));
  std::vector<std::string_view> names = texts_of(list);
  std::ranges::sort(names);
  std::string line;
  for (const std::string_view name : names) line.append(line.empty() ? "" : ", ").append(name);
  call.ui.out(line);
  return success;
}

constexpr Flag create_flags[] = {
    {.name = "id", .help = "The token itself, instead of a random one. Needs sudo."},
    {.name = "display-name", .help = "A name for the token, seen in look-ups and in the audit log."},
    {.name = "ttl", .type = FlagType::duration, .help = "How long it lives unless it is renewed (\"30s\", \"5m\")."},
    {.name = "explicit-max-ttl", .type = FlagType::duration, .help = "How long it lives at most, whatever is renewed."},
    {.name = "period", .type = FlagType::duration, .help = "Every renewal gives it this long again, for as long as it is renewed. Needs sudo."},
    {.name = "renewable", .type = FlagType::boolean, .help = "Whether it can be renewed.", .standard = "true"},
    {.name = "orphan", .type = FlagType::boolean, .help = "Without a parent: it lives on when the token that made it is revoked. Needs sudo.", .standard = "false"},
    {.name = "no-default-policy", .type = FlagType::boolean, .help = "Without the policy \"default\".", .standard = "false"},
    {.name = "use-limit", .type = FlagType::integer, .help = "How many requests it is good for; 0: any number.", .standard = "0"},
    {.name = "role", .help = "Token role that decides on what is left open, and on more. Needs access to auth/token/create/<role>."},
    {.name = "type", .help = "\"service\", or \"batch\" for one that is not stored: cheap, and not renewable.", .standard = "service"},
    {.name = "metadata", .type = FlagType::map, .help = "A note on the token, seen in look-ups and in the audit log. Repeatable."},
    {.name = "policy", .type = FlagType::list, .help = "Policy of the token; those of the caller's token when none is named. Repeatable."},
    {.name = "entity-alias", .help = "Alias of the identity that it stands for. Needs -role, which must allow it."},
};
constexpr Flag accessor_flags[] = {
    {.name = "accessor", .type = FlagType::boolean, .help = "The argument is a token's accessor, not the token.", .standard = "false"},
};
constexpr Flag renew_flags[] = {
    accessor_flags[0],
    {.name = "increment", .type = FlagType::duration, .help = "How long it shall live from now on. The server may decide otherwise.", .alias = "i"},
};
constexpr Flag revoke_flags[] = {
    accessor_flags[0],
    {.name = "self", .type = FlagType::boolean, .help = "Revoke the token in use.", .standard = "false"},
    {.name = "mode", .help = "\"orphan\" revokes the token and leaves its children; \"path\" revokes all tokens that were made at an auth path. By default the token and its children."},
};

constexpr Example token_examples[] = {
    {"A token for an app, for an hour:", "token create -policy=app -ttl=1h"},
    {"What is known of the token in use:", "token lookup"},
};
constexpr Example create_examples[] = {
    {"A token with two policies, for an hour:", "token create -policy=app -policy=reports -ttl=1h"},
    {"The token alone, for a script:", "token create -field=token -policy=app"},
    {"One for a single request:", "token create -policy=app -use-limit=1"},
};
constexpr Example lookup_examples[] = {
    {"The token in use:", "token lookup"},
    {"Another, by its accessor, which does not give its power away:", "token lookup -accessor 9793c9b3-e04a-46f3-e7b8-748d7da248da"},
};
constexpr Example renew_examples[] = {{"The token in use, for half an hour:", "token renew -increment=30m"}};
constexpr Example revoke_examples[] = {
    {"A token and all that it made:", "token revoke hvs.CAES..."},
    {"All tokens of an auth method:", "token revoke -mode=path auth/approle"},
};
constexpr Example capabilities_examples[] = {
    {"What the token in use may do at a path:", "token capabilities secret/data/app"},
    {"What another may:", "token capabilities hvs.CAES... secret/data/app"},
};

constexpr Command commands[] = {
    {.name = "token", .summary = "Interact with tokens", .arguments = "<subcommand> [options] [args]", .text = "Makes, shows, renews and revokes tokens.", .examples = token_examples},
    {.name = "token create", .summary = "Create a new token", .arguments = "[options]", .text = "Makes a token. It has a part of the caller's powers, and ends with the caller's token unless it is an orphan.",
     .examples = create_examples, .flags = create_flags, .output = field | format, .run = create},
    {.name = "token lookup", .summary = "Display information about a token", .arguments = "[options] [TOKEN | ACCESSOR]", .text = "Shows policies, times and notes of a token.",
     .examples = lookup_examples, .flags = accessor_flags, .output = field | format, .run = lookup, .own_arity = true},
    {.name = "token renew", .summary = "Renew a token lease", .arguments = "[options] [TOKEN]", .text = "Lets a token live longer, within its maximum.", .examples = renew_examples,
     .flags = renew_flags, .output = format, .arity = {0, 1, "1"}, .run = renew},
    {.name = "token revoke", .summary = "Revoke a token and its children", .arguments = "[options] [TOKEN | ACCESSOR | PATH]",
     .text = "Ends a token, the tokens that were made with it, and the leases of all of them.", .examples = revoke_examples, .flags = revoke_flags, .run = revoke, .own_arity = true},
    {.name = "token capabilities", .summary = "Print capabilities of a token on a path", .arguments = "[options] [TOKEN | ACCESSOR] PATH",
     .text = "Prints what a token may do at a path of the API; of a version 2 kv engine that is mount/data/name.", .examples = capabilities_examples, .flags = accessor_flags,
     .output = format, .run = capabilities, .own_arity = true, .takes = Takes::path},
};

}  // namespace

std::span<const Command> token_commands() { return commands; }

}  // namespace sr::cli
