#include "core/audit_broker.h"
#include <charconv>
#include "base/assert.h"
#include "base/concat.h"
#include "base/version.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {
namespace {

constexpr std::size_t usual_entry_bytes = 2560;  // both lines of a read

// What the entries of one request borrow beyond the request itself. One after the other uses it, for the memory that it has.
struct Lent {
  std::vector<AuditPolicy> granting;
  AuditAuth login;
  std::vector<AuditHeader> headers;
  std::string error, error_data;
  Arena unwrapped;                // the tree of an answer that was unwrapped
  Strings unwrapped_policies;
  StringMap unwrapped_metadata;
  AuditWrap wrap;
};

// What an unwrapping gives back is a finished envelope: the log says what is in it.
void lend_unwrapped(std::string_view envelope, AuditEntry& entry, Lent& lent) {
  const auto parsed = json::parse(lent.unwrapped, envelope, {.depth = 2 * limits::json_depth, .strings = SIZE_MAX, .string_bytes = SIZE_MAX, .memory = SIZE_MAX});
  SR_ASSERT(parsed.has_value());  // the server's own text
  if (const json::Value* data = (*parsed)->find("data")) entry.response_data = AuditData(data);
  const json::Value* auth = (*parsed)->find("auth");
  if (!auth || !auth->is_object()) return;
  const auto text = [&](std::string_view name) {
    const json::Value* member = auth->find(name);
    return member ? member->text : std::string_view();
  };
  lent.unwrapped_policies.clear();
  lent.unwrapped_metadata.clear();
  if (const json::Value* policies = auth->find("policies"))
    for (const auto& policy : policies->items) lent.unwrapped_policies.emplace_back(policy.text);
  if (const json::Value* metadata = auth->find("metadata"))
    for (const auto& [key, value] : metadata->members) lent.unwrapped_metadata.emplace(key, value.text);
  lent.login = {.client_token = text("client_token"), .accessor = text("accessor"), .policies = lent.unwrapped_policies, .token_policies = lent.unwrapped_policies,
                .metadata = &lent.unwrapped_metadata, .token_type = text("token_type")};
  std::int64_t seconds = 0;
  const std::string_view duration = text("lease_duration");
  std::from_chars(duration.data(), duration.data() + duration.size(), seconds);
  lent.login.token_ttl = Seconds(seconds);
  entry.login = &lent.login;
}

// An error may repeat a value of the request, to the client who sent it; the log must not, since the value may be a secret that
// went into the wrong field.
void redact(std::string& text, const json::Value& given) {
  constexpr std::size_t shortest = 3;  // a shorter one gives nothing away, and would tear words apart
  if (given.is_string() && given.text.size() >= shortest)
    for (auto at = text.find(given.text); at != std::string::npos; at = text.find(given.text, at + 3)) text.replace(at, given.text.size(), "...");
  for (const auto& item : given.items) redact(text, item);
  for (const auto& member : given.members) redact(text, member.value);
}

AuditAuth auth_of(const Request& r, Lent& lent) {
  AuditAuth auth;
  if (!r.caller.token) {
    auth.judged = auth.allowed = r.route && r.route->access == Access::open;  // a login needs no policy
    return auth;
  }
  const Token& token = *r.caller.token;
  auth.client_token = r.in.token.reveal();
  auth.accessor = token.accessor;
  auth.hashes = &r.caller.held->hashes;
  auth.display_name = token.display_name;
  auth.policies = token.policies;
  auth.token_policies = token.policies;
  auth.metadata = &token.metadata;
  auth.remaining_uses = std::max<std::int64_t>(token.uses, 0);
  auth.token_type = token.type();
  auth.token_ttl = token.ttl;
  auth.token_issue_time = token.created;
  if (r.caller.acl) {
    auth.judged = true;
    auth.allowed = r.decision.allowed;
    lent.granting.clear();
    r.decision.for_each_granting_policy([&](std::string_view name) { lent.granting.push_back({.name = name}); });
    auth.granting_policies = lent.granting;
  }
  return auth;
}

// By its token or its policies: then already the request's line says so, as in Vault.
bool was_turned_away(const Request& r) { return !r.decision.allowed && !(r.route && r.route->access == Access::open) && r.answer.error->code == Code::denied; }

void add_error(AuditEntry& entry, const Request& r, Lent& lent) {
  lent.error = r.answer.error->message;
  if (r.in.body) redact(lent.error, *r.in.body);
  entry.error = lent.error;
}

AuditEntry entry_of(const Request& r, Time now, Lent& lent) {
  AuditEntry entry;
  entry.time = now;
  entry.auth = auth_of(r, lent);
  entry.request_id = r.id;
  entry.op = r.in.op;
  entry.client_token = r.in.token.reveal();
  if (r.caller.token) entry.client_token_accessor = r.caller.token->accessor;
  entry.path = r.in.path.view();
  if (r.in.body) entry.request_data = AuditData(r.in.body);
  entry.remote_address = r.in.address;
  entry.remote_port = r.in.port;
  entry.wrap_ttl = std::chrono::floor<Seconds>(r.in.wrap_ttl);
  if (r.mount) {
    entry.mount = {.point = r.mount->entry.path, .type = r.mount->entry.type, .accessor = r.mount->entry.accessor, .running_version = builtin_version(),
                   .mount_class = r.mount->entry.is_auth() ? "auth" : "secret"};
    entry.plain_request_keys = r.mount->entry.audit_plain_request_keys;
    entry.plain_response_keys = r.mount->entry.audit_plain_response_keys;
  }
  lent.headers.clear();
  for (const auto& header : r.in.headers) lent.headers.push_back({.name = header.name, .value = header.value, .hmac = header.hmac});
  entry.headers = lent.headers;
  if (r.answer.error && was_turned_away(r)) add_error(entry, r, lent);
  return entry;
}

// Makes the entry of the request that of its answer. True if it says of who asked and for what the same as before.
bool add_answer(AuditEntry& entry, const Request& r, Lent& lent) {
  entry.kind = AuditEntry::Kind::response;
  bool is_same_asker = true;
  if (r.answer.error) add_error(entry, r, lent);
  entry.duration = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - r.began);
  entry.object_version = r.answer.object_version;
  if (r.answer.error) lent.error_data = json::Object().set("error", lent.error).text(), entry.response_data = AuditData(lent.error_data);
  else entry.response_data = AuditData(r.answer.data.view());
  entry.warnings = r.answer.warnings;
  entry.lease_id = r.answer.lease_id;
  if (r.reply && r.reply->auth()) {
    const Auth& made = *r.reply->auth();
    lent.login = {.client_token = made.client_token.reveal(), .accessor = made.accessor, .display_name = made.display_name, .policies = made.policies,
                  .token_policies = made.policies, .metadata = &made.metadata, .num_uses = made.uses, .token_type = made.type, .token_ttl = made.ttl,
                  .token_issue_time = made.issued};
    if (!r.caller.token) entry.auth = lent.login, is_same_asker = false;  // a login is its own caller
    if (!r.answer.wrap) entry.login = &lent.login;
  }
  if (r.answer.raw && r.answer.raw_is_envelope) lend_unwrapped(r.answer.raw->bytes.view(), entry, lent);
  if (const auto& info = r.answer.wrap) {
    lent.wrap = {.ttl = info->ttl, .token = info->token.reveal(), .accessor = info->accessor, .creation_time = info->created, .creation_path = info->creation_path,
                 .wrapped_accessor = info->wrapped_accessor};
    entry.wrap = &lent.wrap;
  }
  return is_same_asker;
}

