// What a client sends along: the query, a form, or a JSON body, as one JSON object in the request's arena.
#pragma once
#include "base/arena.h"
#include "base/result.h"
#include "http/message.h"
#include "text/json.h"

namespace sr::http {

using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

// "a=1&b=2", decoded. The pairs borrow from the query and the arena. Code::invalid for a broken escape.
Result<Pairs> parse_query(std::string_view query, Arena& arena);
const std::string_view* find(const Pairs& pairs, std::string_view name);

// Each name once, sorted; a name that comes several times has the list of its values. Null when there are none.
const json::Value* object_of(const Pairs& pairs, Arena& arena);

// The body of a POST, PUT or PATCH. Null for none. Anything but an object is refused in the words of Vault.
Result<const json::Value*> parse_body(const Request& request, Arena& arena);

// PATCH is a merge-patch (RFC 7396) and has to say so.
Result<void> check_patch_type(const Request& request);

// As Go's strconv.ParseBool; nothing when it is none of its words.
std::optional<bool> parse_bool(std::string_view text);

}  // namespace sr::http
