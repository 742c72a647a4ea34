#include "base/assert.h"
#include "text/json.h"
#include "text/json_string.h"
#include "base/utf8.h"

namespace sr::json {
namespace {

// What must not be copied to the output as it is: what a JSON string cannot hold, what Go escapes for HTML, and the first
// byte of anything that is not ASCII (it may be broken, or one of the two line separators).
constexpr auto special = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c) table[static_cast<std::size_t>(c)] = c < 0x20 || c >= 0x80;
  for (unsigned char c : {'"', '\\', '<', '>', '&'}) table[c] = true;
  return table;
}();

void escape_ascii(Buffer& out, char c) {
  static constexpr char hex[] = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      out += "\\u00";
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[static_cast<unsigned char>(c) & 15];
  }
}

}  // namespace

void quote(Buffer& out, std::string_view text) {
  out.reserve(out.size() + text.size() + 2);
  out += '"';
  std::size_t copied = 0, at = 0;
  for (;;) {
    at += html_plain_run(text.substr(at));
    while (at < text.size() && !special[static_cast<unsigned char>(text[at])]) ++at;
    if (at == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[at]);
    std::size_t size = 1;
    bool as_it_is = false;
    utf8::Rune rune;
    if (byte >= 0x80) {
      rune = utf8::decode(text.substr(at));
      size = rune.size;
      as_it_is = rune.valid && rune.value != 0x2028 && rune.value != 0x2029;
    }
    if (!as_it_is) {
      out.append(text.substr(copied, at - copied));
      if (byte < 0x80) escape_ascii(out, text[at]);
      else out += !rune.valid ? "\\ufffd" : rune.value == 0x2028 ? "\\u2028" : "\\u2029";
      copied = at + size;
    }
    at += size;
  }
  out.append(text.substr(copied));
  out += '"';
}

void print(Buffer& out, const Value& value) {
  switch (value.type) {
    case Type::null: out += "null"; return;
    case Type::boolean: out += value.flag ? "true" : "false"; return;
    case Type::number: out += value.text; return;
    case Type::string: quote(out, value.text); return;
    case Type::array: {
      char before = '[';
      for (const Value& item : value.items) out += std::exchange(before, ','), print(out, item);
      out += value.items.empty() ? "[]" : "]";
      return;
    }
    case Type::object: {
      char before = '{';
      for (const Member& member : value.members) {
        out += std::exchange(before, ',');
        quote(out, member.key);
        out += ':';
        print(out, member.value);
      }
      out += value.members.empty() ? "{}" : "}";
      return;
    }
  }
}

std::string to_text(const Value& value) {
  Buffer out;
  print(out, value);
  return std::string(out.view());
}

void replace_strings(Buffer& out, std::string_view json, Replace replace, void* context) {
  Buffer decoded;
  std::size_t copied = 0;
  for (std::size_t at = json.find('"'); at != std::string_view::npos; at = json.find('"', at)) {
    const std::size_t opening = at++;
    const RawString raw = scan_string(json.substr(at));
    SR_ASSERT(raw.problem == RawString::Problem::none);
    std::string_view text = json.substr(at, raw.size);
    at += raw.size + 1;
    const std::size_t next = json.find_first_not_of(" \t\r\n", at);
    if (next != std::string_view::npos && json[next] == ':') continue;  // a key
    out.append(json.substr(copied, opening - copied));
    copied = at;
    if (!raw.plain) {
      decoded.clear();
      decode_string(decoded, text);
      text = decoded;
    }
    replace(context, out, text);
  }
  out.append(json.substr(copied));
}

}  // namespace sr::json
