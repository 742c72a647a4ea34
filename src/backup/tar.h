// The little of tar (POSIX ustar) that an archive of a few plain files needs. Pure functions.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include "base/clock.h"
#include "base/result.h"

namespace sr::tar {

inline constexpr std::size_t block_bytes = 512;
inline constexpr std::uint64_t size_most = std::uint64_t{1} << 60;

struct Member {
  std::string name{};
  std::uint64_t size = 0;
};

// The block in front of a file's bytes, which are filled up with zeros to whole blocks. Two blocks of zeros end an archive.
std::string header(const Member& member, Time changed);
// Code::invalid when it is no header, or none of a plain file. No name: the block is all zeros.
Result<Member> parse_header(std::string_view block);
inline std::uint64_t padding(std::uint64_t size) { return (block_bytes - size % block_bytes) % block_bytes; }

}  // namespace sr::tar
