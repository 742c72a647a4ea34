// A folder on its way to another place: work in bounded steps, each a commit, so that a crash costs nothing.
//
// First each secret is looked at: may it be carried, and is its place free? A dry run ends here, and so does a job that finds anything in
// the way. Then all are copied, each in one transaction with all its versions. What is to be moved is removed when the last one has been
// copied: until then the source reads as ever, and it goes on to take writes. Each copy leaves a mark at its source, in its own commit; by
// the revision of the mark's row it shows whether source or copy has changed since. A source that has is copied again, in the transaction
// that removes it. Where both have, nobody can tell which one is meant, and the source stays.
#pragma once
#include "engines/kv/carry.h"

namespace sr::kv {

enum class Phase : std::uint8_t { check, copy, remove, clear, ended };  // clear: takes away the marks of a job that ends early
enum class Outcome : std::uint8_t { none, done, refused, failed, cancelled };

// Of one name, why it could not be carried.
struct Trouble {
  std::string name{}, why{};
  template <class Archive> void fields(Archive& archive) {
    archive(1, name);
    archive(2, why);
  }
};

struct CarryJob {
  Carrying how = Carrying::move;
  bool overwrite = false, dry_run = false;
  std::string from{}, to{};        // folders, with their slash at the end: inside this mount, and with the path of the mount
  std::string to_mount{};          // uuid
  Phase phase = Phase::check;
  Outcome outcome = Outcome::none;
  std::string behind{};            // the name that was done last in this phase
  std::uint64_t found = 0, copied = 0, removed = 0;  // secrets
  std::uint64_t left = 0;          // at the source when a move has ended, up to 1000 counted: what stayed, and what came meanwhile
  std::uint64_t problems = 0;
  std::vector<Trouble> troubles{};  // the first of them
  std::string failure{};           // what ended it early
  Time begun{}, ended{};

  template <class Archive> void fields(Archive& archive) {
    archive(1, how);
    archive(2, overwrite);
    archive(3, dry_run);
    archive(4, from);
    archive(5, to);
    archive(6, to_mount);
    archive(7, phase);
    archive(8, outcome);
    archive(9, behind);
    archive(10, found);
    archive(11, copied);
    archive(12, removed);
    archive(13, left);
    archive(14, problems);
    archive(15, troubles);
    archive(16, failure);
    archive(17, begun);
    archive(18, ended);
  }
};

constexpr std::string_view jobs_folder = "carry-job/";    // + id
std::string job_key(std::string_view id);
Result<std::optional<CarryJob>> load_job(View& rows, std::string_view id);
Result<void> store_job(View& rows, std::string_view id, const CarryJob& job);

// Spec::work of version 2.
Result<bool> work_on_carrying(View rows, Elsewhere& elsewhere, std::string_view id, Time now);

}  // namespace sr::kv
