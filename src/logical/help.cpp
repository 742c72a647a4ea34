// The text of `?help=1` and `vault path-help`, laid out as Vault does.
#include "logical/spec.h"
#include "base/concat.h"

namespace sr {
namespace {

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::text:
    case Kind::sensitive: return "string";
    case Kind::integer: return "int";
    case Kind::flag: return "bool";
    case Kind::duration: return "duration (sec)";
    case Kind::list: return "slice";
    case Kind::map: return "keypair";
    case Kind::json: return "map";
  }
  return "";
}

void add_route(std::string& text, std::string_view path, const Route& route) {
  text += concat("Request:        ", path, "\nMatching Route: ", route.paths.front(), "\n\n", route.help, "\n\n");
  FieldList sorted = route.fields;
  std::ranges::sort(sorted, {}, [](const FieldInfo* field) { return field->name; });
  if (!sorted.empty()) text += "## PARAMETERS\n\n";
  for (const FieldInfo* field : sorted) text += concat("    ", field->name, " (", kind_name(field->kind), ")\n\n        ", field->help, "\n\n");
  text += "## DESCRIPTION\n\n";
  for (const auto& verb : route.verbs) text += concat("    ", name_of(verb.op), ": ", verb.summary, "\n");
}

}  // namespace

json::Object path_help(const Spec& spec, std::string_view path, const Route* route) {
  std::string text;
  if (route) add_route(text, path, *route);
  else {
    text = concat("## DESCRIPTION\n\n", spec.help,
                  "\n\n## PATHS\n\nThe following paths are supported by this backend. Add ?help=1 to a path for its parameters.\n\n");
    for (const auto& known : spec.routes) text += concat("    ", known.paths.front(), "\n        ", known.help, "\n\n");
  }
  json::Object object;
  object.put("help", text).put("see_also", nullptr);
  return object;
}

}  // namespace sr
