// gzip (RFC 1952), with zlib: written without compression, since sealed bytes have no pattern; read however it was compressed.
// One thread at a time.
#pragma once
#include <memory>
#include <string_view>
#include "base/byte_source.h"

namespace sr {

class GzipWriter {
 public:
  GzipWriter();
  ~GzipWriter();
  void write(Buffer& out, std::string_view bytes);
  void finish(Buffer& out);

 private:
  void run(Buffer& out, std::string_view bytes, int flush);
  struct State;
  std::unique_ptr<State> state_;
};

// What a gzip stream holds. Errors of the stream are Code::invalid, those of the source are passed on.
class GzipReader {
 public:
  explicit GzipReader(ByteSource& source);
  ~GzipReader();
  Result<void> read(char* into, std::size_t size);  // exactly so many
  Result<std::size_t> read_some(char* into, std::size_t size);  // 0: the end of the stream
  Result<bool> is_last();                           // at the end of the stream: it is that of the source, too

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sr