// Counts what the devices answer. `any`: an entry is written when one of them has it; `all`: when each has. As soon as that is known of
// all entries, they are told; a device that is not waited for any more may still write.
class Vote {
 public:
  Vote(std::size_t devices, std::size_t entries, AuditRequire require, AuditDevice::Done done)
      : left_(devices), entries_(entries), require_(require), written_(require == AuditRequire::any ? 0 : entries), done_(std::move(done)) {}

  void cast(const AuditOutcome& outcome) {
    AuditDevice::Done done;
    AuditOutcome verdict;
    {
      std::lock_guard lock(mutex_);
      const bool is_whole = outcome.written == entries_;
      if (!is_whole) (errors_ += errors_.empty() ? "" : "; ") += outcome.problem.message;
      written_ = require_ == AuditRequire::any ? std::max(written_, outcome.written) : std::min(written_, outcome.written);
      --left_;
      const bool is_decided = left_ == 0 || (require_ == AuditRequire::any ? written_ == entries_ : written_ == 0);
      if (!is_decided || !done_) return;
      done = std::exchange(done_, nullptr);
      verdict = {written_, {Code::internal, errors_}};
    }
    done(std::move(verdict));
  }

 private:
  std::mutex mutex_;
  std::size_t left_;
  const std::size_t entries_;
  const AuditRequire require_;
  std::size_t written_;
  std::string errors_;
  AuditDevice::Done done_;
};

