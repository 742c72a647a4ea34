#include "server/transit_seal_config.h"
#include <arpa/inet.h>
#include <cstdlib>
#include "base/concat.h"
#include "seals/transit_seal.h"
#include "server/environment.h"
#include "server/written_secret.h"

namespace sr::server {
namespace {

// A variable that OpenBao's seal has under names of its own; before them, the older names.
std::string seal_variable(std::string_view name) {
  if (const char* older = std::getenv(concat("TRANSIT_WRAPPER_", name).c_str()); older && *older) return older;
  return environment(concat("TRANSIT_SEAL_", name));
}

// Texts of the stanza and of the environment, in the order in which they count.
class Chosen {
 public:
  explicit Chosen(Environment heard) : heard_(heard == Environment::heard) {}
  std::string before(std::string_view variable, const std::string& stanza) const {
    std::string text = heard_ ? seal_variable(variable) : std::string();
    return text.empty() ? stanza : text;
  }
  std::string after(const std::string& stanza, std::string_view variable) const { return !stanza.empty() || !heard_ ? stanza : environment(variable); }
  Result<bool> flag(std::string_view name, const std::string& text, bool otherwise) const {
    if (text.empty()) return otherwise;
    auto value = hcl::to_flag({.key = std::string(name), .value = {.type = hcl::Type::string, .text = text}});
    if (!value) return fail(Code::invalid, concat(name, " of the environment is neither true nor false"));
    return value;
  }

 private:
  const bool heard_;
};

bool is_loopback(std::string_view address) {
  const auto rest = address.substr(address.find("://") + 3);
  const auto host = rest.substr(0, rest.starts_with('[') ? rest.find(']') + 1 : rest.find_first_of(":/"));
  in_addr parsed{};
  return host == "localhost" || host == "[::1]" || (::inet_pton(AF_INET, std::string(host).c_str(), &parsed) == 1 && (ntohl(parsed.s_addr) >> 24) == 127);
}

}  // namespace

Result<bool> TransitStanza::read(const hcl::Item& item, std::vector<std::string>& notes) {
  const std::pair<std::string_view, std::string*> texts[] = {
      {"address", &address}, {"mount_path", &mount_path}, {"key_name", &key_name}, {"namespace", &name_space}, {"key_id_prefix", &key_id_prefix},
      {"tls_ca_cert", &tls_ca_cert}, {"tls_ca_path", &tls_ca_path}, {"tls_client_cert", &tls_client_cert}, {"tls_client_key", &tls_client_key}, {"tls_server_name", &tls_server_name}};
  for (const auto& [name, text] : texts)
    if (item.key == name) return *text = TRY(hcl::to_text(item)), true;
  if (item.key == "disable_renewal") return disable_renewal = TRY(hcl::to_flag(item)), true;
  if (item.key == "tls_skip_verify") return tls_skip_verify = TRY(hcl::to_flag(item)), true;
  if (item.key != "token") return false;
  token = Secret(TRY(hcl::to_text(item)));
  if (is_written_out(token.reveal())) notes.push_back("seal: token lies in the configuration itself: better a file that the server alone may read (file:///path), or the environment's VAULT_TRANSIT_SEAL_TOKEN");
  return true;
}

Result<std::unique_ptr<const AutoSeal>> make_transit(const TransitStanza& stanza, Environment heard, Log& log) {
  const Chosen chosen(heard);
  TransitSeal::Options options;
  options.address = chosen.after(chosen.before("ADDR", stanza.address), "ADDR");
  options.mount_path = chosen.before("MOUNT_PATH", stanza.mount_path);
  options.key_name = chosen.before("KEY_NAME", stanza.key_name);
  options.key_id_prefix = stanza.key_id_prefix;
  options.name_space = chosen.after(stanza.name_space, "NAMESPACE");
  std::string token = chosen.before("TOKEN", std::string(stanza.token.reveal()));
  token = chosen.after(token, "TOKEN");
  options.token = TRY(resolve_secret(token, log));
  while (options.token.reveal().ends_with('\n')) options.token = Secret(options.token.reveal().substr(0, options.token.size() - 1));
  wipe(token.data(), token.size());
  options.renew_token = !TRY(chosen.flag("TRANSIT_SEAL_DISABLE_RENEWAL", chosen.before("DISABLE_RENEWAL", ""), stanza.disable_renewal.value_or(false)));
  options.tls = {.ca_cert = stanza.tls_ca_cert, .ca_path = stanza.tls_ca_path, .client_cert = stanza.tls_client_cert, .client_key = stanza.tls_client_key,
                 .server_name = chosen.after(stanza.tls_server_name, "TLS_SERVER_NAME")};
  // Whom to trust, and who this server is, come from one place: two halves of two settings would be neither.
  if (options.tls.ca_cert.empty() && options.tls.ca_path.empty()) options.tls.ca_cert = chosen.after("", "CACERT"), options.tls.ca_path = chosen.after("", "CAPATH");
  if (options.tls.client_cert.empty() && options.tls.client_key.empty()) options.tls.client_cert = chosen.after("", "CLIENT_CERT"), options.tls.client_key = chosen.after("", "CLIENT_KEY");
  options.tls.skip_verify = stanza.tls_skip_verify ? *stanza.tls_skip_verify : TRY(chosen.flag("SKIP_VERIFY", chosen.after("", "SKIP_VERIFY"), false));
  if (options.tls.skip_verify) log.warn("seal", "tls_skip_verify: whoever stands between this server and the seal's has the root key");
  if (options.address.starts_with("http://") && !is_loopback(options.address))
    log.warn("seal", "the root key goes over the network without TLS: use an https address", {{"address", options.address}});
  return TRY(TransitSeal::make(std::move(options), log));
}

}  // namespace sr::server
