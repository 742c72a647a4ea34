// What the scripts of tests/api are played on: a server behind an address, or a core in this process with a clock of its
// own. A target answers one request at a time and outlives the player.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>
#include "base/result.h"

namespace sr::api_test {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  std::string target;    // "/v1/sys/mounts?list=true", sent exactly as written
  Headers headers{};
  std::string body{};
};

struct Response {
  int status = 0;
  Headers headers{};
  std::string body{};

  const std::string* header(std::string_view name) const;  // in any case; null when absent
};

// What a script may need beyond a server that answers.
enum class Need {
  own_server,     // a state that nobody else sees: the script may seal it or change what belongs to all
  uninitialised,  // and that no sys/init has seen; the script does that itself
  static_seal,    // and whose configuration has a seal "static": it opens itself
  each_once,      // each request is sent exactly once: the script counts what the server counts
  every_endpoint, // a server whose configuration switches on what is off unless asked for: sys/raw and sys/internal/inspect
  lender,         // an engine "lender", whose secrets have leases; it is of the tests alone, so only a core in this process has it
};

// What a script finds: a server that is unsealed, one that nobody has initialised, one of those whose seal opens it, and the two above.
enum class Start { ready, uninitialised, static_seal, every_endpoint, lender };

class Target {
 public:
  virtual ~Target() = default;

  // An error is a failure to talk at all; whatever the server answers is a Response.
  virtual Result<Response> send(const Request& request) = 0;
  virtual const std::string& root_token() const = 0;

  // Moves the target's clock; false where it cannot, and the rest of the script is then left out.
  virtual bool advance(std::chrono::seconds by) = 0;

  // For an address only whoever started the runner knows.
  virtual bool meets(Need need) const = 0;

  // Back to the state at the start, before each script; a target without that keeps what it has, and the player sweeps.
  virtual void reset(Start start) { static_cast<void>(start); }
};

struct AddressOptions {
  std::string address;              // "https://127.0.0.1:8200"
  std::string root_token;
  std::string ca_file{};            // to verify the server with; empty: the system's
  bool own_server = false;
  bool uninitialised = false;
  bool static_seal = false;
  bool every_endpoint = false;
  std::chrono::seconds patience{5}; // longest `advance` that is slept
};
std::unique_ptr<Target> address_target(AddressOptions options);

}  // namespace sr::api_test
