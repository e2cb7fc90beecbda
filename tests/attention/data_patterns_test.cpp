#include <doctest/doctest.h>

#include <numeric>

#include "framework/graph/loop.h"
#include "tests/conformance/site_run.h"

// Patterns that depend on data: which pairs exist is compared with a plain computation of the same rule.
namespace fovea {
namespace {

using conformance::SiteCase;
using conformance::SiteRun;
using Items = std::vector<Index>;

Items kept_of(const SiteRun& run, std::size_t row, std::size_t items) {
  const std::vector<Index> kept = run.indices("kept");
  const auto begin = kept.begin() + static_cast<std::ptrdiff_t>(row * items);
  return {begin, begin + run.indices("count")[row]};
}

/// The k of `among` with the highest of these scores, ascending.
Items best(std::size_t k, const std::vector<Real>& scores, Items among) {
  const auto score = [&](Index item) { return scores[item]; };
  std::stable_sort(among.begin(), among.end(), [&](Index a, Index b) { return score(a) > score(b); });
  among.resize(std::min(k, among.size()));
  std::sort(among.begin(), among.end());
  return among;
}

Items up_to(Index end) {
  Items items(static_cast<std::size_t>(end));
  std::iota(items.begin(), items.end(), 0);
  return items;
}

std::vector<Real> scores_of(const SiteRun& run, std::size_t row) {
  const std::vector<Real> scores = run.reals("scores");
  return {scores.begin() + static_cast<std::ptrdiff_t>(8 * row),
          scores.begin() + static_cast<std::ptrdiff_t>(8 * (row + 1))};
}

double product(const SiteRun& run, const std::string& a, std::size_t row_a, const std::string& b, std::size_t row_b) {
  double sum = 0;
  for (std::size_t i = 0; i < 4; ++i)
    sum += static_cast<double>(run.inputs.at(a)[4 * row_a + i]) * static_cast<double>(run.inputs.at(b)[4 * row_b + i]);
  return sum;
}

}  // namespace

TEST_CASE("content_top_k keeps the best of all, and crossed with another pattern or a mask the best of what that leaves") {
  for (const bool has_mask : {false, true}) {
    SiteCase site{.text = "dot | content_top_k(3)", .queries = 8, .items = 8};
    if (has_mask) site.mask = {2, 8};
    SiteRun all(site);
    site.text = "dot | causal & content_top_k(3)";
    SiteRun past(site);
    for (SiteRun* run : {&all, &past}) {
      if (has_mask) run->mask[2] = run->mask[3] = run->mask[8 + 7] = 0;
      run->forward();
    }
    for (std::size_t row = 0; row < 16; ++row) {
      const auto allowed = [&](Items items) {
        std::erase_if(items, [&](Index i) { return has_mask && (row < 8 ? i == 2 || i == 3 : i == 7); });
        return items;
      };
      CHECK(kept_of(all, row, 8) == best(3, scores_of(all, row), allowed(up_to(8))));
      CHECK(kept_of(past, row, 8) == best(3, scores_of(past, row), allowed(up_to(static_cast<Index>(row % 8) + 1))));
    }
  }
}

TEST_CASE("content_top_k gives ties to the lowest index") {
  SiteRun run({.text = "dot | content_top_k(3)", .batch = 1, .queries = 1, .items = 8});
  std::fill(run.inputs["keys"].begin(), run.inputs["keys"].end(), Real(1));
  run.forward();
  CHECK(kept_of(run, 0, 8) == Items{0, 1, 2});
}

TEST_CASE("a union of patterns that choose is the union of what they choose") {
  SiteRun joined({.text = "dot | window(0) + content_top_k(2) + content_top_k(4) & causal", .queries = 8, .items = 8});
  joined.forward();
  for (std::size_t row = 0; row < 16; ++row) {
    const auto place = static_cast<Index>(row % 8);
    Items expected = best(2, scores_of(joined, row), up_to(8));
    const Items past = best(4, scores_of(joined, row), up_to(place + 1));
    expected.insert(expected.end(), past.begin(), past.end());
    expected.push_back(place);
    std::sort(expected.begin(), expected.end());
    expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    CHECK(kept_of(joined, row, 8) == expected);
  }
}

TEST_CASE("of two patterns that choose, the second chooses among what the first has left") {
  SiteRun both({.text = "dot | hash_buckets(1, 1) & content_top_k(2)", .queries = 8, .items = 8});
  SiteRun hashed({.text = "dot | hash_buckets(1, 1)", .queries = 8, .items = 8});
  both.forward();
  hashed.forward();
  for (std::size_t row = 0; row < 16; ++row) {
    CHECK(kept_of(both, row, 8) == best(2, scores_of(both, row), kept_of(hashed, row, 8)));
  }
}

TEST_CASE("hash buckets hold equal vectors always, opposite ones never, whatever their lengths") {
  SiteRun run({.text = "dot | hash_buckets(6, 2)", .queries = 4, .items = 8});
  for (std::size_t i = 0; i < 32; ++i) {
    const std::size_t key = i / 16 * 32 + i % 16;  // keys 0 .. 3 are like queries 0 .. 3 of their batch element
    run.inputs["keys"][key] = 3 * run.inputs["queries"][i];
    run.inputs["keys"][key + 16] = -run.inputs["queries"][i];
  }
  run.forward();
  for (std::size_t row = 0; row < 8; ++row) {
    const Items kept = kept_of(run, row, 8);
    CHECK(std::binary_search(kept.begin(), kept.end(), static_cast<Index>(row % 4)));
    CHECK_FALSE(std::binary_search(kept.begin(), kept.end(), static_cast<Index>(row % 4 + 4)));
  }
}

TEST_CASE("two vectors share a bucket as often as their angle says") {
  double expected = 0;
  double met = 0;
  for (int seed = 0; seed < 60; ++seed) {
    SiteRun run(
        {.text = "dot | hash_buckets(2, 2, seed=" + std::to_string(seed) + ")", .batch = 1, .queries = 6, .items = 8});
    run.forward();
    for (std::size_t row = 0; row < 6; ++row) {
      met += static_cast<double>(kept_of(run, row, 8).size());
      for (std::size_t item = 0; item < 8 && seed == 0; ++item) {
        const double lengths = product(run, "queries", row, "queries", row) * product(run, "keys", item, "keys", item);
        const double angle = std::acos(product(run, "queries", row, "keys", item) / std::sqrt(lengths));
        expected += 1 - std::pow(1 - std::pow(1 - angle / 3.14159265358979, 2), 2);
      }
    }
  }
  CHECK(met / 60 == doctest::Approx(expected).epsilon(0.1));
}

TEST_CASE("a query sees the clusters of keys that fit it best, and no more keys than were asked for") {
  // Keys 0, 2, 4, 6 are near (1, 0, 0, 0), the others near (0, 1, 0, 0); queries ask for one of the two.
  const auto site = [](const std::string& pattern) {
    SiteRun run({.text = "dot | " + pattern, .queries = 2, .items = 8});
    for (std::size_t i = 0; i < 64; ++i) {
      run.inputs["keys"][i] = static_cast<Real>(i % 4 == i / 4 % 2 ? 1 : i % 4 == 3 ? 0.01 * static_cast<double>(i) : 0);
    }
    for (std::size_t i = 0; i < 16; ++i) run.inputs["queries"][i] = static_cast<Real>(i % 4 == i / 4 % 2);
    run.forward();
    return run;
  };
  const SiteRun one = site("content_clusters(2)");
  const SiteRun few = site("content_clusters(2, most=2)");
  const SiteRun both = site("content_clusters(2, looks=2)");
  for (std::size_t row = 0; row < 4; ++row) {
    const auto parity = static_cast<Index>(row % 2);
    CHECK(kept_of(one, row, 8) == Items{parity, parity + 2, parity + 4, parity + 6});
    CHECK(kept_of(few, row, 8) == Items{parity + 2, parity + 4});
    CHECK(kept_of(both, row, 8) == up_to(8));
  }
}

TEST_CASE("work follows a pattern that chooses, in forward and backward") {
  SiteRun run({.text = "dot | content_top_k(2) | softmax", .batch = 2, .queries = 5, .items = 50});
  run.forward();
  run.backward({{"read", conformance::normals(50, conformance::rng_of(3))}});
  const Counters total = run.execution->take_counters().at("site");
  CHECK(total.gathered_rows == 20);
  CHECK(total.gathered_rows_backward == 20);
}

TEST_CASE("keys are hashed once, outside the loop that uses them") {
  Builder builder;
  const Value queries = builder.input("queries", {{3, 2, 1, 4}, Kind::kReal});
  const Value items = builder.input("items", {{2, 5, 4}, Kind::kReal});
  Site site(builder, "additive(width=3) | hash_buckets + window(0)", 4, 4);
  const Value keys = site.prepare_keys(items);
  LoopBuilder loop(builder, "steps");
  const Value query = loop.stacked("query", queries);
  const Value count = loop.carried("count", builder.constant("zero", {2}, std::vector<Real>{0, 0}));
  loop.next(count, add_scalar(count, 1));
  const Value reads = loop.stack("reads", site.attend({query, keys, items, {}}).read);
  loop.finish();
  builder.output("reads", reads);
  const auto graph = builder.freeze();
  int hashes = 0;
  for (const int id : graph->order()) hashes += graph->node(id).path.find("hash_buckets") != std::string::npos ? 1 : 0;
  CHECK(hashes == 1);
}

TEST_CASE("a pattern that compares keys with queries says what it needs") {
  CHECK_THROWS_WITH_AS(SiteRun({.text = "bilinear | hash_buckets", .query_width = 3, .key_width = 7}),
                       doctest::Contains("queries have 3 and keys 7; project one of them"), Error);
  Builder builder;
  const Value x = builder.input("x", {{2, 3, 4}, Kind::kReal});
  Site site(builder, "dot | hash_buckets", 4, 4);
  CHECK_THROWS_WITH_AS(site.attend({x, x, x, {}}), doctest::Contains("keys from prepare_keys of this site were expected"),
                       Error);
}

}  // namespace fovea
