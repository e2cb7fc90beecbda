#include "framework/attention/tiles/tile_attention.h"

#include <algorithm>

#include "framework/attention/tiles/tile_attention_kernel.h"
#include "framework/core/error.h"
#include "framework/cpu/parallel.h"

namespace fovea {
namespace {

using tiles::Head;
using tiles::HeadGradients;

// Tasks of backward that may run at once, where there are fewer batch elements and heads.
constexpr Extent kTasks = 32;

struct Sizes {
  Extent batch, queries, items, width, value_width;  // widths of a head
};

struct Plan final : Prepared {
  Plan(const Sizes& e, const TileAttention& options) : tiles(e.queries, e.items, options.pairs) {
    // Queries and items have equally many parts: in each phase, every part of the queries works on another part of the
    // items, so that no two tasks add to the same gradients, in an order that depends on the problem alone.
    const Extent wanted = (kTasks + e.batch * options.item_heads - 1) / std::max<Extent>(e.batch * options.item_heads, 1);
    parts = std::clamp<Extent>(std::min(tiles.query_tiles(), tiles.item_tiles()), 1, std::max<Extent>(wanted, 1));
  }
  PairTiles tiles;
  Extent parts = 1;
};

// Part `part` of `count` things in `parts` parts.
tiles::ItemTiles part_of(Extent count, Extent parts, Extent part) {
  return {count * part / parts, count * (part + 1) / parts};
}

class TileAttentionOp final : public Op, public ToldChoices {
 public:
  explicit TileAttentionOp(const TileAttention& options) : options_(options) {}

  std::string_view name() const override { return "tile_attention"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, options_.has_segments ? 5 : options_.has_mask ? 4 : 3);
    for (std::size_t i = 0; i < 3; ++i) require_real(name(), in[i], kNames[i]);
    const Shape& queries = in[0].shape;
    const Shape& items = in[1].shape;
    const Shape& values = in[2].shape;
    if (queries.rank() != 3 || items.rank() != 3 || values.rank() != 3) reject(in);
    const bool is_shared = options_.item_heads >= 1 && options_.heads >= 1 && options_.heads % options_.item_heads == 0;
    if (!is_shared) reject(in);
    const Sizes e = extents(in);
    const bool is_even = queries[2] == options_.heads * e.width && items[2] == options_.item_heads * e.width &&
                         values[2] == options_.item_heads * e.value_width;
    const bool agrees = items[0] == queries[0] && values[0] == queries[0] && values[1] == items[1];
    const Extent widest = std::max(e.width, e.value_width);
    if (!is_even || !agrees || widest < 1 || widest > tiles::kMostWidth) reject(in);
    if (options_.has_segments) {
      const bool fits = in[3].shape == queries.without(-1) && in[4].shape == items.without(-1);
      if (!fits || in[3].kind != Kind::kIndex || in[4].kind != Kind::kIndex) reject(in);
    }
    if (options_.has_mask && (in[3].shape != items.without(-1) || in[3].kind != Kind::kIndex)) reject(in);
    return {Type{{e.batch, e.queries, options_.heads * e.value_width}}};
  }

  std::vector<Type> scratch(std::span<const Type> in) const override {
    const Sizes e = extents(in);
    return {Type{{e.batch, options_.heads, e.queries}}};
  }

  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    return std::make_shared<Plan>(extents(in), options_);
  }

  std::vector<Type> workspace(std::span<const Type> in) const override {
    if (!rounds_factors()) return {};
    const Sizes e = extents(in);
    const Extent item_tiles = (e.items + tiles::kItems - 1) / tiles::kItems;
    const Extent groups = e.batch * options_.item_heads;
    return {Type{{groups, item_tiles, tiles::RoundedRows(e.width).size()}, Kind::kIndex},
            Type{{groups, item_tiles, tiles::RoundedRows(e.value_width).size()}, Kind::kIndex}};
  }

