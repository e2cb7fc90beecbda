#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "framework/serve/server.h"
#include "tests/runs/sample_runs.h"

namespace fovea::testing {

inline const std::string kToken = "0123456789abcdef0123456789abcdef";

/// A server of a folder, as long as it lives.
class SampleServer {
 public:
  explicit SampleServer(const std::filesystem::path& folder, ServeLimits limits = {}) : server_(0, limits) {
    ServeSettings settings;
    settings.places = {folder.string()};
    settings.token = kToken;
    settings.port = server_.port();
    settings.page = "<!doctype html><title>page</title>";
    settings.model = [](const RunGroups& runs) { return Json(Json::Object{{"groups", std::int64_t(runs.groups.size())}}); };
    settings.stop = &stop_;
    routes_ = std::make_unique<Routes>(std::move(settings));
    thread_ = std::thread([this] { server_.run(*routes_, stop_); });
  }
  ~SampleServer() {
    stop_ = 1;
    thread_.join();
  }
  SampleServer(const SampleServer&) = delete;
  SampleServer& operator=(const SampleServer&) = delete;

  int port() const { return server_.port(); }
  std::string host() const { return "127.0.0.1:" + std::to_string(port()); }
  std::string request(const std::string& target, const std::string& more = "") const {
    return "GET " + target + " HTTP/1.1\r\nHost: " + host() + "\r\n" + more + "\r\n";
  }

 private:
  Server server_;
  std::atomic<int> stop_{0};
  std::unique_ptr<Routes> routes_;
  std::thread thread_;
};

/// A connection of a client that sends what it wants. Nothing is waited for longer than five seconds.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(static_cast<std::uint16_t>(port));
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{5, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    is_open_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool is_open() const { return is_open_; }
  void send(std::string_view text) { ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL); }

  /// What comes until it contains `part`, or until the server ends the connection.
  std::string read_until(const std::string& part) {
    while (text_.find(part) == std::string::npos && read_piece()) continue;
    return text_;
  }
  std::string read_to_end() {
    while (read_piece()) continue;
    return text_;
  }
  /// One answer of which the length is known; what follows it stays.
  std::string read_answer() {
    const std::size_t head = read_until("\r\n\r\n").find("\r\n\r\n");
    if (head == std::string::npos) return text_;
    const std::size_t place = text_.find("Content-Length: ");
    const std::size_t size = head + 4 + (place < head ? std::stoul(text_.substr(place + 16)) : 0);
    while (text_.size() < size && read_piece()) continue;
    std::string answer = text_.substr(0, size);
    text_.erase(0, answer.size());
    return answer;
  }
  bool is_ended() const { return is_ended_; }

 private:
  bool read_piece() {
    std::array<char, 4096> piece{};
    const ssize_t size = ::recv(socket_, piece.data(), piece.size(), 0);
    is_ended_ = size == 0;
    if (size > 0) text_.append(piece.data(), static_cast<std::size_t>(size));
    return size > 0;
  }

  int socket_;
  bool is_open_ = false;
  bool is_ended_ = false;
  std::string text_;
};

/// The whole answer to one request on a connection of its own.
inline std::string asked(const SampleServer& server, const std::string& request) {
  Client client(server.port());
  client.send(request);
  return client.read_to_end();
}

inline std::string got(const SampleServer& server, const std::string& target) {
  const std::string mark = target.find('?') == std::string::npos ? "?" : "&";
  return asked(server, server.request(target + mark + "token=" + kToken, "Connection: close\r\n"));
}

}  // namespace fovea::testing
