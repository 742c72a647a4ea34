// operator raft: the servers of a cluster, and snapshots of the whole store.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include "backup/gzip.h"
#include "backup/reader.h"
#include "backup/tar.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/progress.h"

namespace sr::cli {
namespace {

constexpr std::string_view no_end = "incomplete snapshot, unable to read SHA256SUMS.sealed file";

// "open x: no such file or directory", as Go says it.
std::string open_problem(const std::string& path) { return "open " + path + ": " + lower_case(std::strerror(errno)); }

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  explicit operator bool() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

  Result<void> write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return fail(Code::internal, std::strerror(errno));
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }
  Result<std::size_t> read(std::uint64_t offset, char* into, std::size_t room) const {
    for (;;) {
      const auto got = ::pread(descriptor_, into, room, static_cast<off_t>(offset));
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return fail(Code::internal, std::strerror(errno));
    }
  }

 private:
  const int descriptor_;
};

class FileSource final : public ByteSource {
 public:
  explicit FileSource(const File& file) : file_(file) {}
  Result<Buffer> next() override {
    Buffer piece;
    constexpr std::size_t size = 256 * 1024;
    const std::size_t got = TRY(file_.read(offset_, piece.extend(size), size));
    piece.truncate(got);
    offset_ += got;
    return piece;
  }

 private:
  const File& file_;
  std::uint64_t offset_ = 0;
};

// Whether the last file of the archive is there, whoever made it: what a snapshot lacks that broke off under way.
bool is_whole(const File& file) {
  FileSource source(file);
  GzipReader gzip(source);
  char block[64 * 1024];
  while (gzip.read(block, tar::block_bytes)) {
    const auto member = tar::parse_header({block, tar::block_bytes});
    if (!member || member->name.empty()) return false;
    if (member->name == backup::sealed_name && member->size > 0) return true;
    for (std::uint64_t left = member->size + tar::padding(member->size); left > 0;) {
      const std::uint64_t part = std::min<std::uint64_t>(left, sizeof block);
      if (!gzip.read(block, part)) return false;
      left -= part;
    }
  }
  return false;
}

// The one argument; nothing, and the refusal said, when there is another number of them.
std::optional<std::string> one_file(Call& call, std::string_view missing) {
  if (call.args.size() != 1) {
    call.ui.error("Incorrect arguments (expected 1, got " + std::to_string(call.args.size()) + ")");
    call.advise_usage();
    return std::nullopt;
  }
  std::string path = trimmed(call.args[0]);
  if (path.empty()) {
    call.ui.error(missing);
    return std::nullopt;
  }
  return path;
}

