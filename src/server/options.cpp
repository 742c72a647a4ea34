#include "server/options.h"
#include "base/concat.h"
#include "http/request_parameters.h"
#include "server/environment.h"

namespace sr::server {
std::string_view help_text() {
  return R"(Usage: strongroom server [options]

  Starts a server that answers API requests. It starts sealed: initialize it once
  with "operator init", and unseal it after each start with "operator unseal";
  or let it unseal itself, with a key that lies beside it (seal "static") or by
  another server (seal "transit").

  Start with a configuration file:

      $ strongroom server -config=/etc/strongroom/config.hcl

  Try it out, in memory and unsealed, with the root token "root":

      $ strongroom server -dev -dev-root-token-id=root

  A smallest configuration:

      storage  "rocksdb" { path = "/var/lib/strongroom" }
      listener "tcp"     { address = "127.0.0.1:8200"  tls_cert_file = "..."  tls_key_file = "..." }

Options:

  -config=<file|folder>          HCL or JSON; may be repeated, the later adds and replaces.
  -log-level=<level>             trace, debug, info, warn or error. Default: info.
  -log-format=<format>           standard or json.
  -log-file=<path>               Where the log goes. Default: standard error.

Dev mode:

  -dev                           In memory, initialized and unsealed, KV version 2 at secret/. Not for secrets that matter.
  -dev-root-token-id=<token>     The root token. Also $VAULT_DEV_ROOT_TOKEN_ID.
  -dev-listen-address=<address>  Default: 127.0.0.1:8200. Also $VAULT_DEV_LISTEN_ADDRESS.
  -dev-tls                       Over TLS, with certificates made for this run: vault-ca.pem, vault-cert.pem, vault-key.pem.
  -dev-tls-cert-dir=<folder>     Where they are written. Default: a temporary folder, which goes with the server.
  -dev-tls-san=<name>            A host or address that they hold for beside localhost; may be repeated.
  -dev-no-store-token            Do not write the root token to ~/.vault-token.

Signals: SIGHUP reads TLS files, log level and audit files again; SIGTERM ends cleanly.
)";
}

Result<Options> parse_options(const std::vector<std::string>& args) {
  Options options;
  options.dev_root_token = environment("DEV_ROOT_TOKEN_ID");
  options.dev_listen_address = environment("DEV_LISTEN_ADDRESS");
  if (const auto level = environment("LOG_LEVEL"); !level.empty()) options.log_level = level;
  if (const auto format = environment("LOG_FORMAT"); !format.empty()) options.log_format = format;
  for (std::size_t i = 0; i < args.size(); ++i) {
    std::string_view word = args[i];
    if (!word.starts_with('-')) return fail(Code::invalid, concat("unexpected argument \"", word, "\": the server takes options only, see -help"));
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    const auto equals = word.find('=');
    const std::string name(word.substr(0, equals));
    std::optional<std::string> value;
    if (equals != std::string_view::npos) value = word.substr(equals + 1);
    const auto text = [&]() -> Result<std::string> {
      if (value) return *value;
      if (i + 1 >= args.size()) return fail(Code::invalid, concat("-", name, " needs a value"));
      return args[++i];
    };
    const auto flag = [&] { return !value || *value == "true" || *value == "1"; };
    if (name == "config") options.config_paths.push_back(TRY(text()));
    else if (name == "dev") options.dev = flag();
    else if (name == "dev-root-token-id") options.dev_root_token = TRY(text());
    else if (name == "dev-listen-address") options.dev_listen_address = TRY(text());
    else if (name == "dev-tls") options.dev_tls = flag();
    else if (name == "dev-tls-cert-dir") options.dev_tls_cert_dir = TRY(text());
    else if (name == "dev-tls-san") {
      std::string names = TRY(text()) + ",";
      for (std::size_t begin = 0, end; (end = names.find(',', begin)) != std::string::npos; begin = end + 1)
        if (end > begin) options.dev_tls_names.push_back(names.substr(begin, end - begin));
    } else if (name == "dev-no-store-token") options.dev_no_store_token = flag();
    else if (name == "log-level") options.log_level = TRY(text());
    else if (name == "log-format") options.log_format = TRY(text());
    else if (name == "log-file") options.log_file = TRY(text());
    else if (name == "exit-on-core-shutdown" || name == "combine-logs" || name == "disable-gated-logs") static_cast<void>(flag());
    else if (name == "h" || name == "help") options.help = true;
    else return fail(Code::invalid, concat("unknown option -", name, ": see -help"));
  }
  options.dev = options.dev || options.dev_tls;
  return options;
}

Result<Config> read_config(const Options& options) {
  Config config;
  TRY(load_config(config, options.config_paths));
  if (const auto local = environment("LOCAL_CONFIG"); !local.empty()) TRY(merge_config(config, local, "the environment's LOCAL_CONFIG"));
  if (const auto text = environment("DISABLE_USER_LOCKOUT"); !text.empty()) {
    config.lockout.disabled = http::parse_bool(text);
    if (!config.lockout.disabled) return fail(Code::invalid, "the environment's DISABLE_USER_LOCKOUT must be true or false");
  }
  if (options.log_level) {
    const auto level = parse_log_level(*options.log_level);
    if (!level) return fail(Code::invalid, "-log-level must be trace, debug, info, warn or error");
    config.log_level = *level;
  }
  if (options.log_format) config.log_format = *options.log_format == "json" ? LogFormat::json : LogFormat::standard;
  if (options.log_file) config.log_file = *options.log_file;
  if (options.dev) {
    if (!config.storage) config.storage = StorageConfig{.type = "inmem"};
    ListenerConfig listener;
    listener.net.address = options.dev_listen_address.empty() ? "127.0.0.1:8200" : options.dev_listen_address;
    if (!listener.net.address.contains(':')) listener.net.address += ":8200";
    if (options.dev_tls) listener.net.tls = net::TlsOptions{.cert_file = options.dev_tls_cert_dir + "/vault-cert.pem", .key_file = options.dev_tls_cert_dir + "/vault-key.pem"};
    config.listeners.insert(config.listeners.begin(), std::move(listener));
  }
  if (!config.storage) return fail(Code::invalid, "no storage is configured: write  storage \"rocksdb\" { path = \"/var/lib/strongroom\" }  into the file given by -config, or try -dev");
  if (config.listeners.empty()) return fail(Code::invalid, "no listener is configured: write  listener \"tcp\" { address = \"127.0.0.1:8200\" ... }");
  return config;
}

}  // namespace sr::server
