#include "engines/kv/carry_job.h"
#include "base/concat.h"
#include "logical/op.h"

namespace sr::kv {
namespace {

constexpr std::size_t names_of_one_look = 100;
constexpr std::size_t rows_of_one_step = 100;        // or those of one secret
constexpr std::size_t bytes_of_one_step = 8 << 20;
constexpr std::size_t troubles_kept = 100;
constexpr std::size_t left_counted = 1000;
constexpr std::string_view may_not = "permission denied";

std::string marks_of(std::string_view id) { return concat("carried/", id, "/"); }

// One step: what it reads and writes, and how much that has become.
class Step {
 public:
  Step(View rows, Elsewhere& elsewhere, std::string_view id, CarryJob& job, Elsewhere::Place to) : rows_(std::move(rows)), elsewhere_(elsewhere), id_(id), job_(job), to_(std::move(to)) {}

  Result<void> check(), copy(), remove(), clear();

 private:
  std::string source_of(std::string_view name) const { return concat(job_.from, name); }
  std::string place_of(std::string_view name) const { return concat(to_.inside, name); }
  bool may_take(std::string_view name) { return kv::may_take(elsewhere_, job_.how, source_of(name)); }
  bool may_put(std::string_view name, bool is_there) { return kv::may_put(elsewhere_, job_.how, to_, place_of(name), is_there && job_.overwrite); }
  // With the rows of what it replaces, which are taken away.
  static std::size_t rows_of(const Whole& secret, const std::optional<Whole>& there) { return 2 * secret.rows() + (there ? there->rows() : 0); }
  bool is_full(const Whole& secret, const std::optional<Whole>& there) const {
    return rows_used_ > 0 && (rows_used_ + rows_of(secret, there) > rows_of_one_step || bytes_used_ + secret.bytes() > bytes_of_one_step);
  }
  void count(const Whole& secret, const std::optional<Whole>& there) { rows_used_ += rows_of(secret, there) + 1, bytes_used_ += secret.bytes(); }
  void note(std::string_view name, std::string_view why);
  void note_denied(std::string_view name);
  void go_to(Phase next) { job_.phase = next, job_.behind.clear(); }
  void give_up(std::string why);
  Result<Strings> next_names(const std::string& folder) { return rows_.list(folder, {.after = job_.behind, .limit = names_of_one_look}, Depth::all); }
  Result<void> remove_one(const std::string& name, Revision copied_at);

