#include "framework/train/health.h"

#include <doctest/doctest.h>

#include <cmath>

#include "framework/graph/functions.h"
#include "tests/conformance/site_run.h"

namespace fovea {
namespace {

/// A site of four items whose scores are the input itself: queries [B, M, 4] against the unit vectors.
class Chooser {
 public:
  Chooser(Extent batch, const std::string& choice) : batch_(batch) {
    Builder builder("model", Mode::kEvaluate);
    const Value queries = builder.input("queries", {{batch, 1, 4}, Kind::kReal});
    const Value right = builder.input("right", {{batch, 1}, Kind::kIndex});
    std::vector<Real> units(16);
    for (std::size_t i = 0; i < 4; ++i) units[5 * i] = 1;
    const Value keys = expand_rows(builder.constant("keys", {4, 4}, units), queries);
    const auto scope = builder.scope("site");
    Site site(builder, "dot | dense | " + choice, 4, 4);
    builder.output(
        "read",
        site.attend({.queries = queries, .prepared_keys = site.prepare_keys(keys), .values = keys, .right = right}).read);
    graph_ = builder.freeze();
    execution_ = std::make_unique<Execution>(Plan::compile(graph_, {}, Plan::Passes::kForward),
                                             [](const std::string&) { return ParameterMemory{}; });
  }

  /// The health after one batch with these best items, and these right ones.
  SiteHealth health(const std::vector<Index>& best, std::vector<Index> right) {
    std::vector<Real> queries(static_cast<std::size_t>(batch_) * 4);
    for (std::size_t b = 0; b < best.size(); ++b) queries[4 * b + static_cast<std::size_t>(best[b])] = 20;
    execution_->bind("queries", queries.data());
    execution_->bind("right", right.data());
    execution_->forward({.seed = 1, .mode = Mode::kEvaluate});
    std::vector<SiteHealth> sites = health_of_sites(*graph_);
    sites.at(0).add(*execution_, 0);
    return sites.at(0);
  }

 private:
  Extent batch_;
  std::shared_ptr<const Graph> graph_;
  std::unique_ptr<Execution> execution_;
};

SelectionSite described(const SiteHealth& health) {
  SelectionSite site;
  health.describe(site);
  return site;
}

}  // namespace

TEST_CASE("health counts distinct items, dead ones, the largest share and right choices") {
  Chooser chooser(5, "argmax | straight_through");
  const SelectionSite site = described(chooser.health({0, 0, 0, 2, 2}, {0, 1, 0, 2, -1}));
  CHECK(site.distinct_items == 2);
  CHECK(site.dead_share == 0.5);
  CHECK(site.largest_share == doctest::Approx(0.6));
  CHECK(site.mean_entropy == 0.0);
  CHECK(site.selection_accuracy == 0.75);  // of the four that are known
}

TEST_CASE("the entropy of soft weights is that of their distribution, and none of their items is dead") {
  Chooser chooser(2, "softmax(temperature=1e6) | none");
  const SelectionSite site = described(chooser.health({0, 3}, {-1, -1}));
  CHECK(*site.mean_entropy == doctest::Approx(std::log(4)));
  CHECK(site.dead_share == 0.0);
  CHECK_FALSE(site.selection_accuracy.has_value());
}

TEST_CASE("a site that chooses only one item is said to have collapsed, unless it is right or there are few choices") {
  constexpr std::size_t kMany = 64;
  Chooser chooser(kMany, "argmax | straight_through");
  const std::vector<Index> ones(kMany, 1), twos(kMany, 2), unknown(kMany, -1);
  CHECK(chooser.health(ones, twos).collapse().starts_with("item 1 was chosen in 100.0 % of 64 choices among 4 items"));
  CHECK_FALSE(chooser.health(ones, unknown).collapse().empty());
  CHECK(chooser.health(ones, ones).collapse().empty());
  std::vector<Index> varied = ones;
  varied[7] = 2;
  CHECK(chooser.health(varied, unknown).collapse().empty());
  CHECK(Chooser(63, "argmax | straight_through")
            .health(std::vector<Index>(63, 1), std::vector<Index>(63, -1))
            .collapse()
            .empty());
}

}  // namespace fovea
