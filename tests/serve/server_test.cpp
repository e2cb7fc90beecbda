#include "framework/serve/server.h"

#include <doctest/doctest.h>
#include <fstream>
#include <vector>

#include "framework/core/error.h"
#include "tests/serve/sample_server.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

int status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(std::string_view("HTTP/1.1 ").size())) : 0;
}

std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

/// A folder with one run, served.
struct OneRun {
  explicit OneRun(ServeLimits limits = {}) : server((publish(), scratch.path()), limits) {}
  void publish() const { SampleRun{}.publish_in(folder()); }
  std::filesystem::path folder() const { return scratch.path() / "probe" / "main"; }
  std::string id() const { return run_id(folder() / "results.h5"); }

  ScratchDirectory scratch;
  SampleServer server;
};

}  // namespace

TEST_CASE("a request with host and token is answered, one without either is not") {
  const OneRun one;
  const SampleServer& server = one.server;
  const std::string target = "/?token=" + kToken;
  CHECK(body_of(got(server, "/")) == "<!doctype html><title>page</title>");
  CHECK(status_of(asked(server, "GET " + target + " HTTP/1.1\r\nHost: localhost:" + std::to_string(server.port()) +
                                    "\r\nConnection: close\r\n\r\n")) == 200);
  for (const std::string& path : std::vector<std::string>{
           "/", "/api/runs", "/api/model", "/api/live", "/api/run/x", "/nothing", "/?token=", "/?token=" + kToken + "0",
           "/?token=" + std::string(kToken.size(), '0'), "/?Token=" + kToken, "/?token=0&token=" + kToken}) {
    CAPTURE(path);
    CHECK(status_of(asked(server, server.request(path))) == 403);
  }
  for (const std::string host :
       {"", "Host: evil.example\r\n", "Host: evil.example:80\r\n", "Host: 127.0.0.1\r\n", "Host: 127.0.0.1:1\r\n"}) {
    CAPTURE(host);
    const std::string request = "GET " + target + " HTTP/1.1\r\n";
    CHECK(status_of(asked(server, request + host + "\r\n")) == 421);
  }
  const std::string own = "Host: " + server.host() + "\r\n";
  CHECK(status_of(asked(server, "GET " + target + " HTTP/1.1\r\n" + own + "Host: evil.example\r\n\r\n")) == 421);
}

