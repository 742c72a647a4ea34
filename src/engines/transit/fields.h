// What clients may send to a transit mount.
#pragma once
#include "logical/field.h"

namespace sr::transit::field {

inline constexpr TextField name{"name", "Name of the key."};

// ---- keys -----------------------------------------------------------------------------------------------------------------
inline constexpr TextField type{"type", "aes128-gcm96, aes256-gcm96, chacha20-poly1305, xchacha20-poly1305, ed25519, ecdsa-p256, ecdsa-p384, ecdsa-p521, rsa-2048, rsa-3072, rsa-4096 or hmac.", "aes256-gcm96"};
inline constexpr FlagField derived{"derived", "Whether a key of its own is derived for each context."};
inline constexpr FlagField convergent_encryption{"convergent_encryption", "Whether equal plaintexts of one context give equal ciphertexts; needs \"derived\"."};
inline constexpr FlagField exportable{"exportable", "Whether the key material may be exported; stays so once set."};
inline constexpr FlagField allow_plaintext_backup{"allow_plaintext_backup", "Whether the key may be backed up as it is; stays so once set."};
inline constexpr DurationField auto_rotate_period{"auto_rotate_period", "How old a version becomes before the key rotates by itself: an hour or more, or 0 for never."};
inline constexpr IntegerField key_size{"key_size", "Bytes of an hmac key, from 32 to 512."};
inline constexpr TextField context{"context", "Context to derive a key for, in base64; required where the key is derived."};
inline constexpr IntegerField min_decryption_version{"min_decryption_version", "The oldest version that decrypts and verifies."};
inline constexpr IntegerField min_encryption_version{"min_encryption_version", "The oldest version that encrypts and signs; 0 for any."};
inline constexpr FlagField deletion_allowed{"deletion_allowed", "Whether the key may be deleted."};
inline constexpr IntegerField min_available_version{"min_available_version", "Versions before this one are removed for good."};
inline constexpr FlagField disable_upsert{"disable_upsert", "Whether encrypting with a key that is not there is refused, rather than making one."};
inline constexpr IntegerField cache_size{"size", "How many keys to keep ready; 0 leaves it to the server."};

// ---- encryption -----------------------------------------------------------------------------------------------------------
inline constexpr SecretField plaintext{"plaintext", "What to encrypt, in base64."};
inline constexpr TextField ciphertext{"ciphertext", "What to decrypt, as it was given out."};
inline constexpr TextField associated_data{"associated_data", "What is authenticated and not encrypted, in base64; only where the key's cipher has such data."};
inline constexpr TextField nonce{"nonce", "No key takes a nonce of the caller's choice: one that is given to encrypt with is refused."};
inline constexpr IntegerField key_version{"key_version", "Which version to use; 0 for the latest."};
inline constexpr IntegerField partial_failure_response_code{"partial_failure_response_code", "The status of an answer in which some items of the batch failed and others did not; 400 otherwise."};
inline constexpr JsonField batch_input{"batch_input", "Items to do the same with, each an object with the fields of a single one, and with a \"reference\" if it is to be found again."};
inline constexpr TextField output{"plaintext", "In the path: \"plaintext\" gives the data key out as it is, too, \"wrapped\" only encrypted."};
inline constexpr IntegerField bits{"bits", "Bits of the data key: 128, 256 or 512.", "256"};
inline constexpr TextField padding_scheme{"padding_scheme", "With RSA keys; \"oaep\", and no other.", "oaep"};

// ---- signatures -----------------------------------------------------------------------------------------------------------
inline constexpr SecretField input{"input", "What to sign, verify or hash, in base64."};
inline constexpr TextField signature{"signature", "The signature as it was given out."};
inline constexpr TextField hmac{"hmac", "The HMAC as it was given out."};
inline constexpr TextField hash_algorithm{"hash_algorithm", "sha1, sha2-224, sha2-256, sha2-384, sha2-512, sha3-224, sha3-256, sha3-384, sha3-512, or none for an input that is hashed already.", "sha2-256"};
inline constexpr TextField algorithm{"algorithm", "The old name of hash_algorithm.", "sha2-256"};
inline constexpr TextField urlalgorithm{"urlalgorithm", "The same, in the path."};
inline constexpr FlagField prehashed{"prehashed", "Whether the input is a digest already."};
inline constexpr TextField signature_algorithm{"signature_algorithm", "With RSA keys: pss, or pkcs1v15."};
inline constexpr TextField marshaling_algorithm{"marshaling_algorithm", "How ECDSA signatures are written: asn1, or jws.", "asn1"};
inline constexpr TextField salt_length{"salt_length", "Of PSS: auto, hash, or a number of bytes.", "auto"};

// ---- keys that come and go ------------------------------------------------------------------------------------------------
inline constexpr TextField export_type{"type", "encryption-key, signing-key, hmac-key, public-key or certificate-chain."};
inline constexpr TextField export_version{"version", "Which version; \"latest\", or all that are in use when it is absent."};
inline constexpr TextField format{"format", "raw, der or pem; the key's usual one when it is absent."};
inline constexpr SecretField backup{"backup", "What a backup has given out."};
inline constexpr FlagField force{"force", "Whether a key of that name is overwritten."};
inline constexpr TextField hash_function{"hash_function", "The hash of the OAEP that wraps the AES key: SHA1, SHA224, SHA256, SHA384 or SHA512.", "SHA256"};
inline constexpr TextField wrapped_key{"ciphertext", "An AES key wrapped for the mount's wrapping key, and behind it the key wrapped with that; in base64."};
inline constexpr TextField public_key{"public_key", "A public key in PEM, to verify and encrypt with; a ciphertext wins over it."};
inline constexpr FlagField allow_rotation{"allow_rotation", "Whether the imported key may be rotated here."};
inline constexpr IntegerField version{"version", "Which version; the latest when it is absent."};
inline constexpr TextField destination{"destination", "The RSA key to wrap for."};
inline constexpr TextField source{"source", "The key that is wrapped."};
inline constexpr TextField hash{"hash", "The hash of the OAEP: SHA1, SHA224, SHA256, SHA384 or SHA512.", "SHA256"};

// ---- certificates and agreement ---------------------------------------------------------------------------------------------
inline constexpr TextField csr{"csr", "A certificate request in PEM whose subject and attributes are taken over."};
inline constexpr TextField certificate_chain{"certificate_chain", "Certificates in PEM, that of the key first."};
inline constexpr TextField key_derivation_algorithm{"key_derivation_algorithm", "\"ecdh\", and no other.", "ecdh"};
inline constexpr TextField peer_public_key{"peer_public_key", "The other side's public key in PEM."};
inline constexpr TextField base_key_name{"base_key_name", "Our side's key."};
inline constexpr IntegerField base_key_version{"base_key_version", "Which version of it; 0 for the latest."};
inline constexpr TextField derived_key_type{"derived_key_type", "aes128-gcm96, aes256-gcm96, chacha20-poly1305 or xchacha20-poly1305.", "aes256-gcm96"};

}  // namespace sr::transit::field
