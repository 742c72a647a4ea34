// How results are shown: as a table, as JSON or YAML for programs, as a single field, or raw. Each function prints and returns
// the exit code.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "cli/answer.h"
#include "cli/table.h"
#include "cli/ui.h"

namespace sr::cli {

enum class Format : std::uint8_t { table, json, yaml, pretty, raw };
std::optional<Format> parse_format(std::string_view name);  // any case; "yml" is YAML

struct Style {
  Format format = Format::table;
  bool detailed = false;
};

int print_answer(Ui& ui, const Style& style, const Answer& answer);
// The keys of a list, sorted in a table; with `detailed` beside what the server says on each.
int print_list(Ui& ui, const Style& style, const Answer& answer);
// An object as a table of keys and values, a list of strings as lines.
int print_value(Ui& ui, const Style& style, const json::Value& value);
// `rows` as a table, `json` for programs; the members of its objects are printed in their order.
int print_rows(Ui& ui, const Style& style, std::vector<Row> rows, std::string_view json);
int print_json(Ui& ui, const Style& style, std::string_view json);

// -field: one field of an answer, or of an object; 1 when there is none of that name.
int print_field(Ui& ui, const Style& style, const Answer& answer, std::string_view name);
int print_field(Ui& ui, const Style& style, const json::Value& object, std::string_view name);

void print_warnings(Ui& ui, const Answer& answer);

// "====== Data ======": a headline as wide as the table of `object`'s keys, or as `columns`.
std::string headline(std::string_view title, std::size_t columns);
std::string headline(std::string_view title, const json::Value& object);

std::string answer_json(const Answer& answer);      // the envelope in the order that clients print it
std::string indent_json(std::string_view json);     // two spaces; members stay in their order

}  // namespace sr::cli