// A line hashes nothing: the same for every device of that wish.
bool renders_alike(const AuditFormat& a, const AuditFormat& b) { return a.log_raw && b.log_raw && a.elide_list_responses == b.elide_list_responses; }

}  // namespace

// What a device answers within the call that hands it its lines is kept until that returns: only then it is known whether this thread still
// runs the loop.
struct AuditBroker::Handing {
  const std::thread::id by = std::this_thread::get_id();
  std::atomic<bool> over = false;
  std::vector<std::pair<Entries, AuditOutcome>> told{};  // of `by` alone
  bool is_under_way_here() const { return std::this_thread::get_id() == by && !over; }
};

// The lines of as many entries as make up one write, of one at least, for each device.
AuditBroker::Rendered AuditBroker::render_lines(const Devices& devices, std::span<const Entry> entries) const {
  const Time now = parts_.clock.now();
  Rendered rendered{.lines = std::vector<AuditLines>(devices.size())};
  std::vector<std::optional<AuditPassage>> asked(devices.size());  // of the entry's line before
  std::size_t bytes = 0;  // of the longest
  Lent lent;
  rendered.entries.reserve(entries.size());
  for (auto& of_device : rendered.lines) of_device.text().reserve(std::min(entries.size() * usual_entry_bytes, limits::audit_write_bytes));
  while (rendered.entries.size() < entries.size() && bytes < limits::audit_write_bytes) {
    const Entry& entry = entries[rendered.entries.size()];
    rendered.entries.push_back(entry.kinds);
    AuditEntry line = entry_of(*entry.request, now, lent);
    std::ranges::fill(asked, std::nullopt);
    for (const auto kind : entry.kinds) {
      if (kind == AuditEntry::Kind::response && !add_answer(line, *entry.request, lent)) std::ranges::fill(asked, std::nullopt);
      for (std::size_t i = 0; i < devices.size(); ++i) {
        const AuditFormat& format = devices[i].device->format();
        const auto others = std::span(devices).first(line.headers.empty() ? i : 0);
        const auto same = std::ranges::find_if(others, [&](const Enabled& other) { return renders_alike(other.device->format(), format); });
        AuditLines& lines = rendered.lines[i];
        if (same == others.end()) asked[i] = render(lines.text(), line, format, asked[i]);
        else lines.text() += rendered.lines[static_cast<std::size_t>(same - others.begin())].last_line();
        lines.end_line();
      }
    }
    for (auto& of_device : rendered.lines) of_device.end_entry(), bytes = std::max(bytes, of_device.bytes());
  }
  return rendered;
}

