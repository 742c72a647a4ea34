// How structs are stored: tagged fields, so that a newer version may add some and an older row still reads.
//
//   struct Role {
//     std::string name;
//     std::vector<std::string> policies;
//     Seconds ttl{};
//     template <class A> void fields(A& a) { a(1, name); a(2, policies); a(3, ttl); }
//   };
//   Secret bytes = store_record(role);
//   Role role = TRY(load_record<Role>(bytes));
//
// Fields may be std::string, Secret, bool, integers, enums, Seconds, Time, std::optional, std::vector,
// std::map<std::string, T> and structs with fields() of their own. A tag is used once and for ever; a field that is gone
// leaves its number unused. A tag that the reader does not know is skipped, one that is absent leaves the field as it was
// constructed. What is written is a function of the value alone.
//
// On disk: one byte of format, then for each field a varint `tag << 1 | kind` and its value: a varint (kind 0) or a varint
// length and that many bytes (kind 1). Lists are their items one after the other, maps keys and values in turn.
#pragma once
#include <chrono>
#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>
#include "base/clock.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/secret.h"

namespace sr {

namespace record {

constexpr unsigned char format = 1;
enum class Kind : std::uint8_t { number, bytes };

template <class T> struct is_optional : std::false_type {};
template <class T> struct is_optional<std::optional<T>> : std::true_type {};
template <class T> struct is_vector : std::false_type {};
template <class T> struct is_vector<std::vector<T>> : std::true_type {};
template <class T> struct is_map : std::false_type {};
template <class T> struct is_map<std::map<std::string, T>> : std::true_type {};
template <class T> struct is_map<std::map<std::string, T, std::less<>>> : std::true_type {};

struct AnyArchive { template <class T> void operator()(unsigned, T&) {} };
template <class T> concept Struct = requires(T value, AnyArchive archive) { value.fields(archive); };
template <class T> concept Number = std::integral<T> || std::is_enum_v<T> || std::same_as<T, Seconds> || std::same_as<T, Time>;

// Signed numbers zigzag, so that -1 is short too.
template <Number T> std::uint64_t to_bits(T value) {
  if constexpr (std::is_enum_v<T>) return to_bits(static_cast<std::underlying_type_t<T>>(value));
  else if constexpr (std::same_as<T, Seconds>) return to_bits(static_cast<std::int64_t>(value.count()));
  else if constexpr (std::same_as<T, Time>) return to_bits(static_cast<std::int64_t>(value.time_since_epoch().count()));
  else if constexpr (std::is_signed_v<T>) return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(static_cast<std::int64_t>(value) >> 63);
  else return static_cast<std::uint64_t>(value);
}
// False for a number that the type cannot hold.
template <Number T> bool from_bits(std::uint64_t bits, T& value) {
  if constexpr (std::is_enum_v<T>) {
    std::underlying_type_t<T> number{};
    if (!from_bits(bits, number)) return false;
    value = static_cast<T>(number);
  } else if constexpr (std::same_as<T, Seconds> || std::same_as<T, Time>) {
    std::int64_t count = 0;
    from_bits(bits, count);
    if constexpr (std::same_as<T, Seconds>) value = Seconds(count);
    else value = Time(std::chrono::nanoseconds(count));
  } else if constexpr (std::is_signed_v<T>) {
    const auto number = static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
    if (number < std::numeric_limits<T>::min() || number > std::numeric_limits<T>::max()) return false;
    value = static_cast<T>(number);
  } else {
    if (bits > static_cast<std::uint64_t>(std::numeric_limits<T>::max())) return false;
    value = static_cast<T>(bits);
  }
  return true;
}

void put_varint(Buffer& out, std::uint64_t number);
bool take_varint(std::string_view& in, std::uint64_t& number);
bool take_bytes(std::string_view& in, std::string_view& bytes);  // a varint length and the bytes
bool is_well_formed(std::string_view fields);

template <class T> void write_bytes(Buffer& out, const T& value);

class Writer {
 public:
  explicit Writer(Buffer& out) : out_(out) {}
  template <class T> void operator()(unsigned tag, const T& value) {
    if constexpr (is_optional<T>::value) {
      if (value) (*this)(tag, *value);
    } else {
      put_varint(out_, static_cast<std::uint64_t>(tag) << 1 | static_cast<unsigned>(Number<T> ? Kind::number : Kind::bytes));
      item(value);
    }
  }
  template <class T> void item(const T& value) {
    if constexpr (Number<T>) put_varint(out_, to_bits(value));
    else if constexpr (std::same_as<T, std::string>) put_varint(out_, value.size()), out_ += value;
    else if constexpr (std::same_as<T, Secret>) put_varint(out_, value.size()), out_ += value.reveal();
    else {
      Buffer inner;
      write_bytes(inner, value);
      put_varint(out_, inner.size()), out_ += inner;
    }
  }