TEST_CASE("nothing but GET and HEAD is answered, and HEAD without a body") {
  const OneRun one;
  const std::string rest =
      " /api/runs?token=" + kToken + " HTTP/1.1\r\nHost: " + one.server.host() + "\r\nConnection: close\r\n";
  for (const char* const method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get"}) {
    CAPTURE(method);
    CHECK(status_of(asked(one.server, method + rest + "\r\n")) == 405);
  }
  const std::string head = asked(one.server, "HEAD" + rest + "\r\n");
  const std::string whole = asked(one.server, "GET" + rest + "\r\n");
  CHECK(body_of(head).empty());
  CHECK(head == whole.substr(0, whole.find("\r\n\r\n") + 4));
  CHECK(status_of(asked(one.server, "GET" + rest + "Content-Length: 3\r\n\r\nabc")) == 413);
  CHECK(status_of(asked(one.server, "GET" + rest + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")) == 413);
}

TEST_CASE("a path of a request never names a file") {
  const OneRun one;
  for (const std::string& path :
       std::vector<std::string>{"/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/api/run/..%2f..%2fetc%2fpasswd",
                                "/api/run/%2e%2e/main", "//etc/passwd", "/api/run/", "/api/run", "/api/rows/../" + one.id(),
                                "/api/runs/", "/api/run/" + one.id() + "0", "/api/run/probe%2fmain"}) {
    CAPTURE(path);
    CHECK(status_of(got(one.server, path)) == 404);
  }
  for (const char* const path : {"/%00", "/a%0d%0ab", "/%ff"}) CHECK(status_of(got(one.server, path)) == 400);
  CHECK(status_of(got(one.server, "/api/model?run=..%2f..%2fetc")) == 404);
  CHECK(status_of(got(one.server, "/api/live?run=" + one.id() + ",x")) == 404);
}

TEST_CASE("the list has each run with its id, and a damaged file does not hide the others") {
  const OneRun one;
  const std::filesystem::path damaged = one.scratch.path() / "probe" / "broken";
  std::filesystem::create_directories(damaged);
  std::ofstream(damaged / "results.h5") << "no HDF5, but </script><b>";
  const std::string answer = got(one.server, "/api/runs");
  CHECK(status_of(answer) == 200);
  const auto list = parse_json(body_of(answer));
  REQUIRE(list);
  CHECK(contains(answer, "\"id\":\"" + one.id() + "\""));
  CHECK(contains(answer, "damaged: expected an HDF5 file"));
  CHECK(contains(answer, "\"text\":\"0.5\""));
  CHECK(contains(got(one.server, "/api/run/" + one.id()), "\"learning_rate\":\"0.001\""));
  CHECK(contains(got(one.server, "/api/run/" + run_id(damaged / "results.h5")), "damaged: "));
  CHECK(body_of(got(one.server, "/api/model")) == "{\"groups\":1}");
  CHECK(body_of(got(one.server, "/api/model?run=" + one.id())) == "{\"groups\":1}");
}

TEST_CASE("a page that has the list is told that it is still the same") {
  const OneRun one;
  const std::string target = "/api/runs?token=" + kToken;
  const std::string first = asked(one.server, one.server.request(target, "Connection: close\r\n"));
  const std::size_t place = first.find("ETag: ") + 6;
  const std::string tag = first.substr(place, first.find('\r', place) - place);
  const std::string again =
      asked(one.server, one.server.request(target, "If-None-Match: " + tag + "\r\nConnection: close\r\n"));
  CHECK(status_of(again) == 304);
  CHECK(body_of(again).empty());
}

TEST_CASE("a connection answers one request after the other, also those that came at once") {
  const OneRun one;
  Client client(one.server.port());
  const std::string request = one.server.request("/?token=" + kToken);
  client.send(request + request);
  for (int i = 0; i < 2; ++i) CHECK(status_of(client.read_answer()) == 200);
  client.send(one.server.request("/api/runs?token=" + kToken));
  CHECK(status_of(client.read_answer()) == 200);
  CHECK_FALSE(client.is_ended());
}

TEST_CASE("what is no request, or too long, is refused, and the next one is answered") {
  const OneRun one;
  CHECK(status_of(asked(one.server, "\x16\x03\x01\x02 no HTTP at all\r\n\r\n")) == 400);
  CHECK(status_of(asked(one.server, one.server.request("/?token=" + kToken, "X: " + std::string(20'000, 'x') + "\r\n"))) ==
        431);
  CHECK(status_of(asked(one.server, one.server.request("/" + std::string(40'000, 'x')))) == 431);
  for (const char* const odd : {"GET / HTTP/9.9\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n"}) {
    CAPTURE(odd);
    Client client(one.server.port());
    client.send(odd);
    const int status = status_of(client.read_answer());
    CHECK(status >= 400);
    CHECK(status < 500);
  }
  CHECK(status_of(got(one.server, "/")) == 200);
}

TEST_CASE("a client that is slow, silent or gone costs the others nothing") {
  ServeLimits limits;
  limits.request = std::chrono::milliseconds(150);
  limits.connections = 8;
  const OneRun one(limits);
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 40; ++i) {  // far more than there is room for
    silent.push_back(std::make_unique<Client>(one.server.port()));
    silent.back()->send(i % 2 == 0 ? "GET / HT" : "");
  }
  CHECK(status_of(got(one.server, "/api/runs")) == 200);
  CHECK(silent.back()->read_to_end().empty());
  CHECK(silent.back()->is_ended());  // its time was over
  silent.clear();
  for (int i = 0; i < 20; ++i) {  // gone before the answer
    Client client(one.server.port());
    client.send(one.server.request("/api/runs?token=" + kToken));
  }
  CHECK(status_of(got(one.server, "/api/runs")) == 200);
}

TEST_CASE("a client that takes no answer is left after a while") {
  ServeLimits limits;
  limits.writing = std::chrono::milliseconds(150);
  const OneRun one(limits);
  Client client(one.server.port());
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += one.server.request("/?token=" + kToken);
  std::thread sending([&] { client.send(many); });  // and reads nothing, until the server ends the connection
  sending.join();
  CHECK(status_of(got(one.server, "/")) == 200);
}

TEST_CASE("a server ends at once, also with open connections and a port that is free again") {
  const ScratchDirectory scratch;
  auto server = std::make_unique<SampleServer>(scratch.path());
  const int port = server->port();
  Client idle(port);
  Client live(port);
  live.send(server->request("/api/live?token=" + kToken));
  CHECK(contains(live.read_until("retry"), "text/event-stream"));
  const auto start = std::chrono::steady_clock::now();
  server.reset();
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
  idle.read_to_end();
  CHECK(idle.is_ended());
  live.read_to_end();
  CHECK(live.is_ended());
  CHECK_FALSE(Client(port).is_open());
  const Server next(port);
  CHECK(next.port() == port);
  CHECK_THROWS_AS(Server{port}, Error);
}
