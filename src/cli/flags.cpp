#include "cli/flags.h"
#include "base/assert.h"
#include "cli/environment.h"
#include "cli/go_text.h"
#include "text/duration.h"
#include "text/trim.h"

namespace sr::cli {
namespace {

bool is_switch(const Flag& flag) { return flag.type == FlagType::boolean || flag.type == FlagType::tristate; }

}  // namespace

FlagValues::FlagValues(std::vector<std::span<const Flag>> groups) : groups_(std::move(groups)) {
  for (const std::span<const Flag> group : groups_) {
    for (const Flag& flag : group) {
      Value& value = values_.emplace_back();
      value.flag = &flag;
      if (!flag.standard.empty()) set(value, flag.standard);
      if (flag.environment.empty()) continue;
      // A value from the environment that does not fit is passed over here, as the reference does.
      if (const auto text = lookup_variable(flag.environment)) {
        Value candidate{&flag};
        if (set(candidate, *text).empty()) value = std::move(candidate);
      }
    }
  }
}

FlagValues::Value* FlagValues::find(std::string_view name) {
  for (Value& value : values_)
    if (value.flag->name == name || (!value.flag->alias.empty() && value.flag->alias == name)) return &value;
  return nullptr;
}
const FlagValues::Value* FlagValues::find(std::string_view name) const { return const_cast<FlagValues*>(this)->find(name); }

const FlagValues::Value& FlagValues::known(std::string_view name) const {
  const Value* value = find(name);
  SR_ASSERT(value != nullptr);
  return *value;
}

bool FlagValues::given(std::string_view name) const { return known(name).given; }
bool FlagValues::on(std::string_view name) const { return known(name).number != 0; }
std::int64_t FlagValues::number(std::string_view name) const { return known(name).number; }
std::int64_t FlagValues::nanoseconds(std::string_view name) const { return known(name).number; }
const std::string& FlagValues::text(std::string_view name) const { return known(name).text; }
const std::vector<std::string>& FlagValues::list(std::string_view name) const { return known(name).list; }
const std::map<std::string, std::string>& FlagValues::map(std::string_view name) const { return known(name).map; }

std::string FlagValues::set(Value& value, std::string_view text) {
  switch (value.flag->type) {
    case FlagType::boolean:
    case FlagType::tristate: {
      const auto flag = parse_bool(text);
      if (!flag) return "strconv.ParseBool: parsing " + go_quote(text) + ": invalid syntax";
      value.number = *flag;
      return "";
    }
    case FlagType::integer: {
      if (text.empty()) return "";
      const auto number = parse_go_int(text);
      if (!number) return number.error().message;
      value.number = *number;
      return "";
    }
    case FlagType::duration: {
      const auto duration = parse_duration(text == "system" ? "-1" : text);
      if (!duration) return "time: invalid duration " + go_quote(text);
      value.number = duration->count();
      return "";
    }
    case FlagType::text:
      value.text = text;
      return "";
    case FlagType::list:
      value.list.emplace_back(trimmed(text, go_blanks));
      return "";
    case FlagType::map: {
      const std::size_t equals = text.find('=');
      if (equals == std::string_view::npos) return "missing = in KV pair: " + go_quote(text);
      value.map[std::string(text.substr(0, equals))] = text.substr(equals + 1);
      return "";
    }
  }
  return "";
}

Result<void> FlagValues::parse(std::span<const std::string> args) {
  std::size_t at = 0;
  const auto stop = [&](std::string message) -> Result<void> {
    arguments_.assign(args.begin() + static_cast<std::ptrdiff_t>(at), args.end());
    if (message.empty()) return {};
    return fail(Code::invalid, std::move(message));
  };
  while (at < args.size()) {
    const std::string_view arg = args[at];
    if (arg.size() < 2 || arg[0] != '-') return stop("");
    ++at;
    if (arg == "--") return stop("");
    std::string_view name = arg.substr(arg[1] == '-' ? 2 : 1);
    if (name.empty() || name[0] == '-' || name[0] == '=') {
      --at;
      return stop("bad flag syntax: " + std::string(arg));
    }
    const std::size_t equals = name.find('=');
    const bool has_text = equals != std::string_view::npos;
    std::string text(has_text ? name.substr(equals + 1) : std::string_view());
    name = name.substr(0, equals);
    Value* value = find(name);
    if (value == nullptr) return stop("flag provided but not defined: -" + std::string(name));
    const Flag& flag = *value->flag;
    if (!has_text) {
      if (is_switch(flag)) text = "true";
      else if (at == args.size()) return stop("flag needs an argument: -" + std::string(name));
      else text = args[at++];
    }
    // What the environment said is replaced by the command line, not added to.
    if (!value->given && flag.type == FlagType::list) value->list.clear();
    value->given = true;
    if (const std::string wrong = set(*value, text); !wrong.empty()) {
      if (is_switch(flag) && has_text) return stop("invalid boolean value " + go_quote(text) + " for -" + std::string(name) + ": " + wrong);
      return stop("invalid value " + go_quote(text) + " for flag -" + std::string(name) + ": " + wrong);
    }
  }
  return stop("");
}

}  // namespace sr::cli
