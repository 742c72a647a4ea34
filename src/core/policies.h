// The policies as stored, and the compiled ACL of each set of them that a token has.
//
// Shared by all threads. Every change of a policy rewrites one row, policies_changed; an Acl is true as long as that row has
// the revision that it was compiled at, and that is the one precondition that judging adds to a request. Policies and rules may expire; an Acl is
// then made anew.
#pragma once
#include "base/published.h"
#include "core/acl.h"
#include "logical/field.h"
#include "storage/transaction.h"

namespace sr {

struct StoredPolicy {
  std::string text{};
  Time written{};
  std::int64_t version = 1;            // counts the writes
  bool cas_required = false;           // every write must say the version that it replaces
  std::optional<Time> expiration{};    // from then on it is as if it were not there
  template <class Archive> void fields(Archive& archive) {
    archive(1, text);
    archive(2, written);
    archive(3, version);
    archive(4, cas_required);
    archive(5, expiration);
  }
};

class Policies {
 public:
  explicit Policies(const Clock& clock) : clock_(clock) {}

  // A set of names is known by its id, whose length does not depend on how many there are: a cached token keeps it.
  static std::string set_id(const Strings& names);
  Result<std::shared_ptr<const Acl>> acl(Transaction&, const Strings& names, const std::string& set_id);
  Result<std::shared_ptr<const Acl>> acl(Transaction& transaction, const Strings& names) { return acl(transaction, names, set_id(names)); }

  Result<std::optional<StoredPolicy>> read(Transaction&, const PolicyName&);
  Result<Strings> list(Transaction&, Page);                    // with "root", which has no row
  Result<void> write(Transaction&, const PolicyName&, StoredPolicy);
  Result<void> remove(Transaction&, const PolicyName&);
  Result<bool> exists(Transaction&, const PolicyName&);

  void on_commit(Revision, std::span<const std::string_view> keys);
  void forget(Revision at = 0);  // at seal; and of another store, whose rows begin after this revision

 private:
  struct Compiled { std::shared_ptr<const Acl> acl; Revision changed_at; Time until; };  // when the first of its rules expires

  const Clock& clock_;
  std::mutex mutex_;  // guards the two below
  std::unordered_map<std::string, Compiled> compiled_;  // by the id of the set
  Revision evicted_at_ = 0;
};

}  // namespace sr
