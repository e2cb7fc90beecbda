#include "modules/memory/large/memory_read.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "framework/core/span.h"
#include "framework/cpu/packs.h"
#include "framework/cpu/parallel.h"
#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"
#include "modules/memory/large/memory_read_row.h"
#include "modules/memory/large/slot_scan.h"

namespace fovea {
namespace {

enum Input : std::size_t { kQueries, kKeys, kMore };
enum Output : std::size_t { kWeights, kKept, kCount, kRead };
enum Work : std::size_t { kFound, kFoundSlots, kMaxima, kSums, kScaled, kShared, kBars, kIsTold };

/// The queries that share a memory are one group: all of the batch, or those of a row.
struct Layout {
  Extent groups, queries, stride, slots, width, kept, value_width, tile, tiles;
};

class MemoryReadOp final : public Op {
 public:
  explicit MemoryReadOp(const MemoryRead& options) : options_(options) {}

  std::string_view name() const override { return "memory_read"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const bool is_shared = in.size() > kKeys && in[kKeys].shape.rank() == 2;
    std::vector<const char*> inputs{"queries [B, M, D]", is_shared ? "keys [N, D]" : "keys [B, N, D]"};
    if (options_.has_values) inputs.push_back(is_shared ? "values [N, V]" : "values [B, N, V]");
    if (options_.has_sharpness) inputs.push_back("sharpness [B, M]");
    const Signature types(name(), in, inputs);
    types.require(types["N"] >= 1);
    const Layout sizes = layout(in);
    const Shape kept = in[kQueries].shape.with(2, sizes.kept);
    return {{kept, Kind::kReal},
            {kept, Kind::kIndex},
            types.type("Index [B, M]"),
            {in[kQueries].shape.with(2, sizes.value_width), Kind::kReal}};
  }

  std::vector<Type> workspace(std::span<const Type> in) const override {
    const Layout sizes = layout(in);
    const Extent found = sizes.groups * sizes.tiles;
    const Extent sum = options_.least > 0 ? BestSlots::kSumWidth : 0;
    return {{{found, sizes.kept, sizes.stride}, Kind::kReal},
            {{found, sizes.kept, sizes.stride}, Kind::kIndex},
            {{found, sizes.queries, sum}, Kind::kReal},
            {{found, sizes.queries, sum}, Kind::kReal},
            {in[kQueries].shape, Kind::kReal},
            {{sizes.groups, sizes.kept, sizes.stride}, Kind::kReal},
            {{sizes.groups, sizes.stride}, Kind::kReal},
            {{sizes.groups}, Kind::kIndex}};
  }

  void forward(const OpRun& run) const override {
    const Layout sizes = layout_of(run);
    scale_queries(run, sizes);
    for (Extent group = 0; group < sizes.groups; ++group) {
      clear_shared(shared_by(run, sizes, group), found_by(run, sizes, group * sizes.tiles));
    }
    cpu::parallel_for(sizes.groups * sizes.tiles, [&](Extent task) {
      const Extent group = task / sizes.tiles;
      const Extent begin = task % sizes.tiles * sizes.tile;
      const BestSlots best = found_by(run, sizes, task);
      clear_best(best, sizes.queries);
      scan_slots(scan_of(run, sizes, group), begin, std::min(begin + sizes.tile, sizes.slots), best);
      if (sizes.tiles > 1) share_best(best, shared_by(run, sizes, group));
    });
    const Extent queries = sizes.groups * sizes.queries;
    cpu::parallel_tiles(queries, kQueryTile, [&](Extent begin, Extent end, Extent) {
      for (Extent query = begin; query < end; ++query) read(run, sizes, query);
    });
    run.count({.scored_pairs = static_cast<std::uint64_t>(queries * sizes.slots), .gathered_rows = kept_rows(run)});
  }

