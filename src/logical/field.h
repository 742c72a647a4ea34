// Fields: what a client may send, by name and kind. A field is declared once, as a constant beside the engine that reads it;
// decoding, help, OpenAPI and the warning about unknown parameters all come from that declaration.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>
#include "base/clock.h"
#include "base/result.h"
#include "text/json.h"

namespace sr {

// A text that must not be shown: it borrows from the request, whose memory is wiped.
struct Sensitive {
  std::string_view bytes{};
  std::string_view reveal() const { return bytes; }
};
using Strings = std::vector<std::string>;
using StringMap = std::map<std::string, std::string, std::less<>>;
using JsonValue = const json::Value*;  // any JSON, as it came; never null when the field was given

using Value = std::variant<std::string_view, std::int64_t, bool, Seconds, Strings, StringMap, Sensitive, JsonValue>;
enum class Kind : std::uint8_t { text, integer, flag, duration, list, map, sensitive, json };  // in Value's order

struct FieldInfo {
  std::string_view name;
  Kind kind;
  std::string_view help;
  std::string_view fallback{};  // the value of an absent field, as a client would write it
  bool refused = false;         // restricts something in Vault and is not enforced here yet: any value is a 400
  bool ignores_case = false;    // a name whose case does not count: policies see it in lower case
  bool ignores_slash = false;   // a place that is meant with a slash at its end and without: policies see it without
  bool is_signed = false;       // a duration that may be negative
  bool keeps_blanks = false;    // a list of what restricts: an item that says nothing is not to vanish
  bool is_unsplit = false;      // a list of which a text is one item, whatever commas it has
  bool lists_networks = false;  // for methods that answer otherwise where networks are meant
};

template <class T, class... All> constexpr Kind kind_of(const std::variant<All...>*) {
  std::uint8_t index = 0;
  static_cast<void>(((std::is_same_v<T, All> || (++index, false)) || ...));
  return static_cast<Kind>(index);
}
template <class T> struct Field : FieldInfo {
  constexpr Field(std::string_view field, std::string_view about, std::string_view otherwise = {})
      : FieldInfo{field, kind_of<T>(static_cast<const Value*>(nullptr)), about, otherwise} {}
};
using TextField = Field<std::string_view>;
using IntegerField = Field<std::int64_t>;
using FlagField = Field<bool>;
using DurationField = Field<Seconds>;
using ListField = Field<Strings>;
using MapField = Field<StringMap>;
using SecretField = Field<Sensitive>;
using JsonField = Field<JsonValue>;

// A field that Vault has and that would restrict: saying nothing about it would be a lie, so it is refused when given.
struct RefusedField : FieldInfo {
  constexpr RefusedField(std::string_view field, std::string_view about) : FieldInfo{field, Kind::json, about, {}, true} {}
};

// A name whose case does not count: of a user, a role, a policy, a header.
struct FoldedField : TextField {
  constexpr FoldedField(std::string_view field, std::string_view about) : TextField{field, about} { ignores_case = true; }
};

// A duration that may be negative.
struct SignedDurationField : DurationField {
  constexpr SignedDurationField(std::string_view field, std::string_view about) : DurationField{field, about} { is_signed = true; }
};

// Networks. What says nothing is refused by who reads them: left out, it would leave a token free to be used from everywhere.
struct CidrField : ListField {
  constexpr CidrField(std::string_view field, std::string_view about) : ListField{field, about} { keeps_blanks = lists_networks = true; }
};

// Items that may have commas; none that says nothing is the same as none at all.
struct ExactListField : ListField {
  constexpr ExactListField(std::string_view field, std::string_view about) : ListField{field, about} { keeps_blanks = is_unsplit = true; }
};

// Where a mount or an audit device is.
struct PlaceField : TextField {
  constexpr PlaceField(std::string_view field, std::string_view about) : TextField{field, about} { ignores_slash = true; }
};

using Fields = std::vector<std::pair<const FieldInfo*, Value>>;
using FieldList = std::vector<const FieldInfo*>;

// A request's parameters: path captures, then the members of its body or the pairs of its query.
using Captures = std::vector<std::pair<std::string_view, std::string_view>>;

// One JSON value as a field's kind wants it, with Vault's leniencies: numbers as text, "a,b" as a list, "24h" as a duration,
// text as numbers and booleans. `scratch` holds what had to be made. Errors name the field and the kind, not the value.
Result<Value> decode_value(const FieldInfo& field, const json::Value& given, Arena& scratch);

// What is wrong with a text that should be a duration, in Go's words. What has more than 16 characters may be a secret and is not repeated.
std::string duration_problem(std::string_view text);

// The kind of a value as Go's decoder would name it in a message: "string", "map[string]interface {}".
std::string_view go_type(const json::Value& value);

// All fields of a route: the path wins over the body, what is absent takes its fallback. `body` is an object or null.
Result<Fields> decode_fields(const FieldList& fields, const Captures& captured, const json::Value* body, Arena& scratch);

// Names in the body that the route does not know, sorted; and those that the path overrode.
struct Oddities {
  Strings unknown;
  Strings replaced;
};
Oddities odd_parameters(const FieldList& fields, const Captures& captured, const json::Value* body);

}  // namespace sr
