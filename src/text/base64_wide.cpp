#include "text/base64_wide.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sr::base64::wide {

#if defined(__x86_64__)
namespace {

#define SR_AVX2 __attribute__((target("avx2")))

bool has_avx2() {
  static const bool has = __builtin_cpu_supports("avx2") != 0;
  return has;
}

constexpr std::size_t step_bytes = 24, step_digits = 32;

const __m128i* half(const char* at) { return reinterpret_cast<const __m128i*>(at); }
const __m256i* whole(const char* at) { return reinterpret_cast<const __m256i*>(at); }

// The same 16 bytes in both halves: most instructions look at each half by itself.
SR_AVX2 __m256i twice(__m128i bytes) { return _mm256_broadcastsi128_si256(bytes); }

// 24 bytes, twelve in the low part of each half, as 32 numbers of six bits.
SR_AVX2 __m256i split(__m256i bytes) {
  const __m256i groups = _mm256_shuffle_epi8(bytes, twice(_mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10)));
  const __m256i first_and_third = _mm256_mulhi_epu16(_mm256_and_si256(groups, _mm256_set1_epi32(0x0fc0fc00)), _mm256_set1_epi32(0x04000040));
  const __m256i second_and_fourth = _mm256_mullo_epi16(_mm256_and_si256(groups, _mm256_set1_epi32(0x003f03f0)), _mm256_set1_epi32(0x01000010));
  return _mm256_or_si256(first_and_third, second_and_fourth);
}

// Five ranges, each with the distance between a number and its digit: a row number for each range, and the distance from its row.
SR_AVX2 __m256i digits_of(__m256i numbers, __m256i distances) {
  const __m256i row = _mm256_subs_epu8(numbers, _mm256_set1_epi8(51));  // 0: below 52; 1 to 10: decimal digits; 11, 12: the last two
  const __m256i is_capital = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), numbers);
  return _mm256_add_epi8(numbers, _mm256_shuffle_epi8(distances, _mm256_or_si256(row, _mm256_and_si256(is_capital, _mm256_set1_epi8(13)))));
}

SR_AVX2 std::size_t encode_avx2(char* to, std::string_view bytes, bool url) {
  constexpr char small = 'a' - 26, decimal = '0' - 52;
  const __m256i distances = twice(_mm_setr_epi8(small, decimal, decimal, decimal, decimal, decimal, decimal, decimal, decimal, decimal, decimal,
                                                static_cast<char>((url ? '-' : '+') - 62), static_cast<char>((url ? '_' : '/') - 63), 'A', 0, 0));
  std::size_t at = 0;
  for (; bytes.size() - at >= step_bytes + 4; at += step_bytes, to += step_digits) {  // the second half is read with four bytes more than it needs
    const char* from = bytes.data() + at;
    const __m256i loaded = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(half(from))), _mm_loadu_si128(half(from + step_bytes / 2)), 1);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), digits_of(split(loaded), distances));
  }
  return at;
}

SR_AVX2 __m256i replace(__m256i in, char one, char other) { return _mm256_blendv_epi8(in, _mm256_set1_epi8(other), _mm256_cmpeq_epi8(in, _mm256_set1_epi8(one))); }

// Digits of the one form in those of the other; what is a digit of the other form only becomes none.
SR_AVX2 __m256i from_url(__m256i digits) {
  digits = replace(replace(digits, '+', '='), '/', '=');
  return replace(replace(digits, '-', '+'), '_', '/');
}

SR_AVX2 std::size_t decode_avx2(char* to, std::size_t room, std::string_view text, bool url) {
  // Of a digit the two halves of its code say whether it is one: a bit in common means that it is none.
  const __m256i by_low = twice(_mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A));
  const __m256i by_high = twice(_mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10));
  const __m256i distances = twice(_mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0));
  const __m256i slash = _mm256_set1_epi8('/');
  std::size_t at = 0;
  for (; text.size() - at >= step_digits && room - at / 4 * 3 >= step_digits; at += step_digits, to += step_bytes) {
    const __m256i given = _mm256_loadu_si256(whole(text.data() + at));
    const __m256i digits = url ? from_url(given) : given;
    const __m256i high = _mm256_and_si256(_mm256_srli_epi32(digits, 4), slash), low = _mm256_and_si256(digits, slash);  // '/' is 0x2f: a mask that serves
    if (_mm256_testz_si256(_mm256_shuffle_epi8(by_low, low), _mm256_shuffle_epi8(by_high, high)) == 0) break;
    const __m256i row = _mm256_add_epi8(_mm256_cmpeq_epi8(digits, slash), high);  // '/' has a row of its own
    const __m256i numbers = _mm256_add_epi8(digits, _mm256_shuffle_epi8(distances, row));
    const __m256i pairs = _mm256_maddubs_epi16(numbers, _mm256_set1_epi32(0x01400140));
    const __m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    const __m256i bytes = _mm256_shuffle_epi8(groups, twice(_mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7)));
  }
  return at;
}

}  // namespace

std::size_t encode(char* to, std::string_view bytes, bool url) { return has_avx2() ? encode_avx2(to, bytes, url) : 0; }
std::size_t decode(char* to, std::size_t room, std::string_view text, bool url) { return has_avx2() ? decode_avx2(to, room, text, url) : 0; }

#else

std::size_t encode(char*, std::string_view, bool) { return 0; }
std::size_t decode(char*, std::size_t, std::string_view, bool) { return 0; }

#endif

}  // namespace sr::base64::wide
