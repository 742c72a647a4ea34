// The listener stanza of a configuration.
#pragma once
#include "server/config.h"

namespace sr::server {

// What has no effect goes to the notes.
Result<ListenerConfig> read_listener(const hcl::Block& block, std::string_view source, std::vector<std::string>& notes);

// "unknown or unsupported field X found in configuration at a.hcl:3", as Vault has it.
std::string unknown_field(const hcl::Item& item, std::string_view source);

}  // namespace sr::server