  double multiply_adds(std::span<const Type> in) const override {
    const Sizes e = extents(in);
    const auto pairs = static_cast<double>(Plan(e, options_).tiles.pairs());
    return pairs * static_cast<double>(e.batch * options_.heads * (e.width + e.value_width));
  }

  void forward(const OpRun& run) const override {
    const Plan& plan = plan_of(run);
    const Sizes e = extents(run);
    const Extent query_tiles = plan.tiles.query_tiles();
    if (rounds_factors()) round_items(run, true);
    cpu::parallel_for(e.batch * options_.heads * query_tiles, [&](Extent task) {
      const Extent head = task / query_tiles;
      tiles::forward(head_of(run, e, head), plan.tiles, task % query_tiles);
    });
    const auto heads = static_cast<std::uint64_t>(e.batch * options_.heads);
    run.count({.scored_pairs = heads * plan.tiles.pairs(), .gathered_rows = heads * plan.tiles.pairs()});
  }

  ToldChoices::Extents told_extents(const OpRun& run) const override {
    const Sizes e = extents(run);
    return {e.batch, options_.heads, e.queries, e.items};
  }
  Extent told_pairs(const OpRun& run) const override { return static_cast<Extent>(plan_of(run).tiles.pairs()); }
  void tell(const OpRun& run, const Place& place, Told& told) const override {
    const Head head = head_of(run, extents(run), place.row * options_.heads + place.head);
    tiles::tell(head, plan_of(run).tiles, place.query, told);
  }

  bool can_assign(std::size_t input) const override { return input < 3; }

  void backward(const OpRun& run) const override {
    const Plan& plan = plan_of(run);
    const Sizes e = extents(run);
    const Extent groups = e.batch * options_.item_heads;
    if (rounds_factors()) round_items(run, false);
    for (Extent phase = 0; phase < plan.parts; ++phase) {
      cpu::parallel_for(groups * plan.parts, [&](Extent task) {
        const Extent part = task % plan.parts;
        pull_part(run, task / plan.parts, part, (part + phase) % plan.parts, phase == 0);
      });
    }
    const auto heads = static_cast<std::uint64_t>(e.batch * options_.heads);
    run.count({.gathered_rows_backward = heads * plan.tiles.pairs()});
  }

 private:
  static constexpr const char* kNames[] = {"queries", "items", "values"};

  [[noreturn]] void reject(std::span<const Type> in) const {
    std::string came;
    for (const Type& type : in) came += (came.empty() ? "" : ", ") + type.shape.text();
    throw Error("tile_attention", "queries [B, M, H D], items [B, N, G D], values [B, N, G V], D and V up to " +
                                      std::to_string(tiles::kMostWidth) +
                                      " (and segments [B, M], [B, N], or a mask [B, N]) were expected "
                                      "for H = " +
                                      std::to_string(options_.heads) + " and G = " + std::to_string(options_.item_heads) +
                                      "; " + came + " came; give widths that the heads divide.");
  }

  bool rounds_factors() const { return cpu::kHasPairs && options_.products == cpu::Products::kBf16; }

  // Of group `number` of [B, G].
  static cpu::BfloatPair* rounded(const OpRun& run, std::size_t which, Extent number) {
    const Tensor& rows = run.workspace[which];
    return reinterpret_cast<cpu::BfloatPair*>(rows.index()) + number * rows.shape()[1] * rows.shape()[2];
  }
  void round_items(const OpRun& run, bool is_forward) const {
    const Sizes e = extents(run);
    const Extent item_tiles = run.workspace[0].shape()[1];
    cpu::parallel_for(e.batch * options_.item_heads * item_tiles, [&](Extent task) {
      const Extent group = task / item_tiles;
      const Head head = head_of(run, e, group * (options_.heads / options_.item_heads));
      tiles::round_items(head, task % item_tiles, is_forward, rounded(run, 0, group), rounded(run, 1, group));
    });
  }

  static const Plan& plan_of(const OpRun& run) { return *static_cast<const Plan*>(run.prepared); }

