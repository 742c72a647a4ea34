// Another place than that of the request, in the same transaction: where a secret may be carried to. Implemented by the core, which
// asks the policies of whoever wants it. Lives as long as the Call or the step of work that it is handed to.
#pragma once
#include "storage/transaction.h"

namespace sr {

enum class Op : std::uint8_t;

class Elsewhere {
 public:
  struct Place {
    View rows;             // of its mount
    std::string mount;     // path of it: "archive/"
    std::string uuid;
    std::string inside;    // the path in it
    bool is_here = false;  // in the mount of the request itself
  };
  virtual ~Elsewhere() = default;

  // The place that a path names, "archive/app/db": in a mount of the same type and version as this one, which has to be there still when
  // this commits. Refused in one text for all that is none, unless the caller may know of the mount.
  virtual Result<Place> find(std::string_view path) = 0;
  // Whether policies allow it at a path inside a place's mount, or inside this mount.
  virtual bool may(Op op, const Place& place, std::string_view inside) = 0;
  virtual bool may_here(Op op, std::string_view inside) = 0;
  // Whether a rule denies the path altogether. Where there is none, nothing is denied.
  virtual bool denies(const Place& place, std::string_view inside) = 0;
  virtual bool denies_here(std::string_view inside) = 0;
  // From the commit of this request on, Spec::work is called for this mount and this id until it is done, with the policies that the
  // caller has now, in the wording that they will have then.
  virtual Result<void> begin_work(std::string_view id) = 0;
};

}  // namespace sr
