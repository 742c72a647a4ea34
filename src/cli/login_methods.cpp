#include "cli/login_methods.h"
#include "cli/environment.h"
#include "cli/go_text.h"

namespace sr::cli {
namespace {

// A login request; its answer must be there.
MaybeAnswer log_in_at(Call& call, const std::string& path, const json::Object& body) {
  call.session().client().set_token("");
  MaybeAnswer answer = call.session().write("auth/" + path, body.text());
  if (answer && !*answer) return std::unexpected(refusal("empty response from credential provider"));
  return answer;
}

// Looks the token up and shows it as the answer of a login would be.
MaybeAnswer with_token(Call& call, const LoginConfig& config) {
  bool lookup = true;
  if (const auto found = config.find("lookup"); found != config.end()) {
    const auto flag = parse_bool(found->second);
    if (!flag) return std::unexpected(refusal("Failed to parse \"lookup\" as boolean: strconv.ParseBool: parsing " + go_quote(found->second) + ": invalid syntax"));
    lookup = *flag;
  }
  std::string token = value_of(config, "token");
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

MaybeAnswer with_approle(Call& call, const LoginConfig& config) {
  const std::string role = value_of(config, "role_id");
  if (role.empty()) return std::unexpected(refusal("'role_id' must be specified"));
  json::Object body;
  body.put("role_id", role);
  if (const std::string secret = value_of(config, "secret_id"); !secret.empty()) body.put("secret_id", secret);
  return log_in_at(call, value_of(config, "mount") + "/login", body);
}

MaybeAnswer with_password(Call& call, const LoginConfig& config) {
  std::string name = value_of(config, "username");
  if (name.empty() && call.flags.text("method") == "ldap") {
    const char* user = getenv("USER");
    name = user == nullptr ? "" : user;
  }
  if (name.empty()) return std::unexpected(refusal("'username' must be specified"));
  std::string password = value_of(config, "password");
  if (password.empty()) {
    if (!call.interactive()) return std::unexpected(refusal("'password' must be specified and refusing to pull from stdin"));
    const auto typed = read_hidden("Password (will be hidden): ");
    if (!typed) return std::unexpected(refusal(typed.error().message));
    password = typed->reveal();
  }
  json::Object body;
  body.put("password", password);
  return log_in_at(call, value_of(config, "mount") + "/login/" + name, body);
}

MaybeAnswer with_jwt(Call& call, const LoginConfig& config) {
  std::string jwt = value_of(config, "jwt");
  if (jwt.empty() && call.flags.text("method") == "kubernetes") {
    const std::string given = value_of(config, "token_path");
    const auto content = read_file(given.empty() ? "/var/run/secrets/kubernetes.io/serviceaccount/token" : given);
    if (!content) return std::unexpected(refusal(content.error().message));
    jwt = trimmed(*content);
  }
  if (jwt.empty()) return std::unexpected(refusal("'jwt' must be specified"));
  json::Object body;
  body.put("role", value_of(config, "role"));
  body.put("jwt", jwt);
  return log_in_at(call, value_of(config, "mount") + "/login", body);
}

MaybeAnswer with_certificate(Call& call, const LoginConfig& config) {
  json::Object body;
  if (const std::string name = value_of(config, "name"); !name.empty()) body.put("name", name);
  return log_in_at(call, value_of(config, "mount") + "/login", body);
}

constexpr Example token_examples[] = {{"With a token, which is asked for:", "login"}, {"From a file or a pipe:", "login -"}};
constexpr Example approle_examples[] = {
    {"As an app:", "login -method=approle role_id=\"$ROLE_ID\" secret_id=\"$SECRET_ID\""},
    {"With the secret id in a file, and the token for a script:", "login -method=approle -token-only role_id=\"$ROLE_ID\" secret_id=@secret-id"},
};
constexpr Example userpass_examples[] = {
    {"With a password, which is asked for:", "login -method=userpass username=ann"},
    {"With a password in a file:", "login -method=userpass username=ann password=@password"},
};
constexpr Example ldap_examples[] = {{"With the password of the directory, which is asked for:", "login -method=ldap username=ann"}};
constexpr Example radius_examples[] = {{"With the password of the RADIUS server, which is asked for:", "login -method=radius username=ann"}};
constexpr Example jwt_examples[] = {{"With a signed token of a build server:", "login -method=jwt role=deploy jwt=@id-token"}};
constexpr Example kubernetes_examples[] = {{"From within a pod:", "login -method=kubernetes role=app"}};
constexpr Example cert_examples[] = {{"With a certificate of one's own:", "login -method=cert -client-cert=cert.pem -client-key=key.pem name=web"}};

constexpr Setting token_settings[] = {
    {"token", "The token. Instead of \"token=...\" it may be given alone; \"-\" reads it from standard input. Asked for if it is not given."},
    {"lookup", "\"false\" takes the token as it is, without asking the server what it is."},
};
constexpr Setting approle_settings[] = {
    {"role_id", "The role's id."},
    {"secret_id", "A secret id of the role. Roles with bind_secret_id=false need none."},
};
constexpr Setting user_settings[] = {
    {"username", "The user's name."},
    {"password", "The password. Asked for, and not shown, if it is not given."},
};
constexpr Setting ldap_settings[] = {
    {"username", "The user's name; $USER if it is not given."},
    {"password", "The password. Asked for, and not shown, if it is not given."},
};
constexpr Setting jwt_settings[] = {
    {"role", "The role to log in to; the method's default role if it is not given."},
    {"jwt", "The signed token."},
};
constexpr Setting kubernetes_settings[] = {
    {"role", "The role to log in to."},
    {"jwt", "The service account's token; read from token_path if it is not given."},
    {"token_path", "The file with the token, if it is not where Kubernetes puts it."},
};
constexpr Setting cert_settings[] = {{"name", "The certificate role to log in to; any that fits if it is not given."}};

constexpr LoginMethod methods[] = {
    {"token", "Checks a token and keeps it.", token_settings, token_examples, with_token},
    {"approle", "Logs an application in with the id of its role and a secret id.", approle_settings, approle_examples, with_approle},
    {"userpass", "Logs a person in with a name and a password that the server itself keeps.", user_settings, userpass_examples, with_password},
    {"ldap", "Logs a person in with name and password of an LDAP directory.", ldap_settings, ldap_examples, with_password},
    {"radius", "Logs a person in with name and password of a RADIUS server.", user_settings, radius_examples, with_password},
    {"jwt", "Logs in with a token that somebody else has signed.", jwt_settings, jwt_examples, with_jwt},
    {"kubernetes", "Logs a pod in with the token of its service account.", kubernetes_settings, kubernetes_examples, with_jwt},
    {"cert", "Logs in with a TLS certificate.", cert_settings, cert_examples, with_certificate},
};

}  // namespace

std::string value_of(const LoginConfig& config, const std::string& key) {
  const auto found = config.find(key);
  return found == config.end() ? "" : found->second;
}

std::span<const LoginMethod> login_methods() { return methods; }

const LoginMethod* find_login_method(std::string_view name) {
  const auto* found = std::ranges::find(methods, name, &LoginMethod::name);
  return found == std::end(methods) ? nullptr : found;
}

}  // namespace sr::cli
