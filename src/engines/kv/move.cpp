// Moving and copying: one secret in the request, a folder by a job. Whoever may do it needs no right to read.
#include "base/concat.h"
#include "base/path.h"
#include "engines/kv/carry_job.h"
#include "engines/kv/engine.h"
#include "engines/kv/fields.h"
#include "logical/paging.h"

namespace sr::kv {
namespace {

constexpr std::string_view permission_denied = "1 error occurred:\n\t* permission denied\n\n";
constexpr Seconds remembered{24 * 3600};         // a job that has ended
constexpr std::size_t looked_at_most = 100;      // when one begins
constexpr std::size_t jobs_most = 1000;          // of one mount

Carrying how_of(const Call& call) { return call.path().starts_with("copy") ? Carrying::copy : Carrying::move; }

std::string folder_of(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.empty() ? std::string() : concat(path, "/");
}

// Old jobs are forgotten, so that their rows do not add up.
Result<void> make_room_for_job(View& rows, Time now) {
  const auto ids = TRY(rows.list(jobs_folder, {.after = {}, .limit = jobs_most}));
  std::size_t forgotten = 0;
  for (const auto& id : std::span(ids).first(std::min(ids.size(), looked_at_most))) {
    const auto job = TRY(load_job(rows, id));
    if (!job || job->phase != Phase::ended || job->ended + remembered >= now) continue;
    TRY(rows.remove(job_key(id)));
    ++forgotten;
  }
  if (ids.size() - forgotten >= jobs_most) return fail(Code::invalid, "too many jobs on this mount, remove some that have ended");
  return {};
}

std::string_view state_of(const CarryJob& job) {
  if (job.phase != Phase::ended) return "running";
  switch (job.outcome) {
    case Outcome::refused: return "refused";
    case Outcome::failed: return "failed";
    case Outcome::cancelled: return "cancelled";
    default: return "done";
  }
}

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::check: return "checking";
    case Phase::copy: return "copying";
    case Phase::remove: return "removing";
    case Phase::clear: return "clearing";
    case Phase::ended: break;
  }
  return "ended";
}

json::Object print_job(std::string_view id, const CarryJob& job, std::string_view mount) {
  json::Object data;
  data.put("id", id).put("operation", kv::name_of(job.how)).put("from", concat(mount, job.from)).put("to", job.to).put("overwrite", job.overwrite).put("dry_run", job.dry_run);
  data.put("state", state_of(job)).put("phase", name_of(job.phase));
  data.put("found", job.found).put("copied", job.copied).put("removed", job.removed).put("left", job.left);
  data.put("problem_count", job.problems);
  json::Array problems;
  for (const auto& trouble : job.troubles) problems.add(json::Object().set("name", trouble.name).set("why", trouble.why));
  data.put_raw("problems", problems.text());
  data.put("failure", job.failure);
  data.put("begun_time", rfc3339(job.begun)).put("ended_time", job.phase == Phase::ended ? rfc3339(job.ended) : std::string());
  return data;
}

}  // namespace

Result<Reply> Kv::carry(Call& call) {
  if (call[field::to].empty()) return fail(Code::invalid, "missing \"to\": the path of the destination, with its mount");
  if (!call.elsewhere()) return fail(Code::internal, "a destination cannot be looked for here");
  auto to = TRY(call.elsewhere()->find(call[field::recursive] ? folder_of(call[field::to]) : std::string(call[field::to])));
  return call[field::recursive] ? carry_folder(call, to) : carry_one(call, to);
}

