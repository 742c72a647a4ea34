#include "engines/totp/qr_code.h"
#include <qrcodegen/qrcodegen.h>
#include <zlib.h>
#include <cstddef>
#include <cstdlib>
#include "base/assert.h"
#include "base/concat.h"

namespace sr::totp {
namespace {

// ---- the code ---------------------------------------------------------------------------------------------------------------
// The library works in memory of its caller alone, so nothing of the text stays behind.
class Picture {
 public:
  static Result<Picture> of(std::string_view text) {
    Secret scratch = Secret::of_size(qrcodegen_BUFFER_LEN_MAX), terminated = Secret::of_size(text.size() + 1);
    text.copy(terminated.data(), text.size());
    Picture picture;
    if (!qrcodegen_encodeText(terminated.data(), bytes(scratch), bytes(picture.bits_), qrcodegen_Ecc_MEDIUM, qrcodegen_VERSION_MIN,
                              qrcodegen_VERSION_MAX, qrcodegen_Mask_AUTO, false))
      return fail(Code::invalid, "failed to generate QR code image: the url is too long for one");
    return picture;
  }
  std::size_t width() const { return static_cast<std::size_t>(qrcodegen_getSize(bytes(bits_))); }
  bool is_black(std::size_t x, std::size_t y) const { return qrcodegen_getModule(bytes(bits_), static_cast<int>(x), static_cast<int>(y)); }

 private:
  static std::uint8_t* bytes(Secret& memory) { return reinterpret_cast<std::uint8_t*>(memory.data()); }
  static const std::uint8_t* bytes(const Secret& memory) { return reinterpret_cast<const std::uint8_t*>(memory.reveal().data()); }

  Secret bits_ = Secret::of_size(qrcodegen_BUFFER_LEN_MAX);
};

// Scanlines as PNG has them: a byte of filter (0: none), then eight pixels a byte, a set bit being white.
Buffer draw(const Picture& code, std::size_t pixels) {
  const std::size_t scale = pixels / code.width(), width = scale * code.width(), margin = (pixels - width) / 2;
  const std::size_t line_bytes = 1 + (pixels + 7) / 8;
  Secret white = Secret::of_size(line_bytes), line = Secret::of_size(line_bytes);
  for (std::size_t x = 0; x < pixels; ++x) white.data()[1 + x / 8] |= static_cast<char>(0x80 >> x % 8);

  Buffer image;
  image.reserve(line_bytes * pixels);
  for (std::size_t y = 0; y < pixels; ++y) {
    const bool is_margin = y < margin || y >= margin + width;
    if (!is_margin && (y - margin) % scale == 0) {  // the next row of the code
      line = white.copy();
      for (std::size_t x = 0; x < width; ++x)
        if (code.is_black(x / scale, (y - margin) / scale)) line.data()[1 + (margin + x) / 8] &= static_cast<char>(~(0x80 >> (margin + x) % 8));
    }
    image += is_margin ? white.reveal() : line.reveal();
  }
  return image;
}

// ---- the image (PNG, RFC 2083) -------------------------------------------------------------------------------------------------
// zlib's own memory holds the picture, too. Each block begins with its size.
constexpr std::size_t head_bytes = alignof(std::max_align_t);
void* allocate(void*, unsigned items, unsigned size) {
  const std::size_t total = head_bytes + std::size_t{items} * size;
  auto* const block = static_cast<char*>(std::malloc(total));
  if (!block) return nullptr;
  std::memcpy(block, &total, sizeof total);
  return block + head_bytes;
}
void wipe_and_free(void*, void* memory) {
  char* const block = static_cast<char*>(memory) - head_bytes;
  std::size_t total = 0;
  std::memcpy(&total, block, sizeof total);
  wipe(block, total);
  std::free(block);
}

Bytef* bytes_of(const char* text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text)); }

Buffer compressed(std::string_view bytes) {
  z_stream zlib{.zalloc = allocate, .zfree = wipe_and_free};
  SR_ASSERT(deflateInit(&zlib, Z_DEFAULT_COMPRESSION) == Z_OK);
  Buffer out;
  const std::size_t bound = deflateBound(&zlib, bytes.size());
  zlib.next_in = bytes_of(bytes.data());
  zlib.avail_in = static_cast<uInt>(bytes.size());
  zlib.next_out = bytes_of(out.extend(bound));
  zlib.avail_out = static_cast<uInt>(bound);
  const int done = deflate(&zlib, Z_FINISH);
  out.truncate(bound - zlib.avail_out);
  deflateEnd(&zlib);
  SR_ASSERT(done == Z_STREAM_END);
  return out;
}

void put_number(Buffer& out, std::size_t number) {
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(number >> shift);
}

void put_chunk(Buffer& out, std::string_view type, std::string_view content) {
  put_number(out, content.size());
  const std::size_t start = out.size();
  out.append(type).append(content);
  const auto covered = out.view().substr(start);
  put_number(out, crc32(0, bytes_of(covered.data()), static_cast<uInt>(covered.size())));
}

Buffer png(std::size_t pixels, std::string_view scanlines) {
  Buffer header;
  put_number(header, pixels);
  put_number(header, pixels);
  header += std::string_view("\1\0\0\0\0", 5);  // one bit of grey a pixel; the only compression and filtering there are; no interlace
  Buffer image("\x89PNG\r\n\x1a\n");
  put_chunk(image, "IHDR", header);
  put_chunk(image, "IDAT", compressed(scanlines));
  put_chunk(image, "IEND", {});
  return image;
}

}  // namespace

Result<Buffer> qr_code_png(std::string_view text, std::size_t pixels) {
  const Picture code = TRY(Picture::of(text));
  if (pixels < code.width()) {
    const std::string width = std::to_string(code.width());
    return fail(Code::invalid, concat("failed to generate QR code image: can not scale barcode to an image smaller than ", width, "x", width));
  }
  return png(pixels, draw(code, pixels));
}

}  // namespace sr::totp
