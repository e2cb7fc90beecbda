#include "framework/attention/tiles/find_pairs.h"

#include <algorithm>

#include "framework/attention/tiles/find_pairs_tile.h"
#include "framework/attention/tiles/tile_attention_kernel.h"
#include "framework/core/whole.h"
#include "framework/cpu/packs.h"
#include "framework/cpu/parallel.h"

namespace fovea {
namespace {

using tiles::Finding;
using tiles::FindPlan;
using tiles::kQueries;
using tiles::PairExtents;

// Tasks that share one place for lists: fixed, so that memory does not grow with the tiles.
constexpr Extent kLanes = 32;

class FindPairsOp final : public Op {
 public:
  explicit FindPairsOp(const FindPairs& options) : options_(options) {}

  std::string_view name() const override { return "find_pairs"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, first_tag() + 2 * options_.tags);
    require_real(name(), in[0], "queries");
    require_real(name(), in[1], "items");
    const bool has_axes = in[0].shape.rank() == 3 && in[1].shape.rank() == 3;
    const bool is_shared = options_.item_heads >= 1 && options_.heads % options_.item_heads == 0;
    if (!has_axes || !is_shared) reject_types(in);
    const PairExtents e = extents(in);
    const bool fits = in[1].shape[0] == e.batch && in[0].shape[2] == options_.heads * e.width &&
                      in[1].shape[2] == options_.item_heads * e.width && e.width >= 1 && e.width <= tiles::kMostWidth;
    if (!fits || (options_.has_mask && in[2].shape != Shape{e.batch, e.items})) reject_types(in);
    for (std::size_t i = 2; i < in.size(); ++i) {
      if (in[i].kind != Kind::kIndex) reject_types(in);
    }
    if (options_.has_segments && (in[first_segments()].shape != Shape{e.batch, e.queries} ||
                                  in[first_segments() + 1].shape != Shape{e.batch, e.items})) {
      reject_types(in);
    }
    for (std::size_t i = 0; i < 2 * options_.tags; ++i) {
      const Shape& tags = in[first_tag() + i].shape;
      const Extent rows = i % 2 == 0 ? e.queries * options_.heads : e.items * options_.item_heads;
      if (tags.rank() != 3 || tags[0] != e.batch || tags[1] != rows) reject_types(in);
    }
    return {{{e.batch, options_.heads * e.queries, tiles::capacity_of(options_, e.queries, e.items)}, Kind::kIndex}};
  }

  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    return std::make_shared<FindPlan>(options_, extents(in), tag_counts(in));
  }

  std::vector<Type> workspace(std::span<const Type> in) const override {
    const PairExtents e = extents(in);
    Extent rooms = 0;
    for (const PairTerm& term : options_.terms) rooms += tiles::room_of(term, e.items);
    const Extent capacity = tiles::capacity_of(options_, e.queries, e.items);
    return {{{kLanes, rooms * tiles::kTilesAtOnce * kQueries}},
            {{kLanes, rooms * tiles::kTilesAtOnce * kQueries}, Kind::kIndex},
            {{kLanes, 3 * capacity + 2 * most_tags(in)}, Kind::kIndex},
            {{e.batch * options_.item_heads, blocks(e), e.width}},
            {{e.batch, 2 * blocks(e)}, Kind::kIndex},
            {{e.batch * options_.item_heads, tiles::TagOrders(options_, tag_counts(in)).count, e.items}, Kind::kIndex}};
  }

  void forward(const OpRun& run) const override {
    const auto& plan = *static_cast<const FindPlan*>(run.prepared);
    const Type types[] = {run.in[0].type, run.in[1].type};
    const PairExtents e = extents(types);
    summarise_blocks(run, e);
    if (plan.orders.count > 0) order_items(run, plan, e);
    const Extent query_tiles = (e.queries + kQueries - 1) / kQueries;
    const Extent parts = (query_tiles + tiles::kTilesAtOnce - 1) / tiles::kTilesAtOnce;
    const Extent tasks = e.batch * options_.heads * parts;
    cpu::parallel_for(std::min(kLanes, tasks), [&](Extent lane) {
      for (Extent task = lane; task < tasks; task += kLanes) {
        const Extent head = task / parts;
        const Extent first = task % parts * tiles::kTilesAtOnce;
        const Extent row = head * e.queries + first * kQueries;
        tiles::find_tiles(finding(run, plan, e, head, lane), first, std::min(first + tiles::kTilesAtOnce, query_tiles),
                          run.out[0].index() + row * plan.capacity);
      }
    });
    Counters counters;
    for (const tiles::TermPlan& term : plan.terms) {
      if (term.has_tiles())
        counters.scored_pairs += term.tiles().pairs() * static_cast<std::uint64_t>(e.batch * options_.heads);
    }
    run.count(counters);
  }

 private:
  [[noreturn]] void reject_types(std::span<const Type> in) const {
    std::string came;
    for (const Type& type : in) came += (came.empty() ? "" : ", ") + type.shape.text();
    reject(name(), "queries [B, M, H D], items [B, N, G D], D up to " + std::to_string(tiles::kMostWidth) +
                       ", (mask [B, N], segments [B, M], [B, N], tags [B, M H, T], [B, N G, T]) were expected for H = " +
                       std::to_string(options_.heads) + " and G = " + std::to_string(options_.item_heads) + "; " + came +
                       " came; give widths that the heads divide.");
  }

  static BestPairs best_of(const PairTerm& term, Extent items) {
    const Extent most = tiles::most_best(term, items);
    if (!term.best_now) return {most, term.margin};
    const BestPairs now = term.best_now();
    return {std::min(now.count, most), now.margin};
  }

