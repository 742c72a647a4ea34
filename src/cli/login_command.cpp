// login: turns what one has, a token, a role and its secret, a name and a password, into a stored token.
#include "cli/commands.h"
#include "cli/call.h"
#include "cli/go_text.h"
#include "cli/login_methods.h"
#include "cli/token_helper.h"

namespace sr::cli {
namespace {

void warn_of_token_in_environment(Call& call) {
  for (const char* name : {"STRONGROOM_TOKEN", "BAO_TOKEN", "VAULT_TOKEN"}) {
    const char* value = getenv(name);
    if (value == nullptr || *value == 0) continue;
    const std::string said(name);
    call.ui.warn(wrap_lines("WARNING! The " + said + " environment variable is set! The value of this variable will take precedence; if this is unwanted please unset " + said +
                            " or update its value accordingly.") + "\n");
    return;
  }
}

// Opens wrapped logins until a token comes out. The second of the result: it is wrapped still.
std::expected<std::pair<std::unique_ptr<Answer>, bool>, Refusal> extract(Call& call, std::unique_ptr<Answer> answer, bool open) {
  constexpr int most = 8;  // nobody wraps a wrapping so often
  for (int i = 0; i < most; ++i) {
    if (!answer) return std::unexpected(refusal("empty response from auth helper"));
    if (answer->login) return std::pair(std::move(answer), false);
    if (!answer->wrapping) return std::unexpected(refusal("no auth or wrapping info in response"));
    if (answer->wrapping->wrapped_accessor.empty()) return std::unexpected(refusal("wrapped response does not contain a token"));
    if (!open) return std::pair(std::move(answer), true);
    call.session().client().set_token(answer->wrapping->token);
    MaybeAnswer next = call.session().write("sys/wrapping/unwrap", "null");
    if (!next) return std::unexpected(std::move(next.error()));
    answer = std::move(*next);
  }
  return std::unexpected(refusal("wrapped too often"));
}

int keep(Call& call, const Answer& answer) {
  const auto helper = TokenHelper::open(call.session().client().options().address);
  if (!helper) {
    return call.wrong(wrap_lines("Error initializing token helper. Please verify that the token helper is available and properly configured for your system. The error was: " +
                                 helper.error().message));
  }
  if (const auto stored = helper->store(answer.login->token); !stored) {
    call.ui.error("Error storing token: " + stored.error().message);
    call.ui.error(wrap_lines("Authentication was successful, but the token was not persisted. The resulting token is shown below for your records.") + "\n");
    print_answer(call.ui, call.style, answer);
    return remote_error;
  }
  warn_of_token_in_environment(call);
  return success;
}

int login(Call& call) {
  const bool token_only = call.flags.on("token-only");
  const bool no_store = call.flags.on("no-store") || token_only;
  const bool no_print = call.flags.on("no-print");
  const std::string_view field = token_only ? "token" : call.field();
  if (no_store && no_print) return call.wrong("-no-store and -no-print cannot be used together");

  const std::string name = sanitize_path(call.flags.text("method")).empty() ? "token" : sanitize_path(call.flags.text("method"));
  const LoginMethod* method = find_login_method(name);
  if (method == nullptr) {
    return call.wrong(wrap_lines("Unknown auth method: " + name + ". Use \"" + std::string(call.program) +
                                 " auth list\" to see the complete list of auth methods. Additionally, some auth methods are only available via the HTTP API."));
  }
  std::vector<std::string> args(call.args.begin(), call.args.end());
  if (name == "token" && !args.empty() && args[0].find('=') == std::string::npos) args[0] = "token=" + args[0];
  const auto values = KeyValues::parse(args, {.standard_input = call.interactive()});
  auto config = values ? values->strings() : Result<LoginConfig>(std::unexpected(values.error()));
  if (!config) return call.wrong("Error parsing configuration: " + config.error().message);
  if (value_of(*config, "mount").empty()) (*config)["mount"] = sanitize_path(call.flags.text("path").empty() ? name : call.flags.text("path"));
  (*config)["mount"] = sanitize_path((*config)["mount"]);

  MaybeAnswer answer = method->log_in(call, *config);
  if (!answer) return call.refused("Error authenticating", answer.error());
  if (*answer && (*answer)->login && (*answer)->login->mfa != nullptr) {
    warn_of_token_in_environment(call);
    call.ui.warn(wrap_lines("A login request was issued that is subject to MFA validation. Please make sure to validate the login by sending another request to sys/mfa/validate endpoint.") + "\n");
    return print_answer(call.ui, call.style, **answer);
  }
  call.session().stop_wrapping();  // the token is wanted, not a wrapping of what comes next
  auto extracted = extract(call, std::move(*answer), !no_store);
  if (!extracted) return call.refused("Error extracting token", extracted.error());
  const auto& [result, wrapped] = *extracted;
  if (wrapped) {
    if (token_only) return print_field(call.ui, call.style, *result, "wrapping_token");
    return print_answer(call.ui, call.style, *result);
  }
  if (!no_store) {
    if (const int code = keep(call, *result); code != success) return code;
  } else if (!token_only) {
    const std::string variable = call.program == "vault" ? "VAULT_TOKEN" : call.program == "bao" ? "BAO_TOKEN" : "STRONGROOM_TOKEN";
    call.ui.warn(wrap_lines("The token was not stored in token helper. Set the " + variable + " environment variable or pass the token below with each request to Vault.") + "\n");
  }
  if (no_print) return success;
  if (!field.empty()) return print_field(call.ui, call.style, *result, field);
  if (call.table()) {
    call.ui.out(wrap_lines("Success! You are now authenticated. The token information displayed below is already stored in the token helper. You do NOT need to run \"" +
                           std::string(call.program) + " login\" again. Future " + std::string(call.product()) + " requests will automatically use this token.") + "\n");
  }
  return print_answer(call.ui, call.style, *result);
}

constexpr Flag login_flags[] = {
    {.name = "method", .help = "How: \"token\", \"approle\", \"userpass\", \"ldap\", \"radius\", \"jwt\", \"kubernetes\" or \"cert\".", .standard = "token"},
    {.name = "path", .help = "Where the method is mounted, without auth/; by default at its name."},
    {.name = "no-store", .type = FlagType::boolean, .help = "Print the token, and do not keep it.", .standard = "false"},
    {.name = "no-print", .type = FlagType::boolean, .help = "Keep the token, and print nothing.", .standard = "false"},
    {.name = "token-only", .type = FlagType::boolean, .help = "Print the token alone, and do not keep it: short for -field=token -no-store.", .standard = "false"},
};
constexpr Example login_examples[] = {
    {"With a token, which is asked for:", "login"},
    {"As an app:", "login -method=approle role_id=\"$ROLE_ID\" secret_id=\"$SECRET_ID\""},
    {"With a name and a password, which is asked for, at another path:", "login -method=userpass -path=staff username=ann"},
    {"A token for a script, without keeping it:", "login -method=approle -token-only role_id=\"$ROLE_ID\" secret_id=@secret-id"},
};
constexpr Command commands[] = {
    {.name = "login", .summary = "Authenticate locally", .arguments = "[options] [AUTH K=V...]",
     .text = "Logs in and keeps the token in ~/.vault-token, where the other commands find it. What a method needs is given as K=V: role_id and secret_id for approle, username and password "
             "for userpass, ldap and radius, role and jwt for jwt and kubernetes.",
     .examples = login_examples, .flags = login_flags, .output = field | format, .arity = {0, Arity::any, "0"}, .run = login},
};

}  // namespace

std::span<const Command> login_command() { return commands; }

}  // namespace sr::cli
