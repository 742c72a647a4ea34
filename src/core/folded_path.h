// The path in its one spelling, where a name in it is one whose case does not count (of a policy, a user, a role, a header) or a place that is
// meant with a slash at its end and without (of a mount, an audit device). Policies are asked about it too: a deny of
// "auth/userpass/users/ada" holds for "users/ADA", since that is the same user, and one of "sys/mounts/kv" for "sys/mounts/kv/".
#pragma once
#include "core/mount.h"

namespace sr {

// Empty where it is the path itself, as nearly always. `captured` are views into `path`.
std::string folded_path(const Route& route, const Captures& captured, std::string_view path);
std::string folded_path(const Router& router, std::string_view path);

}  // namespace sr
