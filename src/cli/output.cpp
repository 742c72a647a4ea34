#include "cli/output.h"
#include "cli/go_text.h"
#include "text/duration.h"
#include "text/yaml.h"

namespace sr::cli {
namespace {

std::string quoted(std::string_view text) {
  Buffer out;
  json::quote(out, text);
  return std::string(out.view());
}

std::string json_list(bool present, const std::vector<std::string_view>& texts) {
  if (!present) return "null";
  std::string out = "[";
  for (const std::string_view text : texts) out.append(out.size() > 1 ? "," : "").append(quoted(text));
  return out + "]";
}

const char* json_flag(bool flag) { return flag ? "true" : "false"; }

// A text for a field of the answer itself (not of its data); nothing when it has no such field.
std::optional<std::string> login_field(const Login& login, std::string_view name) {
  const auto joined = [](const std::vector<std::string_view>& texts) {
    std::string out = "[";
    for (const std::string_view text : texts) out.append(out.size() > 1 ? "," : "").append(quoted(text));
    return out + "]";
  };
  if (name == "token") return quoted(login.token);
  if (name == "token_accessor") return quoted(login.accessor);
  if (name == "token_duration") return std::to_string(login.lease_duration);
  if (name == "token_renewable") return json_flag(login.renewable);
  if (name == "token_policies") return joined(login.token_policies);
  if (name == "identity_policies") return joined(login.identity_policies);
  if (name == "policies") return joined(login.policies);
  return std::nullopt;
}

std::optional<std::string> wrapping_field(const Wrapping& wrapping, std::string_view name) {
  if (name == "wrapping_token") return quoted(wrapping.token);
  if (name == "wrapping_accessor") return quoted(wrapping.accessor);
  if (name == "wrapping_token_ttl") return std::to_string(wrapping.ttl);
  if (name == "wrapping_token_creation_time") return quoted(wrapping.creation_time);
  if (name == "wrapping_token_creation_path") return quoted(wrapping.creation_path);
  if (name == "wrapped_accessor") return quoted(wrapping.wrapped_accessor);
  return std::nullopt;
}

std::optional<std::string> plain_field(const Answer& answer, std::string_view name) {
  if (name == "lease_duration" || name == "refresh_interval") return std::to_string(answer.lease_duration);
  if (name == "lease_id") return quoted(answer.lease_id);
  if (name == "request_id") return quoted(answer.request_id);
  if (name == "renewable") return json_flag(answer.renewable);
  if (name == "data" && answer.data != nullptr && answer.find("data") == nullptr) return json::to_text(*answer.data);
  return std::nullopt;
}

int print_field_json(Ui& ui, const Style& style, std::string_view json) {
  Arena arena;
  const auto value = json::parse(arena, json, answer_limits());
  if (!value) {
    ui.error("Error formatting output: " + value.error().message);
    return 1;
  }
  switch (style.format) {
    case Format::table:
    case Format::raw: ui.out_raw(go_value(**value)); return 0;
    case Format::json: ui.out_raw(indent_json(json)); return 0;
    case Format::yaml: ui.out_raw(yaml::to_text(**value)); return 0;
    case Format::pretty: ui.out_raw(""); return 0;
  }
  return 0;
}

int no_field(Ui& ui, std::string_view name) {
  ui.error("Field " + go_quote(name) + " not present in secret");
  return 1;
}

void add_login_rows(std::vector<Row>& rows, const Login& login) {
  if (login.mfa != nullptr) {
    rows.push_back({"mfa_request_id", std::string(text_of(login.mfa->find("mfa_request_id")))});
    const json::Value* constraints = login.mfa->find("mfa_constraints");
    if (constraints == nullptr || !constraints->is_object()) return;
    for (const json::Member& constraint : constraints->members) {
      const json::Value* any = constraint.value.find("any");
      if (any == nullptr || !any->is_array()) continue;
      for (const json::Value& method : any->items) {
        const std::string name = "mfa_constraint_" + std::string(constraint.key) + "_" + std::string(text_of(method.find("type")));
        rows.push_back({name + "_id", std::string(text_of(method.find("id")))});
        rows.push_back({name + "_uses_passcode", json_flag(flag_of(method.find("uses_passcode")))});
        if (const auto title = text_of(method.find("name")); !title.empty()) rows.push_back({name + "_name", std::string(title)});
      }
    }
    return;
  }
  rows.push_back({"token", std::string(login.token)});
  rows.push_back({"token_accessor", std::string(login.accessor)});
  rows.push_back({"token_duration", login.lease_duration == 0 ? "∞" : humanize_duration(std::chrono::seconds(login.lease_duration))});
  rows.push_back({"token_renewable", json_flag(login.renewable)});
  rows.push_back({"token_policies", go_quote_list(login.token_policies)});
  rows.push_back({"identity_policies", go_quote_list(login.identity_policies)});
  rows.push_back({"policies", go_quote_list(login.policies)});
  if (login.metadata == nullptr) return;
  for (const json::Member& member : login.metadata->members) rows.push_back({"token_meta_" + std::string(member.key), go_value(member.value)});
}

void add_data_rows(std::vector<Row>& rows, const json::Value& object) {
  for (const json::Member& member : object.members) rows.push_back({std::string(member.key), table_value(member.key, member.value)});
}

void print_pairs(Ui& ui, std::vector<Row> rows) {
  if (rows.empty()) return;
  rows.insert(rows.begin(), {"Key", "Value"});
  ui.out(print_table(std::move(rows)));
}

int answer_table(Ui& ui, const Answer& answer) {
  print_warnings(ui, answer);
  std::vector<Row> rows;
  if (answer.lease_duration > 0) {
    if (!answer.lease_id.empty()) {
      rows.push_back({"lease_id", std::string(answer.lease_id)});
      rows.push_back({"lease_duration", humanize_duration(std::chrono::seconds(answer.lease_duration))});
      rows.push_back({"lease_renewable", json_flag(answer.renewable)});
    } else {
      // A duration without a lease is the interval in which an engine wants to be asked again.
      rows.push_back({"refresh_interval", humanize_duration(std::chrono::seconds(answer.lease_duration))});
    }
  }
  if (answer.login) add_login_rows(rows, *answer.login);
  if (const auto& wrapping = answer.wrapping) {
    rows.push_back({"wrapping_token:", std::string(wrapping->token)});
    rows.push_back({"wrapping_accessor:", std::string(wrapping->accessor)});
    rows.push_back({"wrapping_token_ttl:", humanize_duration(std::chrono::seconds(wrapping->ttl))});
    rows.push_back({"wrapping_token_creation_time:", go_time(wrapping->creation_time)});
    rows.push_back({"wrapping_token_creation_path:", std::string(wrapping->creation_path)});
    if (!wrapping->wrapped_accessor.empty()) rows.push_back({"wrapped_accessor:", std::string(wrapping->wrapped_accessor)});
  }
  if (answer.data != nullptr) add_data_rows(rows, *answer.data);
  print_pairs(ui, std::move(rows));
  return 0;
}

int unprintable(Ui& ui, std::string_view why) {
  ui.error("Could not parse output: " + std::string(why));
  return 1;
}

// JSON text for every format but the table.
int print_for_programs(Ui& ui, const Style& style, std::string_view json) {
  switch (style.format) {
    case Format::json: ui.out(indent_json(json)); return 0;
    case Format::yaml: {
      Arena arena;
      const auto value = json::parse(arena, json, answer_limits());
      if (!value) return unprintable(ui, value.error().message);
      std::string text = yaml::to_text(**value);
      while (text.ends_with('\n')) text.pop_back();
      ui.out(text);
      return 0;
    }
    case Format::pretty: return unprintable(ui, "cannot use the pretty formatter for this type");
    case Format::raw: return unprintable(ui, "This command does not support the -format=raw option; only `vault read` does.");
    case Format::table: break;
  }
  return unprintable(ui, "cannot use the table formatter for this type");
}

}  // namespace

std::optional<Format> parse_format(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (lower == "table") return Format::table;
  if (lower == "json") return Format::json;
  if (lower == "yaml" || lower == "yml") return Format::yaml;
  if (lower == "pretty") return Format::pretty;
  if (lower == "raw") return Format::raw;
  return std::nullopt;
}

std::string answer_json(const Answer& answer) {
  std::string out = "{\"request_id\":" + quoted(answer.request_id) + ",\"lease_id\":" + quoted(answer.lease_id) +
                    ",\"lease_duration\":" + std::to_string(answer.lease_duration) + ",\"renewable\":" + json_flag(answer.renewable) +
                    ",\"data\":" + (answer.data == nullptr ? "null" : json::to_text(*answer.data)) +
                    ",\"warnings\":" + json_list(answer.has_warnings, answer.warnings);
  if (const auto& login = answer.login) {
    out += ",\"auth\":{\"client_token\":" + quoted(login->token) + ",\"accessor\":" + quoted(login->accessor) +
           ",\"policies\":" + json_list(login->has_policies, login->policies) + ",\"token_policies\":" + json_list(login->has_token_policies, login->token_policies) +
           ",\"identity_policies\":" + json_list(login->has_identity_policies, login->identity_policies) +
           ",\"metadata\":" + (login->metadata == nullptr ? "null" : json::to_text(*login->metadata)) + ",\"orphan\":" + json_flag(login->orphan) +
           ",\"entity_id\":" + quoted(login->entity_id) + ",\"lease_duration\":" + std::to_string(login->lease_duration) +
           ",\"renewable\":" + json_flag(login->renewable) + ",\"mfa_requirement\":" + (login->mfa == nullptr ? "null" : json::to_text(*login->mfa)) + "}";
  }
  if (const auto& wrapping = answer.wrapping) {
    out += ",\"wrap_info\":{\"token\":" + quoted(wrapping->token) + ",\"accessor\":" + quoted(wrapping->accessor) + ",\"ttl\":" + std::to_string(wrapping->ttl) +
           ",\"creation_time\":" + quoted(wrapping->creation_time) + ",\"creation_path\":" + quoted(wrapping->creation_path) +
           ",\"wrapped_accessor\":" + quoted(wrapping->wrapped_accessor) + "}";
  }
  return out + "}";
}

std::string indent_json(std::string_view json) {
  std::string out;
  std::size_t depth = 0;
  bool in_string = false;
  const auto new_line = [&] { out.append(1, '\n').append(2 * depth, ' '); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      out += c;
      if (c == '\\' && i + 1 < json.size()) out += json[++i];
      else if (c == '"') in_string = false;
      continue;
    }
    switch (c) {
      case '"':
        out += c;
        in_string = true;
        break;
      case '{':
      case '[':
        out += c;
        if (i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']')) {
          out += json[++i];
        } else {
          ++depth;
          new_line();
        }
        break;
      case '}':
      case ']':
        depth -= depth > 0;
        new_line();
        out += c;
        break;
      case ',':
        out += c;
        new_line();
        break;
      case ':': out += ": "; break;
      default: out += c;
    }
  }
  return out;
}

