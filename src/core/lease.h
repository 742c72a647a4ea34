// A lease: a secret that was handed out for a time, and what takes it back. One row, sealed as every row; its name is the last part
// of its id and drawn at random, so that a lease is found by its id whatever has become of its mount's path.
#pragma once
#include "logical/secret_type.h"

namespace sr {

struct LeaseRecord {
  std::string path{};            // of the request that it was made by: "database/creds/app"
  std::string mount{};           // uuid
  std::string inside{};          // the path inside the mount
  std::string kind{};            // SecretType::name
  std::string holder{};          // hash of the token whose end ends it; empty: of none, or that end has come
  Time holder_expires{};         // of a batch token, which no renewal outlives
  Time issued{}, expires{};
  Time renewed{};                // the epoch: not yet
  Seconds ttl{}, ttl_max{};      // what the engine asked for
  bool renewable = false;
  Secret kept{};                 // the engine's own
  bool ending = false;           // is to be taken back, and may be gone outside already: it is never prolonged again
  Time next_try{};               // then: not before
  unsigned failures = 0;         // to take it back
  std::string error{};           // the last of these
  bool irrevocable = false;      // so many that somebody should look at it

  Time due() const { return ending ? next_try : expires; }
  HeldLease held() const { return {.path = inside, .kept = kept, .issued = issued, .expires = expires}; }

  template <class Archive> void fields(Archive& archive) {
    archive(1, path);
    archive(2, mount);
    archive(3, inside);
    archive(4, kind);
    archive(5, holder);
    archive(6, holder_expires);
    archive(7, issued);
    archive(8, expires);
    archive(9, renewed);
    archive(10, ttl);
    archive(11, ttl_max);
    archive(12, renewable);
    archive(13, kept);
    archive(14, ending);
    archive(15, next_try);
    archive(16, failures);
    archive(17, error);
    archive(18, irrevocable);
  }
};

}  // namespace sr
