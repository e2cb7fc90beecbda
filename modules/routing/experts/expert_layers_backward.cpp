#include "framework/cpu/parallel.h"
#include "framework/cpu/row_math.h"
#include "modules/routing/experts/expert_layers_format.h"

namespace fovea::experts {
namespace {

constexpr Extent kTaskPanels = 4;  // panels of hidden units whose gradients one task makes

// y_r = sum over k of w_rk output_rk  =>  grad_w_rk += grad_y_r . output_rk; grad_output_rk = w_rk grad_y_r
template <class Format>
void pull_outputs(const Call& call, const Chunk& chunk) {
  const Extents& e = call.e;
  spread_rows<Format>(call, chunk, {call.weighted_grads, call.columns}, [&](Extent pair) {
    return Row{call.grad_y + pair / e.per_row * e.width, call.weights[pair]};
  });
  if (call.grad_weights == nullptr) return;
  for (Extent place = chunk.first; place < chunk.first + chunk.count; ++place) {
    const Extent pair = call.rows.pair_at(place);
    const Real* grad = call.grad_y + pair / e.per_row * e.width;
    for (Extent panel = 0; panel < e.width_panels(); ++panel) {
      const auto columns = static_cast<std::size_t>(columns_of(panel, e.width));
      const Real* output = row_at<Reals>(call.outputs, e, panel, place);
      call.grad_weights[pair] += cpu::dot({grad + panel * kWidth, columns}, {output, columns});
    }
  }
}

void pull_second_bias(const Call& call, Extent expert) {
  const Extents& e = call.e;
  for (const Chunk& chunk : call.rows.chunks_of(expert)) {
    for (Extent place = chunk.first; place < chunk.first + chunk.count; ++place) {
      const Extent pair = call.rows.pair_at(place);
      const auto width = static_cast<std::size_t>(e.width);
      cpu::add_scaled(call.weights[pair], {call.grad_y + pair / e.per_row * e.width, width},
                      {call.grad_b2 + expert * e.width, width});
    }
  }
}

// C [rows, columns] += A^T B over the rows of a chunk, both along rows.
template <class Format>
struct RowsProduct {
  const typename Format::Element* a;
  const typename Format::Element* b;
  Extent steps;  // elements
  Real* c;
  Extent c_row;
  Extent rows;
  Extent columns;
  bool assigns;
  cpu::FetchTile wanted;  // meanwhile

  void add() const {
    typename Format::Product product;
    product.a = a;
    product.a_row = 1;
    product.a_step = kWidth;
    product.b = b;
    product.steps = steps;
    product.rows = rows;
    product.packs = packs_in(columns);
    product.tiles[0] = wanted;
    alignas(64) Real buffer[kWidth * kWidth];
    const bool is_whole = columns % kPack == 0;
    product.c = is_whole ? c : buffer;
    product.c_row = is_whole ? c_row : kWidth;
    product.accumulate = is_whole && !assigns;
    multiply(product);
    for (Extent r = 0; r < rows && !is_whole; ++r) {
      const Real* from = buffer + r * kWidth;
      Real* to = c + r * c_row;
      for_packs(columns, [&](Extent i, auto lanes) {
        lanes.store(to + i, assigns ? lanes.load(from + i) : lanes.load(to + i) + lanes.load(from + i));
      });
    }
  }
};

// One task: panels [first, end) of hidden units of one expert, for all of its rows.
template <class Format, class Function>
class UnitsPass {
 public:
  using Element = typename Format::Element;

  UnitsPass(const Call& call, Extent expert) : call_(call), e_(call.e), expert_(expert) {}

  void run(Extent first, Extent end) {
    bool is_first = true;
    for (const Chunk& chunk : call_.rows.chunks_of(expert_)) {
      for (Extent panel = first; panel < end; ++panel) pull(chunk, panel, is_first);
      is_first = false;
    }
    if (is_first) clear_panels(first, end);
  }

 private:
  static constexpr Extent kLines = kWidth / cpu::kCacheLine;  // of a row of a panel
  static constexpr bool kKeepsInput = Function::kReads == SlopeReads::kInput;

