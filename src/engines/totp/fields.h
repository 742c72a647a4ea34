// What clients may send to a TOTP mount.
#pragma once
#include "logical/field.h"

namespace sr::totp::field {

inline constexpr TextField name{"name", "Name of the key: word characters, with dashes, dots and @ between them."};
inline constexpr FlagField generate{"generate", "Make a new key here; otherwise `key` or `url` brings one."};
inline constexpr FlagField exported{"exported", "Whether the answer to `generate` shows the key as url and QR code, for the one time that it can be seen.", "true"};
inline constexpr IntegerField key_size{"key_size", "Bytes of a generated key.", "20"};
inline constexpr SecretField key{"key", "The shared key in base32, when it is not generated."};
inline constexpr SecretField url{"url", "The shared key with all its settings, as \"otpauth://totp/ISSUER:ACCOUNT?secret=..\"; it wins over the other fields."};
inline constexpr TextField issuer{"issuer", "Who issued the key. Required with `generate`."};
inline constexpr TextField account_name{"account_name", "Whose key it is. Required with `generate`."};
inline constexpr DurationField period{"period", "How long one code is current.", "30"};
inline constexpr TextField algorithm{"algorithm", "SHA1, SHA256 or SHA512.", "SHA1"};
inline constexpr IntegerField digits{"digits", "Digits of a code: 6 or 8.", "6"};
inline constexpr IntegerField skew{"skew", "How many codes before and after the current one pass a check, too: 0 or 1.", "1"};
inline constexpr IntegerField qr_size{"qr_size", "Width of the QR code in pixels; 0 for none.", "200"};

inline constexpr SecretField code{"code", "The code to check."};
// What an answer with a code has beside it, so that the whole of it can be sent back.
inline constexpr IntegerField generated{"generated", "Of the answer to a read; nothing depends on it."};
inline constexpr IntegerField expire_time{"expire_time", "Of the answer to a read; nothing depends on it."};
inline constexpr TextField code_period{"period", "Of the answer to a read; nothing depends on it."};

}  // namespace sr::totp::field
