// Which headers of a request go into its audit lines, as sys/config/auditing/request-headers says.
//
// Shared by all threads. The table is published as a whole, since every request asks it; it is read at unseal and after each change.
// One row each: audit-header/<name in lower case>.
#pragma once
#include <atomic>
#include "base/log.h"
#include "base/published.h"
#include "logical/field.h"
#include "storage/barrier.h"
#include "storage/transaction.h"

namespace sr {

struct AuditedHeader {
  std::string name{};   // lower case
  bool hmac = false;    // as it was wished

  // Where tokens travel: hashed whatever was wished, so that no log shows one.
  bool is_hashed() const { return hmac || name == "x-vault-token" || name == "authorization" || name == "cookie"; }
};

class AuditedHeaders {
 public:
  using Table = std::vector<AuditedHeader>;  // by name

  AuditedHeaders(const Store& store, const Barrier& barrier, Log& log) : store_(store), barrier_(barrier), log_(log) {}

  // Null while there are none: one load then.
  std::shared_ptr<const Table> wanted() const { return any_.load(std::memory_order_acquire) ? table_.load() : nullptr; }

  // ---- in the caller's transaction; a name in any case ---------------------------------------------------------------------
  Result<Table> list(Transaction&) const;
  Result<std::optional<AuditedHeader>> read(Transaction&, std::string_view name) const;
  Result<void> write(Transaction&, std::string_view name, bool hmac) const;
  Result<void> remove(Transaction&, std::string_view name) const;

  Result<void> load();
  void unload();
  void let_go() const { static_cast<void>(table_.load()); }
  void on_commit(std::span<const std::string_view> keys);

 private:
  const Store& store_;
  const Barrier& barrier_;
  Log& log_;
  std::atomic<bool> any_ = false;
  Published<Table> table_;
};

}  // namespace sr
