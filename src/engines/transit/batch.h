// Batches: items that are done one after the other, each with its own answer.
#pragma once
#include "logical/call.h"
#include "logical/reply.h"

namespace sr::transit {

// What one encryption or decryption is about. Borrows from the request.
struct CipherItem {
  std::string_view text{};                   // plaintext in base64, or ciphertext
  std::string_view context{}, associated{}, nonce{}, reference{};
  std::int64_t key_version = 0;
};

// The items of `batch_input`, of which each has a member `text_name` when that is required. Errors name the item and the kind.
struct CipherItemForm {
  std::string_view text_name;                // "plaintext", "ciphertext"
  std::string_view missing{};                // what is said of an item without it; empty: it counts as empty
};
Result<std::vector<CipherItem>> read_cipher_items(const json::Value& batch, const CipherItemForm& form);

// Items as Vault's signatures take them: objects of texts. Numbers count as texts.
Result<std::span<const json::Value>> read_text_items(const json::Value& batch);
std::optional<std::string_view> text_of(const json::Value& item, std::string_view name);

// Null when the client sent none.
const json::Value* batch_of(const Call& call);

// Either every item has a context or none has: decides what is made, where a key is made.
Result<void> check_contexts(std::span<const CipherItem> items);

// The answer: an object for each item, its members written in the order of their names.
class BatchResults {
 public:
  // Room at once for all that is to be expected: a text that grows is copied, and what it leaves behind is wiped.
  explicit BatchResults(std::span<const CipherItem> items) {
    std::size_t texts = 0;
    for (const auto& item : items) texts += item.text.size() + item.reference.size();
    reserve(items.size(), texts);
  }
  explicit BatchResults(std::size_t items) { reserve(items, 128 * items); }
  void begin_item() { out_ += out_.back() == '[' ? "{" : ",{", is_first_ = true; }
  void end_item(std::string_view reference);  // which every item has, be it empty
  void end_item(std::string_view reference, std::string_view name, bool flag);
  Buffer& member(std::string_view name);      // what is written next is its value
  void add(std::string_view name, std::string_view text) { json::quote(member(name), text); }
  // A member whose value could not be made: everything back to `mark()` goes.
  std::size_t mark() const { return out_.size(); }
  void back_to(std::size_t mark) { out_.truncate(mark), is_first_ = out_.back() == '{'; }

  Reply finish() &&;

 private:
  void reserve(std::size_t items, std::size_t texts) {
    constexpr std::size_t around_each = 112;  // names, version, nonce and tag in base64
    out_.reserve(around_each * items + texts + 32);
    out_ += R"({"batch_results":[)";
  }

  Buffer out_;
  bool is_first_ = true;
};

// How a batch went, and with which status it is answered: as Vault has it, one failure is a 400 unless the client wants another status
// for a batch that went well in part.
struct BatchOutcome {
  bool has_success = false, has_failure = false;
};
Reply answer_batch(const Call& call, BatchResults results, const BatchOutcome& outcome);

}  // namespace sr::transit
