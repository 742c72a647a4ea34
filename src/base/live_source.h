// Bytes that come when something happens, perhaps never: a log that is followed. Whoever reads them keeps no thread waiting.
#pragma once
#include <functional>
#include <future>
#include "base/byte_source.h"

namespace sr {

class LiveSource : public ByteSource {
 public:
  using Got = std::move_only_function<void(Result<Buffer>)>;
  // Asks for what has come, or comes next; again only when it is there. `got` is called once, on any thread, and must not wait: with
  // bytes, with none at the end. It is not called any more when the source has gone.
  virtual void pull(Got got) = 0;

  Result<Buffer> next() final {  // for those that may wait
    std::promise<Result<Buffer>> promise;
    pull([&promise](Result<Buffer> piece) { promise.set_value(std::move(piece)); });
    return promise.get_future().get();
  }
};

}  // namespace sr