  Sizes extents(std::span<const Type> in) const {
    return {in[0].shape[0], in[0].shape[1], in[1].shape[1], in[0].shape[2] / options_.heads,
            in[2].shape[2] / options_.item_heads};
  }
  Sizes extents(const OpRun& run) const {
    const Type types[] = {run.in[0].type, run.in[1].type, run.in[2].type};
    return extents(types);
  }

  // Head `number` of [B, H].
  Head head_of(const OpRun& run, const Sizes& e, Extent number) const {
    const Extent batch = number / options_.heads;
    const Extent head = number % options_.heads;
    const Extent shared = head / (options_.heads / options_.item_heads);
    Head h;
    h.query_row = options_.heads * e.width;
    h.item_row = options_.item_heads * e.width;
    h.value_row = options_.item_heads * e.value_width;
    h.read_row = options_.heads * e.value_width;
    h.queries = run.in[0].real() + batch * e.queries * h.query_row + head * e.width;
    h.items = run.in[1].real() + batch * e.items * h.item_row + shared * e.width;
    h.values = run.in[2].real() + batch * e.items * h.value_row + shared * e.value_width;
    h.read = run.out[0].real() + batch * e.queries * h.read_row + head * e.value_width;
    h.log_sums = run.scratch[0].real() + number * e.queries;
    h.query_count = e.queries;
    h.item_count = e.items;
    h.width = e.width;
    h.value_width = e.value_width;
    h.scale = static_cast<Real>(options_.scale);
    h.rounds_factors = rounds_factors();
    if (h.rounds_factors) {
      h.rounded_items = rounded(run, 0, batch * options_.item_heads + shared);
      h.rounded_values = rounded(run, 1, batch * options_.item_heads + shared);
    }
    if (options_.has_segments) {
      h.query_segments = run.in[3].index() + batch * e.queries;
      h.item_segments = run.in[4].index() + batch * e.items;
    }
    if (options_.has_mask) h.mask = run.in[3].index() + batch * e.items;
    return h;
  }

  static Real* moved(const OpRun& run, std::size_t input, const Real* to) {
    return run.wants(input) ? run.grad_in[input].real() + (to - run.in[input].real()) : nullptr;
  }

  // Group `number` of [B, G]: all heads of queries that share its items.
  void pull_part(const OpRun& run, Extent number, Extent query_part, Extent item_part, bool is_first) const {
    const Plan& plan = plan_of(run);
    const Sizes e = extents(run);
    const tiles::ItemTiles among = part_of(plan.tiles.item_tiles(), plan.parts, item_part);
    const tiles::ItemTiles query_tiles = part_of(plan.tiles.query_tiles(), plan.parts, query_part);
    const Extent sharers = options_.heads / options_.item_heads;
    const Head shared = head_of(run, e, number * sharers);
    tiles::ItemClearing clearing;
    clearing.start(among.begin, e.items);
    if (is_first && run.wants(1) && run.assigns(1)) clearing.expect(moved(run, 1, shared.items), shared.item_row, e.width);
    if (is_first && run.wants(2) && run.assigns(2)) {
      clearing.expect(moved(run, 2, shared.values), shared.value_row, e.value_width);
    }
    for (Extent head = number * sharers; head < (number + 1) * sharers; ++head) {
      const Head h = head_of(run, e, head);
      HeadGradients gradients;
      gradients.read = run.grad_out[0].real() + (h.read - run.out[0].real());
      gradients.queries = moved(run, 0, h.queries);
      gradients.items = moved(run, 1, h.items);
      gradients.values = moved(run, 2, h.values);
      gradients.clearing = &clearing;
      gradients.assigns_queries = is_first && run.wants(0) && run.assigns(0);
      for (Extent tile = query_tiles.begin; tile < query_tiles.end; ++tile) {
        tiles::backward(h, gradients, plan.tiles, tile, among);
      }
    }
    clearing.reach(among.end);
  }

  TileAttention options_;
};

}  // namespace

OpPointer make_tile_attention(const TileAttention& options) { return std::make_shared<TileAttentionOp>(options); }

}  // namespace fovea
