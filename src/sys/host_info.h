// The machine that the server runs on, as sys/host-info shows it: the members and units of gopsutil, which Vault prints. What the
// kernel does not say is left out or 0.
#pragma once
#include "base/clock.h"
#include "logical/field.h"

namespace sr::sys {

json::Object host_info(Time now);  // reads /proc and asks each local file system: not on a loop

}  // namespace sr::sys
