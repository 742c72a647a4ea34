// An engine that lends: secrets with leases whose revocation can fail, hang or be slow, as a database's can. What it has made outside is
// in its Bank, so that a test sees whether everything was taken back, and only that.
//
//   creds/{name}   a secret with nothing outside: taking it back removes a row
//   users/{name}   a user outside, made by an external verb; taken back and prolonged outside
// Both take ttl, ttl_max (seconds) and renewable.
#pragma once
#include <condition_variable>
#include <mutex>
#include <set>
#include "logical/spec.h"

namespace sr::test {

class Bank {
 public:
  enum class Mood { fine, failing, refusing, hanging };

  void set(Mood mood);
  void release() { set(Mood::fine); }  // those that hang go on
  std::set<std::string> users() const;
  int revocations() const;             // how often it was asked to take something back
  int hanging() const;

  Result<void> make(const std::string& user);
  Result<void> take_back(const std::string& user);
  Result<void> prolong(const std::string& user);

 private:
  Result<void> by_mood(std::unique_lock<std::mutex>& lock);
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  Mood mood_ = Mood::fine;
  std::set<std::string> users_;
  int revocations_ = 0, hanging_ = 0;
};

Spec lender(Bank& bank);

}  // namespace sr::test
