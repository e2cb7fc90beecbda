#include "modules/memory/large/product_keys.h"

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/core/span.h"
#include "framework/cpu/packs.h"
#include "framework/cpu/parallel.h"
#include "framework/cpu/row_math.h"
#include "framework/graph/functions.h"
#include "framework/ops/signature.h"
#include "modules/layers/linear.h"
#include "modules/memory/large/large_read.h"
#include "modules/memory/large/slot_index.h"
#include "modules/memory/large/slot_scan.h"

namespace fovea {
namespace {

enum Input : std::size_t { kQuery, kKeys, kValues };
enum Output : std::size_t { kRead, kWeights, kKept };
enum Work : std::size_t { kHalfQueries, kHalfScores, kHalfSlots };

struct Sizes {
  Extent rows, heads, half_keys, half_width, kept, value_width;
};

class ProductKeysOp final : public Op {
 public:
  explicit ProductKeysOp(Extent kept) : kept_(kept) {}

  std::string_view name() const override { return "product_keys"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"query [R, H, 2 D]", "half keys [H, 2, S, D]", "values [S^2, V]"});
    const Extent half = types["S"];
    types.require(in[kQuery].shape[2] == 2 * types["D"] && in[kValues].shape[0] == half * half);
    if (kept_ > half) {
      reject(name(), std::to_string(kept_) + " slots cannot be kept with " + std::to_string(half) +
                         " half keys; give at least as many half keys.");
    }
    const Shape kept = in[kQuery].shape.with(2, kept_);
    return {types.type("[R, V]"), {kept, Kind::kReal}, {kept, Kind::kIndex}};
  }

  std::vector<Type> workspace(std::span<const Type> in) const override {
    const Shape& query = in[kQuery].shape;
    const Shape halves{query[1], 2, query[0], query[2] / 2};
    const Shape found{query[1], 2, tiles_of(query[0]), kept_, tile_of(query[0])};
    return {{halves, Kind::kReal}, {found, Kind::kReal}, {found, Kind::kIndex}};
  }

  void forward(const OpRun& run) const override {
    const Sizes sizes = sizes_of(run);
    const Extent tiles = tiles_of(sizes.rows);
    cpu::parallel_for(2 * sizes.heads * tiles, [&](Extent task) {
      const Extent first = task % tiles * kTile;
      search_half(run, sizes, task, {first, std::min(kTile, sizes.rows - first)});
    });
    cpu::parallel_tiles(sizes.rows, kTile, [&](Extent begin, Extent end, Extent) {
      for (Extent row = begin; row < end; ++row) read(run, sizes, row);
    });
    const auto rows = static_cast<std::uint64_t>(sizes.rows * sizes.heads);
    run.count({.scored_pairs = rows * static_cast<std::uint64_t>(2 * sizes.half_keys),
               .gathered_rows = rows * static_cast<std::uint64_t>(kept_)});
  }

  void backward(const OpRun& run) const override {
    const Sizes sizes = sizes_of(run);
    if (run.assigns(kQuery)) clear(run.grad_in[kQuery].real(), run.grad_in[kQuery].size());
    for (Extent row = 0; row < sizes.rows; ++row) {
      for (Extent head = 0; head < sizes.heads; ++head) pull(run, sizes, row, head);
    }
    run.count({.gathered_rows_backward = static_cast<std::uint64_t>(run.out[kKept].size())});
  }

  BackwardReads backward_reads() const override { return {~0U, 1U << kWeights | 1U << kKept}; }
  bool can_assign(std::size_t input) const override { return input == kQuery; }

  double multiply_adds(std::span<const Type> in) const override {
    const Shape& keys = in[kKeys].shape;
    const Extent pairs = in[kQuery].shape[0] * keys[0];
    return static_cast<double>(pairs) * static_cast<double>(2 * keys[2] * keys[3] + kept_ * in[kValues].shape[1]);
  }

 private:
  static constexpr Extent kTile = 32;  // rows of a task

  struct Rows {
    Extent first, count;
  };

