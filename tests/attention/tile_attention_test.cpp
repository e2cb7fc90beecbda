#include "framework/attention/tiles/tile_attention.h"

#include <doctest/doctest.h>

#include <cmath>

#include "framework/core/error.h"
#include "framework/core/rng.h"
#include "framework/cpu/pair_product.h"
#include "framework/cpu/parallel.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;

void all_items(Extent /*query*/, Extent /*queries*/, Extent items, std::vector<ItemInterval>& out) {
  out.push_back({0, static_cast<Index>(items)});
}

// Three items on each side, the first two items, and every item for the first two queries.
void window_and_first(Extent query, Extent /*queries*/, Extent items, std::vector<ItemInterval>& out) {
  const auto last = static_cast<Index>(items);
  const auto begin = static_cast<Index>(std::max<Extent>(query - 3, 0));
  if (query < 2 || begin <= 2) {
    out.push_back({0, query < 2 ? last : std::min(static_cast<Index>(query + 4), last)});
    return;
  }
  out.push_back({0, 2});
  if (begin < last) out.push_back({begin, std::min(static_cast<Index>(query + 4), last)});
}

// Single items far apart, and none for every fifth query.
void scattered(Extent query, Extent /*queries*/, Extent items, std::vector<ItemInterval>& out) {
  if (query % 5 == 4) return;
  for (Extent item = query % 7; item < items; item += 29) {
    out.push_back({static_cast<Index>(item), static_cast<Index>(item + 1)});
  }
}

// One item for each query, from the other end.
void opposite(Extent query, Extent /*queries*/, Extent items, ItemIntervals& out) {
  const auto item = static_cast<Index>(items - 1 - query);
  if (item >= 0) out.push_back({item, item + 1});
}

struct Case {
  PairIntervals pairs;
  Extent batch = 1, queries = 1, items = 1, heads = 1, item_heads = 1, width = 4, value_width = 4;
  bool has_segments = false, has_mask = false;

  TileAttention options(cpu::Products products = cpu::Products::kFull) const {
    return {pairs, heads, item_heads, 0.4, has_segments, has_mask, products};
  }

  std::vector<Input> inputs() const {
    std::vector<Input> made{random_input({batch, queries, heads * width}, 1),
                            random_input({batch, items, item_heads * width}, 2),
                            random_input({batch, items, item_heads * value_width}, 3)};
    if (has_mask) {
      std::vector<Index> mask;  // one item in three is missing, and a whole tile of them
      for (Extent i = 0; i < batch * items; ++i) mask.push_back(static_cast<Index>(i % 3 > 0 && (i < 64 || i >= 128)));
      made.push_back(index_input({batch, items}, mask));
    }
    if (!has_segments) return made;
    // Segments of 37, of which the first is padding.
    for (const Extent count : {queries, items}) {
      std::vector<Index> segments;
      for (Extent i = 0; i < batch * count; ++i) segments.push_back(static_cast<Index>(i % count / 37) - 1);
      made.push_back(index_input({batch, count}, segments));
    }
    return made;
  }

  bool exists(const std::vector<Input>& in, Extent b, Extent m, Extent n) const {
    if (has_segments) {
      const Index own = in[3].indices[b * queries + m];
      if (own < 0 || own != in[4].indices[b * items + n]) return false;
    }
    if (has_mask && in[3].indices[b * items + n] == 0) return false;
    std::vector<ItemInterval> intervals;
    pairs(m, queries, items, intervals);
    for (const ItemInterval& i : intervals) {
      if (n >= i.begin && n < i.end) return true;
    }
    return false;
  }

