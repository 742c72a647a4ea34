#include <unordered_set>
#include "text/hcl_syntax.h"

namespace sr::hcl {
namespace {

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::end: return "the end of the text";
    case Kind::identifier: return "a name";
    case Kind::boolean: return "a boolean";
    case Kind::number: return "a number";
    case Kind::string: return "a string";
    case Kind::heredoc: return "a heredoc";
    case Kind::comment: return "a comment";
    case Kind::open_brace: return "'{'";
    case Kind::close_brace: return "'}'";
    case Kind::open_bracket: return "'['";
    case Kind::close_bracket: return "']'";
    case Kind::comma: return "','";
    case Kind::assign: return "'='";
  }
  return "";
}

// Recursive descent; the depth is bounded by the limits.
class Parser {
 public:
  Parser(std::string_view source, const Limits& limits) : lexer_(source), limits_(limits) {}

  Result<Syntax> parse() {
    TRY(advance());
    TRY(take_entries(syntax_.root, Kind::end));
    syntax_.root.end = token_.at;
    syntax_.root.last_line = token_.line;
    return std::move(syntax_);
  }

 private:
  Result<void> advance() {
    do {
      token_ = TRY(lexer_.next());
      if (token_.kind == Kind::comment) syntax_.comments.push_back(token_);
    } while (token_.kind == Kind::comment);
    return {};
  }
  std::unexpected<Error> error(std::string message) const { return fail_at(token_.line, std::move(message)); }
  std::unexpected<Error> expected(std::string_view what) const {
    return error("expected " + std::string(what) + ", got " + std::string(name_of(token_.kind)));
  }
  Result<void> count_value() {
    if (++values_ > limits_.values) return error("too many values");
    return {};
  }

  // Up to the closing token, which is left to the caller.
  Result<void> take_entries(Node& object, Kind closing) {
    while (token_.kind != closing) {
      object.entries.push_back(TRY(take_entry()));
      if (token_.kind == Kind::comma) TRY(advance());
    }
    return {};
  }

  Result<Entry> take_entry() {
    TRY(count_value());
    Entry entry;
    while (token_.kind == Kind::identifier || token_.kind == Kind::string) {
      entry.keys.push_back(token_);
      TRY(advance());
    }
    if (entry.keys.empty()) return expected("a key");
    if (token_.kind == Kind::assign) {
      if (entry.keys.size() > 1) return expected("'{' behind a key with labels");
      entry.assigned = true;
      TRY(advance());
    } else if (token_.kind != Kind::open_brace) {
      return error("key '" + std::string(entry.keys.front().text) + "' expected start of object ('{') or assignment ('=')");
    }
    entry.value = TRY(take_value());
    return entry;
  }

  Result<Node> take_value() {
    Node node{.token = token_};
    switch (token_.kind) {
      case Kind::boolean:
      case Kind::number:
      case Kind::string:
      case Kind::heredoc: break;
      case Kind::open_brace:
      case Kind::open_bracket:
        if (++depth_ > limits_.depth) return error("nested too deeply");
        TRY(advance());
        TRY(node.is_object() ? take_entries(node, Kind::close_brace) : take_elements(node));
        --depth_;
        break;
      default: return expected("a value");
    }
    node.last_line = token_.line + static_cast<int>(std::ranges::count(token_.text, '\n'));
    node.end = token_.at + token_.text.size();
    TRY(advance());
    return node;
  }

  Result<void> take_elements(Node& list) {
    while (token_.kind != Kind::close_bracket) {
      TRY(count_value());
      list.elements.push_back(TRY(take_value()));
      if (token_.kind == Kind::comma) TRY(advance());
      else if (token_.kind != Kind::close_bracket) return expected("',' or ']'");
    }
    return {};
  }

  Lexer lexer_;
  const Limits& limits_;
  Token token_;
  Syntax syntax_;
  std::size_t depth_ = 0;
  std::size_t values_ = 0;
};

Result<std::string> text_of(const Token& key) { return key.kind == Kind::string ? decoded(key) : std::string(key.text); }

Result<Value> evaluate(const Node& node);

Result<void> evaluate_entries(const Node& node, Value& object) {
  object.type = Type::object;
  object.items.reserve(node.entries.size());
  std::unordered_set<std::string> assigned;
  for (const Entry& entry : node.entries) {
    Item item{.key = TRY(text_of(entry.keys.front())), .line = entry.line()};
    if (entry.assigned && !assigned.insert(item.key).second)
      return fail_at(item.line, "the argument '" + item.key + "' was already set, each argument can only be defined once");
    for (const Token& label : std::span(entry.keys).subspan(1)) item.labels.push_back(TRY(text_of(label)));
    item.value = TRY(evaluate(entry.value));
    object.items.push_back(std::move(item));
  }
  return {};
}

Result<Value> evaluate(const Node& node) {
  Value value{.line = node.token.line};
  switch (node.token.kind) {
    case Kind::boolean:
      value.type = Type::boolean;
      value.flag = node.token.text == "true";
      break;
    case Kind::number:
      value.type = Type::number;
      value.text = node.token.text;
      break;
    case Kind::open_brace: TRY(evaluate_entries(node, value)); break;
    case Kind::open_bracket:
      value.type = Type::list;
      value.list.reserve(node.elements.size());
      for (const Node& element : node.elements) value.list.push_back(TRY(evaluate(element)));
      break;
    default:
      value.type = Type::string;
      value.text = TRY(decoded(node.token));
  }
  return value;
}

}  // namespace

Result<Syntax> parse_syntax(std::string_view source, const Limits& limits) { return Parser(source, limits).parse(); }

Result<Value> parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes) return fail(Code::too_large, "text is larger than " + std::to_string(limits.bytes) + " bytes");
  const std::string source = TRY(normalized(text));
  const std::size_t first = source.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && source[first] == '{') return parse_json(source, limits);
  const Syntax syntax = TRY(parse_syntax(source, limits));
  Value root{.line = 1};
  TRY(evaluate_entries(syntax.root, root));
  return root;
}

}  // namespace sr::hcl
