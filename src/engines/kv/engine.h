// The handlers of a mount of version 2, by resource. What they may be asked is in kv.cpp.
#pragma once
#include "engines/kv/rows.h"
#include "logical/elsewhere.h"
#include "logical/spec.h"

namespace sr::kv {

class Kv final : public Engine {
 public:
  // data.cpp
  Result<bool> exists(Call& call);
  Result<Reply> read(Call& call);
  Result<Reply> write(Call& call);
  Result<Reply> patch(Call& call);
  Result<Reply> remove(Call& call);

  // versions.cpp
  Result<Reply> delete_versions(Call& call);
  Result<Reply> undelete_versions(Call& call);
  Result<Reply> destroy_versions(Call& call);

  // metadata.cpp
  Result<Reply> list(Call& call);
  Result<Reply> scan(Call& call);
  Result<Reply> list_in_detail(Call& call);
  Result<Reply> scan_in_detail(Call& call);
  Result<Reply> read_metadata(Call& call);
  Result<Reply> write_metadata(Call& call);
  Result<Reply> patch_metadata(Call& call);
  Result<Reply> remove_metadata(Call& call);

  // move.cpp
  Result<Reply> carry(Call& call);
  Result<Reply> list_jobs(Call& call);
  Result<Reply> read_job(Call& call);
  Result<Reply> end_job(Call& call);

  // subkeys.cpp
  Result<Reply> read_subkeys(Call& call);

  // config.cpp
  Result<Reply> read_config(Call& call);
  Result<Reply> write_config(Call& call);

  // hints.cpp
  Result<Reply> hint_at_root(Call& call);
  Result<Reply> hint_at_version_1(Call& call);

  void forget() override { metas_.close(); }

 private:
  Result<Reply> carry_one(Call& call, Elsewhere::Place& to);
  Result<Reply> carry_folder(Call& call, Elsewhere::Place& to);

  static constexpr std::size_t metas_max = 4096, meta_bytes_max = 1024;  // of a row with its name
  MetaCache metas_{metas_max, meta_bytes_max};
};

}  // namespace sr::kv
