// The /v1 API over HTTP: what a request means to the core, and the envelope around what the core answers. Vault's manners at the
// edge live here and nowhere further in.
#pragma once
#include "core/core.h"
#include "http/message.h"

namespace sr::http {

class V1 final : public Service {
 public:
  struct Options {
    std::vector<Header> response_headers{{"Strict-Transport-Security", "max-age=31536000; includeSubDomains"}};
  };
  V1(Core& core, Options options);

  void serve(Loop& loop, Request request, Reply reply) override;

 private:
  Response respond(Answer answer, const std::string* space) const;
  Response error(int status, std::string_view message) const;
  Response blank(int status) const;  // JSON

  Core& core_;
  const std::vector<Header> headers_;  // of every answer; the first is the type, which raw answers say themselves
};

}  // namespace sr::http
