// The route tables as an OpenAPI 3 document: sys/internal/specs/openapi, and what the documentation is made of.
#pragma once
#include "logical/spec.h"

namespace sr {

class OpenApi {
 public:
  explicit OpenApi(std::string_view version) : version_(version) {}
  void add(std::string_view mount_path, const Spec& spec);
  Buffer print() &&;

 private:
  std::string version_;
  json::Object paths_;
};

}  // namespace sr
