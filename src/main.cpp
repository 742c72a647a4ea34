// The one binary: the command line, and behind its word "server" the server.
#include <string>
#include <vector>
#include "cli/cli.h"
#ifdef STRONGROOM_WITH_SERVER
#include "server/server.h"
#endif

int main(int count, char** words) {
  std::vector<sr::cli::Program> programs;
#ifdef STRONGROOM_WITH_SERVER
  programs.push_back({"server", [](std::vector<std::string> args) { return sr::server::run(std::move(args)); }});
  programs.push_back({"operator validate-config", [](std::vector<std::string> args) { return sr::server::validate_config(std::move(args)); }});
#endif
  return sr::cli::run({words + (count > 0), words + count}, count > 0 ? words[0] : "strongroom", programs);
}
