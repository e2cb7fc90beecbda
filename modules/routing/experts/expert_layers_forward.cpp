#include "framework/cpu/parallel.h"
#include "modules/routing/experts/expert_layers_format.h"

namespace fovea::experts {
namespace {

constexpr Extent kRowTile = 64;

// Every row of the target becomes the bias [columns].
void set_rows(const Target& to, const Real* bias, Extent columns) {
  alignas(64) Real row[kWidth] = {};
  copy(bias, row, columns);
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
      if (bias != nullptr) set_rows(output(panel, false), bias, columns);
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
  Target output(Extent panel, bool accumulate) const {
    return {row_at<Reals>(call_.outputs, e_, panel, chunk_.first), kWidth, chunk_.count,
            packs_in(columns_of(panel, e_.width)), accumulate};
  }

  // z = W1 x + b1 in one panel of hidden units; f(z) for the second layer and what backward reads
  void hide(Extent panel, Extent place_in_block) {
    alignas(64) Real tile[kChunk * Format::kFactors * kWidth];
    const Extent columns = columns_of(panel, e_.hidden);
    const Extent unit = chunk_.expert * e_.hidden + panel * kWidth;
    const Target z{tile, kWidth, chunk_.count, packs_in(columns)};
    clear(tile + (even(chunk_.count) - 1) * kWidth, kWidth);  // the row after an odd number of rows, or one that is written
    const Real* w1 = call_.w1 + unit * e_.width;
    const Left<Format> x{row_at<Format>(call_.columns, e_, 0, chunk_.first), panel_size(), e_.width};
    add_product(
        x,
        [&](Extent first, Extent count, Element* out) {
          Format::pack_transposed(w1 + first, e_.width, count, columns, out);
          return wanted_next(panel, first);
        },
        z);
    Element* hidden = row_at<Format>(call_.hidden, e_, panel, chunk_.first);
    Element* values = call_.values == nullptr ? nullptr : row_at<Format>(call_.values, e_, place_in_block, chunk_.first);
    alignas(64) Real bias[kWidth] = {};
    if (call_.b1 != nullptr) copy(call_.b1 + unit, bias, columns);
    keep(z, bias, hidden, values);
  }

  // The weights of the next panel, and of this one in the second layer.
  cpu::FetchTiles wanted_next(Extent panel, Extent column) const {
    if (column > 0) return {};
    const Extent unit = chunk_.expert * e_.hidden + (panel + 1) * kWidth;
    const Real* w2 = call_.w2 + chunk_.expert * e_.width * e_.hidden + panel * kWidth;
    return {cpu::FetchTile{w2, e_.hidden, e_.width, kWidth / cpu::kCacheLine},
            cpu::dense_tile(call_.w1 + unit * e_.width, kWidth * e_.width)};
  }

  void keep(const Target& z, const Real* bias, Element* hidden, Element* values) {
    constexpr bool kKeepsInput = Function::kReads == SlopeReads::kInput;
    for (Extent r = 0; r < z.rows; r += 2) {
      const Extent row = r * kWidth / Format::kFactors;
      for (Extent p = 0; p < z.packs; ++p) {
        const Pack b1 = cpu::load(bias + p * kPack);
        const Pack z0 = cpu::load(z.at + r * kWidth + p * kPack) + b1;
        const Pack z1 = cpu::load(z.at + (r + 1) * kWidth + p * kPack) + b1;
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
        [&](Extent from, Extent count, Element* out) {
          Format::pack_transposed(w2 + from, e_.hidden, count, columns, out);
          return cpu::FetchTiles{};
        },
        output(panel, first > 0 || call_.b2 != nullptr));
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
      cpu::parallel_for(static_cast<Extent>(chunks.size()),
                        [&](Extent task) { ChunkPass<decltype(format), decltype(function)>(call, chunks[task]).run(); });
    });
  });
  cpu::parallel_tiles(call.e.rows, kRowTile, [&](Extent begin, Extent end, Extent /*number*/) {
    for (Extent row = begin; row < end; ++row) add_outputs(call, row);
  });
}

}  // namespace fovea::experts
