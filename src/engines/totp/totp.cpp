#include "engines/totp/totp.h"
#include "engines/totp/engine.h"
#include "engines/totp/fields.h"
#include "logical/paging.h"

namespace sr::totp {
namespace {

std::unique_ptr<Engine> make(const Mounted&) { return std::make_unique<Totp>(); }

}  // namespace

Spec spec() {
  return {
    .type = "totp",
    .help = "Makes and checks one-time passwords by time.",
    .routes = {
      {.paths = {"keys/", "keys"}, .help = "The keys of this mount.", .fields = {&paging::after, &paging::limit},
       .verbs = {on<&Totp::list_keys>(Op::list, "List the names of the keys.")}},
      {.paths = {"keys/{name}"}, .help = "A key: the secret that this server shares with an authenticator app, or with the service that checks its codes.",
       .fields = {&field::name, &field::generate, &field::exported, &field::key_size, &field::key, &field::url, &field::issuer, &field::account_name,
                  &field::period, &field::algorithm, &field::digits, &field::skew, &field::qr_size},
       .verbs = {on<&Totp::read_key>(Op::read, "Read the settings of a key; the secret itself is never shown again.", Cost::quick),
                 on<&Totp::write_key>(Op::update, "Generate or bring in a key; one of that name is replaced."),
                 on<&Totp::remove_key>(Op::remove, "Remove a key.")}},
      {.paths = {"code/{name}"}, .help = "The codes of a key.",
       .fields = {&field::name, &field::code, &field::generated, &field::expire_time, &field::code_period},
       .verbs = {on<&Totp::make_code>(Op::read, "Make the current code.", Cost::quick),
                 on<&Totp::check_code>(Op::update, "Check a code; each passes once.")}},
    },
    .make = make,
  };
}

}  // namespace sr::totp
