// audit verify: the one command that needs the audit module.
#pragma once

namespace sr::cli {

struct Call;
int verify_audit(Call& call);

}  // namespace sr::cli
