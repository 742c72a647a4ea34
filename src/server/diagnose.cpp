#include "server/diagnose.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include "base/concat.h"
#include "base/random.h"
#include "net/listener.h"

namespace sr::server {
namespace {

namespace fs = std::filesystem;

constexpr rlim_t files_least = 4096;                         // a connection is a file, and so is each part of the store
constexpr std::uint64_t space_least = 64 << 20, space_low = std::uint64_t(1) << 30;
constexpr std::chrono::days expires_soon{30};
constexpr std::size_t files_looked_at = 100'000;

std::string megabytes(std::uint64_t bytes) { return concat(std::to_string(bytes >> 20), " MiB"); }

// The folder itself, or the nearest one above it that is there.
fs::path existing_part(fs::path path) {
  std::error_code error;
  path = fs::absolute(path, error);
  while (!fs::exists(path, error) && path.has_parent_path() && path != path.parent_path()) path = path.parent_path();
  return path;
}

void check_space(Diagnosis& parent, const fs::path& folder) {
  Diagnosis& check = parent.add("Check Disk Space");
  struct statvfs disk{};
  if (statvfs(existing_part(folder).c_str(), &disk) != 0) return check.warn(concat("nobody knows how much there is: ", std::strerror(errno)));
  const std::uint64_t free = std::uint64_t(disk.f_bavail) * disk.f_frsize, all = std::uint64_t(disk.f_blocks) * disk.f_frsize;
  const std::string left = concat(megabytes(free), " of ", megabytes(all), " are free");
  if (free < space_least) check.fail(left, "The store refuses writes before its disk is full. Make space, or give it a larger disk.");
  else if (free < space_low || free < all / 20) check.warn(left);
  else check.message = left;
}

// Which process holds the store's lock; 0 when none does.
pid_t holder_of(const fs::path& lock) {
  const int file = ::open(lock.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return 0;
  struct flock wanted{.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0, .l_pid = 0};
  const bool asked = fcntl(file, F_GETLK, &wanted) == 0;
  ::close(file);
  return asked && wanted.l_type != F_UNLCK ? wanted.l_pid : 0;
}

void check_folder(Diagnosis& check, const fs::path& folder) {
  struct stat about{};
  if (::stat(folder.c_str(), &about) != 0) {
    const fs::path above = existing_part(folder);
    if (errno != ENOENT) return check.fail(concat("cannot look at \"", folder.string(), "\": ", std::strerror(errno)));
    if (::access(above.c_str(), W_OK | X_OK) != 0)
      return check.fail(concat("\"", folder.string(), "\" is not there, and cannot be made in \"", above.string(), "\": ", std::strerror(errno)),
                        "Make the folder, and give it to the user that the server runs as.");
    check.message = concat("\"", folder.string(), "\" is not there yet: the first start makes it");
    return;
  }
  if (!S_ISDIR(about.st_mode)) return check.fail(concat("\"", folder.string(), "\" is no folder"));
  if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0)
    return check.fail(concat("\"", folder.string(), "\" cannot be read and written by this user: ", std::strerror(errno)),
                      "Run this as the user that the server runs as, and give the folder to that user.");
  if (about.st_uid != geteuid()) check.warn(concat("\"", folder.string(), "\" belongs to user ", std::to_string(about.st_uid), " and this is user ", std::to_string(geteuid()),
                                                   ": a server that is started like this leaves files there that the owner cannot read"));
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) check.warn(concat("\"", folder.string(), "\" is open to other users of this machine: chmod 0700 closes it"));
}

void check_files(Diagnosis& check, const fs::path& folder) {
  std::error_code error;
  std::size_t count = 0;
  bool known = false;
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (++count > files_looked_at) break;
    known = known || entry->path().filename() == "CURRENT" || entry->path().filename() == "STORE";  // which names the folder inside, after a restore
    if (!entry->is_regular_file(error) || ::access(entry->path().c_str(), R_OK | W_OK) == 0) continue;
    return check.fail(concat("\"", entry->path().string(), "\" cannot be read and written: ", std::strerror(errno)), "A start as another user has left it so: give all files to the server's user.");
  }
  if (error) return check.fail(concat("cannot list \"", folder.string(), "\": ", error.message()));
  if (count > 0 && !known) return check.fail(concat("\"", folder.string(), "\" holds files, and they are no store"), "Give the store a folder of its own, or put back what belongs into this one.");
  check.message = count == 0 ? "empty: the server is initialised after its first start" : concat("a store of ", std::to_string(count), " files");
  if (const pid_t holder = holder_of(folder / "LOCK"); holder != 0) check.message += concat(", in use by process ", std::to_string(holder));
}

