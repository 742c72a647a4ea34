// The audit devices and their rows. A request goes on as soon as one device has its line, or all of them, as the configuration
// says; with none enabled, at once. A device that is stuck holds up nobody who does not need it.
//
// The requests that a loop reads in one go, or while it waits for the devices, are one group: their lines are rendered into one text, and a
// device hears of them once. The only device there is writes them on the thread of the loop, as long as it does so promptly: everything that
// comes waits for it anyway, and threads that wake each other are most of what a line costs under load.
//
// Shared by all threads. Devices are published as a set; a change is written in the caller's transaction, and the next set is
// there before the caller hears of it.
#pragma once
#include "base/log.h"
#include "base/metrics.h"
#include "base/published.h"
#include "core/request.h"
#include "logical/audit_device.h"
#include "storage/barrier.h"

namespace sr {

// A row of the audit table. The salt hashes what the log must not tell; the seed signs its checkpoints.
struct AuditDeviceEntry {
  std::string path{};         // "file/"
  std::string type{};
  std::string description{};
  std::string id{};           // uuid
  StringMap options{};
  bool local = false;
  Secret salt{};
  Secret signing_seed{};
  bool configured = false;    // by the server's configuration, which alone may change it

  template <class Archive> void fields(Archive& archive) {
    archive(1, path);
    archive(2, type);
    archive(3, description);
    archive(4, id);
    archive(5, options);
    archive(6, local);
    archive(7, salt);
    archive(8, signing_seed);
    archive(9, configured);
  }
};

// A device that the server's configuration names.
struct ConfiguredAuditDevice {
  std::string path{};         // "file/"
  std::string type{};
  std::string description{};
  StringMap options{};
  bool local = false;
};

// How many devices must have a line before its request goes on, or is answered.
enum class AuditRequire : std::uint8_t { any, all };

struct AuditDeviceSetup {
  const AuditDeviceEntry& entry;
  std::optional<AuditCheckpoint> last;
  std::function<void(const AuditCheckpoint&)> on_checkpoint;
  bool must_open;
};
using AuditDeviceMaker = std::function<Result<std::unique_ptr<AuditDevice>>(AuditDeviceSetup)>;

class AuditBroker {
 public:
  struct Parts { Store& store; const Barrier& barrier; const Clock& clock; Random& random; Log& log; Metrics& metrics; };
  struct Meters { Timing &log_request, &log_response; Counter &log_request_failure, &log_response_failure; };
  struct Enabled {
    std::shared_ptr<const AuditDeviceEntry> entry;
    std::shared_ptr<AuditDevice> device;
    Revision revision = 0;  // of its row
    Meters meters;
  };
  using Devices = std::vector<Enabled>;

  explicit AuditBroker(Parts parts, AuditRequire require = AuditRequire::any) : parts_(parts), require_(require), devices_(std::make_shared<Devices>()) {}
  void add_type(std::string type, AuditDeviceMaker make) { makers_.emplace(std::move(type), std::move(make)); }

  std::shared_ptr<const Devices> devices() const { return devices_.load(); }      // for every request
  std::shared_ptr<const Devices> enabled() const { return devices_.current(); }   // for those who seldom ask
  void require(AuditRequire require) { require_ = require; }  // SIGHUP
  AuditRequire require() const { return require_; }
  // The lines of the request, for each device. `done` runs once: on the request's loop, if it is there, and on a device's thread otherwise.
  // Until then the request stays as it is.
  using Done = std::move_only_function<void(Result<void>)>;
  void write(std::shared_ptr<const Devices>, const Request&, std::span<const AuditEntry::Kind> kinds, Done done);

  Result<void> enable(Transaction&, AuditDeviceEntry);  // opens the device; it is used once its row is durable
  Result<void> disable(Transaction&, std::string_view path);
  Result<std::string> hash(std::string_view path, std::string_view text) const;

  // Enables what the configuration names and disables what it named before. An error says what to change in it.
  Result<void> follow(std::span<const ConfiguredAuditDevice> configured);

  Result<void> load();   // at unseal, and after each change
  void unload();         // at seal
  void close_retired();  // before load() at unseal: until those of before have let go of their files
  static void wait_until_closed(const Devices&);  // afterwards, of those that were enabled: until they have let go of their files
  void reopen();         // SIGHUP
  void on_commit(Revision, std::span<const std::string_view> keys);

 private:
  struct Entry { const Request* request; std::span<const AuditEntry::Kind> kinds; Done done; };
  using Entries = std::vector<Entry>;
  struct Handing;
  struct Round {
    std::shared_ptr<const Devices> devices{};
    Entries entries{};           // not handed over yet
    std::size_t under_way = 0;   // groups that the devices have, and the call that hands them over
  };
  // A device whose row is not durable yet. By path, so that a call that lost a race and runs again goes on with the one it opened.
  struct Opened { AuditDeviceEntry entry; std::shared_ptr<AuditDevice> device; };

  Result<std::shared_ptr<AuditDevice>> make(const AuditDeviceEntry&, bool must_open);
  Result<Secret> open(AuditDeviceEntry, bool must_open);
  std::shared_ptr<AuditDevice> take_opened(const AuditDeviceEntry&);
  // Told of the outcome once, on whatever thread a device has.
  using Tell = std::function<void(Entries&, const AuditOutcome&)>;
  struct Rendered {
    std::vector<AuditLines> lines{};                            // for each device
    std::vector<std::span<const AuditEntry::Kind>> entries{};   // of which lines they are
  };
  void end_round(Loop&);
  void begin_group(Loop&);
  void end_group(Loop&);
  Rendered render_lines(const Devices&, std::span<const Entry>) const;
  void hand_over(const Devices&, Entries, Loop* home, const Tell&);
  void send(const Devices&, Rendered, Entries, Loop* home, const Tell&) const;
  static void tell(Entries&, const AuditOutcome&);
  void keep(const std::string& id, const AuditCheckpoint&);
  Meters meters_of(const std::string& path, const std::shared_ptr<AuditDevice>&) const;

  const Parts parts_;
  std::atomic<AuditRequire> require_;
  std::map<std::string, AuditDeviceMaker, std::less<>> makers_;
  Published<Devices> devices_;
  std::mutex rounds_mutex_;                        // guards the one below
  std::unordered_map<const Loop*, Round> rounds_;  // of each loop
  std::mutex loading_;  // what was read later is published later; taken before mutex_
  std::mutex mutex_;  // guards what follows
  std::map<std::string, Opened, std::less<>> opened_;
  std::vector<std::shared_ptr<AuditDevice>> retired_;  // until they have let go of their files
};

}  // namespace sr
