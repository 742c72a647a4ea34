// CORS at the edge: which pages of other origins a browser lets call this server.
#pragma once
#include "core/web_settings.h"
#include "http/message.h"

namespace sr::http {

// What the Origin of a request means: refused or answered here, or headers that its answer needs.
struct CorsVerdict {
  int status = 0;                 // not 0: the answer, with these headers and without a body; 403 has its message
  std::vector<Header> headers{};
};
CorsVerdict judge_origin(const CorsRules& rules, const Request& request, std::string_view origin);

}  // namespace sr::http
