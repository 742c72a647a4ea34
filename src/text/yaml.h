// JSON values as YAML, in the form that Go's sigs.k8s.io/yaml (ghodss/yaml) gives them: `-format=yaml` of the command line.
// Block style, keys in natural order, strings quoted only where they would read as something else, lines folded at 80
// columns. Numbers take Go's form there (1.50 becomes 1.5), except those that no double holds.
#pragma once
#include <string>
#include "base/secret.h"
#include "text/json.h"

namespace sr::yaml {

void print(Buffer& out, const json::Value& value);  // with a newline at the end
std::string to_text(const json::Value& value);

}  // namespace sr::yaml
