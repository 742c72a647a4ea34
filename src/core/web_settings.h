// What browsers are told: whose pages may call the API (CORS), and the headers of the user interface's pages.
//
// Shared by all threads. The rules of CORS are published as a whole, since every request with an Origin asks them; they are
// read at unseal and after each change. One row each: web/cors and web/ui-header/<name>.
#pragma once
#include <atomic>
#include "base/log.h"
#include "base/published.h"
#include "logical/field.h"
#include "storage/barrier.h"
#include "storage/transaction.h"

namespace sr {

struct CorsRules {
  Strings origins{};            // "*" alone: all
  Strings headers{};            // that a page may send, beside the usual ones
  bool credentials = false;
  template <class Archive> void fields(Archive& archive) {
    archive(1, origins);
    archive(2, headers);
    archive(3, credentials);
  }

  bool admits(std::string_view origin) const;
  Strings all_headers() const;  // with those that every client of the API sends
};

struct UiHeader {
  Strings values{};
  template <class Archive> void fields(Archive& archive) { archive(1, values); }
};

class WebSettings {
 public:
  WebSettings(const Store& store, const Barrier& barrier, Log& log) : store_(store), barrier_(barrier), log_(log) {}

  // The rules in force, or null while CORS is off: one load then.
  std::shared_ptr<const CorsRules> cors() const { return enabled_.load(std::memory_order_acquire) ? cors_.load() : nullptr; }

  // ---- in the caller's transaction ------------------------------------------------------------------------------------
  Result<std::optional<CorsRules>> read_cors(Transaction&) const;
  Result<void> write_cors(Transaction&, CorsRules) const;   // checks them
  Result<void> disable_cors(Transaction&) const;
  // Names are kept as HTTP writes them: "X-Frame-Options".
  Result<Strings> list_ui_headers(Transaction&) const;
  Result<std::optional<UiHeader>> read_ui_header(Transaction&, std::string_view name) const;
  Result<void> write_ui_header(Transaction&, std::string_view name, UiHeader) const;
  Result<void> remove_ui_header(Transaction&, std::string_view name) const;

  Result<void> load();
  void unload();
  void let_go() const { static_cast<void>(cors_.load()); }
  void on_commit(std::span<const std::string_view> keys);

 private:
  const Store& store_;
  const Barrier& barrier_;
  Log& log_;
  std::atomic<bool> enabled_ = false;
  Published<CorsRules> cors_;
};

}  // namespace sr