  void backward(const OpRun& run) const override {
    const Layout sizes = layout_of(run);
    if (run.assigns(kQueries)) clear(run.grad_in[kQueries].real(), run.grad_in[kQueries].size());
    // Queries may have kept the same slot: one after the other where that has a gradient.
    const Extent queries = sizes.groups * sizes.queries;
    const bool is_apart = !run.wants(kKeys) && !(options_.has_values && run.wants(kMore));
    cpu::parallel_tiles(queries, is_apart ? kQueryTile : std::max<Extent>(queries, 1),
                        [&](Extent begin, Extent end, Extent) {
                          for (Extent query = begin; query < end; ++query)
                            pull_read(row_of(run, sizes, query), score_rule());
                        });
    run.count({.gathered_rows_backward = kept_rows(run)});
  }

  BackwardReads backward_reads() const override { return {~0U, ~0U}; }
  bool can_assign(std::size_t input) const override { return input == kQueries; }

  double multiply_adds(std::span<const Type> in) const override {
    const Layout sizes = layout(in);
    return static_cast<double>(sizes.groups * sizes.queries) * static_cast<double>(sizes.slots * sizes.width);
  }

 private:
  static constexpr Extent kQueryTile = 64;  // queries of a task that reads what was found

  static std::uint64_t kept_rows(const OpRun& run) {
    const Index* counts = run.out[kCount].index();
    return std::accumulate(counts, counts + run.out[kCount].size(), std::uint64_t{0},
                           [](std::uint64_t sum, Index count) { return sum + static_cast<std::uint64_t>(count); });
  }

  ScoreRule score_rule() const {
    return {static_cast<Real>(options_.factor), options_.is_cosine, static_cast<Real>(options_.epsilon)};
  }

  Layout layout(std::span<const Type> in) const {
    const Shape& queries = in[kQueries].shape;
    const Shape& keys = in[kKeys].shape;
    const bool is_shared = keys.rank() == 2;
    Layout sizes{};
    sizes.groups = is_shared ? 1 : queries[0];
    sizes.queries = is_shared ? queries[0] * queries[1] : queries[1];
    sizes.stride = best_stride(sizes.queries);
    sizes.slots = keys[keys.rank() - 2];
    sizes.width = keys.last();
    sizes.kept = std::min(options_.kept, sizes.slots);
    sizes.value_width = options_.has_values ? in[kMore].shape.last() : sizes.width;
    sizes.tile = scan_tile(sizes.slots, sizes.queries);
    sizes.tiles = (sizes.slots + sizes.tile - 1) / sizes.tile;
    return sizes;
  }

  Layout layout_of(const OpRun& run) const {
    std::array<Type, 4> types;
    for (std::size_t i = 0; i < run.in.size(); ++i) types[i] = run.in[i].type;
    return layout(std::span<const Type>(types).first(run.in.size()));
  }

  // The queries, scaled as their scores should be.
  void scale_queries(const OpRun& run, const Layout& sizes) const {
    for (Extent query = 0; query < sizes.groups * sizes.queries; ++query) {
      const Real* from = run.in[kQueries].real() + query * sizes.width;
      const Real factor = query_factor(score_rule(), span_of(from, sizes.width));
      const Real sharpness = options_.has_sharpness ? run.in.back().real()[query] : 1;
      Real* to = run.workspace[kScaled].real() + query * sizes.width;
      for (Extent d = 0; d < sizes.width; ++d) to[d] = sharpness * factor * from[d];
    }
  }

  SlotScan scan_of(const OpRun& run, const Layout& sizes, Extent group) const {
    return {.queries = run.workspace[kScaled].real() + group * sizes.queries * sizes.width,
            .slots = run.in[kKeys].real() + group * sizes.slots * sizes.width,
            .count = sizes.queries,
            .width = sizes.width,
            .is_cosine = options_.is_cosine,
            .epsilon = static_cast<Real>(options_.epsilon)};
  }

  BestSlots found_by(const OpRun& run, const Layout& sizes, Extent task) const {
    const Extent first = task * sizes.kept * sizes.stride;
    const bool has_sum = options_.least > 0;
    const auto sums = [&](Work work) {
      return has_sum ? run.workspace[work].real() + task * sizes.queries * BestSlots::kSumWidth : nullptr;
    };
    return {.scores = run.workspace[kFound].real() + first,
            .slots = run.workspace[kFoundSlots].index() + first,
            .kept = sizes.kept,
            .stride = sizes.stride,
            .maxima = sums(kMaxima),
            .sums = sums(kSums),
            .bars = shared_by(run, sizes, task / sizes.tiles).bars};
  }

