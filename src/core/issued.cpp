#include "core/issued.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {
namespace {

Result<bool> is_empty(Transaction& transaction, std::string_view folder) {
  return TRY(core_view(transaction).list(folder, {.after = {}, .limit = 1}, Depth::all)).empty();
}

Result<void> add_names(Transaction& transaction, std::string_view folder, Page wanted, Strings& names) {
  std::string after(wanted.after);
  for (std::size_t left = wanted.limit; left > 0;) {
    const std::size_t size = std::min(left, limits::list_page);
    auto page = TRY(core_view(transaction).list(folder, {.after = after, .limit = size}));
    const bool more = page.size() == size;
    if (more) after = page.back();
    left -= page.size();
    std::ranges::move(page, std::back_inserter(names));
    if (names.size() > limits::list_names) return fail(Code::invalid, "too many leases to list at once: list a longer prefix, or in pages with limit and after");
    if (!more) break;
  }
  return {};
}

}  // namespace

std::string IssuedPlace::folder() const { return concat(keys::issued, mount, "/", inside); }

std::string token_lease_name(std::string_view token_hash, TokenEnd end) { return concat(end == TokenEnd::never ? "n" : "h", token_hash); }

bool is_endless(std::string_view name) { return name.size() != lease_name_size && name.starts_with('n'); }

std::optional<std::string> token_of_lease_name(std::string_view name) {
  if (name.size() == lease_name_size || !(name.starts_with('h') || is_endless(name))) return std::nullopt;
  return std::string(name.substr(1));
}

std::string issued_key(std::string_view mount_uuid, std::string_view inside, std::string_view name) {
  return concat(keys::issued, mount_uuid, "/", inside, inside.empty() || inside.ends_with('/') ? "" : "/", name);
}

Result<MountPaths> mount_paths(Transaction& transaction, const Router& router) {
  MountPaths paths;
  for (const auto& [path, mount] : router.mounts()) paths.emplace_back(path, mount->entry.uuid);
  View core = core_view(transaction);
  for (const auto& uuid : TRY(core.list(concat(keys::jobs, "unmount/")))) {
    const auto row = TRY(core.get(concat(keys::mounts, uuid)));
    if (row) paths.emplace_back(TRY(load_record<MountEntry>(row->value)).path, uuid);
  }
  return paths;
}

std::vector<IssuedPlace> places_under(const MountPaths& mounts, std::string_view prefix) {
  std::vector<IssuedPlace> places;
  for (const auto& [path, uuid] : mounts) {
    if (path.starts_with(prefix)) places.push_back({uuid, ""});
    else if (prefix.starts_with(path)) places.push_back({uuid, std::string(prefix.substr(path.size()))});
  }
  return places;
}

Result<Strings> list_issued(Transaction& transaction, const MountPaths& mounts, std::string_view prefix, Page page) {
  Strings names;
  for (const auto& [path, uuid] : mounts) {
    if (path.size() > prefix.size() && path.starts_with(prefix)) {  // above the mount: the next part of its path
      if (TRY(is_empty(transaction, IssuedPlace{uuid, ""}.folder()))) continue;
      const std::string_view rest = std::string_view(path).substr(prefix.size());
      names.emplace_back(rest.substr(0, rest.find('/') + 1));
      if (names.back() <= page.after) names.pop_back();
    } else if (prefix.starts_with(path)) {
      TRY(add_names(transaction, IssuedPlace{uuid, std::string(prefix.substr(path.size()))}.folder(), page, names));
    }
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  if (names.size() > page.limit) names.resize(page.limit);
  return names;
}

}  // namespace sr
