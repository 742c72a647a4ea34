#include "crypto/key_secret.h"
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cstring>
#include <new>
#include <span>

namespace sr {
namespace {

std::size_t whole_pages(std::size_t size) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

char* allocate(std::size_t size) {
  const std::size_t mapped = whole_pages(size);
  void* pages = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  // Each is refused where the kernel or the limit on locked memory does not grant it; the key is needed all the same.
  (void)mlock(pages, mapped);
  (void)madvise(pages, mapped, MADV_DONTDUMP);
  (void)madvise(pages, mapped, MADV_WIPEONFORK);
  return static_cast<char*>(pages);
}

}  // namespace

KeySecret::KeySecret(std::string_view bytes) {
  if (bytes.empty()) return;
  bytes_ = allocate(bytes.size());
  size_ = bytes.size();
  std::memcpy(bytes_, bytes.data(), size_);
}

KeySecret KeySecret::generate(Random& random, std::size_t size) {
  KeySecret key;
  key.bytes_ = allocate(size);
  key.size_ = size;
  random.fill(std::as_writable_bytes(std::span(key.bytes_, size)));
  return key;
}

KeySecret::~KeySecret() {
  if (!bytes_) return;
  wipe(bytes_, size_);
  munmap(bytes_, whole_pages(size_));  // unlocks too
}

MemoryProtection protect_process_memory() {
  MemoryProtection got;
  const rlimit no_core{0, 0};
  got.out_of_dumps = setrlimit(RLIMIT_CORE, &no_core) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0;
  // Under a finite limit a lock on future pages turns into failing allocations later: better none than that.
  rlimit lockable{};
  if (getrlimit(RLIMIT_MEMLOCK, &lockable) == 0 && lockable.rlim_cur == RLIM_INFINITY)
    got.locked = mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
  return got;
}

}  // namespace sr
