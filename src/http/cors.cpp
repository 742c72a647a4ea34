#include "http/cors.h"

namespace sr::http {
namespace {

// As Vault has them; PATCH is not among them.
constexpr std::string_view methods[] = {"DELETE", "GET", "OPTIONS", "POST", "PUT", "LIST", "SCAN"};

template <class Texts> std::string joined(const Texts& texts) {
  std::string all;
  for (const auto& text : texts) (all += all.empty() ? "" : ",") += text;
  return all;
}

}  // namespace

CorsVerdict judge_origin(const CorsRules& rules, const Request& request, std::string_view origin) {
  if (!rules.admits(origin)) return {.status = 403};
  const bool preflight = request.method == "OPTIONS";
  if (preflight) {
    const auto* wanted = request.header("Access-Control-Request-Method");
    if (!wanted || std::ranges::find(methods, *wanted) == std::end(methods)) return {.status = 405};
  }
  CorsVerdict verdict{.headers = {{"Access-Control-Allow-Origin", std::string(origin)}, {"Vary", "Origin"}}};
  if (rules.credentials) verdict.headers.push_back({"Access-Control-Allow-Credentials", "true"});
  if (!preflight) return verdict;
  verdict.status = 200;
  verdict.headers.push_back({"Access-Control-Allow-Methods", joined(methods)});
  verdict.headers.push_back({"Access-Control-Allow-Headers", joined(rules.all_headers())});
  verdict.headers.push_back({"Access-Control-Max-Age", "300"});
  return verdict;
}

}  // namespace sr::http
