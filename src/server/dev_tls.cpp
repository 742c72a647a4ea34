#include "server/dev_tls.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstdlib>
#include <cstring>
#include "base/concat.h"
#include "net/dev_certificates.h"

namespace sr::server {
namespace {

constexpr const char *authority_file = "/vault-ca.pem", *certificate_file = "/vault-cert.pem", *key_file = "/vault-key.pem";

Result<void> write_file(const std::string& path, std::string_view text, mode_t mode) {
  ::unlink(path.c_str());  // of an earlier run; what is there now is not followed
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (file < 0) return fail(Code::invalid, concat("-dev-tls: cannot write ", path, ": ", std::strerror(errno)));
  const bool whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fchmod(file, mode) == 0;
  ::close(file);
  if (!whole) return fail(Code::invalid, concat("-dev-tls: cannot write ", path));
  return {};
}

}  // namespace

Result<DevTlsFiles> DevTlsFiles::make(const std::string& folder, const std::vector<std::string>& names) {
  const auto made = TRY(net::make_dev_certificates(names));
  std::string path = folder;
  if (folder.empty()) {
    const char* temporary = std::getenv("TMPDIR");
    path = concat(temporary && *temporary ? temporary : "/tmp", "/vault-tlsXXXXXX");
    if (!::mkdtemp(path.data())) return fail(Code::invalid, concat("-dev-tls: cannot make a folder for the certificates: ", std::strerror(errno)));
  } else {
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0) return fail(Code::invalid, concat("-dev-tls-cert-dir ", folder, ": ", std::strerror(errno), "; make the folder first"));
    if (!S_ISDIR(info.st_mode)) return fail(Code::invalid, concat("-dev-tls-cert-dir ", folder, " is no folder"));
  }
  DevTlsFiles files(std::move(path), folder.empty());
  TRY(write_file(files.folder_ + authority_file, made.authority, 0444));
  TRY(write_file(files.folder_ + certificate_file, made.certificate, 0400));
  TRY(write_file(files.folder_ + key_file, made.key.reveal(), 0400));
  return files;
}

DevTlsFiles::~DevTlsFiles() {
  if (folder_.empty()) return;
  for (const char* file : {authority_file, certificate_file, key_file}) ::unlink((folder_ + file).c_str());
  if (own_folder_) ::rmdir(folder_.c_str());
}

}  // namespace sr::server
