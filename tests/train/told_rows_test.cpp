#include "framework/train/told_rows.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "framework/attention/attend.h"
#include "framework/graph/functions.h"
#include "framework/train/health.h"
#include "framework/train/sample_cut.h"
#include "framework/train/samples.h"

namespace fovea {
namespace {

/// A sequence that attends to itself, by one site in tiles and by one of its own for each head; what is told of two items.
struct Layers {
  Layers(Extent length, const std::string& pattern, Extent heads, bool has_mask = false) {
    const std::string site = "scaled_dot | " + pattern + " | softmax | none";
    Builder builder("model", Mode::kEvaluate);
    const Extent width = 4 * heads;
    const Value x = builder.input("x", {{2, length, width}, Kind::kReal});
    const Value mask = has_mask ? builder.input("mask", {{2, length}, Kind::kIndex}) : Value{};
    {
      const auto scope = builder.scope("tiles");
      Site made(builder, site, width, width);
      builder.output(
          "tiles",
          made.attend_heads({.queries = x, .items = x, .values = x, .mask = mask, .heads = heads, .item_heads = heads})
              .read);
    }
    for (Extent head = 0; length <= 200 && head < heads; ++head) {
      const auto scope = builder.scope("head_" + std::to_string(head));
      Site made(builder, site, 4, 4);
      const Value part = slice(x, 2, 4 * head, 4 * head + 4);
      builder.output(
          "head_" + std::to_string(head),
          made.attend({.queries = part, .prepared_keys = made.prepare_keys(part), .values = part, .mask = mask}).read);
    }
    graph = builder.freeze();
    shards.push_back({0, 2,
                      std::make_unique<Execution>(Plan::compile(graph, {}, Plan::Passes::kForward),
                                                  [](const std::string&) { return ParameterMemory{}; })});
    std::vector<Real> values(static_cast<std::size_t>(2 * length * width));
    Rng({.seed = 5, .stream = stream_of("x")}).fill_normal(values);
    std::vector<Index> there(static_cast<std::size_t>(2 * length), 1);
    for (std::size_t i = 0; i < there.size(); i += 3) there[i] = 0;
    shards[0].execution->bind("x", values.data());
    if (has_mask) shards[0].execution->bind("mask", there.data());
    told.emplace_back(*graph, 0, ToldWish{.items = 2});
    shards[0].execution->hunt({.seed = 1, .mode = Mode::kEvaluate}, Execution::With::kChoices, told.data());
  }

  std::vector<SelectionSite> sites() const { return sampled_selections(*graph, shards, 2, told); }

