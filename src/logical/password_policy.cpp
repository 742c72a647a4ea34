#include "logical/password_policy.h"
#include <algorithm>
#include "base/concat.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "text/hcl.h"

namespace sr {
namespace {

constexpr std::size_t length_min = 4, length_max = 100;

std::unexpected<Error> impossible(std::string_view why) { return fail(Code::invalid, concat("invalid password policy: ", why)); }

Result<std::int64_t> whole_number(const hcl::Item& item) {
  if (item.value.type != hcl::Type::number) return impossible(concat("'", item.key, "' expected type 'int'"));
  const auto number = hcl::to_integer(item);
  if (!number) return impossible(concat("'", item.key, "' expected type 'int'"));
  return *number;
}

// A key that nothing reads would be a restriction that nobody enforces.
Result<void> knows_all(const hcl::Value& object, std::initializer_list<std::string_view> keys) {
  for (const auto& item : object.items)
    if (std::ranges::find(keys, item.key) == keys.end()) return impossible(concat("line ", std::to_string(item.line), ": unknown key \"", item.key, "\""));
  return {};
}

std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> split;
  for (const char c : text) {
    const bool continues = (c & 0xc0) == 0x80;
    if (!continues || split.empty()) split.emplace_back();
    split.back() += c;
  }
  return split;
}

}  // namespace

Result<PasswordPolicy> PasswordPolicy::parse(std::string_view text) {
  const auto tree = hcl::parse(text, {.bytes = limits::password_policy_bytes});
  if (!tree) return impossible(concat("unable to decode: ", tree.error().message));
  TRY(knows_all(*tree, {"length", "rule"}));
  std::int64_t length = 0;
  if (const auto* item = tree->find("length")) length = TRY(whole_number(*item));

  PasswordPolicy policy;
  struct Wanted { std::vector<std::string> charset; std::int64_t chars_min; };
  std::vector<Wanted> wanted;
  std::int64_t needed = 0;
  const auto blocks = hcl::blocks(*tree, "rule", 1);
  if (!blocks) return impossible(concat("unable to parse rules: ", blocks.error().message));
  for (const auto& block : *blocks) {
    if (block.labels.front() != "charset") return impossible(concat("unable to parse rules: unable to parse rule ", block.labels.front(), ": unrecognized rule type ", block.labels.front()));
    TRY(knows_all(*block.body, {"charset", "min-chars"}));
    Wanted& rule = wanted.emplace_back(Wanted{{}, 0});
    if (const auto* item = block.body->find("charset")) {
      if (item->value.type != hcl::Type::string) return impossible("'charset' expected type 'string'");
      if (!utf8::is_printable(std::string_view(item->value.text))) return impossible("1 error occurred:\n\t* non-printable character in charset\n\n");
      rule.charset = characters(item->value.text);
    }
    if (const auto* item = block.body->find("min-chars")) rule.chars_min = std::max<std::int64_t>(TRY(whole_number(*item)), 0);
    if (rule.chars_min > static_cast<std::int64_t>(length_max)) rule.chars_min = length_max + 1;  // more than fits; no sum overflows
    needed += rule.chars_min;
    policy.charset_.insert(policy.charset_.end(), rule.charset.begin(), rule.charset.end());
  }
  std::ranges::sort(policy.charset_);
  policy.charset_.erase(std::ranges::unique(policy.charset_).begin(), policy.charset_.end());

  std::vector<std::string> problems;
  if (length <= 0) problems.emplace_back("length must be > 0");
  else if (length < needed) problems.push_back(concat("specified rules require at least ", std::to_string(needed), " characters but ", std::to_string(length), " is specified"));
  if (policy.charset_.empty()) problems.emplace_back("no charset specified");
  if (policy.charset_.size() > limits::password_charset) problems.push_back(concat("charset is too long: limited to ", std::to_string(limits::password_charset), " characters"));
  if (!problems.empty()) {
    std::string all = problems.size() == 1 ? "1 error occurred:\n" : concat(std::to_string(problems.size()), " errors occurred:\n");
    for (const auto& problem : problems) all += concat("\t* ", problem, "\n");
    return impossible(all + "\n");
  }
  if (length < static_cast<std::int64_t>(length_min) || length > static_cast<std::int64_t>(length_max))
    return fail(Code::invalid, concat("passwords must be between ", std::to_string(length_min), " and ", std::to_string(length_max), " characters"));
  policy.length_ = static_cast<std::size_t>(length);

  for (const auto& rule : wanted) {
    if (rule.chars_min == 0) continue;
    if (rule.charset.empty()) return fail(Code::invalid, "unable to construct test password from provided policy: are the rules impossible?");
    Rule& kept = policy.rules_.emplace_back(Rule{static_cast<std::size_t>(rule.chars_min), std::vector<bool>(policy.charset_.size())});
    for (const auto& character : rule.charset)
      kept.has[static_cast<std::size_t>(std::ranges::lower_bound(policy.charset_, character) - policy.charset_.begin())] = true;
  }
  return policy;
}

Result<Secret> PasswordPolicy::generate(Random& random) const {
  constexpr std::size_t tries = 20'000;
  // A byte picks a place; those behind the last whole multiple of the charset would make its first characters likelier.
  const std::size_t places = charset_.size(), usable = 256 / places * places;
  std::vector<std::size_t> picked(length_);
  for (std::size_t attempt = 0; attempt < tries; ++attempt) {
    for (std::size_t count = 0; count < length_;) {
      const Secret drawn(random_bytes(random, 2 * length_));
      for (const char c : drawn.reveal()) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < usable && count < length_) picked[count++] = byte % places;
      }
    }
    const bool fits = std::ranges::all_of(rules_, [&](const Rule& rule) {
      return std::ranges::count_if(picked, [&](std::size_t place) { return rule.has[place]; }) >= static_cast<std::ptrdiff_t>(rule.chars_min);
    });
    if (!fits) continue;
    Buffer password;
    for (const std::size_t place : picked) password += std::string_view(charset_[place]);
    wipe(picked.data(), picked.size() * sizeof(std::size_t));
    return Secret(password.view());
  }
  return fail(Code::internal, "failed to generate password from policy: timed out generating string");
}

}  // namespace sr
