#include "audit/file_sink.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include "base/limits.h"

namespace sr::audit {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> refuse(std::string why) { return fail(Code::invalid, std::move(why)); }
std::unexpected<Error> refuse_errno(std::string_view what) { return refuse(std::string(what) + std::strerror(errno)); }

// Nobody keeps logs there, and what lies there is read or run by others.
constexpr const char* system_folders[] = {"/proc", "/sys", "/etc", "/boot", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/usr", "/var/spool/cron", "/run/systemd"};
constexpr const char* device_folder = "/dev";

// ".profile", ".ssh": what programs read when somebody logs in. Paths of requests stand in the lines as their callers wrote them, and a shell would run
// what is in them.
bool is_hidden(const fs::path& name) { return name.native().starts_with('.'); }

class File {
 public:
  explicit File(int file) : file_(file) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (file_ >= 0) ::close(file_);
  }
  int get() const { return file_; }
  int release() { return std::exchange(file_, -1); }

 private:
  int file_;
};

// The folders that are missing, for nobody but us.
Result<void> make_folders(const fs::path& folder) {
  std::error_code problem;
  if (folder.empty() || fs::exists(folder, problem)) return {};
  if (folder.has_parent_path() && folder.parent_path() != folder) TRY(make_folders(folder.parent_path()));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return refuse_errno("cannot make its folder: ");
  return {};
}

// Characters only where they do no harm: a terminal, /dev/null, and /dev/full for those who test.
bool is_harmless_device(int file, const struct stat& info) {
  return ::isatty(file) == 1 || info.st_rdev == makedev(1, 3) || info.st_rdev == makedev(1, 7);
}

Result<void> read_exactly(int file, off_t at, char* to, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::pread(file, to, size, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse_errno("cannot read its end: ");
    if (got == 0) return refuse("cannot read its end: it became shorter");
    to += got, at += got, size -= static_cast<std::size_t>(got);
  }
  return {};
}

// Follows the lines of `tail`, the end of the file, from `known` on.
Sink::Opened follow(std::string_view tail, const LogEnd& known) {
  Sink::Opened opened{.found = Sink::Opened::Found::something, .end = known, .line_open = !tail.empty() && tail.back() != '\n'};
  std::size_t linked = 0;  // behind the last line that follows
  for (std::size_t at = 0; at < tail.size();) {
    const std::size_t line_end = std::min(tail.find('\n', at), tail.size());  // a line that lacks its line feed only is whole
    const auto line = read_tail(tail.substr(at, line_end - at));
    at = std::min(line_end + 1, tail.size());
    if (!line) continue;
    const bool is_known = opened.found == Sink::Opened::Found::something && known.seq > 0 && line->end == known;
    if (!is_known && !line->follows(opened.end)) continue;
    opened.found = Sink::Opened::Found::this_log;
    opened.end = line->end;
    linked = at;
  }
  if (opened.found == Sink::Opened::Found::this_log) opened.torn.add(tail.substr(linked));
  return opened;
}

}  // namespace

FileSink::~FileSink() {
  if (file_ >= 0) ::close(file_);
}

// A real path: without links.
Result<void> FileSink::judge_folder(const std::string& folder) const {
  const fs::path given(folder);
  // What of the path lies below a root; nothing when it lies elsewhere.
  const auto below = [&](const std::string& root) -> std::optional<std::vector<fs::path>> {
    std::error_code problem;
    fs::path real = fs::weakly_canonical(root, problem);
    if (!real.has_filename()) real = real.parent_path();  // "/var/log/" is "/var/log"
    if (problem || real.empty()) return {};
    const auto [end, rest] = std::mismatch(real.begin(), real.end(), given.begin(), given.end());
    if (end != real.end()) return {};
    return std::vector<fs::path>(rest, given.end());
  };
  const auto lies_in = [&](const std::string& root) { return below(root).has_value(); };
  const auto lies_openly_in = [&](const std::string& root) {
    const auto rest = below(root);
    return rest && std::ranges::none_of(*rest, is_hidden);
  };
  if (lies_in(device_folder)) return {};  // the devices themselves are judged
  if (std::ranges::any_of(options_.forbidden_folders, lies_in)) return refuse("it lies in a folder of programs or of the store");
  if (!options_.folders.empty()) return std::ranges::any_of(options_.folders, lies_openly_in) ? Result<void>() : refuse("it lies outside of the folders that audit_folders names");
  for (const char* of_the_system : system_folders)
    if (lies_in(of_the_system)) return refuse("it lies in a folder of the system; audit_folders in the configuration may name that folder");
  if (std::ranges::any_of(given, is_hidden)) return refuse("it lies in a hidden folder, which audit_folders does not name");
  return {};
}

