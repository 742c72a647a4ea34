// What this program contains: every engine, auth method and audit device, by hand.
#pragma once
#include "audit/device_setup.h"
#include "core/core.h"

namespace sr::server {
void register_everything(Core& core, const AuditRules& audit = {});
}
