#include "engines/transit/transit.h"
#include "engines/transit/engine.h"
#include "engines/transit/fields.h"
#include "logical/paging.h"
#include "logical/tools.h"

namespace sr::transit {
namespace {

std::unique_ptr<Engine> make(const Mounted&) { return std::make_unique<Transit>(); }

std::vector<Route> key_routes() {
  return {
      {.paths = {"keys/", "keys"}, .help = "The keys.", .fields = {&paging::after, &paging::limit},
       .verbs = {on<&Transit::list_keys>(Op::list, "List the names of the keys.")}},
      {.paths = {"keys/{name}"}, .help = "A key: what it is, and which versions it has. The key itself stays here.",
       .fields = {&field::name, &field::type, &field::derived, &field::convergent_encryption, &field::exportable, &field::allow_plaintext_backup, &field::context,
                  &field::auto_rotate_period, &field::key_size},
       .verbs = {on<&Transit::read_key>(Op::read, "Read what the key is."), on<&Transit::create_key>(Op::update, "Make a key; one that is there stays as it is.", Cost::cpu),
                 on<&Transit::delete_key>(Op::remove, "Delete the key with all its versions, where that is allowed.")}},
      {.paths = {"keys/{name}/config"}, .help = "What a key may be used for, and which of its versions.",
       .fields = {&field::name, &field::min_decryption_version, &field::min_encryption_version, &field::deletion_allowed, &field::exportable, &field::allow_plaintext_backup,
                  &field::auto_rotate_period},
       .verbs = {on<&Transit::configure_key>(Op::update, "Change the settings that are given.")}},
      {.paths = {"keys/{name}/rotate"}, .help = "A new version.", .fields = {&field::name},
       .verbs = {on<&Transit::rotate>(Op::update, "Add a version, which encrypts and signs from now on.", Cost::cpu)}},
      {.paths = {"keys/{name}/trim"}, .help = "The end of old versions.", .fields = {&field::name, &field::min_available_version},
       .verbs = {on<&Transit::trim>(Op::update, "Remove old versions for good.")}},
      {.paths = {"keys/{name}/soft-delete"}, .help = "Puts a key out of use.", .fields = {&field::name},
       .verbs = {on<&Transit::soft_delete>(Op::remove, "Put the key out of use; it can be restored.")}},
      {.paths = {"keys/{name}/soft-delete-restore"}, .help = "Puts a key back into use.", .fields = {&field::name},
       .verbs = {on<&Transit::soft_restore>(Op::update, "Put the key back into use.")}},
      {.paths = {"keys/{name}/import"}, .help = "A key that was made elsewhere.",
       .fields = {&field::name, &field::type, &field::hash_function, &field::wrapped_key, &field::public_key, &field::allow_rotation, &field::derived, &field::exportable,
                  &field::allow_plaintext_backup, &field::context, &field::auto_rotate_period},
       .verbs = {on<&Transit::import_key>(Op::update, "Import a key.", Cost::cpu)}},
      {.paths = {"keys/{name}/import_version"}, .help = "Another version of an imported key.",
       .fields = {&field::name, &field::wrapped_key, &field::public_key, &field::hash_function, &field::version},
       .verbs = {on<&Transit::import_version>(Op::update, "Import a version, or the private half of one.", Cost::cpu)}},
      {.paths = {"keys/{name}/csr"}, .help = "A certificate request for a key.", .fields = {&field::name, &field::version, &field::csr},
       .verbs = {on<&Transit::request_certificate>(Op::update, "Sign a certificate request.", Cost::cpu)}},
      {.paths = {"keys/{name}/set-certificate"}, .help = "The certificates of a key.", .fields = {&field::name, &field::version, &field::certificate_chain},
       .verbs = {on<&Transit::set_certificate>(Op::update, "Keep a certificate chain with a version.")}},
      {.paths = {"derive-key/{name}"}, .help = "Agrees on a key with somebody.",
       .fields = {&field::name, &field::key_derivation_algorithm, &field::peer_public_key, &field::base_key_name, &field::base_key_version, &field::derived_key_type},
       .verbs = {on<&Transit::derive_key>(Op::update, "Make a key of ours and another's public one.", Cost::cpu)}},
  };
}

std::vector<Route> cipher_routes() {
  return {
      {.paths = {"encrypt/{name}"}, .help = "Encrypts a text, or many; a key that is not there is made.",
       .fields = {&field::name, &field::plaintext, &field::context, &field::type, &field::convergent_encryption, &field::key_version, &field::partial_failure_response_code,
                  &field::associated_data, &field::nonce, &field::padding_scheme, &field::batch_input},
       .verbs = {on<&Transit::encrypt>(Op::create, "Make a key and encrypt with it.", Cost::cpu), on<&Transit::encrypt>(Op::update, "Encrypt.", Cost::brief)},
       .exists = exists_by<&Transit::key_exists>()},
      {.paths = {"decrypt/{name}"}, .help = "Decrypts a text, or many.",
       .fields = {&field::name, &field::ciphertext, &field::context, &field::partial_failure_response_code, &field::associated_data, &field::nonce, &field::batch_input},
       .verbs = {on<&Transit::decrypt>(Op::update, "Decrypt.", Cost::brief)}},
      {.paths = {"rewrap/{name}"}, .help = "Encrypts anew with a later version, without giving the text out.",
       .fields = {&field::name, &field::ciphertext, &field::context, &field::key_version, &field::associated_data, &field::nonce, &field::batch_input},
       .verbs = {on<&Transit::rewrap>(Op::update, "Encrypt anew.", Cost::brief)}},
      {.paths = {"datakey/{plaintext}/{name}"}, .help = "Keys to encrypt with elsewhere.",
       .fields = {&field::output, &field::name, &field::context, &field::bits, &field::key_version, &field::associated_data, &field::nonce, &field::padding_scheme},
       .verbs = {on<&Transit::make_data_key>(Op::update, "Draw a data key.", Cost::brief)}},
  };
}

std::vector<Route> signature_routes() {
  return {
      {.paths = {"sign/{name}", "sign/{name}/{urlalgorithm}"}, .help = "Signs an input, or many.",
       .fields = {&field::name, &field::input, &field::context, &field::hash_algorithm, &field::algorithm, &field::urlalgorithm, &field::key_version, &field::prehashed,
                  &field::signature_algorithm, &field::marshaling_algorithm, &field::salt_length, &field::batch_input},
       .verbs = {on<&Transit::sign>(Op::update, "Sign.", Cost::brief)}},
      {.paths = {"verify/{name}", "verify/{name}/{urlalgorithm}"}, .help = "Verifies a signature or an HMAC, or many.",
       .fields = {&field::name, &field::input, &field::context, &field::signature, &field::hmac, &field::hash_algorithm, &field::algorithm, &field::urlalgorithm, &field::prehashed,
                  &field::signature_algorithm, &field::marshaling_algorithm, &field::salt_length, &field::batch_input},
       .verbs = {on<&Transit::verify>(Op::update, "Verify.", Cost::brief)}},
      {.paths = {"hmac/{name}", "hmac/{name}/{urlalgorithm}"}, .help = "Keyed hashes of an input, or many.",
       .fields = {&field::name, &field::input, &field::algorithm, &field::urlalgorithm, &field::key_version, &field::batch_input},
       .verbs = {on<&Transit::make_hmac>(Op::update, "Make an HMAC.", Cost::brief)}},
      {.paths = {"hash", "hash/{urlalgorithm}"}, .help = "The hash of what the body holds.", .fields = tools::hash_fields,
       .verbs = {on<&Transit::hash>(Op::update, "Hash a text.", Cost::cpu)}},
      {.paths = {"random", "random/{source}", "random/{source}/{urlbytes}"}, .help = "Random bytes from the server.", .fields = tools::random_fields,
       .verbs = {on<&Transit::draw_random>(Op::update, "Draw random bytes.")}},
  };
}

std::vector<Route> transfer_routes() {
  return {
      {.paths = {"export/{type}/{name}", "export/{type}/{name}/{version}"}, .help = "Key material of exportable keys.",
       .fields = {&field::export_type, &field::name, &field::export_version, &field::format},
       .verbs = {on<&Transit::export_key>(Op::read, "Export a key.")}},
      {.paths = {"byok-export/{destination}/{source}", "byok-export/{destination}/{source}/{version}"}, .help = "Key material, wrapped for another key.",
       .fields = {&field::destination, &field::source, &field::export_version, &field::hash},
       .verbs = {on<&Transit::export_wrapped>(Op::read, "Export a key wrapped.", Cost::cpu)}},
      {.paths = {"backup/{name}"}, .help = "A key with all its versions.", .fields = {&field::name},
       .verbs = {on<&Transit::back_up>(Op::read, "Back the key up, where that is allowed.", Cost::cpu)}},
      {.paths = {"restore", "restore/{name...}"}, .help = "Restores a key from a backup.", .fields = {&field::name, &field::backup, &field::force},
       .verbs = {on<&Transit::restore>(Op::update, "Restore a key.", Cost::cpu)}},
      {.paths = {"wrapping_key"}, .help = "The public key that keys from outside are wrapped for.",
       .verbs = {on<&Transit::read_wrapping_key>(Op::read, "Read the wrapping key.", Cost::cpu)}},
      {.paths = {"config/keys"}, .help = "Settings for all keys.", .fields = {&field::disable_upsert},
       .verbs = {on<&Transit::read_keys_config>(Op::read, "Read the settings."), on<&Transit::write_keys_config>(Op::update, "Change the settings.")}},
      {.paths = {"cache-config"}, .help = "How many keys are kept ready.", .fields = {&field::cache_size},
       .verbs = {on<&Transit::read_cache_config>(Op::read, "Read the setting."), on<&Transit::write_cache_config>(Op::update, "Change the setting.")}},
  };
}

}  // namespace

Spec spec() {
  Spec spec{
    .type = "transit",
    .help = "Encrypts, signs and hashes with keys that stay here.",
    .routes = key_routes(),
    .make = make,
    .upkeep = upkeep,
  };
  for (const auto& more : {cipher_routes, signature_routes, transfer_routes}) std::ranges::move(more(), std::back_inserter(spec.routes));
  return spec;
}

}  // namespace sr::transit
