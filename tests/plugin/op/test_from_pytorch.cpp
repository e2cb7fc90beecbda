#include <doctest/doctest.h>

#include "from_pytorch.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using Read = Value (*)(Builder&, Value, Value, Value, Extent);

/// What a read gives, and its gradients by a random cotangent.
std::vector<std::vector<Real>> results_of(Read read) {
  Builder b;
  const Value queries = b.parameter("queries", {2, 3, 5}, Init::normal(1));
  const Value keys = b.parameter("keys", {2, 7, 5}, Init::normal(1));
  const Value values = b.parameter("values", {2, 7, 4}, Init::normal(1));
  b.output("y", read(b, queries, keys, values, 2));
  test::ModelRun run(b.freeze());
  run.run({{"y", 1}});
  std::vector<std::vector<Real>> results;
  const auto keep = [&](const Tensor& tensor) { results.emplace_back(tensor.real(), tensor.real() + tensor.size()); };
  keep(run.output("y"));
  for (const char* name : {"queries", "keys", "values"}) keep(run.gradient(name));
  return results;
}

TEST_CASE("a straight-through top-k by hand is that of a site") {
  const auto site = results_of(read_top_k);
  const auto hand = results_of(read_top_k_by_hand);
  for (std::size_t i = 0; i < site.size(); ++i) {
    CHECK(testing::difference(site[i], hand[i]) < testing::kValueLimit);
    CHECK(testing::difference(site[i], std::vector<Real>(site[i].size(), 0)) > 0.1);  // there is something to compare
  }
}

}  // namespace
}  // namespace fovea
