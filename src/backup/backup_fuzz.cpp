// Any bytes are a snapshot or an error, as they come and as the inside of a gzip stream: the sums would keep a fuzzer out otherwise.
#include "backup/reader.h"

namespace {

class Input final : public sr::ByteSource {
 public:
  explicit Input(std::string_view text) : rest_(text) {}
  sr::Result<sr::Buffer> next() override {
    sr::Buffer out(rest_.substr(0, 777));
    rest_.remove_prefix(out.size());
    return out;
  }

 private:
  std::string_view rest_;
};

void read(std::string_view bytes) {
  Input input(bytes);
  sr::BackupReader reader(input);
  if (!reader.begin()) return;
  for (auto row = reader.next_row(); row; row = reader.next_row())
    if (!*row) return static_cast<void>(reader.finish());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  read(input);
  sr::GzipWriter gzip;
  sr::Buffer packed;
  gzip.write(packed, input);
  gzip.finish(packed);
  read(packed.view());
  return 0;
}
