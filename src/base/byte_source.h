// Bytes that come piece by piece, because all together are too many to be held: the body of an upload, or of a download.
#pragma once
#include "base/result.h"
#include "base/secret.h"

namespace sr {

// One thread at a time, and none that must not wait: next() reads a disk, or waits for a client.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // The next piece, or an empty one at the end. After an error there is nothing more.
  virtual Result<Buffer> next() = 0;
};

}  // namespace sr
