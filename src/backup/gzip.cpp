#include "backup/gzip.h"
#include <zlib.h>
#include "base/assert.h"

namespace sr {
namespace {

constexpr int gzip_window = 15 + 16;  // zlib's way to say: a gzip stream
constexpr std::size_t step_bytes = 64 * 1024;

Bytef* bytes_of(const char* text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text)); }

}  // namespace

struct GzipWriter::State { z_stream zlib{}; };

GzipWriter::GzipWriter() : state_(std::make_unique<State>()) {
  SR_ASSERT(deflateInit2(&state_->zlib, Z_NO_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) == Z_OK);
}
GzipWriter::~GzipWriter() { deflateEnd(&state_->zlib); }

void GzipWriter::write(Buffer& out, std::string_view bytes) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), step_bytes))) run(out, bytes.substr(0, step_bytes), Z_NO_FLUSH);
}
void GzipWriter::finish(Buffer& out) { run(out, {}, Z_FINISH); }

void GzipWriter::run(Buffer& out, std::string_view bytes, int flush) {
  z_stream& zlib = state_->zlib;
  zlib.next_in = bytes_of(bytes.data());
  zlib.avail_in = static_cast<uInt>(bytes.size());
  do {
    const std::size_t before = out.size();
    zlib.next_out = bytes_of(out.extend(step_bytes));
    zlib.avail_out = step_bytes;
    const int done = deflate(&zlib, flush);
    SR_ASSERT(done == Z_OK || done == Z_BUF_ERROR || done == Z_STREAM_END);
    out.truncate(before + step_bytes - zlib.avail_out);
  } while (zlib.avail_out == 0);
  SR_ASSERT(zlib.avail_in == 0);
}

struct GzipReader::State {
  ByteSource& source;
  Buffer piece{};
  z_stream zlib{};
  bool ended = false;       // the stream
  bool source_ended = false;

  Result<void> fetch() {
    piece = TRY(source.next());
    source_ended = piece.empty();
    zlib.next_in = bytes_of(piece.data());
    zlib.avail_in = static_cast<uInt>(piece.size());
    return {};
  }
};

GzipReader::GzipReader(ByteSource& source) : state_(new State{source}) { SR_ASSERT(inflateInit2(&state_->zlib, gzip_window) == Z_OK); }
GzipReader::~GzipReader() { inflateEnd(&state_->zlib); }

Result<std::size_t> GzipReader::read_some(char* into, std::size_t size) {
  State& state = *state_;
  z_stream& zlib = state.zlib;
  zlib.next_out = bytes_of(into);
  zlib.avail_out = static_cast<uInt>(size);
  while (!state.ended && zlib.avail_out == size) {
    if (zlib.avail_in == 0 && !state.source_ended) TRY(state.fetch());
    if (zlib.avail_in == 0) return fail(Code::invalid, "the snapshot is truncated");
    const int done = inflate(&zlib, Z_NO_FLUSH);
    if (done == Z_STREAM_END) state.ended = true;
    else if (done != Z_OK) return fail(Code::invalid, "the snapshot is no gzip file, or damaged");
  }
  return size - zlib.avail_out;
}

Result<void> GzipReader::read(char* into, std::size_t size) {
  while (size > 0) {
    const std::size_t part = TRY(read_some(into, std::min(size, std::size_t{1} << 30)));
    if (part == 0) return fail(Code::invalid, "the snapshot is truncated");
    into += part;
    size -= part;
  }
  return {};
}

Result<bool> GzipReader::is_last() {
  State& state = *state_;
  if (state.zlib.avail_in == 0 && !state.source_ended) TRY(state.fetch());
  return state.zlib.avail_in == 0;
}

}  // namespace sr
