#include "framework/attention/tiles/find_pairs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "framework/attention/tiles/best_lists.h"
#include "framework/core/error.h"
#include "framework/core/rng.h"
#include "framework/cpu/parallel.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;

void all_items(Extent /*query*/, Extent /*queries*/, Extent items, ItemIntervals& out) { append_items(0, items, out); }
void past(Extent query, Extent /*queries*/, Extent items, ItemIntervals& out) {
  append_items(0, std::min(query + 1, items), out);
}
void near(Extent query, Extent /*queries*/, Extent items, ItemIntervals& out) {
  append_items(query - 2, std::min(query + 2, items), out);
}

struct Case {
  FindPairs options;
  Extent batch = 2, queries = 1, items = 1, width = 4;
  bool has_equal_scores = false;  // rounded, so that scores coincide

  std::vector<Input> inputs() const {
    std::vector<Input> made{random_input({batch, queries, options.heads * width}, 1),
                            random_input({batch, items, options.item_heads * width}, 2)};
    for (Real& x : made[1].reals) x = has_equal_scores ? std::round(x) : x;
    for (Real& x : made[0].reals) x = has_equal_scores ? std::round(2 * x) : x;
    if (options.has_mask) made.push_back(index_input({batch, items}, drawn(batch * items, 4, 5)));
    if (options.has_segments) {
      made.push_back(index_input({batch, queries}, segments(queries, 8)));
      made.push_back(index_input({batch, items}, segments(items, 9)));
    }
    for (std::size_t i = 0; i < options.tags; ++i) {
      made.push_back(index_input({batch, queries * options.heads, 2}, drawn(batch * queries * options.heads * 2, 5, 6)));
      made.push_back(
          index_input({batch, items * options.item_heads, 2}, drawn(batch * items * options.item_heads * 2, 5, 7)));
    }
    return made;
  }

  // Three sequences one after the other, and at the end items of none.
  std::vector<Index> segments(Extent count, std::uint64_t seed) const {
    std::vector<Index> made = drawn(batch * count, 4, seed);
    for (Extent row = 0; row < batch; ++row) std::sort(made.begin() + row * count, made.begin() + (row + 1) * count);
    for (Index& one : made) one = one == 3 ? -1 : one;
    return made;
  }
  std::size_t first_segments() const { return options.has_mask ? 3 : 2; }

  static std::vector<Index> drawn(Extent count, Extent below, std::uint64_t seed) {
    Rng rng({.seed = seed});
    std::vector<Index> made;
    for (Extent i = 0; i < count; ++i) made.push_back(static_cast<Index>(rng.below(below)));
    return made;
  }

  Real score(const std::vector<Input>& in, Extent b, Extent h, Extent m, Extent n) const {
    const Extent g = h / (options.heads / options.item_heads);
    Real sum = 0;
    for (Extent d = 0; d < width; ++d) {
      sum += in[0].reals[((b * queries + m) * options.heads + h) * width + d] *
             in[1].reals[((b * items + n) * options.item_heads + g) * width + d];
    }
    return sum * static_cast<Real>(options.scale);
  }

  bool is_seen(const std::vector<Input>& in, const PairTerm& term, Extent b, Extent h, Extent m, Extent n) const {
    ItemIntervals intervals;
    term.pairs(m, queries, items, intervals);
    const std::vector<Index> by_place = items_in(intervals);
    if (std::find(by_place.begin(), by_place.end(), n) == by_place.end()) return false;
    if (options.has_mask && in[2].indices[b * items + n] == 0) return false;
    if (options.has_segments) {
      const Index of_item = in[first_segments() + 1].indices[b * items + n];
      if (of_item < 0 || of_item != in[first_segments()].indices[b * queries + m]) return false;
    }
    const Extent g = h / (options.heads / options.item_heads);
    return std::all_of(term.tags.begin(), term.tags.end(), [&](std::size_t tag) {
      const std::size_t first = first_segments() + (options.has_segments ? 2 : 0) + 2 * tag;
      const Index* q = &in[first].indices[((b * queries + m) * options.heads + h) * 2];
      const Index* k = &in[first + 1].indices[((b * items + n) * options.item_heads + g) * 2];
      return q[0] == k[0] || q[1] == k[1];
    });
  }

