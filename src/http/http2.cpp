#include "http/http2.h"
#include <malloc.h>
#include <nghttp2/nghttp2.h>
#include <charconv>
#include <cstdlib>
#include <deque>
#include <unordered_map>
#include "base/assert.h"

namespace sr::http {
namespace {

// nghttp2 keeps heads and bodies in memory of its own; it is wiped like ours.
void wiping_free(void* block, void*) {
  if (!block) return;
  wipe(static_cast<char*>(block), malloc_usable_size(block));
  std::free(block);
}
nghttp2_mem wiping_memory{
    .mem_user_data = nullptr,
    .malloc = [](std::size_t size, void*) { return std::malloc(size); },
    .free = wiping_free,
    .calloc = [](std::size_t count, std::size_t size, void*) { return std::calloc(count, size); },
    .realloc = [](void* block, std::size_t size, void*) -> void* {
      if (!block) return std::malloc(size);
      const std::size_t before = malloc_usable_size(block);
      if (size <= before) return block;
      void* larger = std::malloc(size);
      if (!larger) return nullptr;
      std::memcpy(larger, block, before);
      wiping_free(block, nullptr);
      return larger;
    },
};

constexpr std::int32_t stream_window = 256 * 1024;
constexpr std::int32_t connection_window = 1024 * 1024;
constexpr std::size_t body_at_first = 64 * 1024;  // a promised length reserves no more than this

constexpr std::int64_t linger_time = 2000;        // milliseconds, for a client that is answered before it has sent everything

// Frames that bring no request and no body each take one out; time and what is written fill it again.
constexpr std::int64_t calm_max = 4096, calm_per_second = 512;
constexpr std::size_t written_bytes_per_calm = 1024;  // window updates are the price of a large answer
constexpr std::uint64_t resets_at_once = 256, resets_per_second = 32;

std::string_view view(const std::uint8_t* bytes, std::size_t size) { return {reinterpret_cast<const char*>(bytes), size}; }

bool is_target(std::string_view path) {
  if (path != "*" && !path.starts_with('/')) return false;
  return std::ranges::all_of(path, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

}  // namespace

struct Http2Session::State {
  enum class Step : std::uint8_t { head, body, queued, served, answered, lingers };
  struct Stream {
    Step step = Step::head;
    bool ended = false;            // the client has sent all of it
    bool head_only = false;
    std::size_t head_bytes = 0;
    std::size_t fields = 0;
    Time deadline = never;
    Request request;
    Buffer out;                    // the body of the answer
    std::size_t taken = 0;         // of it
    std::shared_ptr<Upload> upload{};      // of the request, while its body comes in
    std::shared_ptr<Download> download{};  // of the answer, while it is made
    std::size_t unwanted = 0;      // bytes of the request that came when it was answered
  };

  const Http2Limits limits;
  nghttp2_session* session = nullptr;
  Time now = 0;
  std::unordered_map<StreamId, std::unique_ptr<Stream>> streams;
  std::deque<StreamId> queue;                          // whole requests; some may have gone since
  std::unordered_map<StreamId, std::size_t> served;    // and the size of the body; also those whose stream has gone
  std::deque<StreamId> hungry;                         // wait for a piece of their answer that nobody has asked for
  std::size_t bodies = 0;                              // bytes, in streams and served
  std::size_t waiting_out = 0;                         // bytes of answers that are not produced yet
  Time earliest = never;
  std::int64_t calm = calm_max;
  Time calm_at = 0;
  std::size_t written = 0;                             // since it last counted as calm

  explicit State(const Http2Limits& given) : limits(given) {}
  ~State() {
    for (const auto& [id, stream] : streams)
      if (stream->upload) stream->upload->end(Upload::End::broken);
    nghttp2_session_del(session);
  }

  Stream* find(StreamId id) {
    const auto found = streams.find(id);
    return found == streams.end() ? nullptr : found->second.get();
  }
  void set_deadline(Stream& stream, Time when) {
    stream.deadline = when;
    earliest = std::min(earliest, when);
  }
  void drop_body(Stream& stream) {
    bodies -= stream.request.body.size();
    stream.request.body = Buffer();
  }

  // False: the connection is to end.
  bool take_calm() {
    calm = std::min(calm_max, calm + (now - calm_at) * calm_per_second / 1000);
    calm_at = now;
    if (--calm >= 0) return true;
    nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
    return false;
  }

  void begin_stream(StreamId id) {
    // A stream that was reset may still be served: streams alone are no bound for what is under way.
    if (served.size() >= 2 * limits.streams) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
      return;
    }
    auto stream = std::make_unique<Stream>();
    set_deadline(*stream, now + limits.head_time);
    streams.emplace(id, std::move(stream));
  }

  void take_field(StreamId id, std::string_view name, std::string_view value) {
    Stream* stream = find(id);
    if (!stream || stream->step >= Step::answered) return;
    stream->head_bytes += name.size() + value.size() + 4;
    if (stream->head_bytes > limits.message.head_bytes) return refuse(id, 431, "header fields too large");
    if (++stream->fields > limits.message.header_count + 4) return refuse(id, 431, "too many header fields");
    if (stream->step != Step::head) return;  // a trailer: nothing of it may change what the head said
    Request& request = stream->request;
    if (name == ":method") request.method = value;
    else if (name == ":path") request.target = value;
    else if (name == ":authority") request.headers.push_back({"host", std::string(value)});
    else if (!name.starts_with(':')) request.headers.push_back({std::string(name), std::string(value)});
  }

  void end_head(StreamId id) {
    Stream* stream = find(id);
    if (!stream || stream->step != Step::head) return;
    Request& request = stream->request;
    if (request.method.size() > 32) return refuse(id, 400, "malformed method");
    if (request.target.size() > limits.message.target_bytes) return refuse(id, 414, "request target too long");
    if (!is_target(request.target)) return refuse(id, 400, "malformed request target");
    stream->head_only = request.method == "HEAD";
    const bool is_upload = limits.message.streams_body && !stream->ended && limits.message.streams_body(request);
    std::uint64_t length = 0;
    if (const auto* text = request.header("content-length")) {  // nghttp2 has checked that it is a number, and one
      const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), length);
      if (problem != std::errc() || (length > limits.message.body_bytes && !is_upload)) return refuse(id, 413, "http: request body too large");
    }
    stream->step = Step::body;
    set_deadline(*stream, now + limits.body_time);
    if (stream->ended) return end_request(id);
    if (is_upload) {  // served when its head is there; what it may take is up to who reads it
      stream->upload = request.upload = std::make_shared<Upload>();
      stream->step = Step::queued;
      set_deadline(*stream, now + limits.upload_time);
      return queue.push_back(id);
    }
    request.body.reserve(std::min<std::size_t>(length, body_at_first));
    if (const auto* expect = request.header("expect"); expect && same_name(*expect, "100-continue")) {
      static std::uint8_t status[] = ":status", hundred[] = "100";
      const nghttp2_nv field{status, hundred, 7, 3, NGHTTP2_NV_FLAG_NONE};
      nghttp2_submit_headers(session, NGHTTP2_FLAG_NONE, id, nullptr, &field, 1, nullptr);
    }
  }

