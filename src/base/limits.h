// Every bound of the program in one table. A limit is checked before the work that it bounds.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sr::limits {

// ---- HTTP ---------------------------------------------------------------------------------------------------------------
constexpr std::size_t body_bytes = 32 * 1024 * 1024;          // max_request_size; over it: 413
constexpr std::size_t bodies_bytes = 1024 * 1024 * 1024;     // of all requests that come in or are served; over it: 503
constexpr std::size_t small_body_bytes = 64 * 1024;           // a quarter of all that is kept for these: large ones cannot take it
constexpr std::size_t blocks_kept_bytes = 16 * 1024 * 1024;  // of large blocks that nobody uses: base/blocks.h
constexpr std::size_t upload_ahead_bytes = 1024 * 1024;       // of a streamed body: read, and not taken by its handler yet
constexpr std::chrono::seconds upload_duration{3600};         // of a streamed request: while its handler works, and behind its last byte
constexpr std::size_t uploads = 2, downloads = 4;             // at a time, and as many that wait
constexpr std::size_t monitors = 16;                          // clients that follow the log
constexpr std::size_t monitor_bytes = 256 * 1024;             // of lines that one of them has not taken yet
constexpr std::size_t header_bytes = 64 * 1024;               // of the request line and all headers; over it: 431
constexpr std::size_t header_count = 128;
constexpr std::size_t path_bytes = 16 * 1024;
constexpr std::size_t pipelined_requests = 64;                // of one connection, read ahead
constexpr std::size_t connections = 50'000;
constexpr std::uint32_t http2_streams = 128;                  // of one connection, at a time
constexpr std::size_t http2_served = 64;                      // of these, in the hands of the core
constexpr std::size_t http2_out_bytes = 1024 * 1024;          // of answers that one connection has not taken yet
constexpr std::chrono::seconds http_idle_timeout{300};
constexpr std::chrono::seconds http_read_header_timeout{10};
constexpr std::chrono::seconds http_read_timeout{30};
constexpr std::chrono::seconds http_write_timeout{60};
constexpr std::chrono::seconds max_request_duration{90};      // from the whole request to its answer; over it: 504
constexpr std::chrono::seconds tls_handshake_timeout{10};

// ---- JSON and HCL -------------------------------------------------------------------------------------------------------
constexpr std::size_t json_depth = 64;                        // of a request body; deeper is refused while it is parsed
constexpr std::size_t json_strings = 100'000;                 // keys and values together
constexpr std::size_t json_string_bytes = body_bytes;
constexpr std::size_t json_memory = 128 * 1024 * 1024;        // of the parsed tree
constexpr std::size_t hcl_depth = 32;
constexpr std::size_t hcl_values = 200'000;                   // of one text: items, list elements and objects
constexpr std::size_t config_bytes = 4 * 1024 * 1024;
constexpr std::size_t policy_bytes = 1024 * 1024;
constexpr std::size_t policy_rules = 10'000;

// ---- keys that come from outside -------------------------------------------------------------------------------------------
constexpr std::size_t key_bytes = 16 * 1024;                  // of one key, signature or certificate in DER
constexpr std::size_t rsa_bits = 4096;
constexpr std::size_t certificate_chain = 16;                 // certificates
constexpr std::size_t key_versions_restored = 900;            // of one backup; with the other rows they stay under batch_rows
constexpr std::int64_t key_version_max = 1 << 30;             // number of the latest one that a backup may name

// ---- random bytes and passwords ---------------------------------------------------------------------------------------------
constexpr std::size_t random_bytes = 128 * 1024;              // of one request
constexpr std::size_t password_policy_bytes = 64 * 1024;
constexpr std::size_t password_charset = 256;                 // characters of all rules together

// ---- one-time passwords -----------------------------------------------------------------------------------------------------
constexpr std::size_t totp_key_bytes = 1024;                  // more than any hash takes in whole
constexpr std::size_t totp_url_bytes = 16 * 1024;             // of an otpauth:// url
constexpr std::size_t totp_qr_pixels = 4096;                  // width and height