  // By sorting: the best of those that are seen.
  std::set<Index> expected(const std::vector<Input>& in, const PairTerm& term, Extent b, Extent h, Extent m) const {
    std::vector<std::pair<Real, Index>> seen;
    for (Extent n = 0; n < items; ++n) {
      if (is_seen(in, term, b, h, m, n)) seen.emplace_back(-score(in, b, h, m, n), static_cast<Index>(n));
    }
    std::sort(seen.begin(), seen.end());
    if (term.best > 0) seen.resize(std::min(seen.size(), static_cast<std::size_t>(term.best)));
    std::set<Index> kept;
    for (const auto& [score, item] : seen) {
      if (static_cast<double>(score) < static_cast<double>(seen.front().first) + term.margin) kept.insert(item);
    }
    return kept;
  }
};

void check(const Case& c) {
  OpRunner runner(make_find_pairs(c.options), c.inputs());
  runner.forward();
  CHECK(runner.guards_are_whole());
  const Extent capacity = runner.output_types()[0].shape.last();
  const std::vector<Index> found = runner.index_output();
  bool is_right = true;
  for (Extent row = 0; row < c.batch * c.options.heads * c.queries; ++row) {
    std::set<Index> expected;
    for (const PairTerm& term : c.options.terms) {
      expected.merge(c.expected(runner.inputs(), term, row / (c.options.heads * c.queries),
                                row / c.queries % c.options.heads, row % c.queries));
    }
    std::vector<Index> padded(expected.begin(), expected.end());
    padded.resize(capacity, -1);
    is_right = is_right && std::equal(padded.begin(), padded.end(), found.begin() + row * capacity);
  }
  CHECK(is_right);
}

}  // namespace

TEST_CASE("the best items of each query are found among those that exist") {
  check({.options = {.terms = {{.pairs = all_items, .best = 3}}}, .queries = 70, .items = 200});
  check({.options = {.terms = {{.pairs = past, .best = 40}}, .heads = 4, .item_heads = 2, .scale = 0.5},
         .queries = 130,
         .items = 130,
         .width = 17});
  check({.options = {.terms = {{.pairs = past, .best = 5}}, .has_mask = true}, .queries = 90, .items = 150});
  check({.options = {.terms = {{.pairs = all_items, .best = 300}}}, .queries = 3, .items = 200});
}

TEST_CASE("of items with equal scores the first are found") {
  check({.options = {.terms = {{.pairs = all_items, .best = 7}}},
         .queries = 70,
         .items = 500,
         .width = 2,
         .has_equal_scores = true});
}

TEST_CASE("items far below the best are left out") {
  check({.options = {.terms = {{.pairs = past, .best = 9, .margin = 0.4}}}, .queries = 100, .items = 100});
}

TEST_CASE("tags say which pairs exist, whether the best of them or all are found") {
  check({.options = {.terms = {{.pairs = past, .tags = {0}, .best = 4}}, .heads = 2, .item_heads = 2, .tags = 1},
         .queries = 80,
         .items = 80});
  check({.options = {.terms = {{.pairs = near, .tags = {0, 1}}}, .heads = 2, .item_heads = 1, .tags = 2},
         .queries = 80,
         .items = 80});
}

TEST_CASE("queries find items of their own segment only") {
  check({.options = {.terms = {{.pairs = past, .best = 5}}, .heads = 2, .item_heads = 1, .has_segments = true},
         .queries = 150,
         .items = 150});
  check({.options = {.terms = {{.pairs = near},
                               {.pairs = all_items, .tags = {0}},
                               {.pairs = all_items, .tags = {1}, .best = 3}},
                     .has_mask = true,
                     .has_segments = true,
                     .tags = 2},
         .queries = 90,
         .items = 150});
}

TEST_CASE("pairs left by tags take no more room than the tags claim") {
  // The two tags of each kind are drawn below 5: no query meets more than all, few meet many.
  Case c{.options = {.terms = {{.pairs = all_items, .tags = {0}, .most = 40}}, .tags = 1}, .queries = 70, .items = 64};
  check(c);
  OpRunner runner(make_find_pairs(c.options), c.inputs());
  CHECK(runner.output_types()[0].shape.last() == 40);
}

TEST_CASE("a union of terms has each item once") {
  check({.options = {.terms = {{.pairs = near}, {.pairs = past, .best = 4}, {.pairs = all_items, .best = 1}},
                     .heads = 2,
                     .item_heads = 2,
                     .has_mask = true},
         .queries = 100,
         .items = 100});
}

