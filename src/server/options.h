// The words behind `strongroom server`.
#pragma once
#include "server/config.h"

namespace sr::server {

struct Options {
  std::vector<std::string> config_paths{};
  bool dev = false;
  bool dev_no_store_token = false;
  bool dev_tls = false;
  std::string dev_tls_cert_dir{};     // "": a temporary one; from run() on: where the files are
  std::vector<std::string> dev_tls_names{};
  std::string dev_root_token{};       // "": a random one
  std::string dev_listen_address{};
  std::optional<std::string> log_level{}, log_format{}, log_file{};
  bool help = false;
};

Result<Options> parse_options(const std::vector<std::string>& args);
std::string_view help_text();

// Files, environment (STRONGROOM_, BAO_, VAULT_LOCAL_CONFIG) and flags, in this order; the later wins.
Result<Config> read_config(const Options& options);

}  // namespace sr::server