// `home` is the loop that they came from, and on which this runs. It waits for this call, and for each group of it; the last group takes the place
// of the call, which may last as long as the world wants.
void AuditBroker::hand_over(const Devices& devices, Entries entries, Loop* home, const Tell& tell) {
  while (!entries.empty()) {
    Rendered rendered;
    try {
      rendered = render_lines(devices, entries);
    } catch (const std::exception& problem) {  // nobody further out could answer them
      tell(entries, {0, {Code::internal, concat("the lines could not be made: ", problem.what())}});
      break;
    }
    const auto behind = entries.begin() + static_cast<std::ptrdiff_t>(rendered.entries.size());
    Entries group(std::make_move_iterator(entries.begin()), std::make_move_iterator(behind));
    entries.erase(entries.begin(), behind);
    if (home && !entries.empty()) begin_group(*home);
    send(devices, std::move(rendered), std::move(group), entries.empty() ? home : nullptr, tell);
  }
}

// Leaves the loop for it, if one is given.
void AuditBroker::send(const Devices& devices, Rendered rendered, Entries group, Loop* home, const Tell& tell) const {
  const std::size_t size = group.size();  // before the group moves: arguments have no order
  auto vote = std::make_shared<Vote>(devices.size(), size, require(), [group = std::move(group), tell](const AuditOutcome& outcome) mutable { tell(group, outcome); });
  const auto entries = std::make_shared<const decltype(rendered.entries)>(std::move(rendered.entries));
  const auto write = [&](AuditDevice& device, AuditLines lines, AuditDevice::Done done) {
    // One of several must not hold up what another one may let go on.
    if (devices.size() > 1 || !home) device.write(std::move(lines), std::move(done));
    else home->leave_for([&] { device.write_now(std::move(lines), std::move(done)); });
  };
  for (std::size_t i = 0; i < devices.size(); ++i)
    write(*devices[i].device, std::move(rendered.lines[i]), [vote, entries, meters = devices[i].meters, began = std::chrono::steady_clock::now()](const AuditOutcome& outcome) {
      const auto took = std::chrono::steady_clock::now() - began;
      std::size_t requests = 0, responses = 0;
      for (std::size_t entry = 0; entry < entries->size(); ++entry)
        for (const auto kind : (*entries)[entry]) {
          const bool of_request = kind == AuditEntry::Kind::request;
          ++(of_request ? requests : responses);
          if (entry >= outcome.written) (of_request ? meters.log_request_failure : meters.log_response_failure).add();
        }
      if (requests > 0) meters.log_request.add(took, requests);
      if (responses > 0) meters.log_response.add(took, responses);
      vote->cast(outcome);
    });
}

void AuditBroker::tell(Entries& entries, const AuditOutcome& outcome) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i < outcome.written) entries[i].done({});
    else entries[i].done(std::unexpected(outcome.problem));
  }
}

void AuditBroker::write(std::shared_ptr<const Devices> devices, const Request& request, std::span<const AuditEntry::Kind> kinds, Done done) {
  Entry entry{&request, kinds, std::move(done)};
  if (request.place != Place::loop) {
    Entries alone;
    alone.push_back(std::move(entry));
    hand_over(*devices, std::move(alone), nullptr, &tell);
    return;
  }
  {
    std::lock_guard lock(rounds_mutex_);
    Round& round = rounds_[&request.home];
    round.entries.push_back(std::move(entry));
    if (round.entries.size() > 1) return;
    round.devices = std::move(devices);
    if (round.under_way > 0) return;
  }
  request.home.post([this, &home = request.home] { end_round(home); });
}

