#include "modules/patterns/clusters/clusters.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "framework/cpu/parallel.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;

/// Keys of one head in small groups far from each other: the i-th is near (10 group[i], -10 group[i]).
Input grouped_keys(const std::vector<int>& groups) {
  std::vector<Real> keys;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto at = static_cast<Real>(10 * groups[i]);
    const auto aside = static_cast<Real>(0.1) * static_cast<Real>(i);
    keys.insert(keys.end(), {at + aside, -at});
  }
  return real_input({1, static_cast<Extent>(groups.size()), 2}, keys);
}

std::vector<Index> tags_of(const Clusters& options, const std::vector<Input>& inputs) {
  OpRunner runner(make_key_clusters(options), inputs);
  runner.forward();
  CHECK(runner.guards_are_whole());
  return runner.index_output();
}

double squared_distance(const Real* a, const Real* b, Extent width) {
  double sum = 0;
  for (Extent i = 0; i < width; ++i) sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
  return sum;
}

}  // namespace

TEST_CASE("groups far from each other are the clusters, numbered by their first keys") {
  const std::vector<Input> keys{grouped_keys({3, 3, 0, 7, 0, 3, 7, 7, 7})};
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    CAPTURE(seed);
    CHECK(tags_of({.count = 3, .seed = seed}, keys) == std::vector<Index>{0, 0, 1, 2, 1, 0, 2, 2, 2});
  }
}

TEST_CASE("only the keys nearest to a centre stay, and masked ones neither stay nor move a centre") {
  Clusters options{.count = 2, .tags = 2, .most = 2};
  // The second group is 70.1, 70.3 and 70.4: the first of these is farthest from the mean.
  CHECK(tags_of(options, {grouped_keys({0, 7, 0, 7, 7})}) == std::vector<Index>{0, 0, -2, -2, 0, 0, 1, 1, 1, 1});
  options.has_mask = true;
  options.most = 9;
  const std::vector<Input> masked{grouped_keys({0, 30, 0, 7, 7}), index_input({1, 5}, {1, 0, 1, 1, 1})};
  CHECK(tags_of(options, masked) == std::vector<Index>{0, 0, -2, -2, 0, 0, 1, 1, 1, 1});
  const std::vector<Input> none{grouped_keys({0, 1}), index_input({1, 2}, {0, 0})};
  CHECK(tags_of(options, none) == std::vector<Index>{-2, -2, -2, -2});
}

TEST_CASE("clusters without keys come last and repeat the first centre") {
  OpRunner runner(make_key_clusters({.count = 4}), {real_input({1, 3, 1}, {2, 2, 5})});
  runner.forward();
  CHECK(runner.index_output() == std::vector<Index>{0, 0, 1});
  CHECK(runner.output(1) == std::vector<Real>{2, 5, 2, 2});
}

TEST_CASE("after enough rounds each key is nearest to its centre, and that is the mean of its keys, in each head") {
  const Clusters options{.heads = 3, .count = 5, .rounds = 60};
  const Extent keys = 150;
  const Extent width = 4;
  OpRunner runner(make_key_clusters(options), {random_input({2, keys, options.heads * width}, 4)});
  runner.forward();
  const std::vector<Real>& x = runner.inputs()[0].reals;
  const std::vector<Real> centres = runner.output(1);
  const std::vector<Index> tags = runner.index_output();
  for (Extent head = 0; head < 2 * options.heads; ++head) {
    const Real* of_head = centres.data() + head * options.count * width;
    std::vector<double> sums(static_cast<std::size_t>(options.count * (width + 1)), 0);
    for (Extent n = 0; n < keys; ++n) {
      const Extent row = (head / options.heads * keys + n) * options.heads + head % options.heads;
      const Real* key = x.data() + row * width;
      const Index tag = tags[row];
      double nearest = std::numeric_limits<double>::infinity();
      for (Extent c = 0; c < options.count; ++c) {
        nearest = std::min(nearest, squared_distance(key, of_head + c * width, width));
      }
      CHECK(squared_distance(key, of_head + tag * width, width) <= nearest + 1e-5);
      double* sum = sums.data() + tag * (width + 1);
      for (Extent i = 0; i < width; ++i) sum[i] += static_cast<double>(key[i]);
      ++sum[width];
    }
    for (Extent i = 0; i < options.count * width; ++i) {
      const double* sum = sums.data() + i / width * (width + 1);
      CHECK(sum[i % width] / sum[width] == doctest::Approx(static_cast<double>(of_head[i])).epsilon(1e-4));
    }
  }
}

