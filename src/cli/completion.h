// What a shell offers after the tab key, made from the command table and from what the server says: commands, flags and their
// values, mounts, paths of the API, names of secrets and policies. The shells get small scripts that ask this program each time, so that
// they never grow old.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace sr::cli {

struct Candidate {
  std::string text;  // the whole word; one that ends in '/' or '=' goes on
  std::string says;  // beside it, where the shell shows such
};
// In place of candidates: the shell shall offer files.
inline constexpr std::string_view files_marker = ":files";

// `words` are those behind the program's name up to the cursor, the last one as far as it is typed. Asks the server where a path is
// typed; without one, or without a token, there is nothing to offer there.
std::vector<Candidate> complete(std::string_view program, std::vector<std::string> words);

// "__complete WORD...": prints them, "text<tab>says" each.
int print_completions(std::string_view program, std::vector<std::string> words);
// The protocol of bash's "complete -C", which the reference installs: the line is in COMP_LINE, the candidates go out one a line.
int answer_bash(std::string_view program, std::string_view line);

// The script for "bash", "zsh" or "fish"; "" for another shell.
std::string completion_script(std::string_view program, std::string_view shell);
// -autocomplete-install and -autocomplete-uninstall: in the start files of the shells that this user has.
int install_completion(std::string_view program, bool install);

}  // namespace sr::cli
