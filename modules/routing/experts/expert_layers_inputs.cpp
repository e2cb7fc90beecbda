#include "framework/cpu/parallel.h"
#include "modules/routing/experts/expert_layers_format.h"

namespace fovea::experts {
namespace {

constexpr Extent kRowTile = 64;

// grad_x_rk = W1^T grad_z by place; some panels of grad_z at a time, which stay in the second-level cache
template <class Format>
class InputsPass {
 public:
  InputsPass(const Call& call, const Chunk& chunk) : call_(call), e_(call.e), chunk_(chunk) {}

  void run() {
    for (Extent unit = 0; unit < e_.hidden; unit += kUnits) {
      for (Extent panel = 0; panel < e_.width_panels(); ++panel) pull(unit, panel);
    }
  }

 private:
  static constexpr Extent kUnits = 2 * kWidth * Format::kFactors;

  void pull(Extent unit, Extent panel) {
    const Extent columns = columns_of(panel, e_.width);
    const Left<Format> grad{hidden(unit / kWidth), e_.places * kWidth / Format::kFactors,
                            std::min(kUnits, e_.hidden - unit)};
    const Target to{row_at<Reals>(call_.pulled, e_, panel, chunk_.first), kWidth, chunk_.count, packs_in(columns), unit > 0};
    const Real* w1 = weights(unit, panel);
    add_product(
        grad,
        [&](Extent first, Extent count, typename Format::Element* out) {
          Format::pack(w1 + first * e_.width, e_.width, count, columns, out);
          return first == 0 ? wanted_next(unit, panel) : cpu::FetchTiles{};
        },
        to);
  }

  // The weights of the next product, and a part of the rows after these units.
  cpu::FetchTiles wanted_next(Extent unit, Extent panel) const {
    const bool is_last = panel + 1 == e_.width_panels();
    const Extent next = is_last ? unit + kUnits : unit;
    cpu::FetchTiles tiles;
    if (next < e_.hidden) {
      const Extent depth = std::min(kUnits, e_.hidden - next);
      tiles[0] = {weights(next, is_last ? 0 : panel + 1), e_.width, depth, kWidth / cpu::kCacheLine};
    }
    const Extent behind = (unit + kUnits) / kWidth + panel;
    if (panel < kUnits / kWidth && behind < e_.hidden_panels()) {
      tiles[1] = cpu::dense_tile(reinterpret_cast<const Real*>(hidden(behind)), chunk_.count * kWidth / Format::kFactors);
    }
    return tiles;
  }

  const Real* weights(Extent unit, Extent panel) const {
    return call_.w1 + (chunk_.expert * e_.hidden + unit) * e_.width + panel * kWidth;
  }
  const typename Format::Element* hidden(Extent panel) const {
    return row_at<Format>(call_.hidden, e_, panel, chunk_.first);
  }

  const Call& call_;
  const Extents& e_;
  const Chunk chunk_;
};

// grad_x_r += sum over k of grad_x_rk, in the order of k
void add_pulled(const Call& call, Extent row) {
  const Extents& e = call.e;
  Real* to = call.grad_x + row * e.width;
  for (Extent pair = row * e.per_row; pair < (row + 1) * e.per_row; ++pair) {
    const Extent place = call.rows.place_of(pair);
    if (place < 0) continue;
    for_packs(e.width, [&](Extent d, auto lanes) {
      lanes.store(to + d, lanes.load(to + d) + lanes.load(row_at<Reals>(call.pulled, e, d / kWidth, place) + d % kWidth));
    });
  }
}

}  // namespace

void pull_inputs(const Call& call) {
  const std::span<const Chunk> chunks = call.rows.chunks();
  with_format(call.options.products, [&](auto format) {
    cpu::parallel_for(static_cast<Extent>(chunks.size()),
                      [&](Extent task) { InputsPass<decltype(format)>(call, chunks[task]).run(); });
  });
  cpu::parallel_tiles(call.e.rows, kRowTile, [&](Extent begin, Extent end, Extent /*number*/) {
    for (Extent row = begin; row < end; ++row) add_pulled(call, row);
  });
}

}  // namespace fovea::experts
