// The text is laid out as chunks with blank lines between them: a comment on its own, an entry over several lines, or a run
// of one-line assignments from neighbouring lines, aligned to each other. Layout follows the source's line breaks, as
// hclfmt's does.
#include "text/hcl_format.h"
#include <algorithm>
#include "text/hcl_syntax.h"

namespace sr::hcl {
namespace {

// One line of output; a text with newlines inside (heredocs, long comments) is indented at its first only.
struct Line {
  int indent = 0;
  std::string text;
};
using Lines = std::vector<Line>;

void append_indented(Lines& lines, Lines more) {
  for (Line& line : more) lines.push_back({line.indent + 1, std::move(line.text)});
}

class Formatter {
 public:
  explicit Formatter(const Syntax& syntax) : syntax_(syntax) {}

  std::string format() {
    std::string text;
    for (const Line& line : body(syntax_.root, Level::top)) {
      if (!line.text.empty()) text.append(static_cast<std::size_t>(line.indent) * 2, ' ');
      text += line.text;
      text += '\n';
    }
    return text;
  }

 private:
  enum class Level { top, inner };

  // An entry with all that belongs to it.
  struct Piece {
    const Entry* entry;
    Lines lead;            // comments that stand right above it
    Lines value;           // the first line goes on behind the keys
    std::string trailing;  // comments behind it on its last line

    // hclfmt aligns what takes one line, or two with the comment above.
    bool is_one_line() const {
      const auto one = [](const std::string& text) { return text.find('\n') == std::string::npos; };
      return entry->assigned && value.size() == 1 && one(value[0].text) && one(trailing) && (lead.empty() || (lead.size() == 1 && one(lead[0].text)));
    }
    bool is_empty_block() const { return !entry->assigned && value.size() == 1 && lead.empty(); }
  };

  bool has_comment_before(std::size_t offset) const { return next_comment_ < syntax_.comments.size() && syntax_.comments[next_comment_].at < offset; }
  const Token& take_comment() { return syntax_.comments[next_comment_++]; }

  static int last_line(const Token& comment) { return comment.line + static_cast<int>(std::ranges::count(comment.text, '\n')); }
  static Line line_of(const Token& comment) {
    std::string text(comment.text);
    text.erase(text.find_last_not_of(" \t\r") + 1);
    return {0, std::move(text)};
  }

  // The comments up to `offset` as groups of neighbouring lines. The last group comes back in `lead` when `line` follows
  // right behind it.
  void take_comments(Lines& lines, std::size_t offset, int line, Lines& lead) {
    while (has_comment_before(offset)) {
      Lines group;
      int end;
      do {
        const Token& comment = take_comment();
        end = last_line(comment);
        group.push_back(line_of(comment));
      } while (has_comment_before(offset) && syntax_.comments[next_comment_].line <= end + 1);
      if (end + 1 >= line && !has_comment_before(offset)) {
        lead = std::move(group);
        return;
      }
      separate(lines);
      std::ranges::move(group, std::back_inserter(lines));
    }
  }
  // Comments behind a value on its last line, before whatever comes next.
  std::string take_trailing(int line, std::size_t before) {
    std::string text;
    while (has_comment_before(before) && syntax_.comments[next_comment_].line == line) {
      if (!text.empty()) text += ' ';
      const Token& comment = take_comment();
      text += line_of(comment).text;
      line = last_line(comment);
    }
    return text;
  }

  static void separate(Lines& lines) {
    if (!lines.empty()) lines.push_back({});
  }

  Lines body(const Node& object, Level level) {
    Lines lines;
    std::vector<Piece> run;  // neighbours that are aligned to each other
    const auto flush = [&] {
      if (run.empty()) return;
      separate(lines);
      write_run(lines, run);
      run.clear();
    };
    for (std::size_t i = 0; i < object.entries.size(); ++i) {
      const Entry& entry = object.entries[i];
      Lines alone, lead;
      take_comments(alone, entry.keys.front().at, entry.line(), lead);
      if (!alone.empty()) {
        flush();
        separate(lines);
        std::ranges::move(alone, std::back_inserter(lines));
      }
      Piece piece = take_piece(entry, std::move(lead), i + 1 < object.entries.size() ? object.entries[i + 1].keys.front().at : object.end);
      if (!run.empty() && !(alone.empty() && joins(run.back(), piece, level))) flush();
      run.push_back(std::move(piece));
    }
    flush();
    Lines none;
    take_comments(lines, object.end, 0x7fffffff, none);
    return lines;
  }

  static bool joins(const Piece& before, const Piece& piece, Level level) {
    if (piece.entry->line() > before.entry->value.last_line + 1 || !piece.lead.empty()) return false;
    if (before.is_empty_block() && piece.is_empty_block()) return true;
    return level == Level::inner && before.is_one_line() && piece.is_one_line();
  }

