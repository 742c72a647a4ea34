#include "core/web_settings.h"
#include "base/concat.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {
namespace {

constexpr std::string_view usual_headers[] = {"Content-Type",          "Authorization",      "X-Vault-Token",    "X-Vault-MFA",
                                              "X-Vault-No-Request-Forwarding", "X-Vault-Wrap-Format", "X-Vault-Wrap-TTL", "X-Requested-With",
                                              "X-Vault-AWS-IAM-Server-ID",     "X-Vault-Policy-Override"};
constexpr std::size_t entries_max = 256;  // origins, headers, values

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_header_character(char c) { return is_letter(c) || (c >= '0' && c <= '9') || (c != 0 && std::string_view("!#$%&'*+-.^_`|~").contains(c)); }
bool is_visible(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; }

// "x-frame-options" -> "X-Frame-Options"
Result<std::string> canonical(std::string_view name) {
  if (name.empty() || name.size() > 256 || !std::ranges::all_of(name, is_header_character)) return fail(Code::invalid, "invalid name of a header");
  std::string made;
  bool first = true;
  for (const char c : name) {
    made += !is_letter(c) ? c : static_cast<char>(first ? c & ~0x20 : c | 0x20);
    first = c == '-';
  }
  return made;
}

// They become parts of headers.
Result<void> check_texts(const Strings& texts, std::string_view what, bool (*allowed)(char)) {
  if (texts.size() > entries_max) return fail(Code::invalid, concat("too many ", what));
  for (const auto& text : texts)
    if (text.empty() || text.size() > 2048 || !std::ranges::all_of(text, allowed)) return fail(Code::invalid, concat("invalid ", what));
  return {};
}

}  // namespace

bool CorsRules::admits(std::string_view origin) const {
  return std::ranges::any_of(origins, [&](const std::string& one) { return one == "*" || one == origin; });
}
Strings CorsRules::all_headers() const {
  Strings all(std::begin(usual_headers), std::end(usual_headers));
  all.insert(all.end(), headers.begin(), headers.end());
  return all;
}

Result<std::optional<CorsRules>> WebSettings::read_cors(Transaction& transaction) const {
  const auto row = TRY(core_view(transaction).get(keys::cors));
  if (!row) return std::nullopt;
  return TRY(load_record<CorsRules>(row->value));
}

Result<void> WebSettings::write_cors(Transaction& transaction, CorsRules rules) const {
  if (rules.origins.empty()) return fail(Code::invalid, "at least one origin or the wildcard must be provided");
  if (rules.origins.size() > 1 && std::ranges::find(rules.origins, "*") != rules.origins.end())
    return fail(Code::invalid, "to allow all origins the '*' must be the only value for allowed_origins");
  TRY(check_texts(rules.origins, "allowed_origins", is_visible));
  TRY(check_texts(rules.headers, "allowed_headers", is_header_character));
  return core_view(transaction).put(keys::cors, store_record(rules));
}
Result<void> WebSettings::disable_cors(Transaction& transaction) const { return core_view(transaction).remove(keys::cors); }

Result<Strings> WebSettings::list_ui_headers(Transaction& transaction) const { return core_view(transaction).list(keys::ui_headers); }

Result<std::optional<UiHeader>> WebSettings::read_ui_header(Transaction& transaction, std::string_view name) const {
  const auto known = canonical(name);
  if (!known) return std::nullopt;
  const auto row = TRY(core_view(transaction).get(concat(keys::ui_headers, *known)));
  if (!row) return std::nullopt;
  return TRY(load_record<UiHeader>(row->value));
}

Result<void> WebSettings::write_ui_header(Transaction& transaction, std::string_view name, UiHeader header) const {
  const auto known = TRY(canonical(name));
  TRY(check_texts(header.values, "values", is_visible));
  auto view = core_view(transaction);
  if (!TRY(view.get(concat(keys::ui_headers, known))) && TRY(view.list(keys::ui_headers, {.limit = entries_max})).size() >= entries_max)
    return fail(Code::invalid, "too many headers of the user interface");
  return view.put(concat(keys::ui_headers, known), store_record(header));
}
Result<void> WebSettings::remove_ui_header(Transaction& transaction, std::string_view name) const {
  const auto known = canonical(name);
  return known ? core_view(transaction).remove(concat(keys::ui_headers, *known)) : Result<void>();
}

Result<void> WebSettings::load() {
  Transaction transaction(store_, &barrier_);
  transaction.go_on(Tier::any);
  auto rules = TRY(read_cors(transaction));
  if (!rules) return unload(), Result<void>();
  cors_.store(std::make_shared<const CorsRules>(std::move(*rules)));
  enabled_ = true;
  return {};
}
void WebSettings::unload() {
  enabled_ = false;
  cors_.store(nullptr);
}

void WebSettings::on_commit(std::span<const std::string_view> committed) {
  if (barrier_.locked() || std::ranges::none_of(committed, [](std::string_view key) { return View::core_name(key) == keys::cors; })) return;
  if (const auto loaded = load(); !loaded) log_.error("core", "the rules of CORS could not be read again", {{"why", loaded.error().message}});
}

}  // namespace sr
