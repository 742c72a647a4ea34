// Takes the place of aws_lc.cpp in a program that is built without AWS-LC: there are no keys, and nothing to do with them.
#include "crypto/aws_lc.h"

using sr::aws_lc::Sealer;
using sr::aws_lc::Signer;

extern "C" {

Signer* sr_aws_lc_signer(sr::aws_lc::Curve, const unsigned char*, std::size_t) { return nullptr; }
std::size_t sr_aws_lc_sign(const Signer*, unsigned char*, const unsigned char*, std::size_t) { return 0; }
void sr_aws_lc_free_signer(Signer*) {}

Sealer* sr_aws_lc_sealer(sr::aws_lc::Cipher, const unsigned char*, std::size_t) { return nullptr; }
bool sr_aws_lc_seal(const Sealer*, unsigned char*, const unsigned char*, std::size_t, const unsigned char*, std::size_t, const unsigned char*, std::size_t) { return false; }
bool sr_aws_lc_open(const Sealer*, unsigned char*, const unsigned char*, std::size_t, const unsigned char*, std::size_t, const unsigned char*, std::size_t) { return false; }
void sr_aws_lc_free_sealer(Sealer*) {}

}  // extern "C"