  // One query of one head, by the formula of the docstring; adds value_width elements to `out`.
  void expect(const std::vector<Input>& in, Extent b, Extent m, Extent h, std::vector<Real>& out) const {
    const Extent g = h / (heads / item_heads);
    std::vector<double> read(static_cast<std::size_t>(value_width), 0.0);
    double total = 0;
    for (Extent n = 0; n < items; ++n) {
      if (!exists(in, b, m, n)) continue;
      double score = 0;
      for (Extent d = 0; d < width; ++d) {
        score += static_cast<double>(in[0].reals[((b * queries + m) * heads + h) * width + d]) *
                 static_cast<double>(in[1].reals[((b * items + n) * item_heads + g) * width + d]);
      }
      const double weight = std::exp(0.4 * score);
      total += weight;
      for (Extent v = 0; v < value_width; ++v) {
        const auto at = static_cast<std::size_t>(((b * items + n) * item_heads + g) * value_width + v);
        read[v] += weight * static_cast<double>(in[2].reals[at]);
      }
    }
    for (const double r : read) out.push_back(static_cast<Real>(total > 0 ? r / total : 0));
  }

  std::vector<Real> expected(const std::vector<Input>& in) const {
    std::vector<Real> out;
    for (Extent b = 0; b < batch; ++b) {
      for (Extent m = 0; m < queries; ++m) {
        for (Extent h = 0; h < heads; ++h) expect(in, b, m, h, out);
      }
    }
    return out;
  }
};

// Sizes around those of a tile, widths that are whole packs and others.
const Case kCases[] = {
    {.pairs = all_items, .batch = 2, .queries = 3, .items = 5},
    {.pairs = all_items, .queries = 70, .items = 130, .heads = 2, .item_heads = 2, .width = 16, .value_width = 16},
    {.pairs = window_and_first, .batch = 2, .queries = 150, .items = 150, .heads = 4, .item_heads = 2, .width = 6},
    {.pairs = window_and_first, .queries = 200, .items = 140, .width = 16, .value_width = 32},
    {.pairs = scattered, .queries = 130, .items = 200, .width = 5, .value_width = 21},
    {.pairs = window_and_first, .batch = 2, .queries = 150, .items = 150, .has_segments = true},
    {.pairs = all_items, .queries = 130, .items = 90, .width = 3, .value_width = 100, .has_segments = true},
    {.pairs = window_and_first, .batch = 2, .queries = 150, .items = 150, .has_mask = true},
    {.pairs = all_items, .queries = 70, .items = 200, .heads = 2, .item_heads = 1, .has_mask = true},
};

// The same for central differences, which take a forward for every element.
const Case kSmallCases[] = {
    {.pairs = all_items, .batch = 2, .queries = 3, .items = 5},
    {.pairs = all_items, .queries = 34, .items = 70, .width = 16, .value_width = 16},
    {.pairs = window_and_first, .queries = 70, .items = 70, .heads = 4, .item_heads = 2, .width = 2, .value_width = 3},
    {.pairs = scattered, .queries = 40, .items = 100, .width = 2, .value_width = 5},
    {.pairs = opposite, .queries = 140, .items = 132, .width = 1, .value_width = 1},
    {.pairs = window_and_first, .batch = 2, .queries = 80, .items = 80, .width = 2, .value_width = 1, .has_segments = true},
    {.pairs = window_and_first, .batch = 2, .queries = 80, .items = 80, .width = 2, .value_width = 1, .has_mask = true},
};

// The read and the gradients of the three inputs.
std::vector<Real> everything(const Case& c, cpu::Products products, const std::vector<std::vector<Real>>& cotangents) {
  OpRunner runner(make_tile_attention(c.options(products)), c.inputs());
  runner.forward();
  runner.backward(7, cotangents, 0);
  std::vector<Real> all = runner.output();
  for (const std::size_t input : {0, 1, 2}) {
    for (const Real x : runner.gradient(input)) all.push_back(x);
  }
  CHECK(runner.guards_are_whole());
  return all;
}

}  // namespace

TEST_CASE("attention in tiles equals attention over the pairs one by one") {
  for (const Case& c : kCases) {
    CAPTURE(c.queries);
    CAPTURE(c.items);
    OpRunner runner(make_tile_attention(c.options()), c.inputs());
    runner.forward();
    CHECK(runner.guards_are_whole());
    CHECK(difference(runner.output(), c.expected(runner.inputs())) < (sizeof(Real) == 8 ? 1e-12 : 1e-5));
  }
}

