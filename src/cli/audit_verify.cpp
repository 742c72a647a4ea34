#include "cli/audit_verify.h"
#include "cli/call.h"

namespace sr::cli {

int verify_audit(Call& call) { return call.wrong("audit logs cannot be verified by this build"); }

}  // namespace sr::cli
