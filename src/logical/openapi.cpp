#include "logical/openapi.h"
#include "base/concat.h"

namespace sr {
namespace {

json::Object schema_of(const FieldInfo& field) {
  json::Object schema, items;
  items.put("type", "string");
  schema.put("description", field.help);
  switch (field.kind) {
    case Kind::text:
    case Kind::sensitive: schema.put("type", "string"); break;
    case Kind::integer: schema.put("type", "integer"); break;
    case Kind::flag: schema.put("type", "boolean"); break;
    case Kind::duration: schema.put("type", "string").put("format", "duration"); break;
    case Kind::list: schema.put("type", "array").put("items", items); break;
    case Kind::map: schema.put("type", "object").put("additionalProperties", items); break;
    case Kind::json: schema.put("type", "object"); break;
  }
  if (!field.fallback.empty()) schema.put("default", field.fallback);
  if (field.kind == Kind::sensitive) schema.put("x-vault-displayAttrs", json::Object().set("sensitive", true));
  return schema;
}

// "data/{path...}" names the rest of the path; OpenAPI has no word for that, and neither has Vault.
std::string api_path(std::string_view pattern) {
  std::string path(pattern);
  for (auto dots = path.find("..."); dots != std::string::npos; dots = path.find("...")) path.erase(dots, 3);
  return path;
}

json::Object operation_of(const Route& route, const Verb& verb, std::string_view path, std::string_view id_prefix) {
  json::Object operation;
  std::string id = concat(id_prefix, "-", name_of(verb.op));
  for (const char c : path) id += std::isalnum(static_cast<unsigned char>(c)) ? c : '-';
  operation.put("summary", verb.summary).put("operationId", id);
  json::Object ok;
  ok.put("description", "OK");
  operation.put("responses", json::Object().set("200", ok));
  if (verb.op != Op::update && verb.op != Op::create && verb.op != Op::patch) return operation;
  json::Object properties;
  for (const FieldInfo* field : route.fields)
    if (!path.contains(concat("{", field->name, "}")) && !field->refused) properties.put(field->name, schema_of(*field));
  if (properties.empty()) return operation;
  json::Object schema = json::Object().set("type", "object").set("properties", properties);
  const auto media = verb.op == Op::patch ? "application/merge-patch+json" : "application/json";
  operation.put("requestBody", json::Object().set("content", json::Object().set(media, json::Object().set("schema", schema))));
  return operation;
}

}  // namespace

void OpenApi::add(std::string_view mount_path, const Spec& spec) {
  for (const auto& route : spec.routes)
    for (const auto pattern : route.paths) {
      const std::string inner = api_path(pattern), path = concat("/", mount_path, inner);
      json::Object item;
      item.put("description", route.help);
      json::Array parameters;
      std::size_t captured = 0;
      for (const FieldInfo* field : route.fields)
        if (inner.contains(concat("{", field->name, "}"))) {
          parameters.add(json::Object().set("name", field->name).set("in", "path").set("required", true).set("description", field->help).set("schema", schema_of(*field)));
          ++captured;
        }
      if (captured > 0) item.put_raw("parameters", parameters.text());
      if (route.access == Access::open) item.put("x-vault-unauthenticated", true);
      if (route.access == Access::root) item.put("x-vault-sudo", true);
      if (route.exists) item.put("x-vault-createSupported", true);
      for (const auto& verb : route.verbs) {
        const auto method = verb.op == Op::remove ? "delete" : verb.op == Op::patch ? "patch" : verb.op == Op::update || verb.op == Op::create ? "post" : "get";
        if (!item.has(method)) item.put(method, operation_of(route, verb, inner, spec.type));
      }
      paths_.put(path, item);
    }
}

Buffer OpenApi::print() && {
  json::Object info, document;
  info.put("title", "Strongroom API")
      .put("description", "HTTP API of a secrets server. All routes are prefixed with `/v1/`.")
      .put("version", version_)
      .put("license", json::Object().set("name", "Apache License 2.0"));
  document.put("openapi", "3.0.2").put("info", info).put("paths", paths_).put("components", json::Object().set("schemas", json::Object()));
  Buffer out;
  document.print(out);
  return out;
}

}  // namespace sr
