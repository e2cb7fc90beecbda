#include "framework/train/site_map.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "framework/attention/attend.h"
#include "framework/graph/functions.h"
#include "framework/results/run_file.h"
#include "framework/results/summary.h"
#include "framework/results/verify.h"
#include "framework/train/sample_cut.h"
#include "framework/train/samples.h"
#include "framework/train/trainer.h"
#include "tests/support/line_run.h"

namespace fovea {
namespace {

/// One sequence that attends to itself, as one shard that has just run.
struct Sequence {
  Sequence(Extent length, const std::string& site, Extent heads = 1) {
    Builder builder("model", Mode::kEvaluate);
    const Extent width = 4 * heads;
    const Value x = builder.input("x", {{2, length, width}, Kind::kReal});
    {
      const auto scope = builder.scope("layer");
      Site made(builder, site, width, width);
      const Attended attended =
          heads == 1 ? made.attend({.queries = x, .prepared_keys = made.prepare_keys(x), .values = x})
                     : made.attend_heads({.queries = x, .items = x, .values = x, .heads = heads, .item_heads = heads});
      builder.output("read", attended.read);
    }
    graph = builder.freeze();
    shards.push_back({0, 2,
                      std::make_unique<Execution>(Plan::compile(graph, {}, Plan::Passes::kForward),
                                                  [](const std::string&) { return ParameterMemory{}; })});
    std::vector<Real> values(static_cast<std::size_t>(2 * length * width));
    Rng({.seed = 5, .stream = stream_of("x")}).fill_normal(values);
    shards[0].execution->bind("x", values.data());
    shards[0].execution->forward({.seed = 1, .mode = Mode::kEvaluate});
  }

  SelectionSite selection(Extent rows = 1) const { return sampled_selections(*graph, shards, rows).at(0); }

  std::shared_ptr<const Graph> graph;
  std::vector<Shard> shards;
};

const std::vector<float>& cells(const SelectionSite& site) { return std::get<std::vector<float>>(site.density.values); }

double sum(const auto& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

}  // namespace

TEST_CASE("a short sequence has a cell for each pair, and every row sums to 1") {
  const SelectionSite site = Sequence(6, "scaled_dot | causal | softmax | none").selection();
  CHECK(site.density.extents == std::vector<std::int64_t>{1, 6, 6});
  CHECK(site.entries_cut == 0);
  CHECK(site.query_stride == 1);
  for (std::size_t query = 0; query < 6; ++query) {
    double row = 0;
    for (std::size_t item = 0; item < 6; ++item) {
      const double cell = cells(site)[6 * query + item];
      if (item > query) CHECK(cell == 0);
      row += cell;
    }
    CHECK(row == doctest::Approx(1).epsilon(1e-6));
  }
  REQUIRE(site.mass_by_distance.size() == 4);  // 0, 1, 2 to 3, 4 to 7
  CHECK(sum(site.mass_by_distance) == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("a window looks near: all of its mass is at the distances that it has") {
  const SelectionSite site = Sequence(40, "scaled_dot | window(1, 0) | softmax | none").selection();
  CHECK(site.mass_by_distance.size() == 2);
}

TEST_CASE("a long site is cut by what it keeps, every n-th query, and its density is of all queries") {
  // Causal softmax keeps 720 x 721 / 2 entries of an item: 259,560.
  constexpr Extent kLength = 720;
  const SelectionSite site = Sequence(kLength, "scaled_dot | causal | softmax | none").selection();
  CHECK(site.query_stride == 2);
  REQUIRE(site.query.size() == kLength / 2);
  CHECK(site.query[1] == 2);
  CHECK(site.entries_cut + static_cast<std::int64_t>(site.kept.size()) == kLength * (kLength + 1) / 2);
  CHECK(site.kept.size() <= kMostEntries);
  CHECK(site.density.extents == std::vector<std::int64_t>{1, 512, 512});
  CHECK(sum(cells(site)) == doctest::Approx(kLength).epsilon(1e-6));
}

TEST_CASE("few entries of many queries are all there, whatever the capacity is") {
  const SelectionSite site = Sequence(2048, "scaled_dot | window(1, 0) | softmax | none").selection(2);
  CHECK(site.entries_cut == 0);
  CHECK(site.kept.size() == 2 * (2 * 2048 - 1));
}

TEST_CASE("every head of a layer has a map of its own") {
  const SelectionSite site = Sequence(12, "scaled_dot | window(2, 0) + content_top_k(3) | softmax | none", 2).selection();
  CHECK(site.heads == 2);
  CHECK(site.density.extents == std::vector<std::int64_t>{2, 12, 12});
  CHECK(sum(cells(site)) == doctest::Approx(24).epsilon(1e-6));
  // The items are those of the sequence, not those of the longest list.
  CHECK(site.density.counts[1] == std::pair<std::string, std::int64_t>{"items", 12});
}

TEST_CASE("a run keeps what its sites chose over training, the right items, and which items were right") {
  const test::Scratch scratch;
  RunRequest request = test::line_run(scratch / "run");
  train_run(request, {});
  const std::filesystem::path path = scratch / "run/results.h5";
  CHECK(verify(path).passed());
  const RunSummary summary = read_summary(path);
  const auto find = [&](const std::string& name) {
    const auto found = std::find_if(summary.tree.begin(), summary.tree.end(),
                                    [&](const TreeLine& line) { return line.path == "/selection/chooser/" + name; });
    return found == summary.tree.end() ? std::vector<std::int64_t>{-1} : found->shape;
  };
  CHECK(find("over_training/step") == std::vector<std::int64_t>{5});
  CHECK(find("over_training/mean_entropy") == std::vector<std::int64_t>{5});
  CHECK(find("over_training/scored_pairs") == std::vector<std::int64_t>{5});
  CHECK(find("over_training/chosen") == std::vector<std::int64_t>{5, 8});
  CHECK(find("over_training/followed_item") == std::vector<std::int64_t>{8});
  REQUIRE(summary.sites.size() == 1);
  CHECK(summary.sites[0].split == "test");
}

}  // namespace fovea