  // output = W2 h, h = f(z), z = W1 x + b1
  void pull(const Chunk& chunk, Extent panel, bool is_first) {
    alignas(64) Real tile[kChunk * Format::kFactors * kWidth];
    alignas(64) Element buffer[kChunk * kWidth];
    const Extent columns = columns_of(panel, e_.hidden);
    const Target grad{tile, kWidth, chunk.count, packs_in(columns)};
    pull_hidden(chunk, panel, grad);
    Element* hidden = row_at<Format>(call_.hidden, e_, panel, chunk.first);
    if (call_.grad_w2 != nullptr) {
      if (kKeepsInput) value(hidden, grad, buffer);
      pull_w2(chunk, panel, kKeepsInput ? buffer : hidden, is_first && call_.assigns_w2);
    }
    Element* along_rows = Format::kFactors == 1 ? hidden : buffer;
    pull_function(hidden, grad, along_rows);
    if (call_.grad_b1 != nullptr) pull_b1(grad, panel);
    if (call_.grad_w1 != nullptr) pull_w1(chunk, panel, along_rows, is_first && call_.assigns_w1);
  }

  // grad_h = W2^T grad_output
  void pull_hidden(const Chunk& chunk, Extent panel, const Target& grad) {
    clear(grad.at + (even(grad.rows) - 1) * kWidth, kWidth);  // the row after an odd number of rows
    const Real* w2 = call_.w2 + expert_ * e_.width * e_.hidden + panel * kWidth;
    const Extent columns = columns_of(panel, e_.hidden);
    const Left<Format> outputs{row_at<Format>(call_.columns, e_, 0, chunk.first), e_.places * kWidth / Format::kFactors,
                               e_.width};
    add_product(
        outputs,
        [&](Extent first, Extent count, Element* out) {
          Format::pack(w2 + first * e_.hidden, e_.hidden, count, columns, out);
          return first == 0 ? wanted_behind(chunk, panel) : cpu::FetchTiles{};
        },
        grad);
  }

  // What was kept of this panel, and the gradient of W2.
  cpu::FetchTiles wanted_behind(const Chunk& chunk, Extent panel) const {
    const auto* kept = reinterpret_cast<const Real*>(row_at<Format>(call_.hidden, e_, panel, chunk.first));
    cpu::FetchTiles tiles{cpu::dense_tile(kept, chunk.count * kWidth / Format::kFactors)};
    if (call_.grad_w2 != nullptr) {
      tiles[1] = {call_.grad_w2 + expert_ * e_.width * e_.hidden + panel * kWidth, e_.hidden, e_.width, kLines};
    }
    return tiles;
  }

  // h = f(z) once more
  static void value(const Element* kept, const Target& grad, Element* to) {
    for (Extent r = 0; r < grad.rows; r += 2) {
      const Extent row = r * kWidth / Format::kFactors;
      for (Extent i = row; i < row + grad.packs * kPack; i += kPack) {
        Pack z0;
        Pack z1;
        Format::get_along_rows(kept + i, z0, z1);
        Format::put_along_rows(to + i, Function::value(z0), Function::value(z1));
      }
    }
  }

  // grad_W2 += grad_output h^T
  void pull_w2(const Chunk& chunk, Extent panel, const Element* h, bool assigns) {
    const Extent columns = columns_of(panel, e_.hidden);
    for (Extent q = 0; q < e_.width_panels(); ++q) {
      const Element* outputs = row_at<Format>(call_.weighted_grads, e_, q, chunk.first);
      Real* to = call_.grad_w2 + (expert_ * e_.width + q * kWidth) * e_.hidden + panel * kWidth;
      const Extent rows = columns_of(q, e_.width);
      cpu::FetchTile wanted;  // a part of the gradient of W1
      if (call_.grad_w1 != nullptr) {
        const Extent units = columns / e_.width_panels();
        const Real* next = call_.grad_w1 + (expert_ * e_.hidden + panel * kWidth + q * units) * e_.width;
        wanted = cpu::dense_tile(next, units * e_.width);
      }
      RowsProduct<Format>{outputs, h, steps(chunk), to, e_.hidden, rows, columns, assigns, wanted}.add();
    }
  }

