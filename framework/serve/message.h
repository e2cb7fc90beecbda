#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Requests and answers of HTTP, without sockets.
namespace fovea {

struct ServeRequest {
  std::string method;
  std::string target;         // as it came: "/api/runs?token=..."
  std::string host;           // "" where there is none, or more than one
  std::string known_tag;      // If-None-Match
  std::string last_event_id;  // of a page that was asleep
};

/// The parts of a target, decoded.
struct ServeTarget {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;

  /// The first value of a name; "" where there is none.
  std::string value(std::string_view name) const;
};

/// Nothing where it is not a path with a query, or holds control characters or bytes that are not UTF-8.
std::optional<ServeTarget> parse_target(std::string_view target);

struct ServeAnswer {
  int status = 200;
  std::string type = "application/json";
  std::shared_ptr<const std::string> body = std::make_shared<const std::string>();
  std::string tag = {};  // of a body that may be asked for again
};

/// A refusal or a failure: one line of text.
ServeAnswer failed(int status, std::string text);

/// What stands before the body: the status, what it is, and what a browser may do with it.
struct HeadForm {
  enum class Connection : std::uint8_t { kKept, kClosed };
  enum class Length : std::uint8_t { kKnown, kOpen };  // open: events until the connection ends

  Connection connection = Connection::kKept;
  Length length = Length::kKnown;
};
std::string head_of(const ServeAnswer& answer, HeadForm form);

}  // namespace fovea