TEST_CASE("gradients of attention in tiles are those of central differences") {
  for (const Case& c : kSmallCases) {
    CAPTURE(c.queries);
    CAPTURE(c.items);
    CHECK(gradient_error(make_tile_attention(c.options()), c.inputs()) < kGradientLimit);
  }
}

TEST_CASE("attention in tiles takes scores of any size") {
  const Case c{.pairs = window_and_first, .queries = 90, .items = 90, .width = 4};
  std::vector<Input> inputs = c.inputs();
  for (Real& x : inputs[0].reals) x *= 300;
  OpRunner runner(make_tile_attention(c.options()), inputs);
  runner.forward();
  // A score of a few hundreds loses digits in float32, wherever it is computed.
  CHECK(difference(runner.output(), c.expected(inputs)) < (sizeof(Real) == 8 ? 1e-9 : 1e-3));
}

TEST_CASE("bf16 products change reads and gradients of attention in tiles by rounding only") {
  for (const Case& c : kCases) {
    CAPTURE(c.queries);
    CAPTURE(c.items);
    const std::vector<Real> cotangent = random_input({c.batch, c.queries, c.heads * c.value_width}, 4).reals;
    const std::vector<Real> full = everything(c, cpu::Products::kFull, {cotangent});
    const std::vector<Real> rounded = everything(c, cpu::Products::kBf16, {cotangent});
    CHECK(difference(rounded, full) < (cpu::kHasPairs ? 1e-2 : 1e-30));
    CHECK((rounded == full) == !cpu::kHasPairs);
    const std::vector<Real> read = c.expected(c.inputs());
    CHECK(difference(std::vector<Real>(rounded.begin(), rounded.begin() + static_cast<std::ptrdiff_t>(read.size())), read) <
          (cpu::kHasPairs ? 5e-3 : 1e-5));
  }
}

TEST_CASE("attention in tiles has the same bits for any number of threads") {
  const Case c{.pairs = window_and_first, .queries = 300, .items = 300, .heads = 3, .item_heads = 3, .width = 8};
  for (const cpu::Products products : {cpu::Products::kFull, cpu::Products::kBf16}) {
    std::vector<std::vector<Real>> found;
    for (const int threads : {1, 2, 3, 8}) {
      cpu::set_threads(threads);
      found.push_back(everything(c, products, {random_input({1, 300, 12}, 4).reals}));
    }
    cpu::set_threads(0);
    for (std::size_t i = 1; i < found.size(); ++i) CHECK(found[i] == found[0]);
  }
}

TEST_CASE("attention in tiles counts pairs that exist and refuses widths that heads do not divide") {
  const PairTiles tiles(150, 150, window_and_first);
  // 2 queries see all, the others their window and the first two, each once.
  std::uint64_t pairs = 0;
  const Case c{.pairs = window_and_first, .queries = 150, .items = 150};
  for (Extent m = 0; m < 150; ++m) {
    for (Extent n = 0; n < 150; ++n) pairs += c.exists({}, 0, m, n) ? 1 : 0;
  }
  CHECK(tiles.pairs() == pairs);
  const Type wide{{1, 4, 6}};
  const std::vector<Type> in{wide, wide, wide};
  CHECK_THROWS_WITH_AS(make_tile_attention({all_items, 4, 4})->infer(in),
                       doctest::Contains("give widths that the heads divide"), Error);
  const std::vector<Type> odd{{{1, 4, 6}}, {{1, 4, 4}}, {{1, 4, 4}}};
  CHECK_THROWS_WITH_AS(make_tile_attention({all_items, 3, 2})->infer(odd),
                       doctest::Contains("for H = 3 and G = 2; [1, 4, 6], [1, 4, 4], [1, 4, 4] came"), Error);
}

}  // namespace fovea
