#include "http/upload.h"
#include "base/limits.h"

namespace sr::http {

void Upload::push(std::string_view bytes) {
  if (bytes.empty()) return;
  std::lock_guard lock(mutex_);
  if (end_) return;
  bytes_.append(bytes);
  filled_.notify_one();
}

void Upload::end(End how) {
  std::lock_guard lock(mutex_);
  if (!end_) end_ = how;
  filled_.notify_one();
}

bool Upload::has_room() const {
  std::lock_guard lock(mutex_);
  return bytes_.size() < limits::upload_ahead_bytes;
}
bool Upload::is_read() const {
  std::lock_guard lock(mutex_);
  return read_;
}

Result<Buffer> Upload::next() {
  std::unique_lock lock(mutex_);
  if (!std::exchange(read_, true) && wake_) {
    lock.unlock();
    wake_();
    lock.lock();
  }
  filled_.wait(lock, [this] { return end_ || !bytes_.empty(); });
  if (end_ == End::broken) return fail(Code::invalid, "the client has gone, or was too slow, before its request was whole");
  const bool was_full = bytes_.size() >= limits::upload_ahead_bytes;
  Buffer piece = std::exchange(bytes_, Buffer());
  lock.unlock();
  if (was_full && wake_) wake_();
  return piece;
}

}  // namespace sr::http