// Behind the requests that the loop had still to read. Devices may have been disabled meanwhile: those count that are enabled now. A seal
// disables none: what was answered before it still has its lines.
void AuditBroker::end_round(Loop& home) {
  std::shared_ptr<const Devices> devices;
  Entries entries;
  {
    std::lock_guard lock(rounds_mutex_);
    Round& round = rounds_[&home];
    devices = std::move(round.devices);
    entries = std::exchange(round.entries, {});
    round.under_way = 1;  // this call
  }
  if (auto now = this->devices(); now != devices && !parts_.barrier.locked()) devices = std::move(now);
  if (devices->empty()) {
    tell(entries, {entries.size(), {}});
    return end_group(home);
  }
  const auto go_on = [this, &home](Entries& told, const AuditOutcome& outcome) {
    tell(told, outcome);
    end_group(home);
  };
  const auto go_on_at_home = [&home, go_on](Entries& told, const AuditOutcome& outcome) {
    home.post([go_on, told = std::move(told), outcome]() mutable { go_on(told, outcome); });
  };
  const auto handing = std::make_shared<Handing>();
  hand_over(*devices, std::move(entries), &home, [handing, go_on_at_home](Entries& told, const AuditOutcome& outcome) {
    if (handing->is_under_way_here()) handing->told.emplace_back(std::move(told), outcome);
    else go_on_at_home(told, outcome);
  });
  handing->over = true;
  for (auto& [told, outcome] : handing->told) {
    if (home.is_here()) go_on(told, outcome);
    else go_on_at_home(told, outcome);
  }
}

void AuditBroker::begin_group(Loop& home) {
  std::lock_guard lock(rounds_mutex_);
  ++rounds_[&home].under_way;
}

void AuditBroker::end_group(Loop& home) {
  {
    std::lock_guard lock(rounds_mutex_);
    Round& round = rounds_[&home];
    if (--round.under_way > 0 || round.entries.empty()) return;
  }
  home.post([this, &home] { end_round(home); });
}

Result<std::shared_ptr<AuditDevice>> AuditBroker::make(const AuditDeviceEntry& entry, bool must_open) {
  const auto maker = makers_.find(entry.type);
  if (maker == makers_.end()) return fail(Code::invalid, concat("unknown backend type: \"", entry.type, "\""));
  std::optional<AuditCheckpoint> last;
  Transaction transaction(parts_.store, &parts_.barrier);
  transaction.go_on(Tier::any);
  if (const auto row = TRY(core_view(transaction).get(concat(keys::audit_checkpoints, entry.id)))) last = TRY(load_record<AuditCheckpoint>(row->value));
  auto on_checkpoint = [this, id = entry.id](const AuditCheckpoint& checkpoint) { keep(id, checkpoint); };
  return std::shared_ptr<AuditDevice>(TRY(maker->second({entry, std::move(last), std::move(on_checkpoint), must_open})));
}

// Named as Vault names them, by path and with its slash; and the state of the device for as long as it is enabled.
AuditBroker::Meters AuditBroker::meters_of(const std::string& path, const std::shared_ptr<AuditDevice>& device) const {
  const auto name = [&path](std::string_view what) { return Metrics::Name{concat("audit.", path, ".", what)}; };
  const auto gauge = [&](std::string_view what, auto value) {
    parts_.metrics.gauge(name(what), [weak = std::weak_ptr(device), value]() -> std::optional<double> {
      const auto held = weak.lock();
      return held ? std::optional(static_cast<double>(value(held->state()))) : std::nullopt;
    });
  };
  gauge("healthy", [](const AuditDevice::State& state) { return state.healthy ? 1 : 0; });
  gauge("queue", [](const AuditDevice::State& state) { return state.queue; });
  gauge("lost", [](const AuditDevice::State& state) { return state.lost; });
  return {parts_.metrics.timing(name("log_request")), parts_.metrics.timing(name("log_response")), parts_.metrics.counter(name("log_request_failure")),
          parts_.metrics.counter(name("log_response_failure"))};
}

