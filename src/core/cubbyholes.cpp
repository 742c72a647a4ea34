#include "core/cubbyholes.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "logical/cubbyhole_rows.h"

namespace sr {
namespace {

View cubbyhole_view(Transaction& transaction) { return View::mount(transaction, NamespaceId("root"), cubbyhole::mount_uuid); }

// Some rows, or the intent when none is left; true: come again.
Result<bool> empty_step(Transaction& transaction, const std::string& token_hash) {
  constexpr std::size_t step = 64;
  View rows = cubbyhole_view(transaction);
  const std::string folder = cubbyhole::folder_of(token_hash);
  const auto names = TRY(rows.list(folder, {.after = {}, .limit = step}, Depth::all));
  for (const auto& name : names) TRY(rows.remove(concat(folder, name)));
  if (names.empty()) TRY(core_view(transaction).remove(concat(keys::cubbyholes_going, token_hash)));
  return !names.empty();
}

}  // namespace

Result<void> end_cubbyhole(Transaction& transaction, const std::string& token_hash) {
  View rows = cubbyhole_view(transaction);
  if (!TRY(rows.get(cubbyhole::changed_of(token_hash)))) return {};  // it never had one; a first row makes this commit start over
  TRY(rows.remove(cubbyhole::changed_of(token_hash)));
  const std::string folder = cubbyhole::folder_of(token_hash);
  const auto names = TRY(rows.list(folder, {.after = {}, .limit = cubbyhole_rows_at_once + 1}, Depth::all));
  if (names.size() > cubbyhole_rows_at_once) return core_view(transaction).put(concat(keys::cubbyholes_going, token_hash), Secret(""));
  for (const auto& name : names) TRY(rows.remove(concat(folder, name)));
  return {};
}

Result<bool> cubbyhole_is_going(Transaction& transaction, const std::string& token_hash) {
  return TRY(core_view(transaction).get(concat(keys::cubbyholes_going, token_hash))).has_value();
}

std::size_t sweep_cubbyholes(Store& store, const Barrier& barrier) {
  Transaction look(store, &barrier);
  look.go_on(Tier::any);
  const auto going = core_view(look).list(keys::cubbyholes_going, {.after = {}, .limit = 100}, Depth::all);
  std::size_t emptied = 0;
  for (const auto& token_hash : going.value_or(Strings())) {
    bool more = true;
    while (more) {
      Transaction transaction(store, &barrier);
      transaction.go_on(Tier::any);
      const auto step = empty_step(transaction, token_hash);
      auto batch = transaction.take_batch();
      if (!step || !batch || !commit_and_wait(store, std::move(*batch))) return emptied;  // the intent is still there
      more = *step;
    }
    ++emptied;
  }
  return emptied;
}

}  // namespace sr
