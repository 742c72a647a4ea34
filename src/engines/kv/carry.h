// One secret to another place, with all its versions and its metadata, in one transaction: the rows are copied as they are, and nobody
// looks into them.
#pragma once
#include "engines/kv/rows.h"
#include "logical/elsewhere.h"

namespace sr::kv {

enum class Carrying : std::uint8_t { move, copy };
constexpr std::string_view name_of(Carrying how) { return how == Carrying::move ? "move" : "copy"; }

// A secret as it lies: its metadata as they read, and the rows as they are.
struct Whole {
  Meta meta{};
  Record meta_row{};
  std::vector<std::pair<VersionNumber, Record>> versions{};  // those that are there

  std::size_t rows() const { return versions.size() + 1; }
  std::size_t bytes() const;
  // The commit that wrote to it last, and the one whose rows are the oldest.
  Revision newest() const, oldest() const;
};

// Nothing: there is no such secret. One that is more than a transaction holds, in versions or bytes: Code::invalid.
Result<std::optional<Whole>> load_whole(View& rows, std::string_view path);
Result<void> check_versions(std::string_view path, const Meta& meta);
// In the place of what is there.
Result<void> store_whole(View& rows, std::string_view path, const Whole& secret, const std::optional<Whole>& there);
Result<void> remove_whole(View& rows, std::string_view path, const Whole& secret);
bool is_same(const Whole& a, const Whole& b);

// Who may carry what: `update` of "move/<name>" at the source; at the destination `create`, or `update` of what is there. And nowhere a rule
// that denies the secret itself: whoever wrote it had reading and writing in mind, and moving would be both.
std::string right_path(Carrying how, std::string_view path);
bool may_take(Elsewhere& elsewhere, Carrying how, std::string_view path);
bool may_put(Elsewhere& elsewhere, Carrying how, const Elsewhere::Place& to, std::string_view path, bool replaces);

}  // namespace sr::kv
