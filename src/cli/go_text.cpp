#include "cli/go_text.h"
#include "base/utf8.h"
#include "text/duration.h"
#include "text/trim.h"

namespace sr::cli {
namespace {

constexpr int line_columns = 78;

}  // namespace

std::string go_quote(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  while (!text.empty()) {
    const char c = text[0];
    std::size_t size = 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\a': out += "\\a"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\v': out += "\\v"; break;
      default: {
        const auto rune = utf8::decode(text);
        size = rune.size;
        if (rune.valid && utf8::is_printable(rune.value)) {
          out += text.substr(0, size);
          break;
        }
        const bool is_byte = !rune.valid || rune.value < 0x80;
        out += is_byte ? "\\x" : rune.value < 0x10000 ? "\\u" : "\\U";
        const char32_t shown = rune.valid ? rune.value : static_cast<unsigned char>(c);
        for (int shift = is_byte ? 4 : rune.value < 0x10000 ? 12 : 28; shift >= 0; shift -= 4) out += digits[(shown >> shift) & 15];
      }
    }
    text.remove_prefix(size);
  }
  return out + "\"";
}

std::string go_quote_list(std::span<const std::string_view> texts) {
  std::string out = "[";
  for (const std::string_view text : texts) {
    if (out.size() > 1) out += ' ';
    out += go_quote(text);
  }
  return out + "]";
}

std::string go_value(const json::Value& value) {
  switch (value.type) {
    case json::Type::null: return "<nil>";
    case json::Type::boolean: return value.flag ? "true" : "false";
    case json::Type::number:
    case json::Type::string: return std::string(value.text);
    case json::Type::array: {
      std::string out = "[";
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) out += ' ';
        out += go_value(value.items[i]);
      }
      return out + "]";
    }
    case json::Type::object: {
      std::string out = "map[";
      for (std::size_t i = 0; i < value.members.size(); ++i) {
        if (i > 0) out += ' ';
        out.append(value.members[i].key).append(":").append(go_value(value.members[i].value));
      }
      return out + "]";
    }
  }
  return "";
}

Result<std::int64_t> parse_go_int(std::string_view text) {
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc::result_out_of_range) return fail(Code::invalid, "strconv.ParseInt: parsing " + go_quote(text) + ": value out of range");
  if (error != std::errc() || end != digits.data() + digits.size() || digits.starts_with("+") || (digits.size() != text.size() && digits.starts_with('-')))
    return fail(Code::invalid, "strconv.ParseInt: parsing " + go_quote(text) + ": invalid syntax");
  return number;
}

bool is_duration_name(std::string_view key) {
  return key == "period" || key.ends_with("_period") || key == "ttl" || key.ends_with("_ttl") || key == "duration" || key.ends_with("_duration") ||
         key == "lease_max" || key == "ttl_max";
}

std::string table_value(std::string_view key, const json::Value& value) {
  if (value.type == json::Type::number && is_duration_name(key)) {
    if (const auto seconds = parse_go_int(value.text)) return humanize_duration(std::chrono::seconds(*seconds));
  }
  return go_value(value);
}

std::string go_time(std::string_view rfc3339) {
  const std::size_t t = rfc3339.find('T');
  const std::size_t zone = rfc3339.find_first_of("Z+-", t);
  if (t == std::string_view::npos || zone == std::string_view::npos) return std::string(rfc3339);
  std::string out = std::string(rfc3339.substr(0, t)) + " " + std::string(rfc3339.substr(t + 1, zone - t - 1));
  if (rfc3339[zone] == 'Z') return out + " +0000 UTC";
  std::string offset(rfc3339.substr(zone));
  std::erase(offset, ':');
  return out + " " + offset + " " + offset;
}

std::string go_rfc822(std::string_view time) {
  static constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::string_view form = "0000-00-00T00:00";
  const bool fits = time.size() > form.size() && time.ends_with('Z') &&
                    std::ranges::equal(time.substr(0, form.size()), form, [](char c, char f) { return f == '0' ? c >= '0' && c <= '9' : c == f; });
  const std::size_t month = fits ? static_cast<std::size_t>(10 * (time[5] - '0') + time[6] - '0') : 0;
  if (month < 1 || month > 12) return std::string(time);
  return std::string(time.substr(8, 2)) + " " + std::string(months[month - 1]) + " " + std::string(time.substr(2, 2)) + " " + std::string(time.substr(11, 5)) + " UTC";
}

std::string wrap_lines(std::string_view text, unsigned indent) {
  std::vector<std::string_view> words;
  text = sr::trimmed(text);
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find_first_of(" \n", from), text.size());
    words.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  // cost[i]: the least raggedness of the lines from word i on, each line's cost the square of what it lacks to the limit; the
  // last line is free. A line that is too long costs a penalty.
  const long limit = line_columns - static_cast<long>(indent), penalty = 100'000;
  const std::size_t count = words.size();
  std::vector<long> cost(count, INT32_MAX);
  std::vector<std::size_t> next(count, count);
  std::vector<std::size_t> start(count + 1, 0);  // of each word, if all stood on one line
  for (std::size_t i = 0; i < count; ++i) start[i + 1] = start[i] + words[i].size() + 1;
  const auto length = [&start](std::size_t from, std::size_t to) { return static_cast<long>(start[to] - start[from]) - 1; };
  for (std::size_t i = count; i-- > 0;) {
    if (length(i, count) <= limit || i == count - 1) {
      cost[i] = 0;
      continue;
    }
    for (std::size_t j = i + 1; j < count; ++j) {
      const long lacks = limit - length(i, j);
      const long sum = lacks * lacks + cost[j] + (lacks < 0 ? penalty : 0);
      if (sum < cost[i]) {
        cost[i] = sum;
        next[i] = j;
      }
      if (lacks < -limit) break;  // only gets longer
    }
  }
  std::string out;
  for (std::size_t i = 0; i < count; i = next[i]) {
    if (i > 0) out += '\n';
    out.append(indent, ' ');
    for (std::size_t word = i; word < next[i]; ++word) {
      if (word > i) out += ' ';
      out += words[word];
    }
  }
  return out;
}

}  // namespace sr::cli
