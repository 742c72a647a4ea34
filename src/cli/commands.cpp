#include "cli/commands.h"
#include <algorithm>
#include <array>
#include <string>

namespace sr::cli {
namespace {

template <class Visit> void for_each_command(Visit visit) {
  for (const auto family : {basic_commands(), login_command(), kv_commands(), kv_move_commands(), kv_diff_command(), kv_metadata_commands(), token_commands(), policy_commands(), mount_commands(), audit_commands(),
                            status_command(), operator_commands(), raft_commands(), operator_init_command(), operator_unseal_commands(), operator_key_commands(), operator_rekey_command(),
                            operator_generate_root_command(), operator_usage_command(), lease_commands(), monitor_command(), plugin_commands(), completion_command(), server_commands()}) {
    for (const Command& command : family) visit(command);
  }
}

}  // namespace

const Command* find_command(std::string_view name) {
  const Command* found = nullptr;
  for_each_command([&](const Command& command) {
    if (command.name == name) found = &command;
  });
  return found;
}

std::vector<const Command*> commands_below(std::string_view group) {
  std::vector<const Command*> children;
  for_each_command([&](const Command& command) {
    std::string_view rest = command.name;
    if (!group.empty()) {
      if (!rest.starts_with(group) || rest.size() <= group.size() || rest[group.size()] != ' ') return;
      rest.remove_prefix(group.size() + 1);
    }
    if (rest.find(' ') == std::string_view::npos) children.push_back(&command);
  });
  std::ranges::sort(children, {}, &Command::name);
  return children;
}

Match match_command(std::span<const std::string> words) {
  Match best;
  std::string name;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].empty() || words[i][0] == '-' || words[i].find(' ') != std::string::npos) break;
    name.append(i > 0 ? " " : "").append(words[i]);
    if (const Command* command = find_command(name)) best = {command, i + 1};
    else if (best.command == nullptr) break;
  }
  return best;
}

}  // namespace sr::cli