TEST_CASE("blocks are chosen by the score of their mean, and a query's own block always is") {
  // One head of width 1: the items of a block are equal, and the query asks for large ones.
  const Case c{
      .options = {.terms = {{.pairs = past, .best = 2, .block = 4}}}, .batch = 1, .queries = 14, .items = 14, .width = 1};
  std::vector<Real> items{1, 1, 1, 1, 3, 3, 3, 3, 2, 2, 2, 2, 9, 9};
  OpRunner runner(make_find_pairs(c.options),
                  {real_input({1, 14, 1}, std::vector<Real>(14, 1)), real_input({1, 14, 1}, items)});
  runner.forward();
  const std::vector<Index> found = runner.index_output();
  const auto row = [&](Extent query) {
    return std::vector<Index>(found.begin() + query * 8, found.begin() + query * 8 + 8);
  };
  CHECK(row(2) == std::vector<Index>{0, 1, 2, -1, -1, -1, -1, -1});
  CHECK(row(6) == std::vector<Index>{0, 1, 2, 3, 4, 5, 6, -1});
  CHECK(row(9) == std::vector<Index>{4, 5, 6, 7, 8, 9, -1, -1});
  CHECK(row(13) == std::vector<Index>{4, 5, 6, 7, 12, 13, -1, -1});
}

TEST_CASE("no query outside a block of two segments chooses it") {
  const Case c{.options = {.terms = {{.pairs = all_items, .best = 2, .block = 2}}, .has_segments = true},
               .batch = 1,
               .queries = 8,
               .items = 8,
               .width = 1};
  const std::vector<Index> segments{0, 0, 0, 0, 0, 1, 1, 1};
  OpRunner runner(make_find_pairs(c.options),
                  {real_input({1, 8, 1}, std::vector<Real>(8, 1)), real_input({1, 8, 1}, {1, 1, 2, 2, 9, 9, 3, 3}),
                   index_input({1, 8}, segments), index_input({1, 8}, segments)});
  runner.forward();
  const std::vector<Index> found = runner.index_output();
  const auto row = [&](Extent query) {
    return std::vector<Index>(found.begin() + query * 4, found.begin() + query * 4 + 4);
  };
  CHECK(row(0) == std::vector<Index>{0, 1, 2, 3});
  CHECK(row(2) == std::vector<Index>{0, 1, 2, 3});
  CHECK(row(4) == std::vector<Index>{2, 3, 4, -1});
  CHECK(row(5) == std::vector<Index>{5, 6, 7, -1});
  CHECK(row(6) == std::vector<Index>{6, 7, -1, -1});
}

TEST_CASE("pairs are the same for any number of threads") {
  const Case c{
      .options = {.terms = {{.pairs = past, .best = 6}}, .heads = 3, .item_heads = 3}, .queries = 300, .items = 300};
  std::vector<std::vector<Index>> found;
  for (const int threads : {1, 2, 3, 8}) {
    cpu::set_threads(threads);
    OpRunner runner(make_find_pairs(c.options), c.inputs());
    runner.forward();
    found.push_back(runner.index_output());
  }
  cpu::set_threads(0);
  for (std::size_t i = 1; i < found.size(); ++i) CHECK(found[i] == found[0]);
}

TEST_CASE("numbers are split by their rank, also where some are equal or zeros of both signs") {
  const std::vector<Real> x{3, -1, 0, -0.0, 3, 7, -5, 2, 2, 2};
  for (Extent rank = 1; rank <= 10; ++rank) {
    const Real limit = tiles::split(x.data(), 10, rank);
    CHECK(std::count_if(x.begin(), x.end(), [&](Real one) { return one > limit; }) <= rank);
    CHECK(std::count_if(x.begin(), x.end(), [&](Real one) { return one >= limit; }) >= rank);
  }
}

TEST_CASE("blocks of several sizes and too many terms are refused") {
  const PairTerm block{.pairs = past, .best = 2, .block = 4};
  const PairTerm other{.pairs = past, .best = 2, .block = 8};
  CHECK_THROWS_WITH_AS(make_find_pairs({.terms = {block, other}}), doctest::Contains("blocks of one size"), Error);
  CHECK_THROWS_AS(OpRunner(make_find_pairs({.terms = {{.pairs = past, .best = 2}}, .has_mask = true}),
                           {random_input({1, 4, 4}, 1), random_input({1, 4, 4}, 1), random_input({1, 4}, 2)}),
                  Error);
  CHECK_THROWS_WITH_AS(make_find_pairs({}), doctest::Contains("1 to 8 terms were expected; 0 came"), Error);
}

}  // namespace fovea
