// `strongroom server`: configuration, composition, signals.
#pragma once
#include <string>
#include <vector>

namespace sr::server {

// Runs until SIGTERM or SIGINT. SIGHUP reads TLS files, the log level and the audit files again. Exit codes: 0 a clean end, 1 a
// configuration or a start that failed, with the reason on standard error.
int run(std::vector<std::string> args);

// `strongroom operator validate-config -config=...`: 0 when a server could start with it, 1 when not, with the reason on standard
// error, 3 when no -config was given or a word was wrong. -format=json says it to programs. Nothing is opened: neither the store nor the listeners.
int validate_config(std::vector<std::string> args);

}  // namespace sr::server
