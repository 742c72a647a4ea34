// The one binary: the command line, and behind its word "server" the server.
#include <fcntl.h>
#include <string>
#include <vector>
#include "cli/cli.h"
#ifdef STRONGROOM_WITH_SERVER
#include "server/diagnose.h"
#include "server/server.h"
#endif

namespace {

// Somebody may start us with a standard stream closed. The next file or connection would then get its number, and what is printed would
// go into it.
void open_standard_streams() {
  for (int file = 0; file <= 2; ++file)
    if (fcntl(file, F_GETFD) < 0) static_cast<void>(open("/dev/null", file == 0 ? O_RDONLY : O_WRONLY));
}

}  // namespace

int main(int count, char** words) {
  open_standard_streams();
  std::vector<sr::cli::Program> programs;
#ifdef STRONGROOM_WITH_SERVER
  programs.push_back({"server", [](std::vector<std::string> args) { return sr::server::run(std::move(args)); }});
  programs.push_back({"operator diagnose", [](std::vector<std::string> args) { return sr::server::run_diagnose(std::move(args)); }});
  programs.push_back({"operator validate-config", [](std::vector<std::string> args) { return sr::server::validate_config(std::move(args)); }});
#endif
  return sr::cli::run({words + (count > 0), words + count}, count > 0 ? words[0] : "strongroom", programs);
}
