// Any bytes are a record or an error; what reads is written and read again as the same bytes.
#include <cstdlib>
#include "storage/record.h"

namespace {

struct Leaf {
  std::uint64_t version = 0;
  sr::Secret bytes;
  template <class A> void fields(A& a) { a(1, version); a(2, bytes); }
};
struct Tree {
  std::string name;
  bool flag = false;
  std::int8_t small = 0;
  sr::Seconds ttl{};
  sr::Time made{};
  std::optional<Leaf> maybe;
  std::vector<Leaf> leaves;
  std::vector<std::int64_t> numbers;
  std::map<std::string, std::string> metadata;
  template <class A> void fields(A& a) {
    a(1, name), a(2, flag), a(3, small), a(4, ttl), a(5, made), a(6, maybe), a(7, leaves), a(8, numbers), a(9, metadata);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sr::Secret input(std::string_view(reinterpret_cast<const char*>(data), size));
  if (const auto read = sr::load_record<Tree>(input)) {
    const sr::Secret once = sr::store_record(*read);
    const auto again = sr::load_record<Tree>(once);
    if (!again || !(sr::store_record(*again) == once)) std::abort();
  }
  return 0;
}