  void take_body(StreamId id, std::string_view bytes) {
    Stream* stream = find(id);
    if (!stream) return;
    if (stream->upload) return stream->upload->push(bytes);
    if (stream->step != Step::body) return take_unwanted(id, *stream, bytes.size());
    if (bytes.size() > limits.message.body_bytes - stream->request.body.size()) return refuse(id, 413, "http: request body too large");
    stream->request.body.append(bytes);
    bodies += bytes.size();
  }

  void end_request(StreamId id) {
    Stream* stream = find(id);
    if (!stream) return;
    stream->ended = true;  // nghttp2 closes the stream when both sides have ended
    if (auto whole = std::exchange(stream->upload, nullptr)) whole->end(Upload::End::whole);
    if (stream->step != Step::body) return;
    stream->step = Step::queued;
    set_deadline(*stream, now + limits.service_time);
    queue.push_back(id);
  }

  // The other streams of the connection go on.
  void refuse(StreamId id, int status, std::string_view reason) {
    auto response = refusal(status, reason);
    response.close = false;
    answer(id, std::move(response), {});
  }

  void answer(StreamId id, Response response, std::string_view date) {
    Stream* stream = find(id);
    if (!stream || stream->step >= Step::answered) return;
    drop_body(*stream);
    if (auto unread = std::exchange(stream->upload, nullptr)) unread->end(Upload::End::broken);
    stream->step = Step::answered;
    const bool bodiless = response.status == 204 || response.status == 304;
    const std::string status = std::to_string(response.status), length = std::to_string(response.body.size());

    // Names in small letters, values without control characters, as of HTTP/1.1. The fields borrow from `texts`.
    std::string texts;
    std::size_t size = 0, count = 0;
    for (const auto headers : {response.common, std::span<const Header>(response.headers)})
      for (const auto& header : headers) size += header.name.size() + header.value.size(), ++count;
    texts.reserve(size);
    std::vector<nghttp2_nv> fields;
    fields.reserve(count + 3);
    const auto add = [&](std::string_view name, std::string_view value) {
      const auto bytes = [](std::string_view text) { return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())); };
      fields.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    };
    add(":status", status);
    for (const auto headers : {response.common, std::span<const Header>(response.headers)}) {
      for (const auto& header : headers) {
        const std::size_t name_at = texts.size();
        for (const char c : header.name) texts += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        const std::size_t value_at = texts.size();
        for (const char c : header.value) texts += is_value_character(c) ? c : ' ';
        add(std::string_view(texts).substr(name_at, header.name.size()), std::string_view(texts).substr(value_at));
      }
    }
    if (!date.empty()) add("date", date);
    const bool is_download = response.download && !bodiless && !stream->head_only;
    if (!bodiless && !is_download) add("content-length", length);

    nghttp2_data_provider provider{};
    if (is_download) stream->download = std::move(response.download);
    if (is_download || (!bodiless && !stream->head_only && !response.body.empty())) {
      stream->out = std::move(response.body);
      waiting_out += stream->out.size();
      provider.source.ptr = this;
      provider.read_callback = [](nghttp2_session*, StreamId which, std::uint8_t* into, std::size_t room, std::uint32_t* flags, nghttp2_data_source* source, void*) {
        return static_cast<State*>(source->ptr)->give_body(which, into, room, flags);
      };
    }
    set_deadline(*stream, now + limits.write_time + static_cast<Time>(stream->out.size() * 1000 / limits.write_bytes_per_second));
    if (nghttp2_submit_response(session, id, fields.data(), fields.size(), provider.read_callback ? &provider : nullptr) != 0)
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_INTERNAL_ERROR);
    if (response.close) nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session), NGHTTP2_NO_ERROR, nullptr, 0);
  }

  ssize_t give_body(StreamId id, std::uint8_t* into, std::size_t room, std::uint32_t* flags) {
    Stream* stream = find(id);
    if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::size_t part = std::min(room, stream->out.size() - stream->taken);
    if (part == 0 && stream->download) {
      hungry.push_back(id);
      if (stream->download->is_live()) stream->deadline = never;
      return NGHTTP2_ERR_DEFERRED;
    }
    if (part > 0) std::memcpy(into, stream->out.data() + stream->taken, part);
    stream->taken += part;
    waiting_out -= part;
    if (stream->taken == stream->out.size() && !stream->download) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(part);
  }

  // The answer is out. A client that still sends its request is left some time and bytes to see it: reset at once, many clients
  // would show the reset and not the answer (curl does).
  void end_answer(StreamId id) {
    Stream* stream = find(id);
    if (!stream || stream->ended) return;
    stream->step = Step::lingers;
    set_deadline(*stream, now + linger_time);
  }
  void take_unwanted(StreamId id, Stream& stream, std::size_t bytes) {
    stream.unwanted += bytes;
    if (stream.unwanted > limits.message.body_bytes) nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
  }

  void close_stream(StreamId id) {
    Stream* stream = find(id);
    if (!stream) return;
    drop_body(*stream);
    if (stream->upload) stream->upload->end(Upload::End::broken);
    waiting_out -= stream->out.size() - stream->taken;
    streams.erase(id);
  }

  static const nghttp2_session_callbacks* callbacks();
};

