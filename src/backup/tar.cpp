#include "backup/tar.h"
#include <algorithm>
#include <cstring>
#include <optional>
#include "base/assert.h"

namespace sr::tar {
namespace {

// Where the fields lie in a header.
struct Field { std::size_t at, size; };
constexpr Field name_field{0, 100}, mode_field{100, 8}, user_field{108, 8}, group_field{116, 8}, size_field{124, 12}, time_field{136, 12}, sum_field{148, 8};
constexpr std::size_t kind_at = 156, magic_at = 257;
constexpr std::string_view magic("ustar\0" "00", 8);

// Octal digits and a zero; what does not fit into them is written as a big-endian number with its first bit set, as GNU tar does.
void put_number(std::string& block, Field field, std::uint64_t number) {
  if (number >> (3 * (field.size - 1)) == 0) {
    for (std::size_t i = field.size - 1; i > 0; --i, number >>= 3) block[field.at + i - 1] = static_cast<char>('0' + (number & 7));
    return;
  }
  for (std::size_t i = field.size; i > 0; --i, number >>= 8) block[field.at + i - 1] = static_cast<char>(number);
  block[field.at] = static_cast<char>(block[field.at] | 0x80);
}
std::optional<std::uint64_t> number_in(std::string_view field) {
  std::uint64_t number = 0;
  if (static_cast<unsigned char>(field.front()) & 0x80) {
    for (std::size_t i = 0; i < field.size(); ++i) {
      if (number >> 54) return std::nullopt;
      number = number << 8 | (static_cast<unsigned char>(field[i]) & (i == 0 ? 0x7f : 0xff));
    }
    return number;
  }
  const auto end = field.find_first_of(std::string_view(" \0", 2), field.find_first_not_of(' ') == field.npos ? 0 : field.find_first_not_of(' '));
  for (const char c : field.substr(0, end)) {
    if (c == ' ') continue;
    if (c < '0' || c > '7' || number >> 58) return std::nullopt;
    number = number << 3 | static_cast<unsigned>(c - '0');
  }
  return number;
}

std::uint64_t sum_of(std::string_view block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) sum += i >= sum_field.at && i < sum_field.at + sum_field.size ? ' ' : static_cast<unsigned char>(block[i]);
  return sum;
}

}  // namespace

std::string header(const Member& member, Time changed) {
  SR_ASSERT(member.name.size() < name_field.size && member.size <= size_most);
  std::string block(block_bytes, '\0');
  std::memcpy(block.data(), member.name.data(), member.name.size());
  put_number(block, mode_field, 0600);
  put_number(block, user_field, 0);
  put_number(block, group_field, 0);
  put_number(block, size_field, member.size);
  put_number(block, time_field, static_cast<std::uint64_t>(std::max<std::int64_t>(0, std::chrono::floor<Seconds>(changed).time_since_epoch().count())));
  block[kind_at] = '0';
  std::memcpy(block.data() + magic_at, magic.data(), magic.size());
  put_number(block, {sum_field.at, sum_field.size - 1}, sum_of(block));
  block[sum_field.at + sum_field.size - 1] = ' ';
  return block;
}

Result<Member> parse_header(std::string_view block) {
  SR_ASSERT(block.size() == block_bytes);
  if (std::ranges::all_of(block, [](char c) { return c == 0; })) return Member{};
  const auto field = [&](Field wanted) { return block.substr(wanted.at, wanted.size); };
  const auto sum = number_in(field(sum_field)), size = number_in(field(size_field));
  const bool plain = block[kind_at] == '0' || block[kind_at] == '\0';
  if (!sum || *sum != sum_of(block) || !size || *size > size_most || !plain) return fail(Code::invalid, "the snapshot is no tar archive of plain files, or damaged");
  const auto name = field(name_field);
  if (name.front() == '\0') return fail(Code::invalid, "the snapshot is no tar archive of plain files, or damaged");
  return Member{std::string(name.substr(0, name.find('\0'))), *size};
}

}  // namespace sr::tar
