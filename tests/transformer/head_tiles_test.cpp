#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "framework/anneal/annealing.h"
#include "framework/core/error.h"
#include "framework/cpu/parallel.h"
#include "framework/graph/functions.h"
#include "modules/transformer/multi_head.h"
#include "modules/transformer/transformer.h"
#include "tests/support/model_run.h"

using namespace fovea;
using Kernel = MultiHeadOptions::Kernel;

namespace {

constexpr Extent kTime = 70;
constexpr Extent kWidth = 8;

enum class Seen { kAll, kMask, kSegments };

// Two rows of the batch. With a mask the last 20 items of the second are padding; with segments each row is three sequences,
// followed by 7 items of none.
std::shared_ptr<const Graph> self_attention(const std::string& site, Kernel kernel, Seen seen = Seen::kAll) {
  Builder b;
  const Value x = b.parameter("x", {2, kTime, kWidth}, Init::normal(1.5));
  MultiHeadAttention attention(b, "self", {kWidth, kWidth}, {.heads = 2, .site = site, .kernel = kernel});
  MultiHeadAttention::Inputs inputs{.queries = x};
  if (seen == Seen::kMask) {
    std::vector<Index> mask(2 * kTime, 1);
    std::fill(mask.end() - 20, mask.end(), 0);
    inputs.mask = b.constant("mask", {2, kTime}, mask);
  }
  if (seen == Seen::kSegments) {
    std::vector<Index> segments;
    for (Extent i = 0; i < 2 * kTime; ++i) {
      const Extent place = i % kTime;
      segments.push_back(place < 9 + 20 * (i / kTime) ? 4 : place < 40 ? 0 : place < kTime - 7 ? 1 : -1);
    }
    inputs.segments = b.constant("segments", {2, kTime}, segments);
  }
  b.output("y", attention.attend(inputs).y);
  return b.freeze();
}

std::vector<Real> all_of(const Tensor& tensor) { return {tensor.real(), tensor.real() + tensor.size()}; }

struct Ran {
  std::vector<Real> y, grad_x, grad_query, grad_value;
};

Ran ran_of(const std::shared_ptr<const Graph>& graph) {
  test::ModelRun run(graph);
  run.run({{"y", 3}});
  return {all_of(run.output("y")), all_of(run.gradient("x")), all_of(run.gradient("self/query/weight")),
          all_of(run.gradient("self/value/weight"))};
}

Ran ran(const std::string& site, Kernel kernel, Seen seen = Seen::kAll) {
  return ran_of(self_attention(site, kernel, seen));
}

// The largest, relative to the largest element.
double difference(const std::vector<Real>& a, const std::vector<Real>& b) {
  double largest = a.size() == b.size() ? 0 : std::nan("");
  double scale = 1;
  for (const Real x : a) scale = std::max(scale, std::abs(static_cast<double>(x)));
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const double one = std::abs(static_cast<double>(a[i] - b[i]));
    if (!(one <= largest)) largest = one;
  }
  return largest / scale;
}

constexpr double kLimit = sizeof(Real) == 8 ? 1e-12 : 1e-5;

void check_alike(const Ran& a, const Ran& b) {
  CHECK(difference(a.y, b.y) < kLimit);
  CHECK(difference(a.grad_x, b.grad_x) < kLimit);
  CHECK(difference(a.grad_query, b.grad_query) < kLimit);
  CHECK(difference(a.grad_value, b.grad_value) < kLimit);
}

