// Base64, 24 bytes or 32 digits at a step: for batches and large values. Where the machine lacks what it takes (AVX2), or for the rest of a
// text, there is base64.cpp.
//
// After W. Muła and D. Lemire, "Faster Base64 Encoding and Decoding using AVX2 Instructions", 2018. Unlike a look into a table, the time of a
// step does not depend on the bytes.
#pragma once
#include <cstddef>
#include <string_view>

namespace sr::base64::wide {

// Whole steps from the front of `bytes`; says how many bytes they took, a multiple of three. Writes four digits for three of them.
std::size_t encode(char* to, std::string_view bytes, bool url);

// Whole steps from the front of `text`, up to the first that holds something else than digits; says how many digits they took, a multiple of
// four. Writes three bytes for four of them, and may write eight more behind these: there must be `room` for them.
std::size_t decode(char* to, std::size_t room, std::string_view text, bool url);

}  // namespace sr::base64::wide
