// The path that policies are asked about. Where the name in a path is one whose case does not count (of a policy, a user, a role) it is
// judged in its one spelling: a deny of "auth/userpass/users/ada" holds for "users/ADA" too, since that is the same user.
#pragma once
#include "core/mount.h"

namespace sr {

// Empty where it is the path itself, as nearly always. `captured` are views into `path`.
std::string folded_path(const Route& route, const Captures& captured, std::string_view path);
std::string policy_path(const Router& router, std::string_view path);

}  // namespace sr