const char* const kSites[] = {
    "scaled_dot | dense | softmax | none",
    "dot(temperature=2) | causal & window(9) + global(3) | softmax(temperature=0.7) | none",
    "scaled_dot | causal | top_k(5) | none",
    "scaled_dot | causal & (window(4) + content_top_k(3)) | softmax | none",
    "scaled_dot | causal & content_top_k(6) | entmax(1.5) | none",
    "scaled_dot | window(4) + content_top_k(3) | top_k(4) | none",
    "scaled_dot | causal & content_threshold(0.8, most=7) | softmax | none",
    "scaled_dot | causal & hash_buckets(2, 1) & content_top_k(5) | softmax(temperature=2) | none",
    "scaled_dot | causal & hash_buckets(3, 2) | softmax | none",
    "scaled_dot | causal & content_clusters(5, most=12) | softmax | none",
    "scaled_dot | window(2) + content_clusters(6, most=9, looks=2) & content_top_k(7) | entmax(1.5) | none",
    "scaled_dot | causal & content_clusters(4, 20) & hash_buckets(1, 2) | softmax | none",
    "scaled_dot | causal & routed_blocks(8, 3) | softmax | none",
    "scaled_dot | routed_blocks(16, 2) + window(3) | softmax | none",
    "scaled_dot | causal & content_top_k(4) | argmax | straight_through(candidates=kept)",
    "scaled_dot | block(10) & causal | sparsemax | none",
    "scaled_dot | causal & content_top_k(6) | top_k(2) | straight_through",
    "scaled_dot | causal & window(12) | softmax | straight_through(temperature=2)",
    "scaled_dot | causal & window(12) | argmax | straight_through(temperature=2)",
};

bool groups_keys(const std::string& site) { return site.find("content_clusters") != std::string::npos; }

}  // namespace

TEST_CASE("heads in tiles read what heads that are separate sites read, with the same gradients") {
  for (const char* site : kSites) {
    CAPTURE(site);
    for (const Seen seen : {Seen::kAll, Seen::kMask, Seen::kSegments}) {
      if (seen == Seen::kSegments && groups_keys(site)) continue;
      check_alike(ran(site, Kernel::kTiles, seen), ran(site, Kernel::kRows, seen));
    }
  }
}

TEST_CASE("heads in tiles choose by numbers that change during training") {
  for (const char* site :
       {"scaled_dot | causal & content_top_k(k=linear(from=9, to=2)) | softmax | none",
        "scaled_dot | window(2) + content_threshold(margin=linear(from=3, to=0.2), most=20) | softmax | none",
        "scaled_dot | causal & content_top_k(k=linear(from=2, to=9)) | top_k(7) | none"}) {
    CAPTURE(site);
    std::vector<Ran> in_tiles;
    for (const Extent step : {0, 4, 10}) {
      const auto read = [&](Kernel kernel) {
        const auto graph = self_attention(site, kernel);
        for (const AnnealedSlot& slot : graph->annealed()) slot.number->set(step, 10);
        return ran_of(graph);
      };
      in_tiles.push_back(read(Kernel::kTiles));
      check_alike(in_tiles.back(), read(Kernel::kRows));
    }
    CHECK(difference(in_tiles[0].y, in_tiles[1].y) > 1e-3);
    CHECK(difference(in_tiles[1].y, in_tiles[2].y) > 1e-3);
  }
}

TEST_CASE("choices of heads in tiles are published, and pairs are counted") {
  const auto graph = self_attention("scaled_dot | causal & content_top_k(6) | softmax | none", Kernel::kTiles);
  REQUIRE(graph->sites().size() == 1);
  CHECK(graph->sites()[0].path == "self/heads");
  CHECK(graph->sites()[0].kept.node >= 0);
  test::ModelRun run(graph);
  run.run({{"y", 3}});
  const Counters counted = run.execution().take_counters().at("self/heads");
  CHECK(counted.scored_pairs == 2 * 2 * kTime * (kTime + 1) / 2);
  const std::uint64_t kept = 2 * 2 * (6 * kTime - 15);
  CHECK(counted.gathered_rows == kept);
  CHECK(counted.gathered_rows_backward == kept);
}

TEST_CASE("heads in tiles learn from rewards as separate sites do") {
  const auto graph = self_attention("scaled_dot | causal & content_top_k(6) | sample | reinforce", Kernel::kTiles);
  test::ModelRun run(graph);
  const std::vector<Real> advantages{1, -1};
  const std::vector<std::span<const Real>> slots(graph->estimators().size(), advantages);
  run.context.advantages = slots;
  run.run({{"y", 3}});
  const std::vector<Real> gradient = all_of(run.gradient("self/query/weight"));
  CHECK(std::any_of(gradient.begin(), gradient.end(), [](Real g) { return g != 0; }));
  CHECK(std::all_of(gradient.begin(), gradient.end(), [](Real g) { return std::isfinite(g); }));
}