  Piece take_piece(const Entry& entry, Lines lead, std::size_t before) {
    Piece piece{&entry, std::move(lead), value(entry.value), {}};
    for (Line& comment : hoisted_) piece.lead.push_back(std::move(comment));
    hoisted_.clear();
    piece.trailing = take_trailing(entry.value.last_line, before);
    return piece;
  }

  void write_run(Lines& lines, std::vector<Piece>& run) {
    std::size_t keys_width = 0, value_width = 0;
    for (const Piece& piece : run) {
      keys_width = std::max(keys_width, keys_of(*piece.entry).size());
      value_width = std::max(value_width, piece.value[0].text.size());
    }
    const auto pad = [](std::string& text, std::size_t size, std::size_t width) { text.append(width > size ? width - size : 0, ' '); };
    for (Piece& piece : run) {
      std::ranges::move(piece.lead, std::back_inserter(lines));
      std::string head = keys_of(*piece.entry);
      if (piece.entry->assigned) {
        pad(head, head.size(), keys_width);
        head += " =";
      }
      head += ' ' + piece.value.front().text;
      const std::size_t value_size = piece.value.front().text.size();
      piece.value.front().text = std::move(head);
      if (!piece.trailing.empty()) {
        std::string& last = piece.value.back().text;
        if (piece.value.size() == 1 && run.size() > 1) pad(last, value_size, value_width);
        last += ' ' + piece.trailing;
      }
      std::ranges::move(piece.value, std::back_inserter(lines));
    }
  }
  static std::string keys_of(const Entry& entry) {
    std::string text;
    for (const Token& key : entry.keys) {
      if (!text.empty()) text += ' ';
      text += key.text;
    }
    return text;
  }

  // The lines of a value. Comments that stand where the layout has no place for them, as between key and value, go above
  // the entry.
  Lines value(const Node& node) {
    while (has_comment_before(node.token.at)) hoisted_.push_back(line_of(take_comment()));
    if (node.is_object()) return object(node);
    if (node.is_list()) return list(node);
    return {{0, std::string(node.token.text)}};
  }

  Lines object(const Node& node) {
    Lines outer = std::exchange(hoisted_, {});
    Lines inside = body(node, Level::inner);
    hoisted_ = std::move(outer);
    if (inside.empty()) return {{0, "{}"}};
    Lines lines = {{0, "{"}};
    append_indented(lines, std::move(inside));
    lines.push_back({0, "}"});
    return lines;
  }

  // On one line if it was, and holds nothing but scalars.
  Lines list(const Node& node) {
    const auto is_simple = [&](const Node& element) {
      return !element.is_object() && !element.is_list() && element.token.kind != Kind::heredoc && element.last_line == node.token.line;
    };
    if (std::ranges::all_of(node.elements, is_simple) && !has_comment_before(node.end)) {
      std::string text = "[";
      for (const Node& element : node.elements) {
        if (text.size() > 1) text += ", ";
        text += element.token.text;
      }
      return {{0, text + "]"}};
    }
    if (node.elements.size() == 1 && node.elements[0].token.kind == Kind::heredoc && node.elements[0].token.line == node.token.line && !has_comment_before(node.end))
      return {{0, "[" + std::string(node.elements[0].token.text)}, {0, "]"}};
    std::size_t width = 0;
    for (const Node& element : node.elements) width = std::max(width, element.token.text.size());
    Lines inside;
    bool after_lead = false;
    for (std::size_t i = 0; i < node.elements.size(); ++i) {
      const Node& element = node.elements[i];
      Lines alone, lead;
      take_comments(alone, element.token.at, element.token.line, lead);
      if (!lead.empty()) separate(alone);
      std::ranges::move(lead, std::back_inserter(alone));
      if (i > 0 && (after_lead || !alone.empty())) inside.push_back({});
      after_lead = !alone.empty();
      std::ranges::move(alone, std::back_inserter(inside));
      Lines lines = value(element);
      const std::size_t size = lines.back().text.size();
      if (element.token.kind == Kind::heredoc) lines.push_back({0, ","});
      else lines.back().text += ',';
      const std::string trailing = take_trailing(element.last_line, i + 1 < node.elements.size() ? node.elements[i + 1].token.at : node.end);
      if (!trailing.empty()) lines.back().text += std::string(lines.size() == 1 && width > size ? width - size : 0, ' ') + ' ' + trailing;
      std::ranges::move(lines, std::back_inserter(inside));
    }
    Lines none;
    take_comments(inside, node.end, 0x7fffffff, none);
    Lines lines = {{0, "["}};
    append_indented(lines, std::move(inside));
    lines.push_back({0, "]"});
    return lines;
  }

  const Syntax& syntax_;
  std::size_t next_comment_ = 0;
  Lines hoisted_;
};

}  // namespace

Result<std::string> format(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes) return fail(Code::too_large, "text is larger than " + std::to_string(limits.bytes) + " bytes");
  const std::string source = TRY(normalized(text));
  const Syntax syntax = TRY(parse_syntax(source, limits));
  return Formatter(syntax).format();
}

}  // namespace sr::hcl
