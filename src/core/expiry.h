// What ends, ordered by when: one row for each token or lease that has an end. Nothing of it is held in memory and nothing is read at
// unseal; whoever takes away what is due looks at the head.
//
// A look begins at a mark: before it lie nothing but deleted rows, and a store that has deleted a million needs half a second to get
// past them. The mark belongs to the one job that looks; keys may be made on any thread.
#pragma once
#include "logical/field.h"
#include "storage/barrier.h"
#include "storage/transaction.h"

namespace sr {

class ExpiryIndex {
 public:
  explicit ExpiryIndex(std::string_view folder) : folder_(folder) {}

  std::string key(Time, std::string_view what) const;  // relative to core_view()
  static std::string_view what_of(std::string_view name) { return name.substr(second_digits + 1); }

  // The names of what was due at `now`, "<second>/<what>", at most so many, behind `after` or else from the mark on.
  Result<Strings> due(Store&, const Barrier&, Time now, std::size_t most, std::string_view after = {}) const;
  // All that was due at that time is gone.
  void passed(Time now);
  void forget() { mark_.clear(); }  // with the job at rest: the store is another one

 private:
  static constexpr std::size_t second_digits = 16;
  static std::string second_of(Time);

  const std::string_view folder_;
  std::string mark_;
};

}  // namespace sr
