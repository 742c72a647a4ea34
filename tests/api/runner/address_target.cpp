#include <curl/curl.h>
#include <algorithm>
#include <cctype>
#include <thread>
#include "target.h"

namespace sr::api_test {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

size_t take_body(char* bytes, size_t size, size_t count, void* response) {
  static_cast<Response*>(response)->body.append(bytes, size * count);
  return size * count;
}

size_t take_header(char* bytes, size_t size, size_t count, void* context) {
  auto& response = *static_cast<Response*>(context);
  std::string_view line(bytes, size * count);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) response.headers.clear();  // what came before was a 100 Continue
  const auto colon = line.find(':');
  if (colon == line.npos) return size * count;
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  response.headers.emplace_back(line.substr(0, colon), value);
  return size * count;
}

class AddressTarget final : public Target {
 public:
  explicit AddressTarget(AddressOptions options) : options_(std::move(options)), curl_(curl_easy_init()) {}
  ~AddressTarget() override { curl_easy_cleanup(curl_); }

  Result<Response> send(const Request& request) override {
    Response response;
    curl_easy_reset(curl_);  // keeps the connection
    const std::string url = options_.address + request.target;
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));  // what the scripts say of heads and bodies is about this one
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_TIMEOUT, 60L);
    set(CURLOPT_WRITEFUNCTION, take_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&response));
    set(CURLOPT_HEADERFUNCTION, take_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&response));
    if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
    if (request.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else if (!request.body.empty()) {
      set(CURLOPT_POSTFIELDS, request.body.data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    } else if (request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
      set(CURLOPT_POSTFIELDS, "");
    }
    if (request.method != "HEAD") set(CURLOPT_CUSTOMREQUEST, request.method.c_str());

    curl_slist* headers = curl_slist_append(nullptr, "Expect:");
    bool typed = false;
    for (const auto& [name, value] : request.headers) {
      headers = curl_slist_append(headers, (name + (value.empty() ? ";" : ": " + value)).c_str());
      typed |= same_name(name, "Content-Type");
    }
    if (!typed) headers = curl_slist_append(headers, "Content-Type:");  // or curl would call it a form
    set(CURLOPT_HTTPHEADER, headers);
    const CURLcode code = curl_easy_perform(curl_);
    curl_slist_free_all(headers);
    // A server that refuses a large body early may close while we still send: what it answered counts.
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK && status == 0) return fail(Code::upstream, std::string("no answer: ") + curl_easy_strerror(code));
    response.status = static_cast<int>(status);
    return response;
  }

  const std::string& root_token() const override { return options_.root_token; }
  bool meets(Need need) const override {
    switch (need) {
      case Need::own_server: return options_.own_server;
      case Need::uninitialised: return options_.uninitialised && !options_.static_seal;
      case Need::static_seal: return options_.static_seal;
      case Need::each_once: return true;
      case Need::every_endpoint: return options_.every_endpoint;
      case Need::lender: return false;
    }
    return false;
  }

  bool advance(std::chrono::seconds by) override {
    if (by > options_.patience) return false;
    std::this_thread::sleep_for(by);
    return true;
  }

 private:
  template <class T> void set(CURLoption option, T value) { curl_easy_setopt(curl_, option, value); }

  const AddressOptions options_;
  CURL* curl_;
};

}  // namespace

const std::string* Response::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (same_name(key, name)) return &value;
  return nullptr;
}

std::unique_ptr<Target> address_target(AddressOptions options) {
  while (options.address.ends_with('/')) options.address.pop_back();
  return std::make_unique<AddressTarget>(std::move(options));
}

}  // namespace sr::api_test
