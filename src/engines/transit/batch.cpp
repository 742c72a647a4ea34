#include "engines/transit/batch.h"
#include <charconv>
#include "base/concat.h"
#include "engines/transit/fields.h"

namespace sr::transit {
namespace {

// Complaints about all items are told at once, a line each, up to a point.
constexpr std::size_t complaints_max = 100;

std::unexpected<Error> unreadable(std::string_view why) { return fail(Code::invalid, concat("failed to parse batch input: ", why)); }

std::string_view go_name(const json::Value& value) { return value.is_null() ? "<nil>" : go_type(value); }

class ItemReader {
 public:
  ItemReader(const json::Value& item, std::size_t index, Strings& complaints) : item_(item), index_(std::to_string(index)), complaints_(complaints) {}

  // Null is as good as absent; `wants_one`: not as good.
  std::string_view text(std::string_view name, bool wants_one = false) {
    const json::Value* found = item_.find(name);
    if (!found || (found->is_null() && !wants_one)) return {};
    if (!found->is_string()) complain(name, concat("expected type 'string', got unconvertible type '", go_name(*found), "'"));
    return found->is_string() ? found->text : std::string_view();
  }
  std::int64_t number(std::string_view name) {
    const json::Value* found = item_.find(name);
    if (!found || found->is_null()) return 0;
    std::int64_t number = 0;
    if (found->type != json::Type::number) complain(name, concat("expected type 'int', got unconvertible type '", go_name(*found), "'"));
    else if (!read_whole(found->text, number)) complain(name, "is no whole number");
    return number;
  }
  static bool read_whole(std::string_view text, std::int64_t& number) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc{} && end == text.data() + text.size();
  }
  void complain(std::string_view name, std::string_view why) {
    if (complaints_.size() < complaints_max) complaints_.push_back(concat("'[", index_, "].", name, "' ", why));
  }

 private:
  const json::Value& item_;
  const std::string index_;
  Strings& complaints_;
};

Result<void> check_shape(const json::Value& batch) {
  if (!batch.is_array()) return unreadable(concat("source data must be an array or slice, got ", go_name(batch)));
  if (batch.items.empty()) return fail(Code::invalid, "missing batch input to process");
  for (std::size_t i = 0; i < batch.items.size(); ++i)
    if (!batch.items[i].is_object()) return unreadable(concat("[", std::to_string(i), "] expected a map, got '", go_name(batch.items[i]), "'"));
  return {};
}

std::unexpected<Error> told(const Strings& complaints) {
  std::string all;
  for (const auto& complaint : complaints) all += (all.empty() ? "" : "\n") + complaint;
  return unreadable(all);
}

}  // namespace

const json::Value* batch_of(const Call& call) {
  const JsonValue* given = call.find(field::batch_input);
  return given && !(*given)->is_null() ? *given : nullptr;
}

Result<std::vector<CipherItem>> read_cipher_items(const json::Value& batch, const CipherItemForm& form) {
  TRY(check_shape(batch));
  std::vector<CipherItem> items;
  items.reserve(batch.items.size());
  Strings complaints;
  for (const auto& given : batch.items) {
    ItemReader reader(given, items.size(), complaints);
    if (!form.missing.empty() && !given.find(form.text_name)) reader.complain(form.text_name, form.missing);
    items.push_back({.text = reader.text(form.text_name, form.text_name == "plaintext"), .context = reader.text("context"), .associated = reader.text("associated_data"),
                     .nonce = reader.text("nonce"), .reference = reader.text("reference"), .key_version = reader.number("key_version")});
  }
  if (!complaints.empty()) return told(complaints);
  return items;
}

Result<std::span<const json::Value>> read_text_items(const json::Value& batch) {
  TRY(check_shape(batch));
  Strings complaints;
  for (std::size_t i = 0; i < batch.items.size(); ++i)
    for (const auto& [name, value] : batch.items[i].members)
      if (!value.is_string() && !value.is_null() && value.type != json::Type::number)
        ItemReader(batch.items[i], i, complaints).complain(name.substr(0, 64), concat("expected type 'string', got unconvertible type '", go_name(value), "'"));
  if (!complaints.empty()) return told(complaints);
  return batch.items;
}

std::optional<std::string_view> text_of(const json::Value& item, std::string_view name) {
  const json::Value* found = item.find(name);
  return found ? std::optional(found->text) : std::nullopt;
}

Result<void> check_contexts(std::span<const CipherItem> items) {
  for (const auto& item : items)
    if (item.context.empty() != items.front().context.empty()) return fail(Code::invalid, "context should be set either in all the request blocks or in none");
  return {};
}

Buffer& BatchResults::member(std::string_view name) {
  if (!std::exchange(is_first_, false)) out_ += ',';
  out_ += '"';
  out_ += name;
  return out_ += "\":";
}
void BatchResults::end_item(std::string_view reference) {
  add("reference", reference);
  out_ += '}';
}
void BatchResults::end_item(std::string_view reference, std::string_view name, bool flag) {
  add("reference", reference);
  member(name) += flag ? "true}" : "false}";
}
Reply BatchResults::finish() && {
  out_ += "]}";
  return Reply::data(std::move(out_));
}

Reply answer_batch(const Call& call, BatchResults results, const BatchOutcome& outcome) {
  Reply reply = std::move(results).finish();
  if (!outcome.has_failure) return reply;
  constexpr int bad_request = 400;
  const std::int64_t* wanted = outcome.has_success ? call.find(field::partial_failure_response_code) : nullptr;
  if (!wanted) return std::move(reply).status(bad_request);
  // Statuses below 200 are no answers, whatever Vault makes of them.
  if (*wanted >= 200 && *wanted <= 599) return std::move(reply).status(static_cast<int>(*wanted));
  reply.add_warning(concat("invalid HTTP response code override from partial_failure_response_code, reverting to ", std::to_string(bad_request)));
  return std::move(reply).status(bad_request);
}

}  // namespace sr::transit
