// What this program contains: every engine, auth method and audit device, by hand.
#pragma once
#include "core/core.h"

namespace sr::server {
// Audit logs may not lie in the forbidden folders: where the store has its files.
void register_everything(Core& core, std::vector<std::string> forbidden_folders = {});
}
