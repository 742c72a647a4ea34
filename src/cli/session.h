// The connection of one command to its server: made from flags and environment, and the ways of asking that the commands
// share. A request that is only to be printed (-output-curl-string, -output-policy) is kept instead of sent. Resource; one thread.
#pragma once
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include "cli/answer.h"
#include "cli/flags.h"
#include "client/api_client.h"

namespace sr::cli {

// Why a request brought no answer: what the server refused it with, or what kept it from being sent.
struct Refusal {
  int status = 0;  // 0: there was no answer at all
  std::string text;
  std::unique_ptr<Answer> answer{};  // what came with a 404, when there is something to show
};
inline Refusal refusal(std::string text) { return Refusal{0, std::move(text)}; }
template <class T> using Outcome = std::expected<T, Refusal>;
using MaybeAnswer = Outcome<std::unique_ptr<Answer>>;  // null: there was no content

class Session {
 public:
  enum class Instead : std::uint8_t { send, curl_string, policy };

  // The client with the caller's token. `program` is how the command line was called.
  static Result<std::unique_ptr<Session>> open(const FlagValues& flags, Instead instead, std::string program);

  client::ApiClient& client() { return *client_; }
  // The token from flags, environment or token helper; read before the first request that needs it.
  Result<void> take_token();

  // Nothing there is an answer of read() and list(), and a refusal for fetch() and those that change something.
  MaybeAnswer read(const std::string& path, client::Query query = {});
  MaybeAnswer fetch(const std::string& path, client::Query query = {});
  MaybeAnswer list(const std::string& path, client::Query query = {});
  MaybeAnswer scan(const std::string& path, client::Query query = {});
  MaybeAnswer write(const std::string& path, std::string body, std::string method = "PUT");
  MaybeAnswer patch(const std::string& path, std::string body);
  MaybeAnswer remove(const std::string& path, client::Query query = {});
  Outcome<client::Response> send(client::Request request);  // any status but a refusal

  // From here on requests are not wrapped, and sent although the command only prints one: a look ahead that decides what the
  // real request is.
  class Ahead {
   public:
    explicit Ahead(Session& session) : session_(session), instead_(session.instead_), wrap_(std::exchange(session.wrap_, false)) { session.instead_ = Instead::send; }
    ~Ahead() { session_.instead_ = instead_; session_.wrap_ = wrap_; }
    Ahead(const Ahead&) = delete;
    Ahead& operator=(const Ahead&) = delete;

   private:
    Session& session_;
    Instead instead_;
    bool wrap_;
  };
  void stop_wrapping() { wrap_ = false; }
  Instead instead() const { return instead_; }
  const std::optional<std::string>& printed() const { return printed_; }  // what was asked for instead of sending

 private:
  Session() = default;
  std::string curl_string(const client::Request& request) const;

  std::unique_ptr<client::ApiClient> client_;
  std::string program_;
  std::string wrap_ttl_;
  bool wrap_ = true;
  Instead instead_ = Instead::send;
  std::optional<std::string> printed_;
};

}  // namespace sr::cli
