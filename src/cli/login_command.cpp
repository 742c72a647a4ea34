// login: turns what one has, a token, a role and its secret, a name and a password, into a stored token.
#include "cli/commands.h"
#include "cli/call.h"
#include "cli/environment.h"
#include "cli/go_text.h"
#include "cli/token_helper.h"

namespace sr::cli {
namespace {

using Config = std::map<std::string, std::string>;

std::string config_value(const Config& config, const std::string& key) {
  const auto found = config.find(key);
  return found == config.end() ? "" : found->second;
}

Refusal refusal(std::string text) { return Refusal{0, std::move(text)}; }

// A login request; its answer must be there.
MaybeAnswer log_in_at(Call& call, const std::string& path, const json::Object& body) {
  call.session().client().set_token("");
  MaybeAnswer answer = call.session().write("auth/" + path, body.text());
  if (answer && !*answer) return std::unexpected(refusal("empty response from credential provider"));
  return answer;
}

// Looks the token up and shows it as the answer of a login would be.
MaybeAnswer with_token(Call& call, const Config& config) {
  bool lookup = true;
  if (const auto found = config.find("lookup"); found != config.end()) {
    const auto flag = parse_bool(found->second);
    if (!flag) return std::unexpected(refusal("Failed to parse \"lookup\" as boolean: strconv.ParseBool: parsing " + go_quote(found->second) + ": invalid syntax"));
    lookup = *flag;
  }
  std::string token = config_value(config, "token");
  if (!config.contains("token")) {
    if (!call.interactive()) return std::unexpected(refusal("'token' not supplied and refusing to pull from stdin"));
    const auto typed = read_hidden("Token (will be hidden): ");
    if (!typed) {
      return std::unexpected(refusal("An error occurred attempting to ask for a token. The raw error message is shown below, but usually this is because you attempted to pipe a value into "
                                     "the command or you are executing outside of a terminal (tty). If you want to pipe the value, pass \"-\" as the argument to read from stdin. The raw "
                                     "error was: " + typed.error().message));
    }
    token = typed->reveal();
  }
  token = trimmed(token);
  if (token.empty()) return std::unexpected(refusal("a token must be passed to auth, please view the help for more information"));
  call.session().client().set_token(token);
  if (!lookup) {
    auto answer = Answer::empty();
    answer->login = Login{.token = answer->arena().copy(token)};
    return answer;
  }
  call.session().stop_wrapping();
  MaybeAnswer answer = call.session().fetch("auth/token/lookup-self");
  if (!answer) return std::unexpected(refusal("error looking up token: " + answer.error().text));
  if (!*answer || (*answer)->data == nullptr) return std::unexpected(refusal("empty response from lookup-self"));

  const Answer& found = **answer;
  Login login;
  login.token = text_of(found.find("id"));
  login.accessor = text_of(found.find("accessor"));
  login.token_policies = texts_of(found.find("policies"));
  login.identity_policies = texts_of(found.find("identity_policies"));
  login.policies = login.token_policies;
  login.policies.insert(login.policies.end(), login.identity_policies.begin(), login.identity_policies.end());
  login.has_policies = login.has_token_policies = !login.policies.empty();
  login.has_identity_policies = !login.identity_policies.empty();
  for (const char* key : {"metadata", "meta"})
    if (const json::Value* metadata = found.find(key); login.metadata == nullptr && metadata != nullptr && metadata->is_object()) login.metadata = metadata;
  login.lease_duration = number_of(found.find("ttl"));
  login.renewable = flag_of(found.find("renewable"));
  Answer& shown = **answer;
  shown.login = std::move(login);
  // Of the look-up itself nothing is shown.
  shown.data = nullptr;
  shown.request_id = {};
  shown.warnings.clear();
  shown.has_warnings = false;
  return answer;
}

MaybeAnswer with_approle(Call& call, const Config& config) {
  const std::string role = config_value(config, "role_id");
  if (role.empty()) return std::unexpected(refusal("'role_id' must be specified"));
  json::Object body;
  body.put("role_id", role);
  if (const std::string secret = config_value(config, "secret_id"); !secret.empty()) body.put("secret_id", secret);
  return log_in_at(call, config_value(config, "mount") + "/login", body);
}

MaybeAnswer with_password(Call& call, const Config& config) {
  std::string name = config_value(config, "username");
  if (name.empty() && call.flags.text("method") == "ldap") {
    const char* user = getenv("USER");
    name = user == nullptr ? "" : user;
  }
  if (name.empty()) return std::unexpected(refusal("'username' must be specified"));
  std::string password = config_value(config, "password");
  if (password.empty()) {
    if (!call.interactive()) return std::unexpected(refusal("'password' must be specified and refusing to pull from stdin"));
    const auto typed = read_hidden("Password (will be hidden): ");
    if (!typed) return std::unexpected(refusal(typed.error().message));
    password = typed->reveal();
  }
  json::Object body;
  body.put("password", password);
  return log_in_at(call, config_value(config, "mount") + "/login/" + name, body);
}

MaybeAnswer with_jwt(Call& call, const Config& config) {
  std::string jwt = config_value(config, "jwt");
  if (jwt.empty() && call.flags.text("method") == "kubernetes") {
    const std::string given = config_value(config, "token_path");
    const auto content = read_file(given.empty() ? "/var/run/secrets/kubernetes.io/serviceaccount/token" : given);
    if (!content) return std::unexpected(refusal(content.error().message));
    jwt = trimmed(*content);
  }
  if (jwt.empty()) return std::unexpected(refusal("'jwt' must be specified"));
  json::Object body;
  body.put("role", config_value(config, "role"));
  body.put("jwt", jwt);
  return log_in_at(call, config_value(config, "mount") + "/login", body);
}

MaybeAnswer with_certificate(Call& call, const Config& config) {
  json::Object body;
  if (const std::string name = config_value(config, "name"); !name.empty()) body.put("name", name);
  return log_in_at(call, config_value(config, "mount") + "/login", body);
}

struct Method {
  std::string_view name;
  MaybeAnswer (*log_in)(Call&, const Config&);
};
constexpr Method methods[] = {{"token", with_token},    {"approle", with_approle}, {"userpass", with_password}, {"ldap", with_password},
                              {"radius", with_password}, {"jwt", with_jwt},         {"kubernetes", with_jwt},    {"cert", with_certificate}};

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
  const auto* method = std::ranges::find(methods, name, &Method::name);
  if (method == std::end(methods)) {
    return call.wrong(wrap_lines("Unknown auth method: " + name + ". Use \"" + std::string(call.program) +
                                 " auth list\" to see the complete list of auth methods. Additionally, some auth methods are only available via the HTTP API."));
  }
  std::vector<std::string> args(call.args.begin(), call.args.end());
  if (name == "token" && !args.empty() && args[0].find('=') == std::string::npos) args[0] = "token=" + args[0];
  const auto values = KeyValues::parse(args, {.standard_input = call.interactive()});
  auto config = values ? values->strings() : Result<Config>(std::unexpected(values.error()));
  if (!config) return call.wrong("Error parsing configuration: " + config.error().message);
  if (config_value(*config, "mount").empty()) (*config)["mount"] = sanitize_path(call.flags.text("path").empty() ? name : call.flags.text("path"));
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
    const std::string product = call.program == "vault" ? "Vault" : call.program == "bao" ? "OpenBao" : "Strongroom";
    call.ui.out(wrap_lines("Success! You are now authenticated. The token information displayed below is already stored in the token helper. You do NOT need to run \"" +
                           std::string(call.program) + " login\" again. Future " + product + " requests will automatically use this token.") + "\n");
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