void check_writable(Diagnosis& parent, std::string name, const std::string& file) {
  if (file.empty()) return;
  Diagnosis& check = parent.add(std::move(name));
  std::error_code error;
  const fs::path path = fs::absolute(file, error);
  const bool there = fs::exists(path, error);
  if (there && fs::is_directory(path, error)) return check.fail(concat("\"", file, "\" is a folder"));
  const fs::path asked = there ? path : path.parent_path();
  if (::access(asked.c_str(), there ? W_OK : W_OK | X_OK) != 0) check.fail(concat("\"", asked.string(), "\" cannot be written: ", std::strerror(errno)));
}

// Certificate and key: that they load and fit, and how long they are good for.
void check_tls(Diagnosis& check, const net::TlsOptions& options, Time now) {
  net::TlsContext context(options);
  if (const auto loaded = context.load(); !loaded) return check.fail(loaded.error().message, "The server would not start. tls_cert_file holds the chain, the leaf first; tls_key_file its key.");
  const auto dates = context.dates();
  if (dates.not_after <= now) return check.fail(concat("\"", options.cert_file, "\" has expired: it was good until ", rfc3339(dates.not_after, 0)), "Renew it; SIGHUP makes a running server take it.");
  if (dates.not_before > now) return check.fail(concat("\"", options.cert_file, "\" is not good before ", rfc3339(dates.not_before, 0)), "Is this machine's clock right?");
  if (dates.not_after - now < expires_soon) check.warn(concat("\"", options.cert_file, "\" expires soon: ", rfc3339(dates.not_after, 0)));
  else check.message = concat("good until ", rfc3339(dates.not_after, 0));
  struct stat about{};
  if (::stat(options.key_file.c_str(), &about) == 0 && (about.st_mode & (S_IWGRP | S_IRWXO)) != 0)
    check.warn(concat("the key in \"", options.key_file, "\" is open to other users of this machine"));
}

bool is_loopback(std::string_view address) { return address.starts_with("127.") || address.starts_with("[::1]") || address.starts_with("localhost"); }

void check_address(Diagnosis& check, const net::ListenerOptions& options) {
  // Bound and let go again. A socket of a running server stays where it is: its name is looked at, not taken.
  if (options.unix_socket) {
    std::error_code error;
    const fs::path folder = fs::absolute(options.address, error).parent_path();
    if (::access(folder.c_str(), W_OK | X_OK) != 0) check.fail(concat("no socket can be made in \"", folder.string(), "\": ", std::strerror(errno)));
    return;
  }
  if (const auto bound = net::listen_on(options); !bound)
    check.fail(bound.error().message, "If that is the server itself, -skip=listener leaves this check out.");
}

void check_limits(Diagnosis& parent) {
  Diagnosis& check = parent.add("Check Open File Limits");
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return check.warn(std::strerror(errno));
  if (limit.rlim_max == RLIM_INFINITY) check.message = "no limit";
  else if (limit.rlim_max < files_least) check.warn(concat("only ", std::to_string(limit.rlim_max), " files can be open: each connection is one. Raise the limit (LimitNOFILE, ulimit -n)"));
  else check.message = concat(std::to_string(limit.rlim_max), " files can be open");
}