// ---- requests under way -----------------------------------------------------------------------------------------------
constexpr std::size_t requests = 4096;                        // at the door; over it: 503
constexpr std::size_t waiting_per_key = 1024;                 // in the line of one contended key
constexpr unsigned conflicts = 16;                            // lost races of one request; over it: 503
constexpr std::size_t quick_body_bytes = 16 * 1024;           // larger ones leave the I/O thread
constexpr std::size_t normal_lane = requests, cpu_lane = 256, external_lane = 512;

// ---- storage ------------------------------------------------------------------------------------------------------------
constexpr std::size_t committer_batches = 2 * requests;
constexpr std::size_t committer_known_revisions = 1 << 16;
constexpr std::size_t batch_rows = 1024;                      // of one request; a job stays under 128
constexpr std::size_t batch_bytes = 64 * 1024 * 1024;
constexpr std::size_t storage_key_bytes = 20 * 1024;          // of one row: a prefix of ours and at most a path
constexpr std::size_t record_items = 1'000'000;               // of one list or map in a stored record
constexpr std::size_t keyring_terms = 4096;                   // rotations of the barrier's key
constexpr std::size_t list_page = 10'000;                     // rows of one page out of the store
constexpr std::size_t scan_page = 256;                        // and at least so many, where some are left out of the answer
constexpr std::size_t list_details = 10'000;                  // names of one answer that says more of each
constexpr std::size_t list_names = 1'000'000;                 // of one answer; more are listed in pages

// ---- audit --------------------------------------------------------------------------------------------------------------
constexpr std::size_t audit_entries = 2 * requests;           // waiting for one device
constexpr std::size_t audit_queue_bytes = 256 * 1024 * 1024;  // of these
constexpr std::size_t audit_write_bytes = 4 * 1024 * 1024;     // in one go, and one request's lines more
constexpr std::chrono::seconds audit_deadline{10};
constexpr std::chrono::milliseconds audit_prompt_write{10};  // a write that takes longer was no matter for the thread of a loop:
constexpr std::chrono::seconds audit_prompt_again{1};        // for as long the next ones are left to the device's own
constexpr std::size_t audit_checkpoint_lines = 1000;
constexpr std::chrono::milliseconds audit_checkpoint_pause{100};  // between two of those: each is a commit, too
constexpr std::chrono::seconds audit_checkpoint_interval{1};
constexpr std::chrono::seconds audit_file_check_interval{1};  // is it still the file that its name says?
constexpr std::size_t audit_tail_bytes = 64 * 1024 * 1024;    // read back at a restart, to find the last checkpoint
constexpr std::size_t audit_line_bytes = 256 * 1024 * 1024;   // a longer line is no line to the verifier

// ---- tokens -------------------------------------------------------------------------------------------------------------
constexpr std::size_t token_policies = 1024;
constexpr std::size_t token_cache_entries = 100'000;
constexpr std::chrono::seconds default_lease_ttl{768 * 3600};
constexpr std::chrono::seconds max_lease_ttl{768 * 3600};

// ---- quotas -------------------------------------------------------------------------------------------------------------
constexpr std::size_t quotas = 1000;                          // of each kind
constexpr std::size_t quota_clients = 1 << 18;                // counted at a time, by all rate limits together
constexpr std::size_t quota_clients_of_one = 1 << 16;         // by one of them; clients beyond that share a count
constexpr std::chrono::seconds quota_interval{366 * 24 * 3600};
constexpr std::size_t quota_exempt_paths = 1000;


// ---- leases -------------------------------------------------------------------------------------------------------------
constexpr unsigned revocation_lane = 8;                       // threads that take secrets back outside
constexpr unsigned revocation_lane_of_mount = 4;              // of these, for one mount at a time
constexpr unsigned revocation_stuck = 64;                     // threads beyond, for those whose outside does not answer
constexpr std::size_t revocations_of_mount = 256;             // waiting for the lane
constexpr std::chrono::seconds revocation_deadline{90};       // of one attempt
constexpr std::chrono::seconds revocation_retry{10};          // doubles with each failure
constexpr std::chrono::seconds revocation_retry_max{3600};
constexpr unsigned revocation_failures = 6;                   // then the lease is called irrevocable; it is still tried
constexpr std::size_t revocation_error_bytes = 240;           // of the reason that is kept
constexpr std::size_t irrevocable_shown = 10'000;             // of one answer that does not ask for all
}  // namespace sr::limits