  std::size_t first_segments() const { return options_.has_mask ? 3 : 2; }
  std::size_t first_tag() const { return first_segments() + (options_.has_segments ? 2 : 0); }

  std::vector<Extent> tag_counts(std::span<const Type> in) const {
    std::vector<Extent> counts;
    for (std::size_t i = 0; i < options_.tags; ++i) counts.push_back(in[first_tag() + 2 * i].shape[2]);
    return counts;
  }

  Extent most_tags(std::span<const Type> in) const {
    const std::vector<Extent> counts = tag_counts(in);
    return counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
  }

  PairExtents extents(std::span<const Type> in) const {
    return {in[0].shape[0], in[0].shape[1], in[1].shape[1], in[0].shape[2] / options_.heads};
  }

  // Of all terms: make_find_pairs asks for one size.
  Extent block_size() const {
    Extent size = 0;
    for (const PairTerm& term : options_.terms) size = std::max(size, term.block);
    return size;
  }
  Extent blocks(const PairExtents& e) const { return block_size() == 0 ? 0 : parts_of(e.items, block_size()); }

  Finding finding(const OpRun& run, const FindPlan& plan, const PairExtents& e, Extent number, Extent lane) const {
    Finding f{options_, plan, e};
    f.batch = number / options_.heads;
    f.head = number % options_.heads;
    f.queries = run.in[0].real() + (f.batch * e.queries * options_.heads + f.head) * e.width;
    f.items = run.in[1].real() + (f.batch * e.items * options_.item_heads + f.group()) * e.width;
    if (options_.has_mask) f.mask = run.in[2].index() + f.batch * e.items;
    if (options_.has_segments) {
      f.query_segments = run.in[first_segments()].index() + f.batch * e.queries;
      f.item_segments = run.in[first_segments() + 1].index() + f.batch * e.items;
    }
    f.tags = run.in.subspan(first_tag());
    for (std::size_t t = 0; t < options_.terms.size(); ++t) f.best[t] = best_of(options_.terms[t], e.items);
    f.orders = run.workspace[5].index() + (f.batch * options_.item_heads + f.group()) * plan.orders.count * e.items;
    f.list_scores = run.workspace[0].real() + lane * run.workspace[0].shape()[1];
    f.list_items = run.workspace[1].index() + lane * run.workspace[1].shape()[1];
    f.merged = run.workspace[2].index() + lane * run.workspace[2].shape()[1];
    f.cursors = f.merged + 3 * plan.capacity;
    f.means = run.workspace[3].real() + (f.batch * options_.item_heads + f.group()) * blocks(e) * e.width;
    f.whole = run.workspace[4].index() + f.batch * 2 * blocks(e);
    if (options_.has_segments) f.block_segments = f.whole + blocks(e);
    return f;
  }

  void order_items(const OpRun& run, const FindPlan& plan, const PairExtents& e) const {
    cpu::parallel_for(e.batch * options_.item_heads, [&](Extent task) {
      const Extent head = task % options_.item_heads * (options_.heads / options_.item_heads);
      const Finding f = finding(run, plan, e, task / options_.item_heads * options_.heads + head, 0);
      tiles::order_by_tags(f, run.workspace[5].index() + task * plan.orders.count * e.items);
    });
  }

  // The mean of the items of each block, whether all of them are unmasked, and their segment.
  void summarise_blocks(const OpRun& run, const PairExtents& e) const {
    const Extent size = block_size();
    const Extent count = blocks(e);
    const Extent width = options_.item_heads * e.width;
    cpu::parallel_for(e.batch * count, [&](Extent task) {
      const Extent batch = task / count;
      const Extent block = task % count;
      const Extent first = block * size;
      const Extent end = std::min(first + size, e.items);
      const Real share = 1 / static_cast<Real>(end - first);
      bool is_whole = true;
      for (Extent group = 0; group < options_.item_heads; ++group) {
        Real* mean = run.workspace[3].real() + ((batch * options_.item_heads + group) * count + block) * e.width;
        clear(mean, e.width);
        for (Extent item = first; item < end; ++item) {
          add_row(run.in[1].real() + (batch * e.items + item) * width + group * e.width, mean, e.width);
        }
        for (Extent i = 0; i < e.width; ++i) mean[i] *= share;
      }
      for (Extent item = first; options_.has_mask && item < end; ++item) {
        is_whole = is_whole && run.in[2].index()[batch * e.items + item] != 0;
      }
      Index* of_batch = run.workspace[4].index() + batch * 2 * count;
      of_batch[block] = static_cast<Index>(is_whole);
      if (!options_.has_segments) return;
      const Index* segments = run.in[first_segments() + 1].index() + batch * e.items;
      const bool is_one = std::all_of(segments + first, segments + end, [&](Index one) { return one == segments[first]; });
      of_batch[count + block] = is_one ? segments[first] : tiles::kNoSegment;
    });
  }

  FindPairs options_;
};

}  // namespace

OpPointer make_find_pairs(const FindPairs& options) {
  if (options.terms.empty() || options.terms.size() > kMostPairTerms) {
    reject("find_pairs", "1 to " + std::to_string(kMostPairTerms) + " terms were expected; " +
                             std::to_string(options.terms.size()) + " came; write the pattern with fewer unions.");
  }
  Extent size = 0;
  for (const PairTerm& term : options.terms) {
    if (term.block > 0 && size > 0 && term.block != size) {
      reject("find_pairs", "blocks of one size were expected; " + std::to_string(size) + " and " +
                               std::to_string(term.block) + " came; give all terms one size.");
    }
    size = std::max(size, term.block);
  }
  return std::make_shared<FindPairsOp>(options);
}

}  // namespace fovea
