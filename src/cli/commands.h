// All commands. A family of commands is a file; this is the list of the files.
#pragma once
#include <span>
#include <string_view>
#include <vector>
#include "cli/command.h"

namespace sr::cli {

std::span<const Command> basic_commands();     // read write list delete patch unwrap version print path-help
std::span<const Command> login_command();
std::span<const Command> kv_commands();
std::span<const Command> kv_move_commands();
std::span<const Command> kv_diff_command();
std::span<const Command> kv_metadata_commands();
std::span<const Command> token_commands();
std::span<const Command> policy_commands();
std::span<const Command> mount_commands();     // secrets, auth
std::span<const Command> audit_commands();
std::span<const Command> status_command();
std::span<const Command> raft_commands();      // operator raft
std::span<const Command> operator_commands();  // the group alone
std::span<const Command> operator_init_command();
std::span<const Command> operator_unseal_commands();
std::span<const Command> operator_key_commands();
std::span<const Command> operator_rekey_command();
std::span<const Command> operator_generate_root_command();
std::span<const Command> operator_usage_command();
std::span<const Command> lease_commands();
std::span<const Command> monitor_command();
std::span<const Command> plugin_commands();
std::span<const Command> completion_command();
std::span<const Command> server_commands();    // rows of commands that run elsewhere

const Command* find_command(std::string_view name);
std::vector<const Command*> commands_below(std::string_view group);  // direct children of "kv", or of "" for all; sorted

// The command at the front of `words`, as many of them as it takes.
struct Match {
  const Command* command = nullptr;
  std::size_t words = 0;
};
Match match_command(std::span<const std::string> words);

}  // namespace sr::cli
