#include "framework/serve/access.h"

#include <doctest/doctest.h>
#include <set>
#include <string>

#include "framework/serve/message.h"

using namespace fovea;

TEST_CASE("a token has 128 random bits, and no two are alike") {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) tokens.insert(make_token());
  CHECK(tokens.size() == 100);
  for (const std::string& token : tokens) {
    CHECK(token.size() == 32);
    CHECK(token.find_first_not_of("0123456789abcdef") == std::string::npos);
  }
}

TEST_CASE("only the token itself is taken for it") {
  CHECK(is_token("abcd", "abcd"));
  for (const char* const other : {"", "abc", "abcde", "abce", "bbcd", "ABCD", "abcd "}) CHECK_FALSE(is_token(other, "abcd"));
  CHECK_FALSE(is_token("", ""));  // a server without a token lets nobody in
}

TEST_CASE("a host is this machine's own by its name and its port") {
  CHECK(is_own_host("127.0.0.1:8123", 8123));
  CHECK(is_own_host("LocalHost:8123", 8123));
  for (const char* const other : {"", "127.0.0.1", "localhost", "127.0.0.1:8124", "evil.example:8123",
                                  "127.0.0.1.evil.example:8123", "127.0.0.1:8123 ", "127.0.0.1:08123", "[::1]:8123",
                                  "0.0.0.0:8123", "2130706433:8123", "localhost:8123@evil.example", "localhost.:8123"}) {
    CAPTURE(other);
    CHECK_FALSE(is_own_host(other, 8123));
  }
}

TEST_CASE("a target is a path and a query, decoded once") {
  const auto target = parse_target("/api/rows/a%20b?site=decoder%2Fpointer&from=3&from=4&empty=&none&%3D=%26");
  REQUIRE(target);
  CHECK(target->path == "/api/rows/a b");
  CHECK(target->value("site") == "decoder/pointer");
  CHECK(target->value("from") == "3");
  CHECK(target->value("empty").empty());
  CHECK(target->value("none").empty());
  CHECK(target->value("=") == "&");
  CHECK(parse_target("/%2525")->path == "/%25");
  CHECK(parse_target("/?")->query.empty());
}

TEST_CASE("what is no target is refused") {
  for (const char* const other : {"", "*", "api/runs", "http://127.0.0.1/", "/%", "/%4", "/%zz", "/%-1", "/%+1", "/%00",
                                  "/a%0ab", "/?x=%0d%0aSet-Cookie:a", "/%ff", "/?%c0%af=1", "/\x7f", "/a\nb"}) {
    CAPTURE(other);
    CHECK_FALSE(parse_target(other));
  }
}

TEST_CASE("every answer says what a browser may do with it") {
  for (const int status : {200, 304, 400, 403, 404, 405, 413, 421, 431, 500, 503}) {
    const std::string head = head_of(failed(status, "x"), {});
    CAPTURE(head);
    CHECK(head.starts_with("HTTP/1.1 " + std::to_string(status) + " "));
    CHECK(head.ends_with("\r\n\r\n"));
    for (const char* const part :
         {"default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "X-Content-Type-Options: nosniff",
          "Referrer-Policy: no-referrer", "Cache-Control: no-store", "Cross-Origin-Resource-Policy: same-origin"}) {
      CHECK(head.find(part) != std::string::npos);
    }
    CHECK(head.find("Access-Control") == std::string::npos);
    CHECK(head.find("unsafe-eval") == std::string::npos);
    CHECK((head.find("Allow: GET, HEAD\r\n") != std::string::npos) == (status == 405));
  }
}
