// Serves one constant answer on one loop, for a comparison with another server: what the network side alone costs.
//   net_bench 127.0.0.1:8200 [CERT KEY]
#include <csignal>
#include <cstdio>
#include "net/server.h"

namespace {

struct Constant final : sr::http::Service {
  void serve(sr::Loop&, sr::http::Request, sr::http::Reply reply) override {
    static const std::string body(230, 'x');
    auto response = sr::http::Response::text(200, "application/json", body);
    response.headers.push_back({"Cache-Control", "no-store"});
    reply(std::move(response));
  }
};

}  // namespace

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  sr::Log log({});
  sr::net::Loops loops(1);
  Constant service;
  sr::net::ListenerOptions listener{.address = argc > 1 ? argv[1] : "127.0.0.1:8200"};
  if (argc > 3) listener.tls = sr::net::TlsOptions{.cert_file = argv[2], .key_file = argv[3]};
  sr::net::Server server(loops, service, log, {.listeners = {listener}});
  if (auto started = server.start(); !started) return std::fprintf(stderr, "%s\n", started.error().message.c_str()), 1;
  std::printf("%s\n", server.addresses()[0].c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  server.stop(std::chrono::seconds(1));
}