void check_memory_lock(Diagnosis& parent, const Config& config) {
  Diagnosis& check = parent.add("Check Memory Lock");
  if (config.disable_mlock) return check.skip("disable_mlock is set");
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    check.warn("memory may be swapped out: give the server an unlimited memlock limit (LimitMEMLOCK=infinity of systemd, ulimit -l unlimited), or turn swap off");
}

}  // namespace

Diagnosis diagnose_system(const Config& config) {
  Diagnosis all{.name = "Check Operating System"};
  check_limits(all);
  check_memory_lock(all, config);
  check_writable(all, "Check Log File", config.log_file);
  check_writable(all, "Check Pid File", config.pid_file);
  return all;
}

Diagnosis diagnose_storage(const Config& config) {
  Diagnosis all{.name = "Check Storage"};
  if (!config.storage) return all.fail("no storage is configured"), all;
  if (config.storage->type == "inmem") return all.warn("storage \"inmem\" is gone with the process: for trying things out"), all;
  const fs::path folder = config.storage->path;
  Diagnosis& permissions = all.add("Check Storage Folder");
  check_folder(permissions, folder);
  std::error_code error;
  if (permissions.status != Diagnosis::Status::failure && fs::is_directory(folder, error)) check_files(all.add("Check Storage Files"), folder);
  check_space(all, folder);
  return all;
}

Diagnosis diagnose_listeners(const Config& config, Time now) {
  Diagnosis all{.name = "Check Listeners"};
  if (config.listeners.empty()) return all.fail("no listener is configured"), all;
  for (const auto& listener : config.listeners) {
    Diagnosis& one = all.add(concat("Listener ", listener.net.address));
    Diagnosis& tls = one.add("Check TLS");
    if (listener.net.tls) check_tls(tls, *listener.net.tls, now);
    else if (listener.net.unix_socket) tls.skip("a unix socket");
    else if (is_loopback(listener.net.address)) tls.skip("TLS is disabled; only this machine can connect");
    else tls.warn("TLS is disabled: tokens and secrets cross the network in the clear");
    check_address(one.add("Check Address"), listener.net);
  }
  return all;
}

// A seal of the configuration is made as the server makes it, and has to wrap a key and give it back.
static Diagnosis diagnose_seal(const Config& config) {
  Diagnosis all{.name = "Check Seal"};
  Log log({.level = LogLevel::error});
  const auto seals = Seals::make(config.seals, log);
  if (!seals) return all.fail(seals.error().message, "The server would not start."), all;
  if (!seals->in_use) return all.message = "Shamir: after each start shares must be given to \"operator unseal\"", all;
  SystemRandom random;
  if (const auto usable = probe(*seals->in_use, random); !usable) all.fail(usable.error().message, "The server would start, and wait sealed until this works.");
  else all.message = concat(seals->in_use->type(), ": the server opens itself with key ", *usable);
  return all;
}

Diagnosis diagnose(const Result<Config>& config, const DiagnoseOptions& options) {
  Diagnosis all{.name = "Strongroom Diagnose"};
  Diagnosis& parsed = all.add("Parse Configuration");
  if (!config) return parsed.fail(config.error().message), all;
  for (const auto& note : config->notes) parsed.warn(note);
  all.children.push_back(diagnose_system(*config));
  const auto unless = [&](std::string_view word, std::string_view name, auto check) {
    if (!options.skip.contains(std::string(word))) all.children.push_back(check());
    else all.add(std::string(name)).skip(concat("-skip=", word));
  };
  unless("storage", "Check Storage", [&] { return diagnose_storage(*config); });
  unless("seal", "Check Seal", [&] { return diagnose_seal(*config); });
  unless("listener", "Check Listeners", [&] { return diagnose_listeners(*config, options.now); });
  return all;
}

}  // namespace sr::server
