#include "engines/totp/rows.h"
#include "base/concat.h"
#include "engines/totp/fields.h"
#include "logical/names.h"
#include "logical/paging.h"

namespace sr::totp {
namespace {

constexpr std::string_view keys = "key/", used_steps = "used/";

template <class T> Result<std::optional<T>> load(Call& call, const std::string& row_key) {
  const auto row = TRY(call.storage().get(row_key));
  if (!row) return std::nullopt;
  return TRY(load_record<T>(row->value));
}

bool makes_the_same_codes(const Key& a, const Key& b) {
  return a.seed == b.seed && a.period == b.period && a.hash == b.hash && a.digits == b.digits;
}

}  // namespace

bool UsedSteps::has(Step step) const {
  if (!last_ || step > *last_) return false;
  const Step behind = *last_ - step;
  return behind == 0 || behind > 64 || (before_ >> (behind - 1) & 1) != 0;
}

void UsedSteps::add(Step step) {
  if (has(step)) return;
  if (last_ && step < *last_) {
    before_ |= std::uint64_t{1} << (*last_ - step - 1);
    return;
  }
  const Step ahead = last_ ? step - *last_ : 0;
  // The window moves along: what leaves it counts as used from then on.
  if (ahead > 64) before_ = 0;
  else if (ahead > 0) before_ = (ahead == 64 ? 0 : before_ << ahead) | std::uint64_t{1} << (ahead - 1);
  last_ = step;
}

Result<std::string_view> key_name(const Call& call) {
  const std::string_view name = call[field::name];
  if (!is_plain_name(name, "@")) return fail(Code::not_found, "1 error occurred:\n\t* unsupported path\n\n");
  return name;
}

Result<Strings> list_key_names(Call& call) { return paging::list_names(call, keys); }

Result<std::optional<Key>> load_key(Call& call, std::string_view name) { return load<Key>(call, concat(keys, name)); }

Result<void> store_key(Call& call, std::string_view name, const Key& key) {
  const auto old = TRY(load_key(call, name));
  if (old && !makes_the_same_codes(*old, key)) TRY(call.storage().remove(concat(used_steps, name)));
  return call.storage().put(concat(keys, name), store_record(key));
}

Result<void> remove_key(Call& call, std::string_view name) {
  TRY(call.storage().remove(concat(used_steps, name)));
  return call.storage().remove(concat(keys, name));
}

Result<UsedSteps> load_used(Call& call, std::string_view name) { return TRY(load<UsedSteps>(call, concat(used_steps, name))).value_or(UsedSteps{}); }

Result<void> store_used(Call& call, std::string_view name, const UsedSteps& used) {
  return call.storage().put(concat(used_steps, name), store_record(used));
}

}  // namespace sr::totp
