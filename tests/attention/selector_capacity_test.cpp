#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "framework/attention/selector.h"
#include "framework/core/error.h"

namespace fovea {
namespace {

/// Says that it kept three items, whatever it has room for.
class KeepsThree final : public Selector {
 public:
  explicit KeepsThree(Extent capacity) : capacity_(capacity) {}

  Extent capacity(Extent /*items*/) const override { return capacity_; }
  void select(ConstRow /*scores*/, Rng /*rng*/, Choice& out) const override {
    for (std::size_t k = 0; k < out.kept.size(); ++k) out.kept[k] = static_cast<Index>(k);
    out.count = 3;
    out.log_prob = 0;
  }

 private:
  Extent capacity_;
};

std::vector<Index> counts_of(const Selector& selector) {
  const auto capacity = static_cast<std::size_t>(selector.capacity(4));
  std::vector<Real> scores(8), weights(2 * capacity), scratch(16);
  std::vector<Index> kept(2 * capacity), counts(2);
  select_rows(selector, {4, selector.capacity(4), scores, weights, kept, counts, scratch}, {});
  return counts;
}

}  // namespace

TEST_CASE("a selector that keeps more items than its capacity is refused, with its capacity") {
  CHECK(counts_of(KeepsThree(3)) == std::vector<Index>{3, 3});
  std::string message;
  try {
    counts_of(KeepsThree(2));
  } catch (const Error& error) {
    message = error.what();
  }
  CHECK(message.find("at most 2, its capacity, was expected; 3 came") != std::string::npos);
}

}  // namespace fovea
