// The shells' side of completion, and the command that prints it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/environment.h"

namespace sr::cli {
namespace {

// bash breaks words at '=' and ':', so the line itself is taken apart; what bash thinks to be the front of the word is taken off again.
constexpr std::string_view bash_script = R"(# bash completion for NAME
_NAME_complete() {
  local line=${COMP_LINE:0:COMP_POINT} words current front reply text
  read -ra words <<<"$line"
  [[ $line == *' ' ]] && words+=("")
  current=${words[${#words[@]} - 1]}
  front=${current%"${COMP_WORDS[COMP_CWORD]}"}
  [[ ${COMP_WORDS[COMP_CWORD]} == [=:] ]] && front=$current
  COMPREPLY=()
  while IFS= read -r reply; do
    text=${reply%%$'\t'*}
    if [[ $text == :files ]]; then
      compopt -o default
      COMPREPLY=()
      return
    fi
    [[ $text == */ || $text == *= ]] && compopt -o nospace
    COMPREPLY+=("${text#"$front"}")
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
}
complete -F _NAME_complete NAME
)";

constexpr std::string_view zsh_script = R"(#compdef NAME
_NAME() {
  local -a replies ended open
  local reply text says
  replies=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for reply in $replies; do
    text=${reply%%$'\t'*}
    says=''
    [[ $reply == *$'\t'* ]] && says=${reply#*$'\t'}
    if [[ $text == :files ]]; then
      _files
      return
    fi
    if [[ $text == */ || $text == *= ]]; then
      open+=("${text//:/\\:}${says:+:$says}")
    else
      ended+=("${text//:/\\:}${says:+:$says}")
    fi
  done
  (( $#ended )) && _describe -t values NAME ended
  (( $#open )) && _describe -t values NAME open -S ''
}
if [ "$funcstack[1]" = "_NAME" ]; then
  _NAME "$@"
else
  compdef _NAME NAME
fi
)";

constexpr std::string_view fish_script = R"(# fish completion for NAME
function __NAME_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l replies ($words[1] __complete $words[2..-1] 2>/dev/null)
  if test "$replies[1]" = ":files"
    __fish_complete_path (commandline -ct)
  else
    string join \n -- $replies
  end
end
complete -c NAME -f -a '(__NAME_complete)'
)";

int print_script(Call& call) {
  const std::string script = completion_script(call.program, call.args[0]);
  if (script.empty()) return call.wrong("No completion for the shell \"" + call.args[0] + "\": there is one for bash, zsh and fish.");
  call.ui.out_text(script);
  return success;
}

// One line in a shell's start file, which is left alone otherwise.
Result<bool> change_line(const std::string& path, const std::string& line, bool install) {
  std::string text = TRY(read_file(path));
  const std::size_t at = text.find(line);
  if ((at != std::string::npos) == install) return false;
  if (install) text += (text.empty() || text.ends_with('\n') ? "" : "\n") + line;
  else text.erase(at, line.size());
  // In place: such a file may be a link into somebody's own collection of settings.
  const int file = open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (file < 0) return fail(Code::internal, "open " + path + ": " + strerror(errno));
  const bool whole = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(file);
  if (!whole) return fail(Code::internal, "write " + path);
  return true;
}

int nothing_to_do(Ui& ui, const std::string& name, bool install) {
  ui.error(install ? "Completion is installed already, or there is no .bashrc, .zshrc or .config/fish in the home folder to install it in. \"" + name + " completion -h\" shows other ways."
                   : "Completion is not installed.");
  return local_error;
}

constexpr Example completion_examples[] = {
    {"In this bash:", "completion bash > /tmp/c && source /tmp/c"},
    {"For all users of bash, zsh or fish:", "completion bash > /etc/bash_completion.d/strongroom"},
    {"", "completion zsh > /usr/local/share/zsh/site-functions/_strongroom"},
    {"", "completion fish > /etc/fish/completions/strongroom.fish"},
};
constexpr Command commands[] = {
    {.name = "completion", .summary = "Print the completion script of a shell", .arguments = "bash | zsh | fish",
     .text = "Prints a script that lets the shell complete commands, flags, mounts, paths, secrets and policies of this program, by the name that it is called by. The script asks this program "
             "each time, and this program the server, so that it stays true when either changes.\n\nFor oneself: the option -autocomplete-install, alone, adds it to the start files of one's shells, and "
             "-autocomplete-uninstall takes it out again.",
     .examples = completion_examples, .arity = {1, 1, "1"}, .run = print_script, .local = true, .takes = Takes::shell},
};

}  // namespace

std::span<const Command> completion_command() { return commands; }

std::string completion_script(std::string_view program, std::string_view shell) {
  std::string script(shell == "bash" ? bash_script : shell == "zsh" ? zsh_script : shell == "fish" ? fish_script : std::string_view());
  for (std::size_t at = 0; (at = script.find("NAME", at)) != std::string::npos; at += program.size()) script.replace(at, 4, program);
  return script;
}

int install_completion(std::string_view program, bool install) {
  Ui ui({});
  const std::string name(program), home = home_folder();
  bool any = false;
  for (const auto& [file, shell] : {std::pair("/.bashrc", "bash"), std::pair("/.zshrc", "zsh")}) {
    if (access((home + file).c_str(), F_OK) != 0) continue;
    const auto changed = change_line(home + file, "source <(" + name + " completion " + shell + ")\n", install);
    if (!changed) {
      ui.error("Error changing " + home + file + ": " + changed.error().message);
      return local_error;
    }
    any = any || *changed;
  }
  const std::filesystem::path fish(home + "/.config/fish");
  std::error_code failed;
  if (std::filesystem::is_directory(fish, failed)) {
    const std::string path = fish / "completions" / (name + ".fish");
    if (install) {
      std::filesystem::create_directories(fish / "completions", failed);
      const std::string script = completion_script(program, "fish");
      if (const auto there = read_file(path); there && *there == script) return any ? success : nothing_to_do(ui, name, install);
      const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
      const bool whole = file >= 0 && write(file, script.data(), script.size()) == static_cast<ssize_t>(script.size());
      if (file >= 0) close(file);
      if (!whole) {
        ui.error("Error writing " + path);
        return local_error;
      }
      any = true;
    } else {
      any = unlink(path.c_str()) == 0 || any;
    }
  }
  return any ? success : nothing_to_do(ui, name, install);
}

}  // namespace sr::cli