  std::shared_ptr<const Graph> graph;
  std::vector<Shard> shards;
  std::vector<ToldRows> told;
};

struct Row {
  std::vector<std::int32_t> kept;
  std::vector<double> weights;
};

Row row_of(const SelectionSite& site, std::int64_t item, std::int64_t query) {
  for (std::size_t row = 0; row < site.item.size(); ++row) {
    if (site.item[row] != item || site.query[row] != query) continue;
    const auto begin = site.offsets[row];
    const auto end = site.offsets[row + 1];
    return {{site.kept.begin() + begin, site.kept.begin() + end},
            {site.weights.begin() + begin, site.weights.begin() + end}};
  }
  return {};
}

double sum(const auto& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

const std::vector<float>& cells(const SelectionSite& site) { return std::get<std::vector<float>>(site.density.values); }

void check_same_rows(const Layers& layers, Extent length, Extent heads) {
  const std::vector<SelectionSite> sites = layers.sites();
  REQUIRE(sites.size() == static_cast<std::size_t>(heads) + 1);
  REQUIRE(sites[0].item.size() == static_cast<std::size_t>(2 * heads * length));
  CHECK(sites[0].entries_cut == 0);
  double worst = 0;
  for (Extent item = 0; item < 2; ++item) {
    for (Extent query = 0; query < heads * length; ++query) {
      const Row told = row_of(sites[0], item, query);
      const Row own = row_of(sites[static_cast<std::size_t>(query / length) + 1], item, query % length);
      REQUIRE(told.kept == own.kept);
      for (std::size_t k = 0; k < told.kept.size(); ++k) worst = std::max(worst, std::abs(told.weights[k] - own.weights[k]));
    }
  }
  CHECK(worst < 1e-6);
}

}  // namespace

TEST_CASE("a site in tiles by place tells what a site for each head publishes") {
  check_same_rows(Layers(70, "causal & window(9, 0) + global(2)", 2), 70, 2);
  check_same_rows(Layers(130, "dense", 1), 130, 1);
}

TEST_CASE("masked items are told by nobody") { check_same_rows(Layers(70, "window(5)", 2, true), 70, 2); }

TEST_CASE("the map of what is told is that of the tensors, where every query is asked") {
  const std::vector<SelectionSite> sites = Layers(60, "causal", 1).sites();
  REQUIRE(sites[0].density.extents == sites[1].density.extents);
  for (std::size_t i = 0; i < cells(sites[0]).size(); ++i) CHECK(std::abs(cells(sites[0])[i] - cells(sites[1])[i]) < 1e-6);
  CHECK(sites[0].density.counts == sites[1].density.counts);
  CHECK(sites[0].mass_by_distance.size() == sites[1].mass_by_distance.size());
}

TEST_CASE("a long site tells few queries, whose map stands for all") {
  constexpr Extent kLength = 8192;
  const std::vector<SelectionSite> sites = Layers(kLength, "causal & window(63, 0)", 2).sites();
  REQUIRE(sites.size() == 1);
  const SelectionSite& site = sites[0];
  CHECK(site.kept.size() <= kMostEntries);
  CHECK(site.query_stride > 1);
  CHECK(site.density.extents == std::vector<std::int64_t>{2, 362, 362});
  using Counts = std::vector<std::pair<std::string, std::int64_t>>;
  CHECK(site.density.counts == Counts{{"queries", kLength}, {"items", kLength}, {"query_stride", 16}});
  CHECK(sum(cells(site)) == doctest::Approx(2 * kLength).epsilon(1e-6));
  CHECK(sum(site.mass_by_distance) == doctest::Approx(1).epsilon(1e-6));
  CHECK(site.mass_by_distance.size() == 7);  // up to a distance of 63
  for (std::size_t row = 0; row < site.item.size(); ++row) {
    const double whole =
        std::accumulate(site.weights.begin() + site.offsets[row], site.weights.begin() + site.offsets[row + 1], 0.0);
    CHECK(std::abs(whole - 1) < 1e-5);
  }
  // Of each of two items, each of two heads: 64 pairs a query, fewer at the front.
  const std::int64_t pairs = 2 * 2 * (kLength * 64 - 64 * 63 / 2);
  CHECK(site.entries_cut + static_cast<std::int64_t>(site.kept.size()) == pairs);
}

TEST_CASE("the figures of what is told are those of the rows that were asked for") {
  const Layers layers(50, "dense", 1);
  std::vector<SiteHealth> health = health_of_sites(*layers.graph);
  REQUIRE(health.size() == 2);
  health[0].add(joined(layers.told, health[0].path()));
  health[1].add(*layers.shards[0].execution, 0);
  SelectionSite told;
  SelectionSite whole;
  health[0].describe(told);
  health[1].describe(whole);
  CHECK(told.figure_rows == 100);
  CHECK(whole.figure_rows == 100);
  CHECK(std::abs(*told.mean_entropy - *whole.mean_entropy) < 1e-5);
  CHECK(told.distinct_items == whole.distinct_items);
  CHECK_FALSE(told.dead_share.has_value());
}

TEST_CASE("few queries are cut before items, and at least four of a head stay") {
  CHECK(sample_cut(1000, 16, 100, 1).stride == 1);
  const SampleCut some = sample_cut(kMostEntries, 2, 1000, 2);
  CHECK(some.stride == 2);
  CHECK(some.items == 2);
  const SampleCut few = sample_cut(100 * kMostEntries, 10, 400, 2);
  CHECK(few.stride == 50);  // four of 200
  CHECK(few.items == 1);
}

}  // namespace fovea
