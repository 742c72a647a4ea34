// The two spellings of a secret's name, "-mount=secret app/db" and "secret/app/db", and what they mean on a version 1 and on a
// version 2 engine.
#pragma once
#include <string>
#include <string_view>
#include "cli/call.h"

namespace sr::cli {

struct KvPath {
  std::string mount;  // "secret/"
  std::string path;   // mount and name together: "secret/app/db"
  bool v2 = false;

  // The path of the API for it: "secret/data/app/db" on version 2, the path itself on version 1.
  std::string api(std::string_view kind) const;
};

// Asks the server which engine the path belongs to. The refusal's text is complete.
Outcome<KvPath> find_kv(Call& call, std::string_view argument);

// Where `kind` ("data") goes in a path of a version 2 engine. Kept apart for its test.
std::string kv_api_path(std::string_view path, std::string_view mount, std::string_view kind);

}  // namespace sr::cli