// What nghttp2 calls. Heads come in fields; a frame is told when it is whole.
const nghttp2_session_callbacks* Http2Session::State::callbacks() {
  static const nghttp2_session_callbacks* const all = [] {
    nghttp2_session_callbacks* made = nullptr;
    SR_ASSERT(nghttp2_session_callbacks_new(&made) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
      if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) static_cast<State*>(user)->begin_stream(frame->hd.stream_id);
      return 0;
    });
    nghttp2_session_callbacks_set_on_header_callback(
        made, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
          static_cast<State*>(user)->take_field(frame->hd.stream_id, view(name, name_size), view(value, value_size));
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, [](nghttp2_session*, std::uint8_t, StreamId id, const std::uint8_t* bytes, std::size_t size, void* user) {
      static_cast<State*>(user)->take_body(id, view(bytes, size));
      return 0;
    });
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
      auto& state = *static_cast<State*>(user);
      const StreamId id = frame->hd.stream_id;
      const bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
      switch (frame->hd.type) {
        case NGHTTP2_HEADERS:
          if (Stream* stream = state.find(id); stream && ends) stream->ended = true;
          state.end_head(id);
          if (ends) state.end_request(id);
          return 0;
        case NGHTTP2_DATA:
          if (ends) state.end_request(id);
          if (frame->hd.length > 0 || ends) return 0;
          break;
        default: break;
      }
      state.take_calm();
      return 0;
    });
    nghttp2_session_callbacks_set_on_frame_send_callback(made, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
      const bool may_end = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
      if (may_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) static_cast<State*>(user)->end_answer(frame->hd.stream_id);
      return 0;
    });
    nghttp2_session_callbacks_set_on_stream_close_callback(made, [](nghttp2_session*, StreamId id, std::uint32_t, void* user) {
      static_cast<State*>(user)->close_stream(id);
      return 0;
    });
    return made;
  }();
  return all;
}

