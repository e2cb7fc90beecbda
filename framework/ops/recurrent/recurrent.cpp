#include "framework/ops/recurrent/recurrent.h"

#include <string>

#include "framework/cpu/tile_product.h"
#include "framework/ops/recurrent/recurrent_pass.h"

namespace fovea {
namespace {

// A packed cell takes the weights as make_recurrent_packing leaves them: for many steps with the same weights.
enum class Form : std::uint8_t { kSequence, kCell, kPackedCell };

// Places of the inputs; -1: left out.
struct Places {
  int h0 = -1;
  int c0 = -1;
  int weight_ih = 0;  // the other weights follow
  std::size_t count = 0;
};

// Places of scratch and workspace tensors; those of the cell are left out where there is none. The staging
// of bfloat16 factors may come last.
enum Scratch : std::uint8_t { kGates, kCells };
enum Workspace : std::uint8_t { kPackedInput, kPackedHidden, kBias, kGradHidden, kGradPanels, kGradCell };

class RecurrentOp final : public Op {
 public:
  RecurrentOp(const CellKind& kind, Form form, const RecurrentOptions& options)
      : kind_(kind), form_(form), options_(options) {
    int place = 1;
    if (!options.zero_state) places_.h0 = place++;
    if (!options.zero_state && kind.has_cell) places_.c0 = place++;
    places_.weight_ih = place;
    places_.count = static_cast<std::size_t>(place) + 4;
  }

  std::string_view name() const override { return form_ == Form::kSequence ? kind_.name : kind_.cell_name; }
  bool is_differentiable() const override { return form_ != Form::kPackedCell; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, places_.count);
    require_real(name(), in[0], "x");
    const int rank = form_ == Form::kSequence ? 3 : 2;
    if (in[0].shape.rank() != rank || in[0].shape.size() == 0) {
      reject(name(), describe("x", in[0]) + " came; give x " + (rank == 2 ? "[batch, inputs]" : "[steps, batch, inputs]") +
                         ", none of them 0.");
    }
    const Type& hidden = in[units_place()];
    if (hidden.shape.rank() != 2 || hidden.shape[1] < 1) {
      const std::string expected = form_ == Form::kPackedCell
                                       ? "a state [batch, hidden]"
                                       : "a weight [" + std::to_string(kind_.gates) + " * hidden, hidden]";
      reject(name(), describe(form_ == Form::kPackedCell ? "h0" : "weight_hh", hidden) + " came; give " + expected + ".");
    }
    const RecurrentExtents e = extents(in);
    require_shape(in, places_.h0, {e.rows, e.units}, "h0");
    require_shape(in, places_.c0, {e.rows, e.units}, "c0");
    const Extent width = e.gates * e.units;
    const bool is_packed = form_ == Form::kPackedCell;
    require_shape(in, weight_place(0), is_packed ? Shape{e.packed_size(e.inputs)} : Shape{width, e.inputs}, "weight_ih");
    require_shape(in, weight_place(1), is_packed ? Shape{e.packed_size(e.units)} : Shape{width, e.units}, "weight_hh");
    require_shape(in, weight_place(2), {width}, "bias_ih");
    require_shape(in, weight_place(3), {width}, "bias_hh");
    const Type state{{e.rows, e.units}, Kind::kReal};
    std::vector<Type> out;
    if (form_ == Form::kSequence) out.push_back({{e.steps, e.rows, e.units}, Kind::kReal});
    out.push_back(state);
    if (kind_.has_cell) out.push_back(state);
    return out;
  }

  std::vector<Type> scratch(std::span<const Type> in) const override {
    const RecurrentExtents e = extents(in);
    std::vector<Type> types = {real(e.gates_size())};
    if (kind_.has_cell) types.push_back(real(e.cells_size()));
    return types;
  }

  std::vector<Type> workspace(std::span<const Type> in) const override {
    const RecurrentExtents e = extents(in);
    std::vector<Type> types = {real(e.packed_size(e.inputs)), real(e.packed_size(e.units)),
                               real(e.blocks() * cpu::kPanelWidth), real(e.grad_hidden_size()),
                               real(e.grad_panels_size(e.inputs + e.units))};
    if (kind_.has_cell) types.push_back(real(e.cell_step()));
    if (uses_tiles()) types.push_back(real(tile_staging_size(e)));
    return types;
  }

  void forward(const OpRun& run) const override { recurrent_forward(bind(run)); }

  void backward(const OpRun& run) const override {
    RecurrentPass pass = bind(run);
    const RecurrentExtents& e = pass.extents;
    const std::size_t state = form_ == Form::kSequence ? 1 : 0;
    if (form_ == Form::kSequence) pass.grad_y = first_step(run.grad_out[0], pass.y_step, e.steps);
    pass.grad_h = run.grad_out[state].real();
    if (kind_.has_cell) pass.grad_c = run.grad_out[state + 1].real();
    pass.grad_x = gradient(run, 0);
    pass.grad_x.data = pass.grad_x.data == nullptr ? nullptr : first_step(run.grad_in[0], pass.x_step, e.steps);
    pass.grad_h0 = gradient(run, places_.h0);
    pass.grad_c0 = gradient(run, places_.c0);
    pass.grad_weight_ih = gradient(run, weight_place(0));
    pass.grad_weight_hh = gradient(run, weight_place(1));
    pass.grad_bias_ih = gradient(run, weight_place(2));
    pass.grad_bias_hh = gradient(run, weight_place(3));
    recurrent_backward(pass);
  }