  static SharedBest shared_by(const OpRun& run, const Layout& sizes, Extent group) {
    return {run.workspace[kShared].real() + group * sizes.kept * sizes.stride,
            run.workspace[kBars].real() + group * sizes.stride, run.workspace[kIsTold].index() + group};
  }

  ReadRow row_of(const OpRun& run, const Layout& sizes, Extent query) const {
    const Extent group = query / sizes.queries;
    const auto gradient = [&](std::size_t input) {
      return input < run.grad_in.size() ? run.grad_in[input].real() : nullptr;
    };
    const auto memory = [&](Real* all, Extent width) {
      return all == nullptr ? nullptr : all + group * sizes.slots * width;
    };
    const auto behind = [&](Real* all, Extent at) { return all == nullptr ? nullptr : all + at; };
    const std::size_t values = options_.has_values ? kMore : kKeys;
    const std::size_t sharpness = run.in.size() - 1;
    ReadRow row;
    row.width = sizes.width;
    row.value_width = sizes.value_width;
    row.query = run.in[kQueries].real() + query * sizes.width;
    row.sharpness = options_.has_sharpness ? run.in[sharpness].real()[query] : 1;
    row.keys = memory(run.in[kKeys].real(), sizes.width);
    row.values = memory(run.in[values].real(), sizes.value_width);
    row.kept = run.out[kKept].index() + query * sizes.kept;
    row.weights = run.out[kWeights].real() + query * sizes.kept;
    row.count = run.out[kCount].index()[query];
    row.read = run.out[kRead].real() + query * sizes.value_width;
    if (run.grad_out.empty()) return row;
    row.grad_weights = run.grad_out[kWeights].real() + query * sizes.kept;
    row.grad_read = run.grad_out[kRead].real() + query * sizes.value_width;
    row.grad_query = behind(gradient(kQueries), query * sizes.width);
    row.grad_keys = memory(gradient(kKeys), sizes.width);
    row.grad_values = memory(gradient(values), sizes.value_width);
    row.grad_sharpness = options_.has_sharpness ? behind(gradient(sharpness), query) : nullptr;
    return row;
  }

  // What is kept of what was found by all tasks of the group, in ascending order, with weights.
  void read(const OpRun& run, const Layout& sizes, Extent row) const {
    const Extent first = row / sizes.queries * sizes.tiles;
    const Extent query = row % sizes.queries;
    const BestSlots best = found_by(run, sizes, first);
    for (Extent tile = 1; tile < sizes.tiles; ++tile) merge_best(found_by(run, sizes, first + tile), query, best);
    Extent found = count_found(best, query);
    const bool is_number = found == sizes.kept;
    if (options_.least > 0 && found > 1) {
      const Real bar = log_sum_of(best, query) + static_cast<Real>(std::log(options_.least));
      while (found > 1 && !(best.scores[best.at(found - 1, query)] >= bar)) --found;
    }
    Index* kept = run.out[kKept].index() + row * sizes.kept;
    Real* weights = run.out[kWeights].real() + row * sizes.kept;
    put_in_order({best.scores + query, best.slots + query, found, best.stride}, kept, weights);
    std::fill(kept + found, kept + sizes.kept, -1);
    std::fill(weights + found, weights + sizes.kept, Real(0));
    run.out[kCount].index()[row] = static_cast<Index>(found);
    if (!is_number) std::fill_n(weights, sizes.kept, std::numeric_limits<Real>::quiet_NaN());
    read_kept(row_of(run, sizes, row));
    if (!is_number) std::fill_n(run.out[kRead].real() + row * sizes.value_width, sizes.value_width, weights[0]);
  }

  MemoryRead options_;
};

}  // namespace

OpPointer make_memory_read(const MemoryRead& options) { return std::make_shared<MemoryReadOp>(options); }

}  // namespace fovea
