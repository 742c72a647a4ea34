#include "storage/rocksdb_log_check.h"
#include <boost/crc.hpp>
#include <rocksdb/file_system.h>

namespace sr {
namespace {

// A file is blocks of 32 KiB. A record is a header (masked checksum of type and bytes, length, type) and bytes, all in one
// block; what is too long for that is a first, some middle and a last record. Where no header fits, zeros end the block.
constexpr std::size_t block_size = 32 * 1024, header_size = 4 + 2 + 1;
enum Type : unsigned char { none = 0, full = 1, first = 2, middle = 3, last = 4 };  // others exist; our logs never have them
using Crc32c = boost::crc_optimal<32, 0x1edc6f41, 0xffffffff, 0xffffffff, true, true>;

std::uint32_t masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }

bool is_zero(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char byte) { return byte == 0; });
}

class Walk {
 public:
  // What is wrong in the next block; nullptr if nothing is. Only the last block may be short.
  const char* block(std::string_view block) {
    for (at = 0; block.size() - at >= header_size && block_size - at >= header_size;) {
      const std::string_view rest = block.substr(at);
      auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(rest[i])); };
      const std::uint32_t checksum = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
      const std::size_t length = byte(4) | byte(5) << 8;
      const auto type = static_cast<Type>(byte(6));
      if (is_zero(rest.substr(0, header_size))) return end(rest);
      if (ended_) return "a record behind the end";
      if (type < full || type > last) return "an unknown type of record";
      if (length > block_size - at - header_size) return "a record longer than its block";
      const auto bytes = rest.substr(header_size);
      Crc32c crc;
      crc.process_byte(type);
      if (length > bytes.size()) {  // torn, unless a shorter length would do
        for (std::size_t i = 0;; ++i) {
          if (masked(crc.checksum()) == checksum) return "the length of a record";
          if (i == bytes.size()) return nullptr;
          crc.process_byte(static_cast<unsigned char>(bytes[i]));
        }
      }
      crc.process_bytes(bytes.data(), length);
      if (masked(crc.checksum()) != checksum) return "the checksum of a record";
      if (inside_ != (type == middle || type == last)) return "a record that is not whole";
      inside_ = type == first || type == middle;
      at += header_size + length;
    }
    return nullptr;
  }
  std::size_t at = 0;  // in the block

 private:
  // Room that was set aside and not used: zeros to the end of the file.
  const char* end(std::string_view rest) {
    ended_ = true;
    return is_zero(rest) ? nullptr : "a record behind the end";
  }
  bool inside_ = false, ended_ = false;
};

}  // namespace

Result<void> check_log(rocksdb::Env& env, const std::string& path) {
  std::unique_ptr<rocksdb::SequentialFile> file;
  if (auto status = env.NewSequentialFile(path, &file, rocksdb::EnvOptions()); !status.ok()) return fail(Code::internal, "store: " + status.ToString());
  const auto buffer = std::make_unique<char[]>(block_size);
  Walk walk;
  for (std::size_t offset = 0;; offset += block_size) {
    std::size_t size = 0;
    while (size < block_size) {
      rocksdb::Slice read;
      if (auto status = file->Read(block_size - size, &read, buffer.get() + size); !status.ok()) return fail(Code::internal, "store: " + status.ToString());
      if (read.empty()) break;
      if (read.data() != buffer.get() + size) std::memcpy(buffer.get() + size, read.data(), read.size());
      size += read.size();
    }
    if (const char* wrong = walk.block({buffer.get(), size}))
      return fail(Code::internal, "store: \"" + path + "\" is damaged at byte " + std::to_string(offset + walk.at) + " (" + wrong +
                                      "): acknowledged writes would be lost, so nothing was opened or changed; restore the folder from a backup or snapshot");
    if (size < block_size) return {};
  }
}

}  // namespace sr
