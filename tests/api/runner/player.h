// Plays scripts on a target, one after the other, and counts how the answers compare.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>
#include "script.h"
#include "target.h"

namespace sr::api_test {

struct Tally {
  int agreed = 0;
  int differs_as_stated = 0;   // another server gave the answer that a [bao] line states
  int failed = 0;
  int scripts = 0;
  int faults = 0;              // commits that failed because they were told to
  int left_out = 0;            // scripts, or the rest of one, that this target cannot play
  std::vector<std::string> failures{};
  std::vector<std::string> left_out_why{};
};

struct PlayerOptions {
  bool other_server = false;            // the target is not ours: [bao] lines count
  std::set<std::string> entries{};      // the entries of docs/compatibility.md that a [bao] line may name
};

void play(const Script& script, Target& target, const PlayerOptions& options, Tally& tally);

}  // namespace sr::api_test