  static Extent tiles_of(Extent rows) { return (rows + kTile - 1) / kTile; }
  static Extent tile_of(Extent rows) { return best_stride(std::min(kTile, rows)); }

  Sizes sizes_of(const OpRun& run) const {
    const Shape& keys = run.in[kKeys].shape();
    return {run.in[kQuery].shape()[0], keys[0], keys[2], keys[3], kept_, run.in[kValues].shape()[1]};
  }

  BestSlots found_by(const OpRun& run, const Sizes& sizes, Extent task) const {
    const Extent stride = tile_of(sizes.rows);
    const Extent first = task * kept_ * stride;
    return {run.workspace[kHalfScores].real() + first, run.workspace[kHalfSlots].index() + first, kept_, stride};
  }

  // The best half keys of some rows; half = 2 head + 0 or 1.
  void search_half(const OpRun& run, const Sizes& sizes, Extent task, Rows rows) const {
    const Extent half = task / tiles_of(sizes.rows);
    Real* queries = run.workspace[kHalfQueries].real() + (half * sizes.rows + rows.first) * sizes.half_width;
    for (Extent row = 0; row < rows.count; ++row) {
      const Real* from = run.in[kQuery].real() + ((rows.first + row) * 2 * sizes.heads + half) * sizes.half_width;
      copy(from, queries + row * sizes.half_width, sizes.half_width);
    }
    const BestSlots best = found_by(run, sizes, task);
    clear_best(best, rows.count);
    const SlotScan scan{.queries = queries,
                        .slots = run.in[kKeys].real() + half * sizes.half_keys * sizes.half_width,
                        .count = rows.count,
                        .width = sizes.half_width};
    scan_slots(scan, 0, sizes.half_keys, best);
  }

  void read(const OpRun& run, const Sizes& sizes, Extent row) const {
    Real* read = run.out[kRead].real() + row * sizes.value_width;
    clear(read, sizes.value_width);
    for (Extent head = 0; head < sizes.heads; ++head) {
      const Extent place = (row * sizes.heads + head) * kept_;
      Index* kept = run.out[kKept].index() + place;
      const std::span<Real> weights = span_of(run.out[kWeights].real() + place, kept_);
      join_halves(run, sizes, row, head, BestOf(kept_, kept, weights.data()));
      cpu::softmax_weights(weights, weights);
      for (Extent k = 0; k < kept_; ++k) {
        cpu::add_scaled(weights[k], value(run, sizes, kept[k]), {read, value(run, sizes, 0).size()});
      }
    }
  }

  // A pair of places (a, b) has at least a b pairs at least as good: with a b > K, counted from 1, it is not needed.
  void join_halves(const OpRun& run, const Sizes& sizes, Extent row, Extent head, BestOf best) const {
    const Extent tiles = tiles_of(sizes.rows);
    const BestSlots first = found_by(run, sizes, 2 * head * tiles + row / kTile);
    const BestSlots second = found_by(run, sizes, (2 * head + 1) * tiles + row / kTile);
    for (Extent a = 0; a < kept_; ++a) {
      const Extent at = first.at(a, row % kTile);
      for (Extent b = 0; (a + 1) * (b + 1) <= kept_; ++b) {
        const Extent other = second.at(b, row % kTile);
        best.meet(first.scores[at] + second.scores[other],
                  first.slots[at] * static_cast<Index>(sizes.half_keys) + second.slots[other]);
      }
    }
  }

  static std::span<const Real> value(const OpRun& run, const Sizes& sizes, Index slot) {
    return span_of(run.in[kValues].real() + slot * sizes.value_width, sizes.value_width);
  }

