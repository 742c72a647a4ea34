#include "engines/totp/engine.h"
#include "engines/totp/fields.h"
#include "base/concat.h"
#include "text/duration.h"

namespace sr::totp {
namespace {

Result<Key> known_key(Call& call, std::string_view name) {
  auto key = TRY(load_key(call, name));
  if (!key) return fail(Code::invalid, concat("unknown key: ", name));
  return *std::move(key);
}

// The steps whose code passes at this moment.
std::vector<Step> current_steps(const Key& key, Time now) {
  const Step step = totp_step(now, key.period);
  std::vector<Step> steps;
  for (Step i = step - std::min<Step>(step, key.skew); i <= step + key.skew; ++i) steps.push_back(i);
  return steps;
}

}  // namespace

Result<Reply> Totp::make_code(Call& call) {
  const Key key = TRY(known_key(call, TRY(key_name(call))));
  const Step step = totp_step(call.now(), key.period);
  json::Object data;
  data.put("code", key.code(step).reveal());
  data.put("generated", std::chrono::floor<Seconds>(call.now()).time_since_epoch().count());
  data.put("expire_time", static_cast<std::int64_t>(step + 1) * key.period.count());
  data.put("period", print_duration(key.period));
  return Reply::data(std::move(data));
}

// What has passed is written down: of checks that race, one commits, and the others run again and see it.
Result<Reply> Totp::check_code(Call& call) {
  const std::string_view name = TRY(key_name(call));
  const Key key = TRY(known_key(call, name));
  const std::string_view code = call[field::code].reveal();
  if (code.empty()) return fail(Code::invalid, "the code value is required");
  // Exactly what is shown, so that one code has one spelling.
  if (code.size() != key.digits || code.contains(' ')) return fail(Code::invalid, "invalid number of digits for the code");

  UsedSteps used = TRY(load_used(call, name));
  bool valid = false;
  for (const Step step : current_steps(key, call.now())) {
    if (!equal_in_constant_time(key.code(step).reveal(), code)) continue;
    if (used.has(step)) return fail(Code::invalid, "code already used; wait until the next time period");
    used.add(step);
    valid = true;
  }
  if (valid) TRY(store_used(call, name, used));
  return Reply::data(json::Object().set("valid", valid));
}

}  // namespace sr::totp
