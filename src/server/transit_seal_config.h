// The stanza `seal "transit"`: the server and the key that wrap our root key.
#pragma once
#include <memory>
#include <optional>
#include "base/log.h"
#include "base/secret.h"
#include "storage/auto_seal.h"
#include "text/hcl.h"

namespace sr::server {

struct TransitStanza {
  std::string address{}, mount_path{}, key_name{}, name_space{}, key_id_prefix{};
  Secret token{};                // or where it lies: env://NAME, file:///path
  std::optional<bool> disable_renewal{}, tls_skip_verify{};
  std::string tls_ca_cert{}, tls_ca_path{}, tls_client_cert{}, tls_client_key{}, tls_server_name{};

  // False: there is no such parameter.
  Result<bool> read(const hcl::Item& item, std::vector<std::string>& notes);
};

// Of the seal in use the environment has its say, too; one that is disabled is what the stanza says.
enum class Environment : std::uint8_t { heard, ignored };
Result<std::unique_ptr<const AutoSeal>> make_transit(const TransitStanza& stanza, Environment, Log& log);

}  // namespace sr::server
