// audit grep: what a value looks like in a log is asked of the server; the log is read here.
#pragma once

namespace sr::cli {

struct Call;
int grep_audit(Call& call);

}  // namespace sr::cli