 private:
  Buffer& out_;
};

template <class T> void write_bytes(Buffer& out, const T& value) {
  Writer writer(out);
  if constexpr (is_vector<T>::value) {
    for (const auto& item : value) writer.item(item);
  } else if constexpr (is_map<T>::value) {
    for (const auto& [name, item] : value) writer.item(name), writer.item(item);
  } else {
    static_assert(Struct<T>, "a stored field is of a type that record.h does not know");
    const_cast<T&>(value).fields(writer);  // fields() serves both directions; a Writer changes nothing
  }
}

template <class T> bool read_bytes(std::string_view bytes, T& value);

// Finds the fields of a record whose framing has been checked. They mostly come in the order in which they are asked for.
class Reader {
 public:
  explicit Reader(std::string_view fields) : all_(fields), rest_(fields) {}
  template <class T> void operator()(unsigned tag, T& value) {
    if constexpr (is_optional<T>::value) {
      typename T::value_type inner{};
      if (read(tag, inner)) value = std::move(inner);
    } else {
      read(tag, value);
    }
  }
  unsigned bad_tag() const { return bad_tag_; }  // 0: all is well
  template <class T> static bool item(std::string_view& in, T& value) {
    if constexpr (Number<T>) {
      std::uint64_t bits = 0;
      return take_varint(in, bits) && from_bits(bits, value);
    } else {
      std::string_view bytes;
      return take_bytes(in, bytes) && read_bytes(bytes, value);
    }
  }

 private:
  template <class T> bool read(unsigned tag, T& value) {
    if (!find(tag, Number<T> ? Kind::number : Kind::bytes)) return false;
    if (item(rest_, value)) return true;
    bad_tag_ = tag;
    return false;
  }
  bool find(unsigned tag, Kind);  // leaves rest_ at the value

  std::string_view all_, rest_;
  unsigned bad_tag_ = 0;
};

template <class T> bool read_bytes(std::string_view bytes, T& value) {
  if constexpr (std::same_as<T, std::string>) {
    value = bytes;
  } else if constexpr (std::same_as<T, Secret>) {
    value = Secret(bytes);
  } else if constexpr (is_vector<T>::value) {
    value.clear();
    while (!bytes.empty()) {
      typename T::value_type item{};
      if (value.size() >= limits::record_items || !Reader::item(bytes, item)) return false;
      value.push_back(std::move(item));
    }
  } else if constexpr (is_map<T>::value) {
    value.clear();
    while (!bytes.empty()) {
      std::string name;
      typename T::mapped_type item{};
      if (value.size() >= limits::record_items || !Reader::item(bytes, name) || !Reader::item(bytes, item)) return false;
      value.insert_or_assign(std::move(name), std::move(item));
    }
  } else {
    static_assert(Struct<T>, "a stored field is of a type that record.h does not know");
    if (!is_well_formed(bytes)) return false;
    Reader reader(bytes);
    value.fields(reader);
    return reader.bad_tag() == 0;
  }
  return true;
}

// The fields behind the byte of format, their framing checked.
Result<std::string_view> open_record(std::string_view bytes);
Error malformed(unsigned tag);

}  // namespace record

template <record::Struct T> Secret store_record(const T& value) {
  Buffer out;
  out += static_cast<char>(record::format);
  record::write_bytes(out, value);
  return Secret(out.view());
}

// Code::internal when the bytes are not a record of T.
template <record::Struct T> Result<T> load_record(std::string_view bytes) {
  T value{};
  record::Reader reader(TRY(record::open_record(bytes)));
  value.fields(reader);
  if (reader.bad_tag() != 0) return std::unexpected(record::malformed(reader.bad_tag()));
  return value;
}
template <record::Struct T> Result<T> load_record(const Secret& bytes) { return load_record<T>(bytes.reveal()); }

}  // namespace sr