// Open, so that nobody can put another folder in its place between judging and using it. (Not by /proc, which a chroot may lack.)
Result<FileSink::Folder> FileSink::open_folder() const {
  const fs::path path(options_.path);
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code problem;
  const fs::path real = fs::weakly_canonical(folder, problem);
  if (problem) return refuse("cannot resolve its folder: " + problem.message());
  TRY(judge_folder(real));  // before any is made
  TRY(make_folders(folder));
  File opened(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0) return refuse_errno("cannot open its folder: ");
  const fs::path now = fs::canonical(folder, problem);
  if (problem) return refuse("cannot resolve its folder: " + problem.message());
  struct stat held{}, named{};
  if (::fstat(opened.get(), &held) != 0 || ::lstat(now.c_str(), &named) != 0) return refuse_errno("cannot resolve its folder: ");
  if (held.st_dev != named.st_dev || held.st_ino != named.st_ino) return refuse("its folder was replaced meanwhile");
  TRY(judge_folder(now));
  return Folder{opened.release(), now};
}

Result<int> FileSink::open_path() const {
  const Folder found = TRY(open_folder());
  const File folder(found.descriptor);
  const std::string name = fs::path(options_.path).filename();
  if (name.empty() || name == "." || name == "..") return refuse("it names a folder");
  if (is_hidden(name)) return refuse("it is a hidden file");
  const bool among_devices = found.real.starts_with(device_folder);
  // A FIFO without a reader is an error (ENXIO), not a wait; for a regular file O_NONBLOCK means nothing.
  const int file = ::openat(folder.get(), name.c_str(), O_WRONLY | O_APPEND | (among_devices ? 0 : O_CREAT) | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
  struct stat info{};
  if (file >= 0 && among_devices && ::fstat(file, &info) == 0 && !S_ISCHR(info.st_mode)) {
    ::close(file);
    return refuse("it lies among the devices and is none");
  }
  if (file >= 0) return file;
  if (errno == ELOOP) return refuse("it is a symbolic link");
  if (errno == ENXIO) return refuse("nobody reads from it");
  return refuse(std::strerror(errno));
}

// May this be written to at all?
Result<void> FileSink::judge(int file) const {
  struct stat info{};
  if (::fstat(file, &info) != 0) return refuse_errno("");
  if (S_ISFIFO(info.st_mode)) return {};
  if (S_ISCHR(info.st_mode)) return is_harmless_device(file, info) ? Result<void>() : refuse("it is a device");
  if (!S_ISREG(info.st_mode)) return refuse("it is no regular file");
  if (info.st_nlink > 1) return refuse("it has another name elsewhere");  // and may be something else there
  if (!options_.mode && (info.st_mode & 0111) != 0) return refuse("it is executable");
  return {};
}

// Reads back from the end, in steps that grow, until it has met `known` or seen enough.
Result<Sink::Opened> FileSink::examine(int file, const LogEnd& known) const {
  struct stat info{};
  if (::fstat(file, &info) != 0) return refuse_errno("");
  if (!S_ISREG(info.st_mode) || info.st_size == 0) return Opened{};
  const File reader(::open(options_.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat same{};
  if (reader.get() < 0 || ::fstat(reader.get(), &same) != 0) return refuse_errno("cannot read its end: ");
  if (same.st_ino != info.st_ino || same.st_dev != info.st_dev) return refuse("it was replaced while it was opened");
  char first = 0;
  TRY(read_exactly(reader.get(), 0, &first, 1));
  // Lines at the end of a script or of a list of keys would be read by others with another meaning.
  if (first != '{') return refuse("it holds something else than an audit log");
  const auto size = static_cast<std::size_t>(info.st_size);
  for (std::size_t wanted = 64 * 1024;; wanted *= 8) {
    const std::size_t taken = std::min({wanted, size, limits::audit_tail_bytes});
    Buffer tail;
    TRY(read_exactly(reader.get(), info.st_size - static_cast<off_t>(taken), tail.extend(taken), taken));
    Opened opened = follow(tail, known);
    if (opened.found == Opened::Found::this_log || taken == size || taken == limits::audit_tail_bytes) return opened;
  }
}

Result<Sink::Opened> FileSink::open(const LogEnd& known) {
  if (options_.path.empty()) {
    if (file_ < 0) file_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (file_ < 0) return refuse_errno("");
    waits_ = true;
    return Opened{};
  }
  if (file_ >= 0 && regular_ && (place() == Place::same || place() == Place::changed)) {  // the same file: only its end is new
    const Opened opened = TRY(examine(file_, known));
    size_ = ::lseek(file_, 0, SEEK_END);
    return opened;
  }
  File next(TRY(open_path()));
  TRY(judge(next.get()));
  struct stat info{};
  if (::fstat(next.get(), &info) != 0) return refuse_errno("");
  if (S_ISREG(info.st_mode) && ::flock(next.get(), LOCK_EX | LOCK_NB) != 0) return refuse("another audit device writes to it");
  const Opened opened = TRY(examine(next.get(), known));
  // Only now it is ours to change.
  const bool has_mode = !S_ISREG(info.st_mode) || !options_.mode || (info.st_mode & 07777) == *options_.mode;
  if (!has_mode && ::fchmod(next.get(), *options_.mode) != 0) return refuse_errno("cannot set its mode: ");
  if (file_ >= 0) ::close(file_);
  file_ = next.release();
  regular_ = S_ISREG(info.st_mode);
  size_ = regular_ ? ::lseek(file_, 0, SEEK_END) : 0;
  return opened;
}

Sink::Place FileSink::place() {
  if (options_.path.empty()) return Place::same;
  struct stat open{}, named{};
  if (file_ < 0 || ::fstat(file_, &open) != 0) return Place::lost;
  if (::lstat(options_.path.c_str(), &named) != 0 || named.st_ino != open.st_ino || named.st_dev != open.st_dev)
    return open.st_nlink == 0 ? Place::lost : Place::moved;
  return regular_ && open.st_size != size_ ? Place::changed : Place::same;
}

Sink::Written FileSink::append(std::span<const iovec> given, Deadline deadline) {
  Written written;
  if (file_ < 0) return written.problem = {Code::internal, "it is not open"}, written;
  std::vector<iovec> pieces(given.begin(), given.end());
  std::span<iovec> rest(pieces);
  const off_t start = regular_ ? ::lseek(file_, 0, SEEK_END) : 0;
  while (!rest.empty()) {
    if (!regular_) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
      pollfd wait{.fd = file_, .events = POLLOUT, .revents = 0};
      const int ready = left < 0 ? 0 : ::poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left, INT_MAX)));
      if (ready < 0 && errno == EINTR) continue;
      if (ready == 0) {
        written.problem = {Code::internal, "its reader does not keep up"};
        break;
      }
    }
    // A poll promises room for PIPE_BUF bytes: that much of a stream that would wait, and no more.
    const ssize_t done = waits_ ? ::write(file_, rest[0].iov_base, std::min<std::size_t>(rest[0].iov_len, PIPE_BUF))
                                : ::writev(file_, rest.data(), static_cast<int>(std::min<std::size_t>(rest.size(), IOV_MAX)));
    if (done < 0 && (errno == EINTR || (errno == EAGAIN && !regular_))) continue;
    if (done <= 0) {
      written.problem = {Code::internal, done == 0 ? "nothing was written" : std::strerror(errno)};
      break;
    }
    written.bytes += static_cast<std::size_t>(done);
    auto taken = static_cast<std::size_t>(done);
    while (!rest.empty() && taken >= rest.front().iov_len) taken -= rest.front().iov_len, rest = rest.subspan(1);
    if (taken > 0) rest.front() = {static_cast<char*>(rest.front().iov_base) + taken, rest.front().iov_len - taken};
  }
  // What did not fit is taken back, so that the log ends with a whole line. Not when somebody else wrote in between.
  if (regular_ && !rest.empty() && written.bytes > 0) {
    if (::lseek(file_, 0, SEEK_END) == start + static_cast<off_t>(written.bytes) && ::ftruncate(file_, start) == 0) written.bytes = 0;
  }
  if (regular_) size_ = start == size_ ? start + static_cast<off_t>(written.bytes) : size_;
  // Lines in a file without a name are gone as soon as this one closes it.
  struct stat info{};
  if (regular_ && ::fstat(file_, &info) == 0 && info.st_nlink == 0) return {.bytes = 0, .problem = {Code::internal, "the file was deleted"}};
  return written;
}

}  // namespace sr::audit
