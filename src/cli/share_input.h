// A key share, as rekey and generate-root take it: as an argument, from standard input for "-", or typed at the terminal, unseen.
#pragma once
#include <expected>
#include <string>
#include "base/secret.h"
#include "cli/call.h"

namespace sr::cli {

struct ShareInput {
  Secret share;
  std::string nonce;
};

struct ShareQuestion {
  std::string_view kind = "Unseal";  // or "Recovery": of which key
  std::string_view title;            // of the line that shows the nonce above the prompt
  std::string nonce;                 // of the attempt under way
};

// At the terminal the nonce is shown and taken; otherwise -nonce must name it, so that a script gives its share to the attempt that
// it means and to no other. The exit code when there is no share or no nonce.
std::expected<ShareInput, int> read_share(Call& call, const ShareQuestion& question);

}  // namespace sr::cli
