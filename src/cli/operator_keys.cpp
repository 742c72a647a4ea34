// operator rotate, key-status: the key that the server seals its rows with.
#include "cli/bare_answer.h"
#include "cli/commands.h"
#include "cli/go_text.h"
#include "cli/ordered_json.h"

namespace sr::cli {
namespace {

// Prints what is known of the key, below `headline` in a table.
int show_key(Call& call, std::string_view headline) {
  const auto status = ask(call, {.method = "GET", .path = "sys/key-status"});
  if (!status) return call.refused("Error reading key status", status.error());
  const std::int64_t term = (*status)->number("term"), encryptions = (*status)->number("encryptions");
  const std::string installed = (*status)->string("install_time");
  if (!call.table()) {
    OrderedObject body;
    body.put("term", term).put("install_time", installed).put("encryptions", encryptions);
    return print_json(call.ui, call.style, body.text());
  }
  if (!headline.empty()) call.ui.out(std::string(headline) + "\n");
  call.ui.out(print_columns({{"Key Term", std::to_string(term)}, {"Install Time", go_rfc822(installed)}, {"Encryption Count", std::to_string(encryptions)}}));
  return success;
}

int key_status(Call& call) { return show_key(call, ""); }

int rotate(Call& call) {
  if (const auto rotated = tell(call, {.method = "PUT", .path = "sys/rotate"}); !rotated) return call.refused("Error rotating key", rotated.error());
  return show_key(call, "Success! Rotated key");
}

constexpr Example status_examples[] = {{"Which key is in use, since when, and how much was sealed with it:", "operator key-status"}};
constexpr Example rotate_examples[] = {{"A new key for what is written from now on; needs sudo:", "operator rotate"}};

constexpr Command commands[] = {
    {.name = "operator key-status", .summary = "Shows the key that the storage is encrypted with", .arguments = "[options]",
     .text = "Shows the number of the encryption key in use, when it was made and how many rows were sealed with it. The key itself never leaves the server.", .examples = status_examples,
     .output = format, .run = key_status},
    {.name = "operator rotate", .summary = "Rotates the underlying encryption key", .arguments = "[options]",
     .text = "Makes a new encryption key for the storage. What is there stays readable with the older keys, which are kept; nobody has to unseal, and the key shares stay as they are.",
     .examples = rotate_examples, .output = format, .run = rotate},
};

}  // namespace

std::span<const Command> operator_key_commands() { return commands; }

}  // namespace sr::cli
