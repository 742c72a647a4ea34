// Text in columns: four spaces between them, each as wide as its widest cell, the first row a header with dashes below.
#pragma once
#include <string>
#include <vector>

namespace sr::cli {

using Row = std::vector<std::string>;

// Cells are trimmed; an empty one prints "n/a". Rows may differ in length. Without a newline at the end.
std::string print_columns(const std::vector<Row>& rows, std::size_t gap = 4);
std::string print_table(std::vector<Row> rows, std::size_t gap = 4);  // the first row is the header

}  // namespace sr::cli