// The end of the log as the store knows it. Nobody waits for it: the next one says more.
void AuditBroker::keep(const std::string& id, const AuditCheckpoint& checkpoint) {
  Transaction transaction(parts_.store, &parts_.barrier);
  transaction.go_on(Tier::any);
  AuditCheckpoint copy = checkpoint;
  if (!core_view(transaction).put(concat(keys::audit_checkpoints, id), store_record(copy))) return;
  if (auto batch = transaction.take_batch()) parts_.store.commit(std::move(*batch), [](const Committed&) {});
}

// Draws what the device needs and opens it; or goes on with what an earlier run of the same call has opened. Its row.
Result<Secret> AuditBroker::open(AuditDeviceEntry entry, bool must_open) {
  {
    std::lock_guard lock(mutex_);
    if (const auto found = opened_.find(entry.path); found != opened_.end()) {
      const AuditDeviceEntry& other = found->second.entry;
      if (other.type == entry.type && other.options == entry.options && other.description == entry.description && other.local == entry.local) return store_record(other);
      opened_.erase(found);  // of a call that came to nothing: it would hold its file
    }
  }
  close_retired();  // it may be the file of one that is wanted again; here a thread may wait
  entry.id = random_uuid(parts_.random);
  entry.salt = Secret(random_bytes(parts_.random, 32));
  entry.signing_seed = Secret(random_bytes(parts_.random, 32));
  auto device = TRY(make(entry, must_open));
  Secret row = store_record(entry);
  std::lock_guard lock(mutex_);
  const std::string path = entry.path;
  opened_.insert_or_assign(path, Opened{std::move(entry), std::move(device)});
  return row;
}

std::shared_ptr<AuditDevice> AuditBroker::take_opened(const AuditDeviceEntry& entry) {
  std::lock_guard lock(mutex_);
  const auto found = opened_.find(entry.path);
  if (found == opened_.end()) return nullptr;
  // Of several calls for one path one has won. What another has opened would go on holding its file.
  Opened opened = std::move(opened_.extract(found).mapped());
  return opened.entry.id == entry.id ? std::move(opened.device) : nullptr;
}

Result<void> AuditBroker::enable(Transaction& transaction, AuditDeviceEntry entry) {
  View core = core_view(transaction);
  const std::string row = concat(keys::audit_devices, entry.path);
  if (TRY(core.get(row))) return fail(Code::invalid, concat("path already in use"));
  // Of the configuration it is there even while it cannot write: then nothing is answered that it does not have.
  const bool must_open = !entry.configured;
  return core.put(row, TRY(open(std::move(entry), must_open)));
}

Result<void> AuditBroker::disable(Transaction& transaction, std::string_view path) {
  View core = core_view(transaction);
  const auto row = TRY(core.get(concat(keys::audit_devices, path)));
  if (!row) return {};
  TRY(core.remove(concat(keys::audit_checkpoints, TRY(load_record<AuditDeviceEntry>(row->value)).id)));
  return core.remove(concat(keys::audit_devices, path));
}

Result<void> AuditBroker::follow(std::span<const ConfiguredAuditDevice> configured) {
  Transaction transaction(parts_.store, &parts_.barrier);
  transaction.go_on(Tier::any);
  View core = core_view(transaction);
  for (const auto& enabled : *this->enabled()) {
    const AuditDeviceEntry& entry = *enabled.entry;
    if (!entry.configured || std::ranges::find(configured, entry.path, &ConfiguredAuditDevice::path) != configured.end()) continue;
    parts_.log.info("audit", "the configuration does not name the device any more: it is disabled", {{"path", entry.path}});
    TRY(disable(transaction, entry.path));
  }
  for (const auto& wanted : configured) {
    const auto row = TRY(core.get(concat(keys::audit_devices, wanted.path)));
    if (!row) {
      const auto made = enable(transaction, {.path = wanted.path, .type = wanted.type, .description = wanted.description, .options = wanted.options, .local = wanted.local, .configured = true});
      if (!made) return fail(Code::invalid, concat("audit device ", wanted.path, " of the configuration: ", made.error().message));
      continue;
    }
    const auto there = TRY(load_record<AuditDeviceEntry>(row->value));
    if (!there.configured) return fail(Code::invalid, concat("audit device ", wanted.path, " of the configuration was enabled through the API: disable it there, or take its stanza out"));
    if (there.type != wanted.type || there.options != wanted.options || there.local != wanted.local)
      return fail(Code::invalid, concat("audit device ", wanted.path, " cannot be changed: take the stanza out, start once, and put the new one in, or use another path"));
  }
  if (!transaction.has_writes()) return {};
  const auto committed = commit_and_wait(parts_.store, TRY(transaction.take_batch()));
  if (!committed) return fail(Code::internal, committed.error().conflict ? "the audit devices were changed meanwhile, try again" : committed.error().error.message);
  return {};
}

