#include "framework/cpu/parallel.h"
#include "framework/ops/expert_layers_format.h"

namespace fovea::experts {
namespace {

constexpr Extent kRowTile = 64;

// Every row of the target becomes the bias [columns], or 0.
void set_rows(const Target& to, const Real* bias, Extent columns) {
  alignas(64) Real row[kWidth] = {};
  if (bias != nullptr) copy(bias, row, columns);
  for (Extent r = 0; r < to.rows; ++r) {
    for (Extent p = 0; p < to.packs; ++p) cpu::store(to.at + r * to.row + p * kPack, cpu::load(row + p * kPack));
  }
}

// One task: a chunk of rows through both layers.
template <class Format, class Function>
class ChunkPass {
 public:
  using Element = typename Format::Element;

  ChunkPass(const Call& call, const Chunk& chunk) : call_(call), e_(call.e), chunk_(chunk) {}

  void run() {
    const Real* x = call_.x;
    const Extent width = e_.width;
    const Extent per_row = e_.per_row;
    spread_rows<Format>(call_, chunk_, {call_.inputs, call_.columns}, [=](Extent pair) {
      return Row{x + pair / per_row * width, 1};
    });
    for (Extent panel = 0; panel < e_.width_panels(); ++panel) {
      const Extent columns = columns_of(panel, width);
      const Real* bias = call_.b2 == nullptr ? nullptr : call_.b2 + chunk_.expert * width + panel * kWidth;
      set_rows(output(panel), bias, columns);
    }
    constexpr Extent kPanels = kBlock * Format::kFactors;
    for (Extent first = 0; first < e_.hidden_panels(); first += kPanels) {
      const Extent end = std::min(first + kPanels, e_.hidden_panels());
      for (Extent panel = first; panel < end; ++panel) hide(panel, panel - first);
      for (Extent panel = 0; panel < e_.width_panels(); ++panel) add_output(panel, first, end);
    }
  }

 private:
  Extent panel_size() const { return e_.places * kWidth / Format::kFactors; }
  Target output(Extent panel) const {
    return {row_at<Reals>(call_.outputs, e_, panel, chunk_.first), kWidth, chunk_.count,
            packs_in(columns_of(panel, e_.width))};
  }

  // z = W1 x + b1 in one panel of hidden units; f(z) for the second layer and what backward reads
  void hide(Extent panel, Extent place_in_block) {
    alignas(64) Real tile[ExpertRows::kChunk * kWidth];
    const Extent columns = columns_of(panel, e_.hidden);
    const Extent unit = chunk_.expert * e_.hidden + panel * kWidth;
    Target z{tile, kWidth, even(chunk_.count), packs_in(columns)};
    set_rows(z, call_.b1 == nullptr ? nullptr : call_.b1 + unit, columns);
    z.rows = chunk_.count;
    const Real* w1 = call_.w1 + unit * e_.width;
    const Left<Format> x{row_at<Format>(call_.columns, e_, 0, chunk_.first), panel_size(), e_.width};
    add_product(
        x,
        [&](Extent first, Extent count, Element* out) {
          Format::pack_transposed(w1 + first, e_.width, count, columns, out);
        },
        z);
    Element* hidden = row_at<Format>(call_.hidden, e_, panel, chunk_.first);
    Element* values = call_.values == nullptr ? nullptr : row_at<Format>(call_.values, e_, place_in_block, chunk_.first);
    keep(z, hidden, values);
  }

  void keep(const Target& z, Element* hidden, Element* values) {
    constexpr bool kKeepsInput = Function::kReads == SlopeReads::kInput;
    for (Extent r = 0; r < z.rows; r += 2) {
      const Extent row = r * kWidth / Format::kFactors;
      for (Extent p = 0; p < z.packs; ++p) {
        const Pack z0 = cpu::load(z.at + r * kWidth + p * kPack);
        const Pack z1 = cpu::load(z.at + (r + 1) * kWidth + p * kPack);
        const Pack h0 = Function::value(z0);
        const Pack h1 = Function::value(z1);
        Format::put_along_rows(hidden + row + p * kPack, kKeepsInput ? z0 : h0, kKeepsInput ? z1 : h1);
        if (values != nullptr) Format::put_along_columns(values + row + p * kPack / Format::kFactors, h0, h1);
      }
    }
  }

  // output += W2 h over the panels [first, end) of hidden units
  void add_output(Extent panel, Extent first, Extent end) {
    const Extent columns = columns_of(panel, e_.width);
    const Extent begin = first * kWidth;
    const Real* w2 = call_.w2 + (chunk_.expert * e_.width + panel * kWidth) * e_.hidden + begin;
    Left<Format> h{nullptr, panel_size(), std::min(end * kWidth, e_.hidden) - begin};
    h.at = call_.values != nullptr ? row_at<Format>(call_.values, e_, 0, chunk_.first)
                                   : row_at<Format>(call_.hidden, e_, first, chunk_.first);
    add_product(
        h,
        [&](Extent from, Extent count, Element* out) { Format::pack_transposed(w2 + from, e_.hidden, count, columns, out); },
        output(panel));
  }

  const Call& call_;
  const Extents& e_;
  const Chunk chunk_;
};

// y_r = sum over k of w_rk output_rk, in the order of k
void add_outputs(const Call& call, Extent row) {
  const Extents& e = call.e;
  Real* y = call.y + row * e.width;
  clear(y, e.width);
  for (Extent pair = row * e.per_row; pair < (row + 1) * e.per_row; ++pair) {
    const Extent place = call.rows.place_of(pair);
    if (place < 0) continue;
    const Real weight = call.weights[pair];
    for_packs(e.width, [&](Extent d, auto lanes) {
      const Real* output = row_at<Reals>(call.outputs, e, d / kWidth, place) + d % kWidth;
      lanes.store(y + d, cpu::multiply_add(cpu::broadcast(weight), lanes.load(output), lanes.load(y + d)));
    });
  }
}

}  // namespace

void forward(const Call& call) {
  const std::span<const Chunk> chunks = call.rows.chunks();
  with_format(call.options.products, [&](auto format) {
    with_function(call.options.activation, [&](auto function) {
      cpu::parallel_for(static_cast<Extent>(chunks.size()), [&](Extent task) {
        ChunkPass<decltype(format), decltype(function)>(call, chunks[static_cast<std::size_t>(task)]).run();
      });
    });
  });
  cpu::parallel_tiles(call.e.rows, kRowTile, [&](Extent begin, Extent end, Extent /*number*/) {
    for (Extent row = begin; row < end; ++row) add_outputs(call, row);
  });
}

}  // namespace fovea::experts
