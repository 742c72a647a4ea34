#include "storage/record.h"

namespace sr::record {

void put_varint(Buffer& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out += static_cast<char>(number | 0x80);
  out += static_cast<char>(number);
}

namespace {

// One spelling for each number: no zeros at the end, nothing beyond 64 bits.
bool take_long_varint(std::string_view& in, std::uint64_t& number) {
  number = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    if (shift == 63 && byte > 1) return false;
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return byte != 0 || shift == 0;
  }
  return false;
}

// Nearly all are of one byte. Inline, for they are half the work of reading a record.
inline bool take_number(std::string_view& in, std::uint64_t& number) {
  if (in.empty() || static_cast<unsigned char>(in.front()) >= 0x80) return take_long_varint(in, number);
  number = static_cast<unsigned char>(in.front());
  in.remove_prefix(1);
  return true;
}

}  // namespace

bool take_varint(std::string_view& in, std::uint64_t& number) { return take_number(in, number); }

bool take_bytes(std::string_view& in, std::string_view& bytes) {
  std::uint64_t size = 0;
  if (!take_number(in, size) || size > in.size()) return false;
  bytes = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}

namespace {

bool take_head(std::string_view& in, std::uint64_t& tag, Kind& kind) {
  std::uint64_t head = 0;
  if (!take_number(in, head)) return false;
  kind = static_cast<Kind>(head & 1);
  tag = head >> 1;
  return tag != 0;
}

bool skip_value(std::string_view& in, Kind kind) {
  std::uint64_t number = 0;
  std::string_view bytes;
  return kind == Kind::number ? take_number(in, number) : take_bytes(in, bytes);
}

}  // namespace

bool is_well_formed(std::string_view fields) {
  std::uint64_t tag = 0;
  Kind kind{};
  while (!fields.empty())
    if (!take_head(fields, tag, kind) || !skip_value(fields, kind)) return false;
  return true;
}

// Goes on from the last field found, and once round.
bool Reader::find(unsigned tag, Kind kind) {
  const char* const start = rest_.data();
  bool wrapped = false;
  while (true) {
    if (rest_.empty()) {
      if (wrapped || all_.empty()) return false;
      wrapped = true;
      rest_ = all_;
    }
    if (wrapped && rest_.data() >= start) return false;
    std::uint64_t found = 0;
    Kind found_kind{};
    if (!take_head(rest_, found, found_kind)) return false;
    if (found == tag) {
      if (found_kind == kind) return true;
      bad_tag_ = tag;
      return false;
    }
    if (!skip_value(rest_, found_kind)) return false;
  }
}

Result<std::string_view> open_record(std::string_view bytes) {
  if (bytes.size() > limits::batch_bytes) return fail(Code::internal, "stored record is too large");
  if (bytes.empty()) return fail(Code::internal, "stored record is empty");
  if (static_cast<unsigned char>(bytes.front()) != format) return fail(Code::internal, "stored record is of a format that this version does not know");
  bytes.remove_prefix(1);
  if (!is_well_formed(bytes)) return fail(Code::internal, "stored record is truncated or malformed");
  return bytes;
}

Error malformed(unsigned tag) { return {Code::internal, "stored record is malformed in field " + std::to_string(tag)}; }

}  // namespace sr::record
