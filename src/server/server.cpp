#include "server/server.h"
#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include "base/concat.h"
#include "base/version.h"
#include "crypto/key_secret.h"
#include "server/dev_tls.h"
#include "server/node.h"
#include "server/notify.h"
#include "server/options.h"

namespace sr::server {
namespace {

constexpr std::chrono::milliseconds patience_at_end{10'000};

void print_banner(const Config& config, const Node& node) {
  std::printf("==> Strongroom server configuration:\n\n");
  for (std::size_t i = 0; i < node.addresses().size(); ++i) {
    const auto& listener = config.listeners[i].net;
    std::printf("%24s: %s (addr: \"%s\", tls: \"%s\")\n", concat("Listener ", std::to_string(i + 1)).c_str(), listener.unix_socket ? "unix" : "tcp",
                node.addresses()[i].c_str(), listener.tls ? "enabled" : "disabled");
  }
  std::printf("%24s: %s%s%s\n", "Storage", config.storage->type.c_str(), config.storage->path.empty() ? "" : " at ", config.storage->path.c_str());
  std::printf("%24s: Strongroom v%s (API of Vault 1.19)\n\n", "Version", std::string(version).c_str());
  std::printf("==> Strongroom server started! Log data will stream in below:\n\n");
  std::fflush(stdout);
}

void print_dev(const Node& node, const Node::Dev& dev, const Options& options) {
  std::printf("WARNING! dev mode is enabled! In this mode, Strongroom runs entirely in memory\n"
              "and starts unsealed with a single unseal key. The root token is already\n"
              "authenticated to the CLI, so you can immediately begin using it.\n\n"
              "You may need to set the following environment variables:\n\n"
              "    $ export VAULT_ADDR='%s://%s'\n%s\n"
              "The unseal key and root token are displayed below in case you want to\n"
              "seal/unseal the server or re-authenticate.\n\n"
              "Unseal Key: %s\nRoot Token: %s\n\n"
              "Development mode should NOT be used in production installations!\n\n",
              options.dev_tls ? "https" : "http", node.addresses()[0].c_str(),
              options.dev_tls ? concat("    $ export VAULT_CACERT='", options.dev_tls_cert_dir, "/vault-ca.pem'\n\n").c_str() : "", dev.unseal_key.c_str(), dev.root_token.c_str());
  std::fflush(stdout);
}

// As the command line does after a login, so that it finds the token.
void store_dev_token(const std::string& token) {
  const char* home = std::getenv("HOME");
  if (!home || !*home) return;
  const std::string path = concat(home, "/.vault-token"), fresh = concat(path, ".new");
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return;
  const bool whole = ::write(file, token.data(), token.size()) == static_cast<ssize_t>(token.size());
  ::close(file);
  if (!whole || ::rename(fresh.c_str(), path.c_str()) != 0) ::unlink(fresh.c_str());
}

// A large body is memory of its own, which goes back to the system with it. By itself malloc learns from the first one that is
// freed to keep what follows: 2 GiB after a burst that is over.
void keep_no_large_blocks() {
  mallopt(M_MMAP_THRESHOLD, 256 * 1024);
  mallopt(M_TRIM_THRESHOLD, 1024 * 1024);  // what one turn of a loop frees, the next one takes again
}

// Connections are files: as many as the system lets us have.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int complain(const Error& error) {
  std::fprintf(stderr, "Error: %s\n", error.message.c_str());
  return 1;
}

}  // namespace

int run(std::vector<std::string> args) {
  auto options = parse_options(args);
  if (!options) return complain(options.error());
  if (options->help) return std::fputs(std::string(help_text()).c_str(), stdout), 0;
  std::optional<DevTlsFiles> dev_tls;  // outlives the node
  if (options->dev_tls) {
    auto files = DevTlsFiles::make(options->dev_tls_cert_dir, options->dev_tls_names);
    if (!files) return complain(files.error());
    dev_tls.emplace(std::move(*files));
    options->dev_tls_cert_dir = dev_tls->folder();
  }
  const auto config = read_config(*options);
  if (!config) return complain(config.error());

  // Before any thread: signals come to this one only, where they are waited for.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGHUP, SIGTERM, SIGINT, SIGUSR2}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  umask(0077);
  raise_file_limit();
  keep_no_large_blocks();

  Log log({.level = config->log_level, .format = config->log_format, .file = config->log_file});
  const auto protection = protect_process_memory();
  if (!config->disable_mlock && !protection.locked) log.warn("server", "memory is not locked and may be swapped out: give the process CAP_IPC_LOCK or an unlimited memlock limit, or turn swap off");
  for (const auto& note : config->notes) log.warn("server", note);

  auto node = Node::open(*config, log);
  if (!node) return complain(node.error());
  if (const auto started = (*node)->start(); !started) return complain(started.error());
  if (!config->pid_file.empty())
    if (std::FILE* file = std::fopen(config->pid_file.c_str(), "w")) std::fprintf(file, "%d\n", getpid()), std::fclose(file);
  print_banner(*config, **node);
  if (options->dev) {
    const auto dev = (*node)->prepare_dev(options->dev_root_token);
    if (!dev) return complain(dev.error());
    if (!options->dev_no_store_token) store_dev_token(dev->root_token);
    print_dev(**node, *dev, *options);
  }
  notify_service_manager("READY=1");

  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal == SIGHUP) {
      log.info("server", "reload: reading TLS files, log level and audit files again");
      log.reopen();
      const auto again = read_config(*options);
      if (again) log.set_level(again->log_level);
      else log.error("server", "the configuration is wrong, going on with the old one", {{"why", again.error().message}});
      (*node)->reload(again ? &*again : nullptr);
    } else if (signal != SIGUSR2) {
      break;
    }
  }
  notify_service_manager("STOPPING=1");
  log.info("server", "shutting down: finishing the requests under way");
  (*node)->stop(patience_at_end);
  if (!config->pid_file.empty()) ::unlink(config->pid_file.c_str());
  log.info("server", "bye");
  return 0;
}

}  // namespace sr::server