TEST_CASE("heads in tiles pass gradients through estimators that draw") {
  for (const char* choice : {"k_subset(2) | simple", "k_subset(2) | implicit_mle", "sample | reinmax",
                             "sample | gumbel_straight_through", "sample | gumbel_rao", "gumbel_softmax | none"}) {
    CAPTURE(choice);
    const Ran run = ran(std::string("scaled_dot | causal & content_top_k(6) | ") + choice, Kernel::kTiles);
    CHECK(std::any_of(run.grad_query.begin(), run.grad_query.end(), [](Real g) { return g != 0; }));
    CHECK(std::all_of(run.grad_query.begin(), run.grad_query.end(), [](Real g) { return std::isfinite(g); }));
  }
}

TEST_CASE("heads in tiles have the same bits for any number of threads") {
  for (const char* site : kSites) {
    CAPTURE(site);
    cpu::set_threads(1);
    const Ran one = ran(site, Kernel::kTiles);
    for (const int threads : {2, 3, 8}) {
      cpu::set_threads(threads);
      const Ran many = ran(site, Kernel::kTiles);
      CHECK(many.y == one.y);
      CHECK(many.grad_x == one.grad_x);
    }
  }
  cpu::set_threads(0);
}

TEST_CASE("what heads in tiles cannot do is an error that says so") {
  const auto build = [](const std::string& site) { return self_attention(site, Kernel::kTiles); };
  CHECK_THROWS_WITH_AS(build("additive | dense | softmax | none"), doctest::Contains("a scorer that is a dot product"),
                       Error);
  CHECK_THROWS_WITH_AS(build("scaled_dot | adaptive_span | softmax | none"),
                       doctest::Contains("a pattern that does not weigh pairs"), Error);
  CHECK_THROWS_WITH_AS(build("scaled_dot | content_top_k(4) | sample | relax"),
                       doctest::Contains("does not learn from what is read"), Error);
  for (const Kernel kernel : {Kernel::kRows, Kernel::kTiles}) {
    CHECK_THROWS_WITH_AS(self_attention("scaled_dot | content_clusters(4) | softmax | none", kernel, Seen::kSegments),
                         doctest::Contains("give each sequence its own row"), Error);
  }
  CHECK_THROWS_WITH_AS(build("scaled_dot | routed_blocks(8, count=linear(from=4, to=1)) | softmax | none"),
                       doctest::Contains("blocks of one size and number"), Error);
  CHECK_NOTHROW(build("scaled_dot | routed_blocks(8, 3) + content_top_k(k=linear(from=4, to=1)) | softmax | none"));
  CHECK_THROWS_WITH_AS(build("scaled_dot | content_top_k(4) & hash_buckets | softmax | none"),
                       doctest::Contains("tags before the best"), Error);
}

TEST_CASE("packed sequences read what each reads by itself") {
  const auto encoded = [](const std::vector<Index>& segments, Extent first, Extent count, const char* kernel) {
    Builder b;
    const Value all = b.parameter("x", {1, 30, kWidth}, Init::normal(1));
    TransformerOptions options{.layers = 2, .heads = 2, .hidden = 6, .dropout = 0};
    options.positions = "rotary";
    options.encoder_site = "scaled_dot | window(6) + content_top_k(3) | softmax | none";
    options.kernel = kernel;
    Value segment;
    if (!segments.empty()) segment = b.constant("segments", {1, 30}, segments);
    b.output("y", transformer_encoder(b, "encoder", slice(all, 1, first, first + count), {Value{}, segment}, options));
    test::ModelRun run(b.freeze());
    run.run({});
    return all_of(run.output("y"));
  };
  std::vector<Index> segments(30, 0);
  std::fill(segments.begin() + 13, segments.end(), 1);
  for (const char* kernel : {"rows", "tiles"}) {
    CAPTURE(kernel);
    std::vector<Real> apart = encoded({}, 0, 13, kernel);
    const std::vector<Real> second = encoded({}, 13, 17, kernel);
    apart.insert(apart.end(), second.begin(), second.end());
    CHECK(difference(encoded(segments, 0, 30, kernel), apart) < kLimit);
  }
}
