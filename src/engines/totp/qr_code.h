// Texts as QR codes in PNG images: how a key gets into an authenticator app. Every buffer that has held the text or its picture is
// wiped. Pure functions.
#pragma once
#include <string_view>
#include "base/result.h"
#include "base/secret.h"

namespace sr::totp {

// A square image, `pixels` wide, black on white: the code in the middle, as large as whole pixels allow. Code::invalid when the text is
// too long for any QR code (some 2,300 bytes) or the image is smaller than the code.
Result<Buffer> qr_code_png(std::string_view text, std::size_t pixels);

}  // namespace sr::totp
