#include "cli/table.h"
#include <algorithm>
#include <string_view>
#include "text/trim.h"

namespace sr::cli {
namespace {

std::string_view shown(std::string_view cell) {
  cell = trimmed(cell, go_blanks);
  return cell.empty() ? "n/a" : cell;
}

// Code points, as the reference counts columns; a broken byte counts as one.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string print_columns(const std::vector<Row>& rows, std::size_t gap) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    if (widths.size() < row.size()) widths.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(shown(row[i])));
  }
  std::string out;
  for (const Row& row : rows) {
    if (!out.empty()) out += '\n';
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string_view cell = shown(row[i]);
      out += cell;
      if (i + 1 < row.size()) out.append(widths[i] - columns(cell) + gap, ' ');
    }
  }
  return out;
}

std::string print_table(std::vector<Row> rows, std::size_t gap) {
  if (rows.empty()) return "";
  Row line;
  for (const std::string& header : rows[0]) {
    const std::string_view text = shown(header);
    line.push_back(std::string(text.size(), '-'));
  }
  rows.insert(rows.begin() + 1, std::move(line));
  return print_columns(rows, gap);
}

}  // namespace sr::cli