Result<std::string> AuditBroker::hash(std::string_view path, std::string_view text) const {
  for (const auto& enabled : *this->enabled())
    if (enabled.entry->path == path) return enabled.device->format().hash(text);
  return fail(Code::invalid, concat("unknown audit backend \"", path, "\""));
}

Result<void> AuditBroker::load() {
  std::lock_guard in_order(loading_);
  Transaction transaction(parts_.store, &parts_.barrier);
  transaction.go_on(Tier::any);
  View core = core_view(transaction);
  const auto before = enabled();
  auto next = std::make_shared<Devices>();
  for (const auto& name : TRY(core.list(keys::audit_devices, {}, Depth::all))) {
    const auto row = TRY(core.get(concat(keys::audit_devices, name)));
    if (!row) continue;
    const auto same = std::ranges::find(*before, row->revision, &Enabled::revision);
    if (same != before->end() && same->entry->path == name) {
      next->push_back(*same);
      continue;
    }
    auto entry = std::make_shared<AuditDeviceEntry>(TRY(load_record<AuditDeviceEntry>(row->value)));
    auto device = take_opened(*entry);
    if (!device) device = TRY(make(*entry, false));
    const Meters meters = meters_of(entry->path, device);
    next->push_back({std::move(entry), std::move(device), row->revision, meters});
  }
  std::vector<std::shared_ptr<AuditDevice>> dropped;
  for (const Enabled& old : *before)
    if (std::ranges::find(*next, old.device, &Enabled::device) == next->end()) dropped.push_back(old.device);
  devices_.store(std::move(next));
  std::lock_guard lock(mutex_);
  for (auto& device : dropped) {
    device->retire();
    retired_.push_back(std::move(device));
  }
  return {};
}

// They go on for the requests that are under way, until somebody wants their files.
void AuditBroker::unload() {
  std::lock_guard in_order(loading_);
  const auto before = enabled();
  devices_.store(std::make_shared<Devices>());
  std::lock_guard lock(mutex_);
  for (const Enabled& old : *before) retired_.push_back(old.device);
}

void AuditBroker::close_retired() {
  std::vector<std::shared_ptr<AuditDevice>> retired;
  {
    std::lock_guard lock(mutex_);
    retired.swap(retired_);
  }
  for (const auto& device : retired) device->retire();
  for (const auto& device : retired) device->wait_until_retired();
}

void AuditBroker::wait_until_closed(const Devices& devices) {
  for (const auto& old : devices) old.device->retire();
  for (const auto& old : devices) old.device->wait_until_retired();
}

void AuditBroker::reopen() {
  for (const auto& enabled : *this->enabled()) enabled.device->reopen();
}

void AuditBroker::on_commit(Revision, std::span<const std::string_view> committed) {
  const auto concerns = [](std::string_view key) {
    const auto name = View::core_name(key);
    return name && name->starts_with(keys::audit_devices);
  };
  if (parts_.barrier.locked() || std::ranges::none_of(committed, concerns)) return;
  if (const auto loaded = load(); !loaded) parts_.log.error("audit", "the audit table could not be read again", {{"why", loaded.error().message}});
}

}  // namespace sr
