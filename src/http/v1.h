// The /v1 API over HTTP: what a request means to the core, and the envelope around what the core answers. Vault's manners at the
// edge live here and nowhere further in.
#pragma once
#include <atomic>
#include <mutex>
#include "core/core.h"
#include "http/forwarded.h"
#include "http/message.h"
#include "http/response_headers.h"

namespace sr::http {

// One for each listener, over the one core: what the listener asks of requests, and what its answers have beside their own.
class V1 final : public Service {
 public:
  struct Options {
    CustomHeaders custom_headers{};
    ForwardedRules forwarded{};
    bool open_metrics = false, open_in_flight = false;  // sys/metrics, sys/in-flight-req: for anybody, sealed or not
    bool no_rekey = false, no_generate_root = false;    // what shares alone can do is not to be had here
    bool require_request_header = false;  // X-Vault-Request: true, which a web page cannot make a browser send
  };
  V1(Core& core, Options options);

  void serve(Loop& loop, Request request, Reply reply) override;
  std::optional<Response> refuse_by_head(const Request& request) override;  // no large body while sealed, or from whom a rate limit refuses
  // The requests whose body is handed on as it comes in: those that put a snapshot back.
  static bool streams_body(const Request& head);
  void set_custom_headers(const CustomHeaders& custom);  // from any thread, at any time; checked before

 private:
  Response respond(Answer answer, const std::string* space) const;
  Response error(int status, std::string_view message, std::string_view advice = {}) const;
  Response blank(int status) const;  // JSON

  Core& core_;
  const Options options_;
  // Answers under way borrow from what was in use before, so all of it stays; it changes when an administrator says so.
  std::mutex mutex_;  // guards all_headers_
  std::vector<std::unique_ptr<const ResponseHeaders>> all_headers_;
  std::atomic<const ResponseHeaders*> headers_;
};

}  // namespace sr::http