  View rows_;
  Elsewhere& elsewhere_;
  const std::string_view id_;
  CarryJob& job_;
  Elsewhere::Place to_;
  std::size_t rows_used_ = 0, bytes_used_ = 0;
};

void Step::note(std::string_view name, std::string_view why) {
  ++job_.problems;
  if (job_.troubles.size() < troubles_kept) job_.troubles.push_back({std::string(name), std::string(why)});
}

// By name only to those who may know that there is such a secret.
void Step::note_denied(std::string_view name) {
  const bool may_know = elsewhere_.may_here(Op::read, concat("metadata/", source_of(name))) || elsewhere_.may_here(Op::read, concat("data/", source_of(name)));
  if (may_know) note(name, may_not);
  else ++job_.problems;
}

// What has been copied stays where it is; of the source nothing has gone.
void Step::give_up(std::string why) {
  job_.outcome = Outcome::failed;
  job_.failure = std::move(why);
  go_to(Phase::clear);
}

Result<void> Step::check() {
  const auto names = TRY(next_names(meta_key(job_.from)));
  for (const auto& name : names) {
    job_.behind = name;
    ++job_.found;
    const bool is_there = TRY(to_.rows.get(meta_key(place_of(name)))).has_value();
    const auto meta = TRY(load_meta(rows_, source_of(name)));
    if (!may_take(name) || !may_put(name, is_there)) note_denied(name);
    else if (const auto fits = meta ? check_versions(source_of(name), *meta) : Result<void>(); !fits) note(name, fits.error().message);
    else if (is_there && !job_.overwrite) note(name, "there is a secret of this name at the destination");
    else if (place_of(name).size() > limits::path_bytes) note(name, "the name is too long at the destination");
  }
  if (names.size() == names_of_one_look) return {};
  if (job_.problems > 0) job_.outcome = Outcome::refused, go_to(Phase::ended);
  else if (job_.dry_run) job_.outcome = Outcome::done, go_to(Phase::ended);
  else go_to(Phase::copy);
  return {};
}

Result<void> Step::copy() {
  const auto names = TRY(next_names(meta_key(job_.from)));
  for (const auto& name : names) {
    const bool is_there = TRY(to_.rows.get(meta_key(place_of(name)))).has_value();
    if (!may_take(name) || !may_put(name, is_there)) return note_denied(name), give_up("the right to carry it was lost on the way"), Result<void>();
    if (is_there && !job_.overwrite) return note(name, "there is a secret of this name at the destination"), give_up("a secret came into the way"), Result<void>();
    const auto secret = load_whole(rows_, source_of(name)), there = load_whole(to_.rows, place_of(name));
    for (const auto* end : {&secret, &there}) {
      if (*end) continue;
      if (end->error().code != Code::invalid) return std::unexpected(end->error());
      return note(name, end->error().message), give_up("a secret cannot be carried"), Result<void>();
    }
    if (!*secret) {  // it has gone since it was listed
      job_.behind = name;
      continue;
    }
    if (is_full(**secret, *there)) return {};
    TRY(store_whole(to_.rows, place_of(name), **secret, *there));
    if (job_.how == Carrying::move) TRY(rows_.put(concat(marks_of(id_), name), Secret("")));
    count(**secret, *there);
    ++job_.copied;
    job_.behind = name;
  }
  if (names.size() == names_of_one_look) return {};
  if (job_.how == Carrying::move) go_to(Phase::remove);
  else job_.outcome = Outcome::done, go_to(Phase::ended);
  return {};
}

Result<void> Step::remove_one(const std::string& name, Revision copied_at) {
  const auto source = TRY(load_whole(rows_, source_of(name)));
  if (!source) return {};
  if (is_full(*source, {})) return fail(Code::busy, "");
  count(*source, {});
  // Also where the source is as it was: somebody may have taken the copy away, or moved it back to here.
  if (!TRY(to_.rows.get(meta_key(place_of(name))))) return note(name, "its copy has been removed since, and it stays at the source"), Result<void>();
  if (source->newest() >= copied_at) {
    const auto copied = TRY(load_whole(to_.rows, place_of(name)));
    const bool is_copy_untouched = copied && copied->newest() == copied_at && copied->oldest() == copied_at;
    // All rows of a store that was put back from a snapshot are of one revision: there only their contents can tell.
    const bool is_known = source->newest() > copied_at;
    if (!copied || !is_same(*source, *copied)) {
      if (!is_copy_untouched || !is_known) return note(name, "it has changed at both ends since it was copied, and stays at the source"), Result<void>();
      if (!may_put(name, true)) return note_denied(name), Result<void>();  // the source has changed: it goes there a second time
      TRY(store_whole(to_.rows, place_of(name), *source, copied));
      count(*source, copied);
    }
  }
  TRY(remove_whole(rows_, source_of(name), *source));
  ++job_.removed;
  return {};
}

Result<void> Step::remove() {
  const auto names = TRY(next_names(marks_of(id_)));
  for (const auto& name : names) {
    if (!may_take(name)) return note_denied(name), give_up("the right to carry it was lost on the way"), Result<void>();
    const std::string mark = concat(marks_of(id_), name);
    const auto row = TRY(rows_.get(mark));
    if (row) {
      const auto removed = remove_one(name, row->revision);
      if (!removed && removed.error().code == Code::busy) return {};  // in the next step
      if (!removed && removed.error().code == Code::invalid) note(name, removed.error().message);
      else if (!removed) return std::unexpected(removed.error());
      TRY(rows_.remove(mark));
    }
    job_.behind = name;
    if (++rows_used_ > rows_of_one_step) return {};
  }
  if (!names.empty()) return {};
  // What stayed, and what came while the others went.
  job_.left = TRY(rows_.list(meta_key(job_.from), {.after = {}, .limit = left_counted}, Depth::all)).size();
  job_.outcome = Outcome::done;
  go_to(Phase::ended);
  return {};
}

Result<void> Step::clear() {
  const auto names = TRY(next_names(marks_of(id_)));
  for (const auto& name : names) TRY(rows_.remove(concat(marks_of(id_), name)));
  if (names.size() < names_of_one_look) go_to(Phase::ended);
  return {};
}

}  // namespace

std::string job_key(std::string_view id) { return concat(jobs_folder, id); }

Result<std::optional<CarryJob>> load_job(View& rows, std::string_view id) {
  const auto row = TRY(rows.get(job_key(id)));
  if (!row) return std::nullopt;
  return TRY(load_record<CarryJob>(row->value));
}

Result<void> store_job(View& rows, std::string_view id, const CarryJob& job) { return rows.put(job_key(id), store_record(job)); }

Result<bool> work_on_carrying(View rows, Elsewhere& elsewhere, std::string_view id, Time now) {
  auto job = TRY(load_job(rows, id));
  if (!job || job->phase == Phase::ended) return false;
  auto to = elsewhere.find(job->to);
  const bool is_lost = !to ? to.error().code == Code::invalid || to.error().code == Code::denied : to->uuid != job->to_mount;
  if (!to && !is_lost) return std::unexpected(to.error());
  if (is_lost && job->phase != Phase::clear) {
    job->outcome = Outcome::failed;
    job->failure = !to && to.error().code == Code::denied ? "the right to carry to there was lost on the way" : "the destination mount is not there any more";
    job->phase = Phase::clear;
    job->behind.clear();
  }
  Step step(rows, elsewhere, id, *job, to ? std::move(*to) : Elsewhere::Place{.rows = rows});
  switch (job->phase) {
    case Phase::check: TRY(step.check()); break;
    case Phase::copy: TRY(step.copy()); break;
    case Phase::remove: TRY(step.remove()); break;
    case Phase::clear: TRY(step.clear()); break;
    case Phase::ended: break;
  }
  const bool is_over = job->phase == Phase::ended;
  if (is_over) job->ended = now;
  TRY(store_job(rows, id, *job));
  return !is_over;
}

}  // namespace sr::kv
