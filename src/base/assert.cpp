#include "base/assert.h"
#include <string>

namespace sr {

void broken_assertion(const char* condition, const char* file, int line) {
  throw BrokenAssertion(std::string(file) + ':' + std::to_string(line) + ": assertion failed: " + condition);
}

}  // namespace sr
