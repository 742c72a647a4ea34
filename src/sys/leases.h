// What the handlers of leases share.
#pragma once
#include <charconv>
#include "sys/sys.h"
#include "text/lower.h"

namespace sr::sys {

inline constexpr TextField lease_id{"lease_id", "The lease, as it was answered with."};
inline constexpr TextField url_lease_id{"url_lease_id", "The lease, in the path."};

Result<std::string_view> lease_id_of(Call& call);  // from the body, or else from the path

}  // namespace sr::sys