  BackwardReads backward_reads() const override {
    BackwardReads reads;
    reads.inputs = 1U | (1U << weight(0)) | (1U << weight(1));
    if (places_.h0 >= 0) reads.inputs |= 1U << static_cast<unsigned>(places_.h0);
    reads.outputs = form_ == Form::kSequence ? 1U : 0U;
    return reads;
  }

  bool can_assign(std::size_t /*input*/) const override { return true; }

  double multiply_adds(std::span<const Type> in) const override {
    const RecurrentExtents e = extents(in);
    return static_cast<double>(e.steps * e.rows * e.gates) * static_cast<double>(e.units * (e.inputs + e.units));
  }

 private:
  bool uses_tiles() const { return options_.products == cpu::Products::kBf16 && cpu::has_tiles(); }
  static Type real(Extent size) { return {{size}, Kind::kReal}; }
  int weight_place(int index) const { return places_.weight_ih + index; }
  std::size_t weight(int index) const { return static_cast<std::size_t>(weight_place(index)); }

  void require_shape(std::span<const Type> in, int place, const Shape& shape, std::string_view input) const {
    if (place < 0) return;
    const Type& type = in[place];
    if (type == Type{shape, Kind::kReal}) return;
    reject(name(), describe(input, type) + " came; give " + std::string(input) + " " + shape.text() + ".");
  }

  RecurrentExtents extents(const Shape& x, const Shape& weight_hh) const {
    return {.steps = form_ == Form::kSequence ? x[0] : 1,
            .rows = x[-2],
            .inputs = x[-1],
            .units = weight_hh[1],
            .gates = kind_.gates};
  }
  // The input whose last axis is that of the units.
  std::size_t units_place() const { return form_ == Form::kPackedCell ? static_cast<std::size_t>(places_.h0) : weight(1); }
  RecurrentExtents extents(std::span<const Type> in) const { return extents(in[0].shape, in[units_place()].shape); }

  // The rows of the step that is computed first.
  Real* first_step(const Tensor& sequence, Extent step, Extent steps) const {
    return sequence.real() + (options_.reverse ? step * (1 - steps) : 0);
  }

  static RecurrentPass::Gradient gradient(const OpRun& run, int place) {
    if (place < 0) return {};
    const auto input = static_cast<std::size_t>(place);
    return {run.wants(input) ? run.grad_in[input].real() : nullptr, run.assigns(input)};
  }

  RecurrentPass bind(const OpRun& run) const {
    const auto input = [&](int place) -> const Real* { return place < 0 ? nullptr : run.in[place].real(); };
    RecurrentPass pass;
    pass.kind = &kind_;
    pass.extents = extents(run.in[0].shape(), run.in[units_place()].shape());
    const RecurrentExtents& e = pass.extents;
    pass.x_step = e.rows * e.inputs * (options_.reverse ? -1 : 1);
    pass.y_step = e.rows * e.units * (options_.reverse ? -1 : 1);
    pass.x = first_step(run.in[0], pass.x_step, e.steps);
    pass.h0 = input(places_.h0);
    pass.c0 = input(places_.c0);
    pass.weight_ih = input(weight_place(0));
    pass.weight_hh = input(weight_place(1));
    pass.bias_ih = input(weight_place(2));
    pass.bias_hh = input(weight_place(3));
    pass.y = first_step(run.out[0], pass.y_step, e.steps);
    if (form_ == Form::kSequence) pass.h = run.out[1].real();
    if (kind_.has_cell) pass.c = run.out[form_ == Form::kSequence ? 2 : 1].real();
    bind_memory(run, pass);
    return pass;
  }

  void bind_memory(const OpRun& run, RecurrentPass& pass) const {
    pass.gates = run.scratch[kGates].real();
    if (kind_.has_cell) pass.cells = run.scratch[kCells].real();
    pass.packed_ih = run.workspace[kPackedInput].real();
    pass.packed_hh = run.workspace[kPackedHidden].real();
    pass.bias = run.workspace[kBias].real();
    pass.grad_hidden = run.workspace[kGradHidden].real();
    if (kind_.has_cell) pass.grad_cell = run.workspace[kGradCell].real();
    pass.grad_panels = run.workspace[kGradPanels].real();
    if (uses_tiles()) pass.staging = run.workspace.back().real();
    if (form_ == Form::kPackedCell) {
      pass.is_packed = true;
      pass.packed_ih = run.in[weight(0)].real();
      pass.packed_hh = run.in[weight(1)].real();
    }
  }

  const CellKind& kind_;
  Form form_;
  RecurrentOptions options_;
  Places places_;
};

}  // namespace

OpPointer make_lstm(const RecurrentOptions& options) {
  return std::make_shared<RecurrentOp>(kLstm, Form::kSequence, options);
}

OpPointer make_gru(const RecurrentOptions& options) { return std::make_shared<RecurrentOp>(kGru, Form::kSequence, options); }

OpPointer make_lstm_cell(cpu::Products products) {
  return std::make_shared<RecurrentOp>(kLstm, Form::kCell, RecurrentOptions{.products = products});
}

OpPointer make_gru_cell(cpu::Products products) {
  return std::make_shared<RecurrentOp>(kGru, Form::kCell, RecurrentOptions{.products = products});
}

OpPointer make_packed_lstm_cell(cpu::Products products) {
  return std::make_shared<RecurrentOp>(kLstm, Form::kPackedCell, RecurrentOptions{.products = products});
}

}  // namespace fovea
