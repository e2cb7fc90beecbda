#include "modules/routing/experts/expert_layers.h"

#include <array>

#include "framework/ops/signature.h"
#include "modules/routing/experts/expert_layers_kernel.h"

namespace fovea {

namespace experts {
namespace {

bool keeps_input(const ExpertLayers& options) {
  return options.activation == ExpertLayers::Activation::kGelu || options.activation == ExpertLayers::Activation::kSilu;
}

// Memory of `panels` panels; an element of two factors is as large as a Real.
Type panels_of(const Extents& e, Extent panels, Extent factors) { return Type{{panels, e.places / factors, kWidth}}; }

}  // namespace

std::vector<Type> kept_memory(const Extents& e, const ExpertLayers& options) {
  const Extent factors = has_pairs(options) ? 2 : 1;
  return {Type{{ExpertRows(e.sorted()).size()}, Kind::kIndex}, panels_of(e, e.width_panels(), factors),
          panels_of(e, e.hidden_panels(), factors), panels_of(e, e.width_panels(), 1)};
}

std::vector<Type> passing_memory(const Extents& e, const ExpertLayers& options) {
  const Extent panels = e.width_panels();
  if (has_pairs(options)) {
    return {panels_of(e, panels, 2), panels_of(e, 2 * kBlock, 2), panels_of(e, panels, 2), panels_of(e, panels, 1)};
  }
  std::vector<Type> types{panels_of(e, panels, 1)};
  if (keeps_input(options)) types.push_back(panels_of(e, kBlock, 1));
  return types;
}

void set_memory(const OpRun& run, Call& call) {
  call.rows = ExpertRows(call.e.sorted(), run.scratch[0].index());
  call.inputs = run.scratch[1].real();
  call.hidden = run.scratch[2].real();
  call.outputs = run.scratch[3].real();
  const bool is_backward = !run.grad_out.empty();
  call.columns = run.workspace[0].real();
  call.values = run.workspace.size() > 1 ? run.workspace[1].real() : nullptr;
  if (has_pairs(call.options)) {
    call.weighted_grads = run.workspace[2].real();
    call.pulled = run.workspace[3].real();
    return;
  }
  // Reals lie the same way along rows and along columns, and grad_x takes the place of what it was made from.
  call.weighted_grads = run.workspace[0].real();
  call.pulled = run.workspace[0].real();
  if (!is_backward) call.columns = call.inputs;
}

}  // namespace experts

namespace {

using experts::Call;
using experts::Extents;

class ExpertLayersOp final : public Op {
 public:
  explicit ExpertLayersOp(const ExpertLayers& options) : options_(options) {}

  std::string_view name() const override { return "expert_layers"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in,
                          {"x [..., D]", "kept Index [..., K]", "weights [..., K]", "w1 [E, H, D]", "w2 [E, D, H]",
                           "b1? [E, H]", "b2? [E, D]"});
    types.require(in.size() == (options_.has_bias ? 7 : 5) && types["D"] > 0 && types["H"] > 0);
    return {in[0]};
  }

  std::vector<Type> scratch(std::span<const Type> in) const override { return kept_memory(extents(in), options_); }
  std::vector<Type> workspace(std::span<const Type> in) const override { return passing_memory(extents(in), options_); }

  void forward(const OpRun& run) const override {
    Call call = call_of(run);
    const Extent pairs = call.e.rows * call.e.per_row;
    for (Extent pair = 0; pair < pairs; ++pair) {
      const Index expert = call.kept[pair];
      if (expert < -1 || expert >= call.e.experts) reject_index(name(), pair, expert, -1, call.e.experts);
    }
    call.rows.sort(call.kept);
    experts::forward(call);
  }

  void backward(const OpRun& run) const override {
    Call call = call_of(run);
    const auto grad = [&](std::size_t i) { return i < run.in.size() && run.wants(i) ? run.grad_in[i].real() : nullptr; };
    call.grad_y = run.grad_out[0].real();
    call.grad_x = grad(0);
    call.grad_weights = grad(2);
    call.grad_w1 = grad(3);
    call.grad_w2 = grad(4);
    call.grad_b1 = grad(5);
    call.grad_b2 = grad(6);
    call.assigns_w1 = run.assigns(3);
    call.assigns_w2 = run.assigns(4);
    experts::backward(call);
  }

  BackwardReads backward_reads() const override { return {0b11100, 0}; }
  bool can_assign(std::size_t input) const override { return input == 3 || input == 4; }

  double multiply_adds(std::span<const Type> in) const override {
    return 2 * static_cast<double>(in[1].shape.size()) * static_cast<double>(in[3].shape[1] * in[3].shape[2]);
  }

 private:
  Extents extents(std::span<const Type> in) const {
    Extents e;
    e.experts = in[3].shape[0];
    e.rows = extent_of(in[0].shape, 0, in[0].shape.rank() - 1);
    e.per_row = in[1].shape.last();
    e.width = in[3].shape[2];
    e.hidden = in[3].shape[1];
    e.chunk = experts::kChunk * (experts::has_pairs(options_) ? 2 : 1);
    e.places = experts::ExpertRows(e.sorted()).places();
    return e;
  }

  Call call_of(const OpRun& run) const {
    const std::array types = {run.in[0].type, run.in[1].type, run.in[2].type, run.in[3].type};
    const Extents e = extents(types);
    Call call{e, options_, experts::ExpertRows(e.sorted())};
    call.x = run.in[0].real();
    call.kept = run.in[1].index();
    call.weights = run.in[2].real();
    call.w1 = run.in[3].real();
    call.w2 = run.in[4].real();
    if (options_.has_bias) {
      call.b1 = run.in[5].real();
      call.b2 = run.in[6].real();
    }
    if (run.grad_out.empty()) call.y = run.out[0].real();
    set_memory(run, call);
    return call;
  }

  ExpertLayers options_;
};

}  // namespace

OpPointer make_expert_layers(const ExpertLayers& options) { return std::make_shared<ExpertLayersOp>(options); }

}  // namespace fovea