void print_warnings(Ui& ui, const Answer& answer) {
  if (answer.warnings.empty()) return;
  ui.warn("WARNING! The following warnings were returned from Vault:\n");
  for (const std::string_view warning : answer.warnings) {
    ui.warn(wrap_lines("* " + std::string(warning), 2));
    ui.warn("");
  }
}

int print_answer(Ui& ui, const Style& style, const Answer& answer) {
  if (style.format == Format::table) return answer_table(ui, answer);
  return print_for_programs(ui, style, answer_json(answer));
}

int print_list(Ui& ui, const Style& style, const Answer& answer) {
  const json::Value* list = answer.keys();
  if (style.format != Format::table) {
    if (style.format == Format::json && style.detailed) return print_for_programs(ui, style, answer_json(answer));
    return print_for_programs(ui, style, list == nullptr ? "null" : json::to_text(*list));
  }
  print_warnings(ui, answer);
  std::vector<std::string_view> keys = texts_of(list);
  if (list != nullptr && keys.size() != list->items.size()) return unprintable(ui, "a key of the list is not a string");
  if (keys.empty()) return 0;
  std::ranges::sort(keys);

  // Some lists say more on each key ("key_info"); -detailed shows it in columns, one for each name that a shown key has.
  const json::Value* info = style.detailed ? answer.find("key_info") : nullptr;
  std::vector<std::string_view> names;
  if (info != nullptr && info->is_object()) {
    for (const json::Member& entry : info->members) {
      if (!std::ranges::binary_search(keys, entry.key)) continue;
      for (const json::Member& member : entry.value.members) names.push_back(member.key);
    }
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
  }
  std::vector<Row> rows{{"Keys"}};
  for (const std::string_view name : names) rows[0].emplace_back(name);
  for (const std::string_view key : keys) {
    Row& row = rows.emplace_back(Row{std::string(key)});
    const json::Value* about = names.empty() ? nullptr : info->find(key);
    if (about == nullptr) continue;
    for (const std::string_view name : names) {
      const json::Value* value = about->find(name);
      row.push_back(value == nullptr ? "n/a" : table_value(name, *value));
    }
  }
  ui.out(print_table(std::move(rows)));
  return 0;
}

