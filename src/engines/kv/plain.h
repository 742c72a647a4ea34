// Version 1: what it stores and its handlers.
#pragma once
#include "logical/spec.h"
#include "storage/record.h"

namespace sr::kv {

struct PlainSecret {
  Secret data{};  // canonical JSON: an object with at least one member
  template <class Archive> void fields(Archive& archive) { archive(1, data); }
};

constexpr std::string_view plain_folder = "secret/";

class PlainKv final : public Engine {
 public:
  Result<bool> exists(Call& call);
  Result<Reply> read(Call& call);
  Result<Reply> write(Call& call);
  Result<Reply> remove(Call& call);
  Result<Reply> list(Call& call);
  Result<Reply> scan(Call& call);

  // Where no secret can be: the mount itself, and paths with a slash at the end.
  Result<Reply> read_nothing(Call& call);
  Result<Reply> write_nothing(Call& call);
};

// Spec::upgrade of version 2.
Result<bool> upgrade_plain(View rows, Time now);

}  // namespace sr::kv
