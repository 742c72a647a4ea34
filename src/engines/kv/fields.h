// What clients may send to a KV mount; version 1 takes the path alone, and any body.
#pragma once
#include "logical/field.h"

namespace sr::kv::field {

inline constexpr TextField path{"path", "Location of the secret."};
inline constexpr JsonField data{"data", "The contents of the secret: an object, stored as a new version. PATCH merges it into the latest one."};
inline constexpr JsonField options{"options", "Options of the write: \"cas\" lets it pass only if it is the number of the current version, 0 if there is none."};
inline constexpr IntegerField version{"version", "Which version to read; the latest when it is absent, 0 or negative."};
inline constexpr ListField versions{"versions", "The numbers of the versions."};
inline constexpr IntegerField depth{"depth", "How many levels of keys to show; all of them when it is absent or 0."};

inline constexpr IntegerField max_versions{"max_versions", "How many versions to keep: the larger of the mount's and the key's number, 10 when both are 0."};
inline constexpr FlagField cas_required{"cas_required", "Whether each write has to come with options.cas. The mount's setting holds for all keys."};
inline constexpr DurationField delete_version_after{"delete_version_after", "The time after which a version deletes itself; the smaller of the mount's and the key's counts, 0 is none."};
inline constexpr SignedDurationField delete_version_after_signed{"delete_version_after", "The time after which a version deletes itself; a negative one switches this off for all keys."};
inline constexpr JsonField custom_metadata{"custom_metadata", "Strings by name to keep with the key: up to 64, names of up to 128 bytes, values of up to 512."};

inline constexpr TextField to{"to", "Where it is to be: the path of a mount of version 2 and the name there, as \"archive/app/db\"."};
inline constexpr FlagField recursive{"recursive", "All secrets in the folder of that name and in the folders below it, by a job."};
inline constexpr FlagField overwrite{"overwrite", "Replace what is there, with all its versions; without it nothing is replaced."};
inline constexpr FlagField dry_run{"dry_run", "Say what would be done, and do nothing."};
inline constexpr TextField job_id{"id", "The id that the job was answered with."};

// OpenBao's check-and-set of the metadata itself.
inline constexpr RefusedField metadata_cas_required{"metadata_cas_required", "Whether writes of the metadata have to come with a check-and-set."};

}  // namespace sr::kv::field
