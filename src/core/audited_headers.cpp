#include "core/audited_headers.h"
#include "base/concat.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "storage/record.h"
#include "text/lower.h"

namespace sr {
namespace {

constexpr std::size_t headers_max = 64, name_bytes = 256;

struct HeaderRow {
  bool hmac = false;
  template <class Archive> void fields(Archive& archive) { archive(1, hmac); }
};

bool is_header_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != 0 && std::string_view("!#$%&'*+-.^_`|~").contains(c));
}

// No request has a header of another name.
bool is_header_name(std::string_view name) { return !name.empty() && name.size() <= name_bytes && std::ranges::all_of(name, is_header_character); }
std::string key_of(std::string_view name) { return concat(keys::audited_headers, to_lower(name)); }

}  // namespace

Result<AuditedHeaders::Table> AuditedHeaders::list(Transaction& transaction) const {
  View view = core_view(transaction);
  Table table;
  const Strings names = TRY(view.list(keys::audited_headers));
  for (const auto& name : names) {
    const auto row = TRY(view.get(concat(keys::audited_headers, name)));
    if (!row) continue;
    const HeaderRow known = TRY(load_record<HeaderRow>(row->value));
    table.push_back({name, known.hmac});
  }
  return table;
}

Result<std::optional<AuditedHeader>> AuditedHeaders::read(Transaction& transaction, std::string_view name) const {
  if (!is_header_name(name)) return std::nullopt;
  const auto row = TRY(core_view(transaction).get(key_of(name)));
  if (!row) return std::nullopt;
  const HeaderRow known = TRY(load_record<HeaderRow>(row->value));
  return AuditedHeader{to_lower(name), known.hmac};
}

Result<void> AuditedHeaders::write(Transaction& transaction, std::string_view name, bool hmac) const {
  if (!is_header_name(name)) return fail(Code::invalid, "invalid name of a header");
  View view = core_view(transaction);
  const std::string key = key_of(name);
  if (!TRY(view.get(key)) && TRY(view.list(keys::audited_headers, {.limit = headers_max})).size() >= headers_max) return fail(Code::invalid, "too many audited headers");
  HeaderRow row{hmac};
  return view.put(key, store_record(row));
}

Result<void> AuditedHeaders::remove(Transaction& transaction, std::string_view name) const {
  return is_header_name(name) ? core_view(transaction).remove(key_of(name)) : Result<void>();
}

Result<void> AuditedHeaders::load() {
  Transaction transaction(store_, &barrier_);
  transaction.go_on(Tier::any);
  auto table = TRY(list(transaction));
  if (table.empty()) return unload(), Result<void>();
  table_.store(std::make_shared<const Table>(std::move(table)));
  any_ = true;
  return {};
}

void AuditedHeaders::unload() {
  any_ = false;
  table_.store(nullptr);
}

void AuditedHeaders::on_commit(std::span<const std::string_view> committed) {
  const auto concerns = [](std::string_view key) {
    const auto name = View::core_name(key);
    return name && name->starts_with(keys::audited_headers);
  };
  if (barrier_.locked() || std::ranges::none_of(committed, concerns)) return;
  if (const auto loaded = load(); !loaded) log_.error("audit", "the audited headers could not be read again", {{"why", loaded.error().message}});
}

}  // namespace sr