Http2Session::Http2Session(const Http2Limits& limits) : state_(std::make_unique<State>(limits)) {
  nghttp2_option* option = nullptr;
  SR_ASSERT(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_stream_reset_rate_limit(option, resets_at_once, resets_per_second);
  nghttp2_option_set_no_closed_streams(option, 1);
  const int made = nghttp2_session_server_new3(&state_->session, State::callbacks(), state_.get(), option, &wiping_memory);
  nghttp2_option_del(option);
  SR_ASSERT(made == 0);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(stream_window)},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.message.head_bytes)},
  };
  nghttp2_submit_settings(state_->session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(state_->session, NGHTTP2_FLAG_NONE, 0, connection_window);
}
Http2Session::~Http2Session() = default;

bool Http2Session::feed(std::string_view bytes, Time now) {
  if (state_->calm_at == 0) state_->calm_at = now;
  state_->now = now;
  const auto taken = nghttp2_session_mem_recv(state_->session, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken >= 0) return true;
  // What ends a session in the protocol's own way, nghttp2 has done by itself; the rest has no answer in it.
  nghttp2_session_terminate_session(state_->session, taken == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR);
  return false;
}

std::optional<Http2Session::Arrived> Http2Session::next_request(Time now) {
  auto& state = *state_;
  state.now = now;
  while (!state.queue.empty() && state.served.size() < state.limits.served && state.waiting_out < state.limits.out_bytes) {
    const StreamId id = state.queue.front();
    state.queue.pop_front();
    auto* stream = state.find(id);
    if (!stream || stream->step != State::Step::queued) continue;
    stream->step = State::Step::served;
    state.set_deadline(*stream, now + (stream->request.upload ? state.limits.upload_time : state.limits.service_time));
    state.served.emplace(id, stream->request.body.size());
    return Arrived{id, std::exchange(stream->request, Request())};
  }
  return std::nullopt;
}

