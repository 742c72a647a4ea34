#include "engines/kv/kv.h"
#include "engines/kv/carry_job.h"
#include "engines/kv/engine.h"
#include "engines/kv/fields.h"
#include "engines/kv/plain.h"
#include "logical/paging.h"

namespace sr::kv {
namespace {

std::unique_ptr<Engine> make(const Mounted&) { return std::make_unique<Kv>(); }

}  // namespace

Spec version_2() {
  return {
    .type = "kv",
    .help = "Stores secrets by path, and keeps their older versions.",
    .routes = {
      {.paths = {"data/{path...}", "data/"}, .help = "Reads, writes, patches and deletes the latest version of a secret.",
       .fields = {&field::path, &field::version, &field::data, &field::options},
       .verbs = {on<&Kv::read>(Op::read, "Read a version of the secret.", Cost::quick),
                 on<&Kv::write>(Op::create, "Write the first version."),
                 on<&Kv::write>(Op::update, "Write a new version."),
                 on<&Kv::patch>(Op::patch, "Write a new version: the latest one with these changes."),
                 on<&Kv::remove>(Op::remove, "Delete the latest version; it can be restored.")},
       .exists = exists_by<&Kv::exists>()},

      {.paths = {"metadata/{path...}", "metadata/"}, .help = "Names of secrets, their versions and settings.",
       .fields = {&field::path, &field::max_versions, &field::cas_required, &field::delete_version_after, &field::custom_metadata, &field::metadata_cas_required, &paging::after, &paging::limit},
       .verbs = {on<&Kv::list>(Op::list, "List the names in a folder; folders end in a slash."),
                 on<&Kv::scan>(Op::scan, "List the names in a folder and in all folders below it."),
                 on<&Kv::read_metadata>(Op::read, "Read a key's settings and the state of its versions."),
                 on<&Kv::write_metadata>(Op::create, "Write the settings of a key before its first version."),
                 on<&Kv::write_metadata>(Op::update, "Change a key's settings; its custom metadata is replaced as a whole."),
                 on<&Kv::patch_metadata>(Op::patch, "Change a key's settings and single members of its custom metadata."),
                 on<&Kv::remove_metadata>(Op::remove, "Remove the key with all its versions, for good.")},
       .exists = exists_by<&Kv::exists>()},

      {.paths = {"detailed-metadata/{path...}", "detailed-metadata/"}, .help = "Names of secrets, each with its settings and the state of its versions.",
       .fields = {&field::path, &paging::after, &paging::limit},
       .verbs = {on<&Kv::list_in_detail>(Op::list, "List the names in a folder; folders end in a slash."),
                 on<&Kv::scan_in_detail>(Op::scan, "List the names in a folder and in all folders below it.")}},

      {.paths = {"delete/{path...}", "delete/"}, .help = "Deletes versions, so that they can be restored.", .fields = {&field::path, &field::versions},
       .verbs = {on<&Kv::delete_versions>(Op::update, "Delete the versions that are named.")}},
      {.paths = {"undelete/{path...}", "undelete/"}, .help = "Restores deleted versions.", .fields = {&field::path, &field::versions},
       .verbs = {on<&Kv::undelete_versions>(Op::update, "Restore the versions that are named.")}},
      {.paths = {"destroy/{path...}", "destroy/"}, .help = "Removes the data of versions for good.", .fields = {&field::path, &field::versions},
       .verbs = {on<&Kv::destroy_versions>(Op::update, "Destroy the versions that are named.")}},

      {.paths = {"subkeys/{path...}", "subkeys/"}, .help = "The shape of a secret without its values.", .fields = {&field::path, &field::version, &field::depth},
       .verbs = {on<&Kv::read_subkeys>(Op::read, "Read the keys of a version, each value as null.")}},

      {.paths = {"move/{path...}", "move"},
       .help = "Moves a secret with all its versions and its metadata, or a folder of them, in this mount or to another one. It takes `update` of this path, and `create`, or "
               "`update` of what it replaces, of the path \"move/\" with the name of the destination in the destination's mount: no right to read.",
       .fields = {&field::path, &field::to, &field::recursive, &field::overwrite, &field::dry_run},
       .verbs = {on<&Kv::carry>(Op::update, "Move a secret, or begin to move a folder.")}},
      {.paths = {"copy/{path...}", "copy"},
       .help = "Copies a secret with all its versions and its metadata, or a folder of them. It takes the same as moving, of paths that begin with \"copy/\".",
       .fields = {&field::path, &field::to, &field::recursive, &field::overwrite, &field::dry_run},
       .verbs = {on<&Kv::carry>(Op::update, "Copy a secret, or begin to copy a folder.")}},
      {.paths = {"jobs/"}, .help = "Moves and copies of folders that are under way or ended lately.", .fields = {&paging::after, &paging::limit},
       .verbs = {on<&Kv::list_jobs>(Op::list, "List their ids.")}},
      {.paths = {"jobs/{id}"}, .help = "How far a job is, and what was in its way.", .fields = {&field::job_id},
       .verbs = {on<&Kv::read_job>(Op::read, "Read it."),
                 on<&Kv::end_job>(Op::remove, "End it before its next step; forget one that has ended.")}},

      {.paths = {"config"}, .help = "Settings of the mount.",
       .fields = {&field::max_versions, &field::cas_required, &field::delete_version_after_signed, &field::metadata_cas_required},
       .verbs = {on<&Kv::read_config>(Op::read, "Read the settings."),
                 on<&Kv::write_config>(Op::update, "Change the settings that are given.")}},

      // Where no secret can be: answered with a hint, since clients of version 1 come here.
      {.paths = {"data", "metadata", "detailed-metadata", "delete", "undelete", "destroy", "subkeys"}, .help = "Nothing lies here: name a secret.",
       .verbs = {on<&Kv::hint_at_root>(Op::read, "Say so."), on<&Kv::hint_at_root>(Op::update, "Say so."),
                 on<&Kv::hint_at_root>(Op::patch, "Say so."), on<&Kv::hint_at_root>(Op::remove, "Say so.")},
       .any_field = true},
      {.paths = {"", "{path...}"}, .help = "A path as version 1 has them.",
       .verbs = {on<&Kv::hint_at_version_1>(Op::read, "Say so."), on<&Kv::hint_at_version_1>(Op::update, "Say so."),
                 on<&Kv::hint_at_version_1>(Op::patch, "Say so."), on<&Kv::hint_at_version_1>(Op::remove, "Say so."),
                 on<&Kv::hint_at_version_1>(Op::list, "Say so."), on<&Kv::hint_at_version_1>(Op::scan, "Say so.")},
       .any_field = true},
    },
    .make = make,
    .version = "2",
    .upgrade = upgrade_plain,
    .work = work_on_carrying,
  };
}

}  // namespace sr::kv
