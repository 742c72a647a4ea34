// What a scan shows to whom: the names that he would find by listing or scanning each folder on the way, and those that he may read. A
// name that is denied is never shown, and nothing below a folder that he may not look into but what he may read.
#pragma once
#include "core/acl.h"
#include "core/mount.h"

namespace sr {

class AclSight final : public Sight {
 public:
  // Of the folder at `path`, which ends in a slash. All of them outlive it.
  AclSight(const Acl& acl, const Router& router, std::string_view path) : acl_(acl), router_(router), path_(path) {}
  bool shows(std::string_view name) override;

 private:
  CapabilitySet given(const std::string& path) const;
  bool opens(std::string_view folder);

  struct Folder { std::size_t end; bool is_open; };  // `end`: of its name in last_
  const Acl& acl_;
  const Router& router_;
  const std::string path_;
  std::string last_;              // folder of the name that was asked about last, with its slash; "" for the one that is scanned
  std::vector<Folder> folders_;   // on the way there, the outermost first
};

}  // namespace sr
