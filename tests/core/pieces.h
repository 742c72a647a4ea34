// Bodies that go piece by piece, as a whole: for tests that have them in memory.
#pragma once
#include <future>
#include "http/message.h"
#include "http/upload.h"

namespace sr::test {

inline http::Request as_upload(http::Request request, std::string_view bytes) {
  request.upload = std::make_shared<http::Upload>();
  request.upload->push(bytes);
  request.upload->end(http::Upload::End::whole);
  return request;
}

// All pieces of a download.
inline Result<std::string> drain(http::Download& download) {
  std::string all;
  while (true) {
    std::promise<Result<Buffer>> promise;
    download.pull([&](Result<Buffer> piece) { promise.set_value(std::move(piece)); });
    const auto piece = TRY(promise.get_future().get());
    if (piece.empty()) return all;
    all += piece.view();
  }
}

}  // namespace sr::test
