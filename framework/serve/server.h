#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>

#include "framework/serve/routes.h"

namespace fovea {

/// What one client may take, so that a slow or broken one never holds up the others.
struct ServeLimits {
  std::size_t header_bytes = 16384;
  std::size_t connections = 64;                 // one more takes the place of the oldest that has not shown the token
  std::size_t live = 16;                        // of these, with events
  std::chrono::milliseconds request{10'000};    // until the whole header of a request is there
  std::chrono::milliseconds idle{60'000};       // of a connection that has shown the token, between requests
  std::chrono::milliseconds writing{30'000};    // until a piece of an answer was taken
  std::chrono::milliseconds turn{300};          // between two looks at the journals
  std::chrono::milliseconds heartbeat{15'000};  // between two words to a page that nothing happens to
};

/// Listens on 127.0.0.1, and on no other address: whoever wants the page on another machine forwards the port by ssh.
class Server {
 public:
  /// `port` 0: a free one.
  /// Errors    the port is taken, or may not be used.
  explicit Server(int port, ServeLimits limits = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;
  /// Answers requests until `stop` is not 0.
  void run(Routes& routes, const std::atomic<int>& stop);

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace fovea