TEST_CASE("queries look into the clusters with the highest product, of the key head that they share") {
  const Clusters options{.heads = 4, .count = 3, .tags = 2};
  const Extent queries = 70;
  OpRunner runner(make_query_clusters(options), {random_input({2, queries, 4 * 5}, 1), random_input({2, 2 * 3, 5}, 2)});
  runner.forward();
  const std::vector<Index> found = runner.index_output();
  for (Extent row = 0; row < 2 * queries * 4; ++row) {
    const Extent group = row / (queries * 4) * 2 + row % 4 / 2;
    std::vector<std::pair<double, Index>> scores;
    for (Extent c = 0; c < 3; ++c) {
      double score = 0;
      for (Extent i = 0; i < 5; ++i) {
        score -= static_cast<double>(runner.inputs()[0].reals[row * 5 + i]) *
                 static_cast<double>(runner.inputs()[1].reals[(group * 3 + c) * 5 + i]);
      }
      scores.emplace_back(score, static_cast<Index>(c));
    }
    std::sort(scores.begin(), scores.end());
    CHECK(found[2 * row] == scores[0].second);
    CHECK(found[2 * row + 1] == scores[1].second);
  }
}

TEST_CASE("no query looks into clusters without keys") {
  OpRunner keys(make_key_clusters({.count = 4, .tags = 2}), {real_input({1, 3, 1}, {2, 2, 5})});
  keys.forward();
  OpRunner queries(make_query_clusters({.count = 4, .tags = 2}),
                   {real_input({1, 2, 1}, {-1, 1}), real_input({1, 4, 1}, keys.output(1))});
  queries.forward();
  CHECK(queries.index_output() == std::vector<Index>{0, 1, 1, 0});
}

TEST_CASE("a query that looks into more clusters than there are gets -1 for the rest") {
  OpRunner runner(make_query_clusters({.count = 2, .tags = 4}), {real_input({1, 1, 1}, {1}), real_input({1, 2, 1}, {3, 4})});
  runner.forward();
  CHECK(runner.index_output() == std::vector<Index>{1, 0, -1, -1});
}

TEST_CASE("clusters are the same for any number of threads") {
  const std::vector<Input> keys{random_input({3, 200, 4 * 6}, 9)};
  const Clusters options{.heads = 4, .count = 7, .most = 20};
  std::vector<std::vector<Index>> found;
  for (const int threads : {1, 2, 3, 8}) {
    cpu::set_threads(threads);
    found.push_back(tags_of(options, keys));
  }
  cpu::set_threads(0);
  for (std::size_t i = 1; i < found.size(); ++i) CHECK(found[i] == found[0]);
}

TEST_CASE("inputs of clusters that do not fit are refused") {
  CHECK_THROWS_AS(OpRunner(make_key_clusters({.has_mask = true}), {random_input({1, 4, 4}, 1), random_input({1, 4}, 2)}),
                  Error);
  CHECK_THROWS_WITH_AS(OpRunner(make_key_clusters({.heads = 3}), {random_input({1, 4, 4}, 1)}),
                       doctest::Contains("were expected for H = 3; keys [1, 4, 4] came"), Error);
  CHECK_THROWS_WITH_AS(OpRunner(make_query_clusters({.count = 2}), {random_input({1, 4, 4}, 1), random_input({1, 3, 4}, 1)}),
                       doctest::Contains("were expected for H = 1 and C = 2"), Error);
}

}  // namespace fovea
