#include "engines/cubbyhole/cubbyhole.h"
#include "logical/cubbyhole_rows.h"
#include "logical/paging.h"

namespace sr::cubbyhole {
namespace {

constexpr TextField path{"path", "Path of the secret."};

// A stored row was checked when it was written, or made by the server: it may be larger than what a client may send.
constexpr json::Limits own_text{.depth = 2 * limits::json_depth, .strings = SIZE_MAX, .string_bytes = SIZE_MAX, .memory = SIZE_MAX};

Result<std::string> row_in(Call& call) {
  const auto hash = call.caller().token_hash;
  if (call[path].empty()) return fail(Code::invalid, "missing path");
  return row_of(hash, call[path]);
}

class Cubbyhole final : public Engine {
 public:
  Result<bool> exists(Call& call) {
    if (call[path].empty()) return true;
    return TRY(call.storage().get(TRY(row_in(call)))).has_value();
  }

  Result<Reply> read(Call& call) {
    const auto row = TRY(call.storage().get(TRY(row_in(call))));
    if (!row) return Reply::empty();
    const json::Value* stored = TRY(json::parse(call.arena(), row->value.reveal(), own_text));
    json::Object data;
    for (const auto& [key, value] : stored->members) data.put(key, value);
    Reply reply = Reply::data(std::move(data));
    if (call.caller().is_wrapping)
      reply.add_warning("Reading from 'cubbyhole/response' is deprecated. Please use sys/wrapping/unwrap to unwrap responses, as it provides additional security checks and other benefits.");
    return reply;
  }

  Result<Reply> write(Call& call) {
    const auto hash = call.caller().token_hash;
    if (!call.body() || call.body()->members.empty()) return fail(Code::invalid, "missing data fields");
    if (call[path].empty()) return fail(Code::invalid, "missing path");
    Buffer text;
    json::print(text, *call.body());
    TRY(store(call.storage(), hash, call[path], Secret(text.view())));
    return Reply::empty();
  }

  Result<Reply> remove(Call& call) {
    const auto hash = call.caller().token_hash;
    if (!call[path].empty()) TRY(call.storage().remove(row_of(hash, call[path])));
    return Reply::empty();
  }

  Result<Reply> list(Call& call) {
    const auto hash = call.caller().token_hash;
    return Reply::list(TRY(paging::list_names(call, row_of(hash, call[path]))));
  }
};

}  // namespace

Spec spec() {
  return {
      .type = "cubbyhole",
      .help = "Secrets of one token alone: no other token can read them, and they go when the token goes.",
      .routes = {{.paths = {"{path...}", ""},
                  .help = "Reads, writes, lists and deletes what the caller's token keeps.",
                  .fields = {&path, &paging::after, &paging::limit},
                  .verbs = {on<&Cubbyhole::read>(Op::read, "Read a secret.", Cost::quick),
                            on<&Cubbyhole::write>(Op::create, "Write a secret."),
                            on<&Cubbyhole::write>(Op::update, "Write a secret: it replaces the one that is there."),
                            on<&Cubbyhole::remove>(Op::remove, "Delete a secret."),
                            on<&Cubbyhole::list>(Op::list, "List the names in a folder; folders end in a slash.")},
                  .exists = exists_by<&Cubbyhole::exists>(),
                  .any_field = true}},
      .make = [](const Mounted&) -> std::unique_ptr<Engine> { return std::make_unique<Cubbyhole>(); },
      .per_token = true,
  };
}

}  // namespace sr::cubbyhole
