// The files of -dev-tls: vault-ca.pem, vault-cert.pem and vault-key.pem in a folder. They go with this object, and so does the
// folder, if it was made for them.
#pragma once
#include <string>
#include <vector>
#include "base/result.h"

namespace sr::server {

class DevTlsFiles {
 public:
  // No folder given: a new one among the temporary files. `names` are hosts and addresses beside localhost.
  static Result<DevTlsFiles> make(const std::string& folder, const std::vector<std::string>& names);
  DevTlsFiles(DevTlsFiles&& other) noexcept : folder_(std::exchange(other.folder_, {})), own_folder_(other.own_folder_) {}
  DevTlsFiles& operator=(DevTlsFiles&&) = delete;
  ~DevTlsFiles();

  const std::string& folder() const { return folder_; }

 private:
  DevTlsFiles(std::string folder, bool own) : folder_(std::move(folder)), own_folder_(own) {}
  std::string folder_;
  bool own_folder_;
};

}  // namespace sr::server
