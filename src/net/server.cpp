#include "net/server.h"
#include <sys/resource.h>
#include <latch>
#include "base/assert.h"
#include "net/connection.h"
#include "net/listener.h"

namespace sr::net {

struct Server::State {
  struct Listening {
    EventLoop& loop;
    EventLoop::Slot slot;
  };

  Loops& loops;
  Crowd crowd;
  std::vector<std::unique_ptr<Terms>> terms;  // one for each listener
  std::vector<std::string> addresses;
  std::vector<Listening> listening;
  std::vector<UnixSocketName> names;

  State(Loops& all, const Options& options) : loops(all), crowd(options.connections, options.bodies_bytes) {}

  // Runs `task` on the loop, and waits for it.
  template <class Task> static void run_on(EventLoop& loop, Task task) {
    std::latch done(1);
    loop.post([&] {
      task();
      done.count_down();
    });
    done.wait();
  }
  void stop_connections(Connection::Stop how) {
    for (std::size_t i = 0; i < loops.size(); ++i) {
      auto& loop = loops.event_loop(i);
      run_on(loop, [&] {
        loop.for_each([&](Watched& watched) {
          auto* connection = dynamic_cast<Connection*>(&watched);
          if (connection && &connection->crowd() == &crowd) connection->stop(how);
        });
      });
    }
  }
};

Server::Server(Loops& loops, http::Service& service, Log& log, Options options) : state_(std::make_unique<State>(loops, options)) {
  for (auto& listener : options.listeners) {
    auto& answering = listener.service ? *listener.service : service;
    auto tls = listener.tls ? std::make_unique<TlsContext>(*listener.tls) : nullptr;
    state_->terms.push_back(std::unique_ptr<Terms>(new Terms{answering, log, state_->crowd, std::move(listener), std::move(tls)}));
  }
}
Server::~Server() { stop(std::chrono::milliseconds(0)); }

Result<void> Server::start() {
  SR_ASSERT(state_->listening.empty());
  // A connection is a descriptor, and the usual soft limit is 1024.
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
  }
  TRY(reload_tls());
  std::vector<Bound> all;
  for (const auto& terms : state_->terms) all.push_back(TRY(listen_on(terms->options)));
  for (std::size_t i = 0; i < all.size(); ++i) {
    state_->addresses.push_back(all[i].address);
    state_->names.push_back(std::move(all[i].name));
    auto& loop = state_->loops.event_loop(i % state_->loops.size());
    EventLoop::Slot slot = 0;
    State::run_on(loop, [&] { slot = Listener::begin(loop, state_->loops, *state_->terms[i], std::move(all[i].socket)); });
    state_->listening.push_back({loop, slot});
  }
  return {};
}

const std::vector<std::string>& Server::addresses() const { return state_->addresses; }

Result<void> Server::reload_tls() {
  Result<void> first_error;
  for (const auto& terms : state_->terms) {
    if (!terms->tls) continue;
    auto loaded = terms->tls->load();
    if (!loaded && first_error) first_error = std::move(loaded);
  }
  return first_error;
}

void Server::stop(std::chrono::milliseconds patience) {
  state_->crowd.stopping = true;
  // Once a listener is off its loop, every connection that it dealt has been posted before what is posted now.
  for (auto& listening : state_->listening) State::run_on(listening.loop, [&] { listening.loop.remove(listening.slot); });
  state_->listening.clear();
  state_->names.clear();
  state_->stop_connections(Connection::Stop::gently);
  const auto empty = [this] { return state_->crowd.open == 0; };
  {
    std::unique_lock lock(state_->crowd.mutex);
    if (state_->crowd.left.wait_for(lock, patience, empty)) return;
  }
  state_->stop_connections(Connection::Stop::now);
  std::unique_lock lock(state_->crowd.mutex);
  state_->crowd.left.wait(lock, empty);
}

}  // namespace sr::net
