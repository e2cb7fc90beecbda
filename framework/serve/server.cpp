#include "framework/serve/server.h"

#include <fmt/format.h>
// The only source that includes them: they are as long as everything else together.
#include <algorithm>
#include <array>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "framework/core/error.h"

namespace fovea {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Failure = boost::system::error_code;

constexpr std::chrono::milliseconds kMoment{20};

ServeRequest request_of(const http::request<http::empty_body>& message) {
  const auto text = [](beast::string_view part) { return std::string(part.data(), part.size()); };
  ServeRequest request;
  request.method = text(message.method_string());
  request.target = text(message.target());
  if (message.count(http::field::host) == 1) request.host = text(message[http::field::host]);
  request.known_tag = text(message[http::field::if_none_match]);
  request.last_event_id = text(message["Last-Event-ID"]);
  return request;
}

/// A thread for a lane, whose work nobody waits for once the server ends.
class LaneThread {
 public:
  ~LaneThread() {
    pool_.stop();
    pool_.join();
  }
  template <class Work>
  void post(Work work) {
    asio::post(pool_, std::move(work));
  }

 private:
  asio::thread_pool pool_{1};
};

}  // namespace

/// What all connections share. Everything but the work of the lanes is done by the thread that calls `run`.
class Server::Core {
 public:
  Core(int port, ServeLimits given) : limits(given) {
    Failure failure;
    const tcp::endpoint place(asio::ip::address_v4::loopback(), static_cast<unsigned short>(port));
    acceptor.open(place.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(place, failure);
    if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
    if (failure) {
      throw Error("--port", fmt::format("expected a port that is free on this machine; {}: {}; give another one, or none: a "
                                        "free one is chosen.",
                                        port, failure.message()));
    }
  }

  class Connection;

  void accept();
  void admit(tcp::socket socket);
  void make_room();
  void watch(const std::atomic<int>& stop);
  void close_all();
  LaneThread& lane(Lane lane) { return *lanes.at(static_cast<std::size_t>(lane)); }

  ServeLimits limits;
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer timer{io};
  asio::steady_timer door{io};  // of a connection for which there is no room yet
  Routes* routes = nullptr;
  std::vector<std::weak_ptr<Connection>> connections;  // oldest first
  std::size_t live = 0;
  std::array<std::unique_ptr<LaneThread>, 4> lanes;
};

/// One client: requests one after the other, or events until it leaves.
class Server::Core::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Core& core, tcp::socket socket) : core_(core), stream_(std::move(socket)), timer_(core.io) {}
  ~Connection() {
    if (feed_) --core_.live;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool is_known() const { return is_known_; }

  void read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(core_.limits.header_bytes));
    stream_.expires_after(is_known_ ? core_.limits.idle : core_.limits.request);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](Failure failure, std::size_t) { self->received(failure); });
  }

  /// A child process that reads a file may still have the socket: only this ends the connection for the client as well.
  void close() {
    Failure none;
    timer_.cancel();
    stream_.socket().shutdown(tcp::socket::shutdown_both, none);
    stream_.close();
  }

 private:
  void received(Failure failure) {
    if (failure == http::error::header_limit) return refuse(431, "headers that are shorter");
    if (failure.category() == http::make_error_code(http::error::bad_method).category() &&
        failure != http::error::end_of_stream && failure != http::error::partial_message) {
      return refuse(400, "a request of HTTP");
    }
    if (failure) return close();
    const auto& message = parser_->get();
    is_kept_ = parser_->keep_alive();
    is_head_ = message.method() == http::verb::head;
    const ServeRequest request = request_of(message);
    auto admitted = core_.routes->admitted(request);
    if (auto* refusal = std::get_if<ServeAnswer>(&admitted)) {
      is_kept_ = false;
      return write(std::move(*refusal));
    }
    is_known_ = true;
    if (!parser_->is_done()) return refuse(413, "a request without a body");
    work_on(request, std::get<ServeTarget>(std::move(admitted)));
  }

  void refuse(int status, const char* expected) {
    is_kept_ = false;
    write(failed(status, fmt::format("[serve] expected {}; this request is another; ask as a browser does.", expected)));
  }

  void work_on(ServeRequest request, ServeTarget target) {
    const Lane lane = Routes::lane_of(target);
    if (lane == Lane::kAtOnce) return write(core_.routes->answer(request, target));
    stream_.expires_never();
    core_.lane(lane).post(
        [self = shared_from_this(), lane, request = std::move(request), target = std::move(target)]() mutable {
          Connection& one = *self;
          Routes& routes = *one.core_.routes;
          if (lane == Lane::kLive && !one.is_head_) {
            auto feed = routes.feed(request, target);
            return one.back(std::move(self), [feed = std::move(feed)](Connection& c) mutable { c.begin(std::move(feed)); });
          }
          const ServeAnswer events{200, "text/event-stream"};
          one.back(std::move(self), [answer = lane == Lane::kLive ? events : routes.answer(request, target)](
                                        Connection& c) mutable { c.write(std::move(answer)); });
        });
  }

  /// To the thread of the connections, and `self` with it: what is left of a connection ends there.
  template <class Work>
  void back(std::shared_ptr<Connection> self, Work work) {
    asio::post(core_.io, [self = std::move(self), work = std::move(work)]() mutable { work(*self); });
  }

  void write(ServeAnswer answer) {
    answer_ = std::move(answer);
    const auto connection = is_kept_ ? HeadForm::Connection::kKept : HeadForm::Connection::kClosed;
    head_ = head_of(answer_, {connection, HeadForm::Length::kKnown});
    body_left_ = is_head_ || answer_.body == nullptr ? std::string_view() : std::string_view(*answer_.body);
    write_piece(head_, [](Connection& self) { self.write_body(); });
  }

  /// What the client still sends is read for a moment: closed at once, a connection may lose the answer on its way.
  void leave() {
    Failure none;
    stream_.socket().shutdown(tcp::socket::shutdown_send, none);
    stream_.expires_after(std::chrono::seconds(1));
    read_away();
  }

  void read_away() {
    stream_.async_read_some(asio::buffer(unread_), [self = shared_from_this()](Failure failure, std::size_t) {
      failure ? self->close() : self->read_away();
    });
  }

  /// Piece by piece, so that the time to take one is what is limited.
  void write_body() {
    constexpr std::size_t kPiece = std::size_t{1} << 18;
    if (body_left_.empty()) {
      answer_ = {};
      return is_kept_ ? read() : leave();
    }
    const std::string_view piece = body_left_.substr(0, kPiece);
    body_left_.remove_prefix(piece.size());
    write_piece(piece, [](Connection& self) { self.write_body(); });
  }

  template <class Then>
  void write_piece(std::string_view piece, Then then) {
    stream_.expires_after(core_.limits.writing);
    asio::async_write(
        stream_, asio::buffer(piece.data(), piece.size()),
        [self = shared_from_this(), then](Failure failure, std::size_t) { failure ? self->close() : then(*self); });
  }

  void begin(std::variant<ServeAnswer, std::unique_ptr<LiveFeed>> feed) {
    if (auto* refusal = std::get_if<ServeAnswer>(&feed)) return write(std::move(*refusal));
    if (core_.live >= core_.limits.live) {
      is_kept_ = false;
      return write(failed(503, "[serve] expected fewer pages that follow runs; there are too many; close some."));
    }
    feed_ = std::get<std::unique_ptr<LiveFeed>>(std::move(feed));
    ++core_.live;
    head_ =
        head_of({200, "text/event-stream"}, {HeadForm::Connection::kClosed, HeadForm::Length::kOpen}) + "retry: 2000\n\n";
    stream_.expires_never();
    read_away();  // a page that follows a run says nothing more: what comes is its end
    write_piece(head_, [](Connection& self) { self.look(); });
  }

  void look() {
    core_.lane(Lane::kLive).post([self = shared_from_this()]() mutable {
      Connection& one = *self;
      one.back(std::move(self), [events = one.feed_->next()](Connection& c) mutable { c.tell(std::move(events)); });
    });
  }

  void tell(std::string events) {
    if (!stream_.socket().is_open()) return;
    silent_ += core_.limits.turn;
    if (events.empty() && silent_ < core_.limits.heartbeat) return wait();
    silent_ = {};
    head_ = events.empty() ? ":\n\n" : std::move(events);
    write_piece(head_, [](Connection& self) { self.feed_->has_more() ? self.look() : self.wait(); });
  }

  void wait() {
    timer_.expires_after(core_.limits.turn);
    timer_.async_wait([self = shared_from_this()](Failure failure) {
      if (!failure) self->look();
    });
  }

  Core& core_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{std::size_t{1} << 16};
  std::optional<http::request_parser<http::empty_body>> parser_;
  asio::steady_timer timer_;
  bool is_known_ = false;  // it has shown the token
  bool is_kept_ = false;
  bool is_head_ = false;
  ServeAnswer answer_;
  std::string head_;
  std::string_view body_left_;
  std::unique_ptr<LiveFeed> feed_;
  std::array<char, 256> unread_{};
  std::chrono::milliseconds silent_{};
};