  // read = sum w_k v_k, w = softmax(s)  =>  g_k = grad_read . v_k + grad_w_k; grad_s_k = w_k (g_k - sum over j of w_j g_j)
  void pull(const OpRun& run, const Sizes& sizes, Extent row, Extent head) const {
    const Extent place = (row * sizes.heads + head) * kept_;
    const Index* kept = run.out[kKept].index() + place;
    const Real* weights = run.out[kWeights].real() + place;
    const Real* grad_weights = run.grad_out[kWeights].real() + place;
    const std::span<const Real> grad_read{run.grad_out[kRead].real() + row * sizes.value_width,
                                          static_cast<std::size_t>(sizes.value_width)};
    const auto pull_of = [&](Extent k) { return cpu::dot(grad_read, value(run, sizes, kept[k])) + grad_weights[k]; };
    Real mean = 0;
    for (Extent k = 0; k < kept_; ++k) mean += weights[k] * pull_of(k);
    for (Extent k = 0; k < kept_; ++k) {
      const auto half_keys = static_cast<Index>(sizes.half_keys);
      const Real grad_score = weights[k] * (pull_of(k) - mean);
      pull_half(run, sizes, {row, head, 0, kept[k] / half_keys}, grad_score);
      pull_half(run, sizes, {row, head, 1, kept[k] % half_keys}, grad_score);
      if (!run.wants(kValues)) continue;
      cpu::add_scaled(weights[k], grad_read, {run.grad_in[kValues].real() + kept[k] * sizes.value_width, grad_read.size()});
    }
  }

  struct HalfPair {
    Extent row, head, half;
    Index key;
  };

  static void pull_half(const OpRun& run, const Sizes& sizes, const HalfPair& pair, Real grad_score) {
    const Extent query = ((pair.row * sizes.heads + pair.head) * 2 + pair.half) * sizes.half_width;
    const Extent key = ((2 * pair.head + pair.half) * sizes.half_keys + pair.key) * sizes.half_width;
    const auto width = static_cast<std::size_t>(sizes.half_width);
    if (run.wants(kQuery)) {
      cpu::add_scaled(grad_score, {run.in[kKeys].real() + key, width}, {run.grad_in[kQuery].real() + query, width});
    }
    if (run.wants(kKeys)) {
      cpu::add_scaled(grad_score, {run.in[kQuery].real() + query, width}, {run.grad_in[kKeys].real() + key, width});
    }
  }

  Extent kept_;
};

}  // namespace

OpPointer make_product_keys(Extent kept) { return std::make_shared<ProductKeysOp>(kept); }

void ProductKeyOptions::fields(Options& options) {
  options.add("memory_heads", heads, "heads that read, >= 1", {.low = 1});
  options.add("half_keys", half_keys, "half keys S of a head, >= 1; the memory has S^2 slots", {.low = 1, .high = 46340});
  options.add("query_width", query_width, "width of a query, even, >= 2", {.low = 2});
  options.add("memory_site", site, "how slots are read: dot, dense, top_k, none");
}

Value product_key_memory(Builder& builder, const std::string& name, Value x, Extent value_width,
                         const ProductKeyOptions& options) {
  const auto scope = builder.scope(name);
  const std::string site = builder.site_text(options.site);
  const MemoryRead read = memory_read_of(site, options.query_width, builder.mode());
  if (read.is_cosine || read.least > 0 || read.factor != 1 || options.query_width % 2 != 0) {
    throw Error(builder.path(), "a site \"dot | dense | top_k(k) | none\" and an even query width were expected; '" + site +
                                    "' and " + std::to_string(options.query_width) + " came; change these.");
  }
  const Extent half_width = options.query_width / 2;
  const Value keys = builder.parameter("keys", {options.heads, 2, options.half_keys, half_width},
                                       Init::normal(1 / std::sqrt(static_cast<double>(half_width))));
  const Value values = builder.parameter("values", {options.half_keys * options.half_keys, value_width},
                                         Init::normal(1 / std::sqrt(static_cast<double>(value_width))));
  const Value query = linear_layer(builder, "query", x, options.heads * options.query_width);
  const std::vector<Value> out = builder.add_all(
      make_product_keys(read.kept), {reshape(query, {-1, options.heads, options.query_width}), keys, values}, "");
  builder.register_site(site, {});
  std::vector<Extent> extents(static_cast<std::size_t>(x.shape().rank()), 0);
  extents.back() = value_width;
  extents.front() = -1;
  return reshape(out[0], extents);
}

}  // namespace fovea