Result<Reply> Kv::carry_one(Call& call, Elsewhere::Place& to) {
  const Carrying how = how_of(call);
  const std::string_view path = call[field::path];
  if (path.empty()) return fail(Code::invalid, "name a secret, or set \"recursive\" for all of the mount");
  if (to.inside.empty() || to.inside.ends_with('/')) return fail(Code::invalid, "\"to\" names a folder: name the secret, or set \"recursive\"");
  if (to.is_here && to.inside == path) return fail(Code::invalid, "source and destination are the same");
  const bool is_there = TRY(to.rows.get(meta_key(to.inside))).has_value();
  Elsewhere& elsewhere = *call.elsewhere();
  if (!may_take(elsewhere, how, path) || !may_put(elsewhere, how, to, to.inside, is_there && call[field::overwrite])) return fail(Code::denied, std::string(permission_denied));
  const auto secret = TRY(load_whole(call.storage(), path));
  if (!secret) return fail(Code::not_found, concat("there is no secret at \"", path, "\": for a folder set \"recursive\""));
  if (is_there && !call[field::overwrite]) return fail(Code::invalid, concat("there is a secret at \"", to.mount, to.inside, "\" already: set \"overwrite\" to replace it with all its versions"));
  const auto there = TRY(load_whole(to.rows, to.inside));
  if (!call[field::dry_run]) {
    TRY(store_whole(to.rows, to.inside, *secret, there));
    if (how == Carrying::move) TRY(remove_whole(call.storage(), path, *secret)), metas_.forget(meta_key(path));
  }
  json::Object data;
  data.put("operation", kv::name_of(how)).put("from", concat(call.host().mount_path(), path)).put("to", concat(to.mount, to.inside));
  data.put("current_version", secret->meta.current).put("versions", static_cast<std::int64_t>(secret->versions.size()));
  data.put("overwrites", there.has_value()).put("dry_run", call[field::dry_run]);
  return Reply::data(std::move(data));
}

// The rights to each secret are asked about by the job; here those to the folders.
Result<Reply> Kv::carry_folder(Call& call, Elsewhere::Place& to) {
  const Carrying how = how_of(call);
  const std::string from = folder_of(call[field::path]);
  const std::string_view right = std::string_view(to.inside).substr(0, to.inside.empty() ? 0 : to.inside.size() - 1);
  const std::string asked = right.empty() ? std::string(kv::name_of(how)) : right_path(how, right);
  if (!call.elsewhere()->may(call[field::overwrite] ? Op::update : Op::create, to, asked)) return fail(Code::denied, std::string(permission_denied));
  // A copy that lands in its own source would be found there and copied again, without end.
  if (to.is_here && (to.inside.starts_with(from) || from.starts_with(to.inside))) return fail(Code::invalid, "one of source and destination lies in the other");
  if (TRY(call.storage().list(meta_key(from), {.after = {}, .limit = 1}, Depth::all)).empty()) return fail(Code::not_found, concat("there is no secret in the folder \"", from, "\""));
  TRY(make_room_for_job(call.storage(), call.now()));
  const std::string id = random_uuid(call.host().random());
  const CarryJob job{.how = how, .overwrite = call[field::overwrite], .dry_run = call[field::dry_run], .from = from, .to = concat(to.mount, to.inside), .to_mount = to.uuid, .begun = call.now()};
  TRY(store_job(call.storage(), id, job));
  TRY(call.elsewhere()->begin_work(id));
  return Reply::data(print_job(id, job, call.host().mount_path())).status(202);
}

Result<Reply> Kv::list_jobs(Call& call) { return Reply::list(TRY(paging::list_names(call, jobs_folder))); }

Result<Reply> Kv::read_job(Call& call) {
  const auto job = TRY(load_job(call.storage(), call[field::job_id]));
  if (!job) return Reply::empty();
  return Reply::data(print_job(call[field::job_id], *job, call.host().mount_path()));
}

// One that runs stops before its next step; one that has ended is forgotten.
Result<Reply> Kv::end_job(Call& call) {
  auto job = TRY(load_job(call.storage(), call[field::job_id]));
  if (!job) return Reply::empty();
  if (job->phase == Phase::ended) {
    TRY(call.storage().remove(job_key(call[field::job_id])));
    return Reply::empty();
  }
  if (job->phase == Phase::clear) return Reply::empty();
  job->outcome = Outcome::cancelled;
  job->phase = Phase::clear;
  job->behind.clear();
  TRY(store_job(call.storage(), call[field::job_id], *job));
  return Reply::empty();
}

}  // namespace sr::kv
