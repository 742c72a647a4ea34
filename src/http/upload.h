// The body of a request that is too large to be kept: on its way from the connection to the handler that reads it, on a thread of its
// own. What lies between them is bounded: a connection whose upload has no room reads no more.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include "base/byte_source.h"

namespace sr::http {

class Upload final : public ByteSource {
 public:
  // ---- for the connection, on its loop
  // Called on the handler's thread when it begins to read, and when there is room again.
  explicit Upload(std::function<void()> wake = {}) : wake_(std::move(wake)) {}
  void set_wake(std::function<void()> wake) { wake_ = std::move(wake); }  // before the handler knows of it
  void push(std::string_view bytes);
  enum class End { whole, broken };
  void end(End how);          // the first time counts
  bool has_room() const;
  bool is_read() const;       // the handler has begun

  // ---- for the handler
  Result<Buffer> next() override;  // waits

 private:
  std::function<void()> wake_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable filled_;
  Buffer bytes_;
  std::optional<End> end_;
  bool read_ = false;
};

// The body of an answer that is too large to be kept.
class Download {
 public:
  virtual ~Download() = default;
  // Asks for the next piece; again only when it has come. `got` is called once, on any thread: with the piece, an empty one at the
  // end, or an error.
  virtual void pull(std::move_only_function<void(Result<Buffer>)> got) = 0;
  virtual bool is_live() const { return false; }  // the next piece comes when something happens, perhaps never
};

}  // namespace sr::http