void Server::Core::accept() {
  acceptor.async_accept([this](Failure failure, tcp::socket socket) {
    if (failure == asio::error::operation_aborted) return;
    if (failure) {  // no descriptor is left, perhaps: later there may be
      std::this_thread::sleep_for(kMoment);
      return accept();
    }
    admit(std::move(socket));
  });
}

void Server::Core::admit(tcp::socket socket) {
  make_room();
  if (connections.size() < limits.connections) {
    const auto connection = std::make_shared<Connection>(*this, std::move(socket));
    connections.push_back(connection);
    connection->read();
    return accept();
  }
  door.expires_after(kMoment);  // all others wait as well
  door.async_wait([this, socket = std::move(socket)](Failure failure) mutable {
    if (!failure) admit(std::move(socket));
  });
}

void Server::Core::make_room() {
  std::erase_if(connections, [](const auto& one) { return one.expired(); });
  if (connections.size() < limits.connections) return;
  const auto stranger = std::find_if(connections.begin(), connections.end(), [](const auto& one) {
    const auto connection = one.lock();
    return connection && !connection->is_known();
  });
  if (stranger == connections.end()) return;
  if (const auto connection = stranger->lock()) connection->close();
  connections.erase(stranger);
}

void Server::Core::watch(const std::atomic<int>& stop) {
  timer.expires_after(std::chrono::milliseconds(50));
  timer.async_wait([this, &stop](Failure) { stop != 0 ? close_all() : watch(stop); });
}

void Server::Core::close_all() {
  Failure none;
  acceptor.close(none);
  door.cancel();
  for (const auto& one : connections) {
    if (const auto connection = one.lock()) connection->close();
  }
}

Server::Server(int port, ServeLimits limits) : core_(std::make_unique<Core>(port, limits)) {}
Server::~Server() = default;

int Server::port() const { return core_->acceptor.local_endpoint().port(); }

void Server::run(Routes& routes, const std::atomic<int>& stop) {
  core_->routes = &routes;
  for (auto& lane : core_->lanes) lane = std::make_unique<LaneThread>();
  core_->accept();
  core_->watch(stop);
  core_->io.run();
  for (auto& lane : core_->lanes) lane.reset();  // what is being worked on comes to its end
  core_->io.restart();
  core_->io.poll();  // answers that nobody waits for
}

}  // namespace fovea