int print_value(Ui& ui, const Style& style, const json::Value& value) {
  if (style.format != Format::table) return print_for_programs(ui, style, json::to_text(value));
  if (value.is_object()) {
    std::vector<Row> rows;
    add_data_rows(rows, value);
    print_pairs(ui, std::move(rows));
    return 0;
  }
  return unprintable(ui, "cannot use the table formatter for this type");
}

int print_rows(Ui& ui, const Style& style, std::vector<Row> rows, std::string_view json) {
  if (style.format != Format::table) return print_for_programs(ui, style, json);
  ui.out(print_table(std::move(rows)));
  return 0;
}

int print_json(Ui& ui, const Style& style, std::string_view json) { return print_for_programs(ui, style, json); }

int print_field(Ui& ui, const Style& style, const Answer& answer, std::string_view name) {
  std::optional<std::string> json = answer.login      ? login_field(*answer.login, name)
                                    : answer.wrapping ? wrapping_field(*answer.wrapping, name)
                                                      : plain_field(answer, name);
  if (json) return print_field_json(ui, style, *json);
  const json::Value* value = answer.find(name);
  if (value == nullptr || value->is_null()) return no_field(ui, name);
  return print_field_json(ui, style, json::to_text(*value));
}

int print_field(Ui& ui, const Style& style, const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  if (value == nullptr || value->is_null()) return no_field(ui, name);
  return print_field_json(ui, style, json::to_text(*value));
}

std::string headline(std::string_view title, std::size_t columns) {
  const std::size_t taken = title.size() + 2;
  std::size_t signs = columns > taken ? columns - taken : 4;
  signs += signs % 2;
  const std::string side(signs / 2, '=');
  return side + " " + std::string(title) + " " + side;
}

std::string headline(std::string_view title, const json::Value& object) {
  std::size_t longest = 0;
  for (const json::Member& member : object.members) longest = std::max(longest, member.key.size());
  return headline(title, longest + 4 + std::string_view("Value").size());
}

}  // namespace sr::cli