void Http2Session::answer(StreamId id, Response response, std::string_view date, Time now) {
  auto& state = *state_;
  state.now = now;
  if (const auto found = state.served.find(id); found != state.served.end()) {
    state.bodies -= found->second;
    state.served.erase(found);
  }
  state.answer(id, std::move(response), date);
}

bool Http2Session::has_full_upload() const {
  return std::ranges::any_of(state_->streams, [](const auto& stream) { return stream.second->upload && !stream.second->upload->has_room(); });
}

std::optional<Http2Session::Hungry> Http2Session::next_hungry() {
  auto& state = *state_;
  while (!state.hungry.empty()) {
    const StreamId id = state.hungry.front();
    state.hungry.pop_front();
    if (auto* stream = state.find(id); stream && stream->download) return Hungry{id, stream->download};
  }
  return std::nullopt;
}

void Http2Session::give_piece(StreamId id, Result<Buffer> piece, Time now) {
  auto& state = *state_;
  state.now = now;
  auto* stream = state.find(id);
  if (!stream || !stream->download) return;
  if (!piece) {
    stream->download.reset();
    nghttp2_submit_rst_stream(state.session, NGHTTP2_FLAG_NONE, id, NGHTTP2_INTERNAL_ERROR);
    return;
  }
  if (piece->empty()) stream->download.reset();
  stream->out = std::move(*piece);
  stream->taken = 0;
  state.waiting_out += stream->out.size();
  state.set_deadline(*stream, now + state.limits.write_time + static_cast<Time>(stream->out.size() * 1000 / state.limits.write_bytes_per_second));
  nghttp2_session_resume_data(state.session, id);
}

void Http2Session::produce(Buffer& out, std::size_t enough) {
  while (out.size() < enough) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(state_->session, &bytes);
    if (size <= 0) return;
    out.append(view(bytes, static_cast<std::size_t>(size)));
    state_->written += static_cast<std::size_t>(size);
  }
  state_->calm = std::min(calm_max, state_->calm + static_cast<std::int64_t>(state_->written / written_bytes_per_calm));
  state_->written %= written_bytes_per_calm;
}

void Http2Session::shut_down() {
  nghttp2_submit_goaway(state_->session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(state_->session), NGHTTP2_NO_ERROR, nullptr, 0);
}

bool Http2Session::done() const { return !nghttp2_session_want_read(state_->session) && !nghttp2_session_want_write(state_->session); }
bool Http2Session::idle() const { return state_->streams.empty() && state_->served.empty(); }
std::size_t Http2Session::body_bytes() const { return state_->bodies; }

void Http2Session::refuse_bodies(const Response& refusal, Time now) {
  state_->now = now;
  std::vector<StreamId> coming;
  for (const auto& [id, stream] : state_->streams)
    if (stream->step == State::Step::body) coming.push_back(id);
  for (const StreamId id : coming) {
    Response same = Response::text(refusal.status, "", "");
    same.headers = refusal.headers;
    same.body.append(refusal.body.view());
    state_->answer(id, std::move(same), {});
  }
}

Http2Session::Time Http2Session::earliest_deadline() const { return state_->earliest; }

void Http2Session::expire(Time now) {
  auto& state = *state_;
  state.now = now;
  if (now < state.earliest) return;
  std::vector<StreamId> late;
  for (const auto& [id, stream] : state.streams)
    if (stream->deadline <= now) late.push_back(id);
  for (const StreamId id : late) {
    switch (state.find(id)->step) {
      case State::Step::head:
      case State::Step::body: state.refuse(id, 408, "the request took too long"); break;
      case State::Step::queued:
      case State::Step::served: state.answer(id, Response::text(504, "application/json", "{\"errors\":[\"context deadline exceeded\"]}\n"), {}); break;
      case State::Step::answered: nghttp2_submit_rst_stream(state.session, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL); break;
      case State::Step::lingers: nghttp2_submit_rst_stream(state.session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR); break;
    }
  }
  state.earliest = never;
  for (const auto& [id, stream] : state.streams) {
    // A reset is on its way; it is not to be said again.
    if (stream->deadline <= now) stream->deadline = never;
    state.earliest = std::min(state.earliest, stream->deadline);
  }
}

}  // namespace sr::http
