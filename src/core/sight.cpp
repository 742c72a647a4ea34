#include "core/sight.h"
#include "base/concat.h"
#include "core/folded_path.h"

namespace sr {

CapabilitySet AclSight::given(const std::string& path) const { return acl_.given(path, folded_path(router_, path)); }

// Each folder on the way has to be one that may be listed or scanned. Names come sorted, so that most lie where the last one lay.
bool AclSight::opens(std::string_view folder) {
  while (!folders_.empty() && (folders_.back().end > folder.size() || last_.compare(0, folders_.back().end, folder, 0, folders_.back().end) != 0)) folders_.pop_back();
  last_ = folder;
  for (std::size_t at = folders_.empty() ? 0 : folders_.back().end; at < folder.size();) {
    at = folder.find('/', at) + 1;
    const auto its = given(concat(path_, folder.substr(0, at)));
    const bool is_open = (its.has(Capability::list) || its.has(Capability::scan)) && !its.denies();
    folders_.push_back({at, is_open && (folders_.empty() || folders_.back().is_open)});
  }
  return folders_.empty() || folders_.back().is_open;
}

bool AclSight::shows(std::string_view name) {
  const auto its = given(concat(path_, name));
  if (its.denies()) return false;
  if (its.has(Capability::read)) return true;
  const auto slash = name.rfind('/');
  return opens(name.substr(0, slash == name.npos ? 0 : slash + 1));
}

}  // namespace sr
