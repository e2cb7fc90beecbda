// What mistakes in the use of a site are answered by: the line of its user.
#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "framework/attention/site/site.h"
#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "framework/graph/loop.h"

namespace fovea {
namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string failure_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

constexpr const char* kUser = "(built at site_mistakes_test.cpp:";

/// Attends to keys [2, 5, 4] with queries of this shape and values of that one; an empty shape: none are given.
std::string attended(const Shape& queries, const Shape& values, const std::string& text = "dot") {
  Builder b;
  const Value keys = b.input("keys", {{2, 5, 4}, Kind::kReal});
  const Value asked = b.input("queries", {queries, Kind::kReal});
  Value read;
  if (values.rank() > 0) read = b.input("values", {values, Kind::kReal});
  return failure_of([&] {
    Site site(b, text, 4, 4);
    site.attend({.queries = asked, .prepared_keys = site.prepare_keys(keys), .values = read});
  });
}

}  // namespace

TEST_CASE("a shape that does not fit a site is answered by the line of the site's user") {
  CHECK(attended({2, 3, 4}, {2, 5, 7}).empty());
  for (const char* scorer : {"dot", "scaled_dot", "cosine", "euclidean", "bilinear", "additive", "mlp"}) {
    const std::string message = attended({2, 3, 5}, {2, 5, 7}, scorer);
    CAPTURE(scorer);
    CAPTURE(message);
    CHECK(!message.empty());
    CHECK(holds(message, kUser));
    CHECK(!holds(message, std::string(scorer) + ".cpp"));
  }
  CHECK(holds(attended({3, 3, 4}, {2, 5, 7}), kUser));
  CHECK(holds(attended({2, 3, 4}, {2, 4, 7}), "values [B, N, V] of the 5 keys of 2 rows were expected; [2, 4, 7] came"));
  CHECK(holds(attended({2, 3, 4}, {2, 5}), "[2, 5] came; give a value for each key (built at site_mistakes_test.cpp:"));
}

TEST_CASE("empty values and keys are answered by the line of the site's user") {
  Builder b;
  Site site(b, "dot", 4, 4);
  const Value keys = b.input("keys", {{2, 5, 4}, Kind::kReal});
  CHECK(holds(failure_of([&] { site.prepare_keys({}); }), "keys were expected; an empty value came"));
  CHECK(holds(failure_of([&] { site.attend({.queries = {}, .prepared_keys = keys}); }), "queries were expected; an empty"));
  const std::string message = failure_of([&] { site.attend({.queries = keys, .prepared_keys = {}}); });
  CHECK(holds(message, "keys from prepare_keys were expected; an empty value came"));
  CHECK(holds(message, kUser));
}

TEST_CASE("nodes of a site are built at the line of its user, and those after it at their own") {
  Builder b;
  const Value keys = b.input("keys", {{2, 5, 4}, Kind::kReal});
  Site site(b, "mlp", 4, 4);
  const Value prepared = site.prepare_keys(keys);
  const int line = __LINE__ + 1;
  const Attended read = site.attend({.queries = keys, .prepared_keys = prepared, .values = keys});
  const Value after = tanh(read.read);
  b.output("y", after);
  const auto graph = b.freeze();
  CHECK(graph->node(read.scores.slot().node).at.line == line);
  CHECK(graph->node(read.weights.slot().node).at.line == line);
  CHECK(graph->node(after.slot().node).at.line == line + 1);
}

TEST_CASE("a mistake at a site within a loop has the line of the site's user") {
  Builder b;
  const Value keys = b.input("keys", {{2, 5, 4}, Kind::kReal});
  const Value start = b.input("start", {{2, 1, 3}, Kind::kReal});
  Site site(b, "dot", 4, 4);
  const Value prepared = site.prepare_keys(keys);
  LoopBuilder loop(b, "loop");
  const Value state = loop.carried("state", start);
  const std::string message = failure_of([&] { site.attend({.queries = state, .prepared_keys = prepared}); });
  CAPTURE(message);
  CHECK(holds(message, kUser));
}

}  // namespace fovea