// Into a file beside the one that is named, which it becomes when it is whole: no broken snapshot takes the place of a good one.
int save(Call& call) {
  const auto path = one_file(call, "Output file name is required");
  if (!path) return local_error;
  struct stat there {};
  const bool is_device = ::stat(path->c_str(), &there) == 0 && !S_ISREG(there.st_mode);
  const std::string fresh = is_device ? *path : *path + ".part";
  std::optional<File> file;
  Progress progress(call.ui, "Saving", 0, Progress::Unit::bytes);
  std::uint64_t bytes = 0;
  const auto take = [&](std::string_view piece) -> Result<void> {
    if (!file) file.emplace(::open(fresh.c_str(), is_device ? O_WRONLY | O_CLOEXEC : O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!*file) return fail(Code::invalid, open_problem(fresh));
    if (auto written = file->write(piece); !written) return fail(Code::invalid, "write " + fresh + ": " + written.error().message);
    progress.advance(bytes += piece.size());
    return {};
  };
  const auto taken = call.session().send({.method = "GET", .path = "sys/storage/raft/snapshot", .download = take});
  progress.done();
  const auto give_up = [&](std::string_view why) {
    if (file && *file && !is_device) ::unlink(fresh.c_str());
    return call.failed("Error taking the snapshot: " + std::string(why));
  };
  if (!taken) return give_up(taken.error().text);
  if (taken->status == 404) return give_up(client::error_text(*taken));
  if (is_device) return success;
  if (!file || !is_whole(*file)) return give_up(no_end);
  if (::fsync(file->descriptor()) != 0 || ::rename(fresh.c_str(), path->c_str()) != 0) return give_up(std::strerror(errno));
  return success;
}

int restore(Call& call) {
  const auto path = one_file(call, "Snapshot file name is required");
  if (!path) return local_error;
  const File file(::open(path->c_str(), O_RDONLY | O_CLOEXEC));
  struct stat there {};
  if (!file || ::fstat(file.descriptor(), &there) != 0) return call.failed("Error opening snapshot file: " + open_problem(*path));
  const auto size = static_cast<std::uint64_t>(there.st_size);
  Progress progress(call.ui, "Restoring", size, Progress::Unit::bytes);
  const auto read = [&](std::uint64_t offset, char* into, std::size_t room) {
    progress.advance(offset);
    return file.read(offset, into, room);
  };
  const char* where = call.flags.on("force") ? "sys/storage/raft/snapshot-force" : "sys/storage/raft/snapshot";
  const auto restored = call.session().send({.method = "POST", .path = where, .upload = client::Upload{size, read}});
  progress.done();
  if (!restored) return call.failed("Error installing the snapshot: " + restored.error().text);
  if (restored->status == 404) return call.failed("Error installing the snapshot: " + client::error_text(*restored));
  if (call.flags.on("force")) call.ui.warn("Restored. Where its unseal keys are others the server is sealed now: give it the shares of the snapshot's time with \"operator unseal\".");
  return success;
}

int inspect(Call& call) {
  const auto path = one_file(call, "Snapshot file name is required");
  if (!path) return local_error;
  const File file(::open(path->c_str(), O_RDONLY | O_CLOEXEC));
  struct stat there {};
  if (!file || ::fstat(file.descriptor(), &there) != 0) return call.failed("Error opening snapshot file: " + open_problem(*path));
  Progress progress(call.ui, "Reading", static_cast<std::uint64_t>(there.st_size), Progress::Unit::bytes);
  FileSource source(file);
  BackupReader reader(source);
  std::uint64_t bytes = 0;
  const auto read = [&]() -> Result<Manifest> {
    const Manifest manifest = TRY(reader.begin());
    while (const auto row = TRY(reader.next_row())) progress.advance(bytes += row->key.size() + row->row.bytes.size());
    TRY(reader.finish());
    return manifest;
  };
  const auto manifest = read();
  progress.done();
  if (!manifest) return call.failed("Error reading the snapshot: " + manifest.error().message);
  const std::string taken = rfc3339(manifest->created);
  if (call.table()) {
    call.ui.out(print_table({{"Key", "Value"},
                             {"ID", manifest->id()},
                             {"Size", std::to_string(manifest->bytes)},
                             {"Index", std::to_string(manifest->revision)},
                             {"Term", std::to_string(manifest->key_term)},
                             {"Version", "1"},
                             {"Format", std::to_string(manifest->format)},
                             {"Rows", std::to_string(manifest->rows)},
                             {"Taken", taken},
                             {"Taken By", "Strongroom " + manifest->program},
                             {"Root Key", manifest->root_key_id},
                             {"Seal", manifest->seal_type + ", " + std::to_string(manifest->secret_threshold) + " of " + std::to_string(manifest->secret_shares)}}));
    return success;
  }
  json::Object shown;
  shown.put("ID", manifest->id())
      .put_raw("Size", std::to_string(manifest->bytes))
      .put_raw("Index", std::to_string(manifest->revision))
      .put("Term", static_cast<std::int64_t>(manifest->key_term))
      .put("Version", 1)
      .put("format", manifest->format)
      .put_raw("rows", std::to_string(manifest->rows))
      .put("taken", taken)
      .put("program", manifest->program)
      .put("root_key_id", manifest->root_key_id)
      .put("seal_type", manifest->seal_type)
      .put("secret_shares", static_cast<std::int64_t>(manifest->secret_shares))
      .put("secret_threshold", static_cast<std::int64_t>(manifest->secret_threshold));
  return print_json(call.ui, call.style, shown.text());
}

int list_peers(Call& call) {
  const auto answer = call.session().read("sys/storage/raft/configuration");
  if (!answer) return call.refused("Error reading the raft cluster configuration", answer.error());
  if (!*answer) return call.failed("No raft cluster configuration found");
  if (!call.table()) return call.show(**answer);
  const json::Value* config = (*answer)->find("config");
  const json::Value* servers = config ? config->find("servers") : nullptr;
  if (!servers) return call.failed("No raft cluster configuration found");
  std::vector<Row> rows{{"Node", "Address", "State", "Voter"}};
  for (const json::Value& server : servers->items)
    rows.push_back({std::string(text_of(server.find("node_id"))), std::string(text_of(server.find("address"))), flag_of(server.find("leader")) ? "leader" : "follower",
                    flag_of(server.find("voter")) ? "true" : "false"});
  call.ui.out(print_table(std::move(rows)));
  return success;
}

// Nested, so never a table.
int autopilot_state(Call& call) {
  const auto answer = call.session().fetch("sys/storage/raft/autopilot/state");
  if (!answer) return call.refused("Error checking autopilot state", answer.error());
  if (!*answer || (*answer)->data == nullptr) return success;
  Style style = call.style;
  if (style.format == Format::table) style.format = Format::json;
  return print_json(call.ui, style, json::to_text(*(*answer)->data));
}

int autopilot_config(Call& call) {
  const auto answer = call.session().fetch("sys/storage/raft/autopilot/configuration");
  if (!answer) return call.refused("Error getting autopilot configuration", answer.error());
  return *answer ? call.show(**answer) : success;
}

// Whatever server is asked, it says what it can; ours has no others beside it.
int join(Call& call) {
  json::Object body;
  body.put("leader_api_addr", call.args.empty() ? std::string() : trimmed(call.args[0])).put("retry", call.flags.on("retry")).put("non_voter", call.flags.on("non-voter"));
  const MaybeAnswer joined = call.session().write("sys/storage/raft/join", body.text());
  if (!joined && joined.error().status == 404) return call.failed("Error joining the node to the Raft cluster: this server is the only one of its cluster, and none can join it.");
  if (!joined) return call.refused("Error joining the node to the Raft cluster", joined.error());
  return *joined ? call.show(**joined) : success;
}

int remove_peer(Call& call) {
  json::Object body;
  body.put("server_id", trimmed(call.args[0]));
  const MaybeAnswer removed = call.session().write("sys/storage/raft/remove-peer", body.text());
  if (!removed && removed.error().status == 404) return call.failed("Error removing the peer from raft cluster: this server is the only one of its cluster, and has no peers.");
  if (!removed) return call.refused("Error removing the peer from raft cluster", removed.error());
  call.ui.out("Peer removed successfully!");
  return success;
}

constexpr Flag join_flags[] = {
    {.name = "retry", .type = FlagType::boolean, .help = "Try again until it succeeds.", .standard = "false"},
    {.name = "non-voter", .type = FlagType::boolean, .help = "Join without a vote.", .standard = "false"},
};
constexpr Flag restore_flags[] = {
    {.name = "force", .type = FlagType::boolean,
     .help = "Restore a snapshot whose unseal keys are others. The server seals, and the shares of the snapshot's time unseal it.", .standard = "false"},
};
constexpr Example raft_examples[] = {{"Save all that the server keeps:", "operator raft snapshot save backup.snap"}};
constexpr Example save_examples[] = {{"Save all that the server keeps:", "operator raft snapshot save backup.snap"}};
constexpr Example restore_examples[] = {
    {"Go back to what it kept then:", "operator raft snapshot restore backup.snap"},
    {"On a new server, whose unseal keys are others:", "operator raft snapshot restore -force backup.snap"},
};
constexpr Example inspect_examples[] = {{"See whether a snapshot is whole, and of when it is:", "operator raft snapshot inspect backup.snap"}};
constexpr Example autopilot_examples[] = {{"How the servers are:", "operator raft autopilot state"}};
constexpr Example autopilot_config_examples[] = {{"How they are judged:", "operator raft autopilot get-config"}};
constexpr Example join_examples[] = {{"Join the cluster of another server:", "operator raft join https://vault-0.internal:8200"}};
constexpr Example remove_examples[] = {{"Leave a server out:", "operator raft remove-peer vault-2"}};
constexpr Example list_examples[] = {{"Show the servers of the cluster:", "operator raft list-peers"}};

constexpr Command commands[] = {
    {.name = "operator raft", .summary = "Interact with server's raft storage backend", .arguments = "<subcommand> [options] [args]",
     .text = "The servers of a cluster, and snapshots of the whole store.", .examples = raft_examples},
    {.name = "operator raft list-peers", .summary = "Returns the Raft peer set", .arguments = "[options]", .text = "Shows the servers of the cluster: which leads, and which vote.",
     .examples = list_examples, .output = format, .run = list_peers},
    {.name = "operator raft autopilot", .summary = "Interact with raft's autopilot", .arguments = "<subcommand> [options] [args]", .text = "What the cluster knows of the health of its servers.",
     .examples = autopilot_examples},
    {.name = "operator raft autopilot state", .summary = "Displays the state of the raft cluster under integrated storage as seen by autopilot", .arguments = "[options]",
     .text = "Shows which servers the cluster has, and how they are.", .examples = autopilot_examples, .output = format, .run = autopilot_state},
    {.name = "operator raft autopilot get-config", .summary = "Returns the configuration of the autopilot subsystem under integrated storage", .arguments = "[options]",
     .text = "Shows how the cluster judges the health of its servers.", .examples = autopilot_config_examples, .output = format, .run = autopilot_config},
    {.name = "operator raft join", .summary = "Joins a node to the Raft cluster", .arguments = "[options] <leader-api-addr>",
     .text = "Asks a server to join the cluster of another one.", .examples = join_examples, .flags = join_flags, .output = format, .arity = {0, 1, "0-1"}, .run = join},
    {.name = "operator raft remove-peer", .summary = "Removes a node from the Raft cluster", .arguments = "[options] <server_id>",
     .text = "Asks a server to leave another one of its cluster out.", .examples = remove_examples, .output = format, .arity = {1, 1, "1"}, .run = remove_peer},
    {.name = "operator raft snapshot", .summary = "Restores and saves snapshots from the Raft cluster", .arguments = "<subcommand> [options] [args]",
     .text = "Saves all that a server keeps into one file, and puts it back.", .examples = save_examples},
    {.name = "operator raft snapshot save", .summary = "Saves a snapshot of the current state of the Raft cluster into a file", .arguments = "[options] <snapshot_file>",
     .text = "Saves all that the server keeps into one file, as it was at one moment. What is secret in it is sealed, as in the store: whoever has the file and enough unseal keys has "
             "everything. The file appears under its name when it is whole.",
     .examples = save_examples, .output = format, .arity = {0, Arity::any, "1"}, .run = save, .own_arity = true, .takes = Takes::file},
    {.name = "operator raft snapshot restore", .summary = "Installs the provided snapshot, returning the cluster to the state defined in it", .arguments = "[options] <snapshot_file>",
     .text = "Puts a snapshot in the place of all that the server keeps. What is wrong with the snapshot is found out before anything is changed.",
     .examples = restore_examples, .flags = restore_flags, .output = format, .arity = {0, Arity::any, "1"}, .run = restore, .own_arity = true, .takes = Takes::file},
    {.name = "operator raft snapshot inspect", .summary = "Shows what a snapshot file is of", .arguments = "[options] <snapshot_file>",
     .text = "Reads a snapshot to its end, which tells whether its bytes are those that were written, and shows when and by whom it was taken. Needs no server.",
     .examples = inspect_examples, .output = format, .arity = {0, Arity::any, "1"}, .run = inspect, .local = true, .own_arity = true, .takes = Takes::file},
};

}  // namespace

std::span<const Command> raft_commands() { return commands; }

}  // namespace sr::cli
