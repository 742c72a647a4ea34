#include "cli/global_flags.h"

namespace sr::cli {
namespace {

constexpr Flag http[] = {
    {.name = "address", .help = "Address of the server.", .standard = "https://127.0.0.1:8200", .environment = "ADDR"},
    {.name = "agent-address", .help = "Address of an agent to go through instead of the server.", .environment = "AGENT_ADDR"},
    {.name = "ca-cert", .help = "File with the PEM certificate of the authority that signed the server's certificate. Wins over -ca-path.", .environment = "CACERT"},
    {.name = "ca-path", .help = "Folder with PEM certificates of authorities.", .environment = "CAPATH"},
    {.name = "client-cert", .help = "File with the PEM certificate to show to the server. Needs -client-key.", .environment = "CLIENT_CERT"},
    {.name = "client-key", .help = "File with the PEM private key for -client-cert.", .environment = "CLIENT_KEY"},
    {.name = "tls-server-name", .help = "Name to expect in the server's certificate, where it differs from the address.", .environment = "TLS_SERVER_NAME"},
    {.name = "tls-skip-verify", .type = FlagType::boolean, .help = "Accept any server certificate. Whoever sits on the line can then read your secrets.", .standard = "false", .environment = "SKIP_VERIFY"},
    {.name = "disable-redirects", .type = FlagType::boolean, .help = "Do not follow the one redirect that is followed otherwise.", .standard = "false", .environment = "DISABLE_REDIRECTS"},
    {.name = "namespace", .help = "Namespace that paths are relative to. -ns is short for it.", .environment = "NAMESPACE"},
    {.name = "ns", .help = "Short for -namespace.", .hidden = true},
    {.name = "wrap-ttl", .type = FlagType::duration, .help = "Put the answer behind a single-use token that lives this long (\"30s\", \"5m\"); \"unwrap\" opens it.", .environment = "WRAP_TTL"},
    {.name = "mfa", .type = FlagType::list, .help = "Second factor, as METHOD:CODE. Repeatable.", .environment = "MFA"},
    {.name = "policy-override", .type = FlagType::boolean, .help = "Override a policy that is marked as overridable.", .standard = "false"},
    {.name = "header", .type = FlagType::map, .help = "Header to send along, as NAME=VALUE. Repeatable; names that start with X-Vault- are refused."},
    {.name = "output-curl-string", .type = FlagType::boolean, .help = "Print the request as a curl command instead of sending it.", .standard = "false"},
    {.name = "output-policy", .type = FlagType::boolean, .help = "Print the policy that the request would need instead of sending it.", .standard = "false"},
    {.name = "unlock-key", .help = "Key that unlocks a locked namespace."},
    {.name = "non-interactive", .type = FlagType::boolean, .help = "Never ask at the terminal, never read standard input.", .standard = "false"},
};

constexpr Flag output[] = {
    {.name = "field", .help = "Print this field of the answer alone, without a newline when the output is a pipe."},
    {.name = "format", .help = "How to print: \"table\", \"json\", \"yaml\" or \"pretty\"; \"raw\" (the response as it came) for read.", .standard = "table", .environment = "FORMAT"},
    {.name = "detailed", .type = FlagType::boolean, .help = "Show more about each entry, where the server says more.", .standard = "false", .environment = "DETAILED"},
};

}  // namespace

std::span<const Flag> http_flags() { return http; }

std::span<const Flag> output_flags(unsigned kinds) {
  // The combinations that exist are neighbours in the table.
  const std::size_t first = kinds & field ? 0 : 1;
  const std::size_t end = kinds & detailed ? 3 : kinds & format ? 2 : kinds & field ? 1 : first;
  return std::span<const Flag>(output).subspan(first, end - first);
}

}  // namespace sr::cli
