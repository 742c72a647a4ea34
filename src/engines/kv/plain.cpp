#include "engines/kv/plain.h"
#include <charconv>
#include "base/concat.h"
#include "engines/kv/fields.h"
#include "engines/kv/kv.h"
#include "logical/paging.h"
#include "text/duration.h"

namespace sr::kv {
namespace {

std::string plain_key(const Call& call) { return concat(plain_folder, call[field::path]); }

// When a client should read again: what the secret itself says in "ttl" or "lease", whole seconds or a duration; otherwise, and
// when that is neither, as long as the mount's leases last. JSON's null counts as 0, as in Vault.
Seconds lifetime_of(const json::Value& data, Seconds otherwise) {
  const json::Value* wish = data.find("ttl");
  if (!wish) wish = data.find("lease");
  if (!wish) return otherwise;
  if (wish->is_null()) return Seconds(0);
  if (!wish->is_string() && wish->type != json::Type::number) return otherwise;
  const auto duration = parse_duration(wish->text);
  return duration ? std::chrono::duration_cast<Seconds>(*duration) : otherwise;
}

std::unique_ptr<Engine> make(const Mounted&) { return std::make_unique<PlainKv>(); }

}  // namespace

Result<bool> PlainKv::exists(Call& call) { return TRY(call.storage().get(plain_key(call))).has_value(); }

Result<Reply> PlainKv::read(Call& call) {
  const auto row = TRY(call.storage().get(plain_key(call)));
  if (!row) return Reply::empty();
  const auto secret = TRY(load_record<PlainSecret>(row->value));
  const json::Value* data = TRY(json::parse(call.arena(), secret.data.reveal()));
  json::Object object;
  for (const auto& [key, value] : data->members) object.put(key, value);
  return Reply::data(std::move(object)).read_again_after(lifetime_of(*data, call.host().ttl_default()));
}

Result<Reply> PlainKv::write(Call& call) {
  if (!call.body() || call.body()->members.empty()) return fail(Code::invalid, "missing data fields");
  Buffer text;
  json::print(text, *call.body());
  TRY(call.storage().put(plain_key(call), store_record(PlainSecret{Secret(text)})));
  return Reply::empty();
}

Result<Reply> PlainKv::remove(Call& call) {
  TRY(call.storage().remove(plain_key(call), Former::leaves_disk));
  return Reply::empty();
}

Result<Reply> PlainKv::list(Call& call) { return Reply::list(TRY(paging::list_names(call, plain_key(call)))); }

Result<Reply> PlainKv::scan(Call& call) { return Reply::scan(TRY(paging::scan_names(call, plain_key(call)))); }

Result<Reply> PlainKv::read_nothing(Call&) { return Reply::empty(); }
Result<Reply> PlainKv::write_nothing(Call&) { return fail(Code::invalid, "missing path"); }

Spec version_1() {
  return {
    .type = "kv",
    .help = "Stores secrets by path, the last one that was written to each.",
    .routes = {
      // Apart from the secrets, since a secret may well have a member called "limit".
      {.paths = {"{path...}/", ""}, .help = "Names of secrets.", .fields = {&field::path, &paging::after, &paging::limit},
       .verbs = {on<&PlainKv::list>(Op::list, "List the names in a folder; folders end in a slash."),
                 on<&PlainKv::scan>(Op::scan, "List the names in a folder and in all folders below it."),
                 on<&PlainKv::read_nothing>(Op::read, "Find nothing: no secret has such a path."),
                 on<&PlainKv::write_nothing>(Op::update, "Be refused: no secret has such a path."),
                 on<&PlainKv::read_nothing>(Op::remove, "Remove nothing: no secret has such a path.")}},

      {.paths = {"{path...}"}, .help = "One secret. Its member \"ttl\" or \"lease\" says for how long a client may keep what it has read.",
       .fields = {&field::path},
       .verbs = {on<&PlainKv::read>(Op::read, "Read the secret.", Cost::quick),
                 on<&PlainKv::write>(Op::create, "Write the secret: all that the body holds."),
                 on<&PlainKv::write>(Op::update, "Replace the secret as a whole."),
                 on<&PlainKv::remove>(Op::remove, "Remove the secret, for good.")},
       .exists = exists_by<&PlainKv::exists>()},
    },
    .make = make,
    .version = "1",
  };
}

}  // namespace sr::kv