  // grad_z = f'(z) grad_h: along rows for W1, along columns in place of what was kept for x
  static void pull_function(Element* hidden, const Target& grad, Element* along_rows) {
    for (Extent r = 0; r < grad.rows; r += 2) {
      const Extent row = r * kWidth / Format::kFactors;
      Real* tile = grad.at + r * kWidth;
      for (Extent p = 0; p < grad.packs; ++p, tile += kPack) {
        Pack kept0;
        Pack kept1;
        Format::get_along_rows(hidden + row + p * kPack, kept0, kept1);
        const Pack grad0 = cpu::load(tile) * Function::slope(kept0);
        const Pack grad1 = cpu::load(tile + kWidth) * Function::slope(kept1);
        cpu::store(tile, grad0);
        cpu::store(tile + kWidth, grad1);
        Format::put_along_rows(along_rows + row + p * kPack, grad0, grad1);
      }
      if (Format::kFactors == 1) continue;
      tile = grad.at + r * kWidth;
      for (Extent p = 0; p < grad.packs; ++p, tile += kPack) {
        Format::put_along_columns(hidden + row + p * kPack / Format::kFactors, cpu::load(tile), cpu::load(tile + kWidth));
      }
    }
  }

  void pull_b1(const Target& grad, Extent panel) {
    Real* to = call_.grad_b1 + expert_ * e_.hidden + panel * kWidth;
    for_packs(columns_of(panel, e_.hidden), [&](Extent i, auto lanes) {
      Pack total{};
      for (Extent r = 0; r < grad.rows; ++r) total += cpu::load(grad.at + r * kWidth + i);
      lanes.store(to + i, lanes.load(to + i) + total);
    });
  }

  // grad_W1 += grad_z x^T
  void pull_w1(const Chunk& chunk, Extent panel, const Element* grad, bool assigns) {
    const Extent rows = columns_of(panel, e_.hidden);
    for (Extent q = 0; q < e_.width_panels(); ++q) {
      const Element* x = row_at<Format>(call_.inputs, e_, q, chunk.first);
      Real* to = call_.grad_w1 + (expert_ * e_.hidden + panel * kWidth) * e_.width + q * kWidth;
      const Extent columns = columns_of(q, e_.width);
      const Real* next = call_.w2 + (expert_ * e_.width + q * kWidth) * e_.hidden + (panel + 1) * kWidth;
      const cpu::FetchTile wanted{next, e_.hidden, columns, kLines};
      RowsProduct<Format>{grad, x, steps(chunk), to, e_.width, rows, columns, assigns, wanted}.add();
    }
  }

  static Extent steps(const Chunk& chunk) { return (chunk.count + Format::kFactors - 1) / Format::kFactors; }

  // An expert without rows, where gradients are assigned.
  void clear_panels(Extent first, Extent end) {
    const Extent begin = first * kWidth;
    const Extent units = std::min(end * kWidth, e_.hidden) - begin;
    if (call_.grad_w1 != nullptr && call_.assigns_w1) {
      clear(call_.grad_w1 + (expert_ * e_.hidden + begin) * e_.width, units * e_.width);
    }
    if (call_.grad_w2 == nullptr || !call_.assigns_w2) return;
    for (Extent d = 0; d < e_.width; ++d) clear(call_.grad_w2 + (expert_ * e_.width + d) * e_.hidden + begin, units);
  }

  const Call& call_;
  const Extents& e_;
  const Extent expert_;
};

template <class Format, class Function>
void pull_layers(const Call& call) {
  const Extents& e = call.e;
  const std::span<const Chunk> chunks = call.rows.chunks();
  cpu::parallel_for(static_cast<Extent>(chunks.size()), [&](Extent task) { pull_outputs<Format>(call, chunks[task]); });
  const Extent tasks = (e.hidden_panels() + kTaskPanels - 1) / kTaskPanels;
  cpu::parallel_for(e.experts * tasks, [&](Extent task) {
    const Extent first = task % tasks * kTaskPanels;
    UnitsPass<Format, Function>(call, task / tasks).run(first, std::min(first + kTaskPanels, e.hidden_panels()));
  });
}

}  // namespace

void backward(const Call& call) {
  with_format(call.options.products, [&](auto format) {
    with_function(call.options.activation, [&](auto function) { pull_layers<decltype(format), decltype(function)>(call); });
  });
  if (call.grad_b2 != nullptr) cpu::parallel_for(call.e.experts, [&](Extent expert) { pull_second_bias(call, expert); });
  if (call.grad_x != nullptr) pull_inputs(call);
}

}  // namespace fovea::experts
