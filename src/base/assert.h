// Assertions stay on in release builds. One that breaks inside a request is caught at the pipeline's edge: the batch is
// discarded and the answer is an audited 500. Where nothing may go on (committer, keyring) the catch is an abort.
#pragma once
#include <stdexcept>

namespace sr {

class BrokenAssertion : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void broken_assertion(const char* condition, const char* file, int line);

#define SR_ASSERT(condition) ((condition) ? static_cast<void>(0) : ::sr::broken_assertion(#condition, __FILE__, __LINE__))

}  // namespace sr
