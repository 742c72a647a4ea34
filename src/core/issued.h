// What mounts have given out, by mount and path: a row for each lease and for each token that a client may find by its path. The rows
// are named by the mount's uuid, so that they stay where they are when it moves, and are found until it is gone.
#pragma once
#include "core/mount.h"

namespace sr {

// A folder of what one mount has issued: everything in it when `inside` is empty, which otherwise ends in a slash.
struct IssuedPlace {
  std::string mount{};  // uuid
  std::string inside{};
  template <class Archive> void fields(Archive& archive) {
    archive(1, mount);
    archive(2, inside);
  }
  std::string folder() const;
};

// The last part of an id. A lease's is drawn; a token's is "h" and the hash that names its row, or "n" and the hash if it never ends.
constexpr std::size_t lease_name_size = 24;
enum class TokenEnd : std::uint8_t { some_day, never };
std::string token_lease_name(std::string_view token_hash, TokenEnd end = TokenEnd::some_day);
bool is_endless(std::string_view lease_name);  // of a root token: no quota counts it, and none stands in its way
std::optional<std::string> token_of_lease_name(std::string_view name);  // its hash; nothing for the name of another lease

std::string issued_key(std::string_view mount_uuid, std::string_view inside, std::string_view name);

// The mounts that a client may mean, those included whose end is under way.
using MountPaths = std::vector<std::pair<std::string, std::string>>;  // path, uuid
Result<MountPaths> mount_paths(Transaction&, const Router&);
// Where whatever begins with the prefix may lie; the prefix ends in a slash or is empty.
std::vector<IssuedPlace> places_under(const MountPaths&, std::string_view prefix);

// The names in the folder that a client sees as `prefix`, which ends in a slash or is empty: folders end in one too. Sorted.
Result<Strings> list_issued(Transaction&, const MountPaths&, std::string_view prefix, Page page);

}  // namespace sr
