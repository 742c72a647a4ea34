// The commands on leases.
#include "cli/commands.h"
#include "cli/call.h"
#include "cli/go_text.h"

namespace sr::cli {
namespace {

int show(Call& call, const MaybeAnswer& answer, const std::string& error) {
  if (!answer) return call.refused(error, answer.error());
  return *answer ? call.show(**answer) : success;
}

int lookup(Call& call) {
  if (call.args.empty()) return call.wrong("Missing ID!");
  const std::string id = trimmed(call.args[0]);
  return show(call, call.session().write("sys/leases/lookup", "{\"lease_id\":" + quoted_json(id) + "}"), "error looking up lease id " + id);
}

int renew(Call& call) {
  if (call.args.empty()) return call.wrong("Missing ID!");
  const std::string id = trimmed(call.args[0]);
  const std::int64_t seconds = std::max<std::int64_t>(0, call.flags.nanoseconds("increment") / 1'000'000'000);
  const std::string body = "{\"increment\":" + std::to_string(seconds) + ",\"lease_id\":" + quoted_json(id) + "}";
  return show(call, call.session().write("sys/leases/renew", body), "Error renewing " + id);
}

int revoke(Call& call) {
  const bool force = call.flags.on("force"), prefix = call.flags.on("prefix"), sync = call.flags.on("sync");
  if (force && !prefix) return call.wrong("Specifying -force requires also specifying -prefix");
  const std::string id = trimmed(call.args[0]);
  if (force) call.ui.warn(wrap_lines("Warning! Force-removing leases can cause " + std::string(call.product()) + " to become out of sync with secret engines!"));
  client::Request request{.method = "PUT", .path = std::string(force ? "sys/leases/revoke-force/" : prefix ? "sys/leases/revoke-prefix/" : "sys/leases/revoke/") + id};
  if (!force) request.body = std::string("{\"sync\":") + (sync ? "true" : "false") + "}";
  const auto done = call.session().send(std::move(request));
  const std::string error = force ? "Error force revoking leases with prefix " : prefix ? "Error revoking leases with prefix " : "Error revoking lease ";
  if (!done) return call.refused(error + id, done.error());
  if (done->status == 404) return call.failed(error + id + ": " + client::error_text(*done));
  if (force) call.ui.out("Success! Force revoked any leases with prefix: " + id);
  else if (sync && prefix) call.ui.out("Success! Revoked any leases with prefix: " + id);
  else if (sync) call.ui.out("Success! Revoked lease: " + id);
  else call.ui.out("All revocation operations queued successfully!");
  return success;
}

constexpr Flag renew_flags[] = {{.name = "increment", .type = FlagType::duration, .help = "How long it shall live from now on. The server may decide otherwise."}};
constexpr Flag revoke_flags[] = {
    {.name = "force", .type = FlagType::boolean, .help = "Forget the leases even if revoking fails: for credentials that were removed by hand. Needs -prefix.", .standard = "false", .alias = "f"},
    {.name = "prefix", .type = FlagType::boolean, .help = "All leases whose ids start like this.", .standard = "false"},
    {.name = "sync", .type = FlagType::boolean, .help = "Wait until it is done.", .standard = "false"},
};

constexpr Example lease_examples[] = {{"End a lease and the credentials behind it:", "lease revoke database/creds/readonly/27e1b9a1"}};
constexpr Example lookup_examples[] = {{"When a lease ends:", "lease lookup database/creds/readonly/27e1b9a1"}};
constexpr Example renew_examples[] = {{"An hour more:", "lease renew -increment=1h database/creds/readonly/27e1b9a1"}};
constexpr Example revoke_examples[] = {
    {"One lease:", "lease revoke database/creds/readonly/27e1b9a1"},
    {"All of a role, and wait:", "lease revoke -prefix -sync database/creds/readonly"},
};

constexpr Command commands[] = {
    {.name = "lease", .summary = "Interact with leases", .arguments = "<subcommand> [options] [args]",
     .text = "Credentials that are made on request come with a lease: they end with it.", .examples = lease_examples},
    {.name = "lease lookup", .summary = "Lookup the lease of a secret", .arguments = "ID", .text = "Shows when a lease was made and when it ends.", .examples = lookup_examples,
     .output = format, .arity = {0, 1, "1"}, .run = lookup},
    {.name = "lease renew", .summary = "Renews the lease of a secret", .arguments = "[options] ID", .text = "Lets a lease live longer.", .examples = renew_examples,
     .flags = renew_flags, .output = format, .arity = {0, 1, "1-2"}, .run = renew},
    {.name = "lease revoke", .summary = "Revokes leases and secrets", .arguments = "[options] ID", .text = "Ends leases, and takes back the credentials behind them.",
     .examples = revoke_examples, .flags = revoke_flags, .arity = {1, 1, "1"}, .run = revoke},
};

}  // namespace

std::span<const Command> lease_commands() { return commands; }

}  // namespace sr::cli
