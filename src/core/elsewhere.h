// What a mount's handler, or its work, may ask of another mount: see logical/elsewhere.h.
#pragma once
#include "core/acl.h"
#include "core/mount.h"
#include "logical/elsewhere.h"

namespace sr {

// A row of the core for each piece of work that a mount has begun: the intent, until it is done.
struct MountWorkIntent {
  Strings policies{};        // whose right it is done by
  std::string parameters{};  // of the request, as JSON: what policies may want to know; empty for none
  template <class Archive> void fields(Archive& archive) {
    archive(1, policies);
    archive(2, parameters);
  }
  static std::string key(std::string_view mount_uuid, std::string_view id);
};

class AclElsewhere final : public Elsewhere {
 public:
  struct Asking {
    const Mount& here;
    const Router& router;
    const Acl& acl;
    const Strings& policies;                   // that the acl was made of
    const json::Value* parameters = nullptr;
  };
  AclElsewhere(Transaction& transaction, Asking asking) : transaction_(transaction), asking_(asking) {}

  Result<Place> find(std::string_view path) override;
  bool may(Op op, const Place& place, std::string_view inside) override { return allows(op, place.mount, inside); }
  bool may_here(Op op, std::string_view inside) override { return allows(op, asking_.here.entry.path, inside); }
  bool denies(const Place& place, std::string_view inside) override { return is_denied(place.mount, inside); }
  bool denies_here(std::string_view inside) override { return is_denied(asking_.here.entry.path, inside); }
  Result<void> begin_work(std::string_view id) override;

 private:
  bool allows(Op op, std::string_view mount, std::string_view inside) const;
  bool is_denied(std::string_view mount, std::string_view inside) const;

  Transaction& transaction_;
  const Asking asking_;
};

}  // namespace sr
