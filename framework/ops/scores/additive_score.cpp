
#include "framework/ops/scores/additive_kernel.h"
#include "framework/ops/scores/score.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

using additive::arrange;
using additive::Form;
using additive::is_within;
using additive::padded;

struct Sizes {
  Extent batch, queries, keys, width;
};

Sizes sizes_of(const OpRun& run) {
  const Shape& queries = run.in[0].shape();
  return {queries[0], queries[1], run.in[1].shape()[1], queries[2]};
}

// Exponentials pay where a key is read by more than one query, and where they stay finite.
Form form_of(const Sizes& sizes, const Real* q, const Real* k) {
  using additive::FromExponentials;
  const bool pays = sizes.queries > 1 && is_within(q, sizes.queries * sizes.width, FromExponentials::kBound) &&
                    is_within(k, sizes.keys * sizes.width, FromExponentials::kBound);
  return pays ? Form::kExponential : Form::kPlain;
}

class AdditiveScoreOp final : public Op {
 public:
  std::string_view name() const override { return "additive_score"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"queries [B, M, H]", "keys [B, N, H]", "v [H]"});
    return {types.type("[B, M, N]")};
  }

  // q and k arranged, their gradients in the same places, v and its gradient.
  std::vector<Type> workspace(std::span<const Type> in) const override {
    const Extent width = padded(in[0].shape[2]);
    const Extent queries = in[0].shape[1];
    const Extent keys = in[1].shape[1];
    return {Type{{queries, width}}, Type{{keys, width}}, Type{{queries, kPack}}, Type{{keys, kPack}}, Type{{2, width}}};
  }

  void forward(const OpRun& run) const override {
    const Sizes sizes = sizes_of(run);
    const Extent width = padded(sizes.width);
    arrange(run.in[2].real(), 1, sizes.width, {width, kPack, Form::kPlain}, run.workspace[4].real());
    for (Extent item = 0; item < sizes.batch; ++item) {
      const Real* q = run.in[0].real() + item * sizes.queries * sizes.width;
      const Real* k = run.in[1].real() + item * sizes.keys * sizes.width;
      const Form form = form_of(sizes, q, k);
      const additive::Rows rows{
          prepared(run, 0, q, form), prepared(run, 1, k, form), run.workspace[4].real(), sizes.queries, sizes.keys, width};
      Real* y = run.out[0].real() + item * sizes.queries * sizes.keys;
      if (form == Form::kExponential) {
        additive::scores<additive::FromExponentials>(rows, y);
      } else {
        additive::scores<additive::FromSums>(rows, y);
      }
    }
  }

  void backward(const OpRun& run) const override {
    const Sizes sizes = sizes_of(run);
    const Extent width = padded(sizes.width);
    Real* v = run.workspace[4].real();
    Real* grad_v = v + width;
    arrange(run.in[2].real(), 1, sizes.width, {width, kPack, Form::kPlain}, v);
    clear(grad_v, width);
    for (Extent item = 0; item < sizes.batch; ++item) {
      const Real* q = run.in[0].real() + item * sizes.queries * sizes.width;
      const Real* k = run.in[1].real() + item * sizes.keys * sizes.width;
      if (sizes.queries == 1) {
        with_flag(run.assigns(1), [&](auto assign) { pull_one<assign>(run, sizes, item); });
        continue;
      }
      const Form form = form_of(sizes, q, k);
      arrange(q, sizes.queries, sizes.width, {kPack, sizes.queries * kPack, form}, run.workspace[0].real());
      arrange(k, sizes.keys, sizes.width, {kPack, sizes.keys * kPack, form}, run.workspace[1].real());
      for (Extent h = 0; h < width; h += kPack) pull_pack(run, sizes, {item, h}, form);
    }
    if (!run.wants(2)) return;
    with_flag(run.assigns(2), [&](auto assign) {
      for_packs(sizes.width,
                [&](Extent i, auto lanes) { put<assign>(lanes, run.grad_in[2].real() + i, lanes.load(grad_v + i)); });
    });
  }

  BackwardReads backward_reads() const override { return {7, 0}; }
  bool can_assign(std::size_t) const override { return true; }

  double multiply_adds(std::span<const Type> in) const override {
    return static_cast<double>(in[0].shape.size()) * static_cast<double>(in[1].shape[1]);
  }

 private:
  // The rows of an input as the kernel reads them: in place where they are whole packs and need no exponential.
  static const Real* prepared(const OpRun& run, std::size_t input, const Real* from, Form form) {
    const Shape& shape = run.in[input].shape();
    if (form == Form::kPlain && shape[2] % kPack == 0) return from;
    arrange(from, shape[1], shape[2], {padded(shape[2]), kPack, form}, run.workspace[input].real());
    return run.workspace[input].real();
  }

  struct Place {
    Extent item, h;
  };

  // One query: keys are read once, in the order of memory. `assign` is that of the keys.
  template <bool assign>
  static void pull_one(const OpRun& run, const Sizes& sizes, Extent item) {
    const Real* q = run.in[0].real() + item * sizes.width;
    const Real* v = run.in[2].real();
    Real* sum_q = run.workspace[0].real();
    Real* grad_v = run.workspace[4].real() + padded(sizes.width);
    Real* grad_q = run.wants(0) ? run.grad_in[0].real() + item * sizes.width : nullptr;
    clear(sum_q, sizes.width);
    if (run.wants(0) && run.assigns(0)) clear(grad_q, sizes.width);  // before the keys: they may be the same tensor
    for (Extent key = 0; key < sizes.keys; ++key) {
      const Extent row = item * sizes.keys + key;
      const Real* k = run.in[1].real() + row * sizes.width;
      Real* grad_k = run.wants(1) ? run.grad_in[1].real() + row * sizes.width : nullptr;
      const Pack grad = cpu::broadcast(run.grad_out[0].real()[row]);
      for_packs(sizes.width, [&](Extent h, auto lanes) {
        const Pack unit = additive::FromSums::unit(lanes.load(q + h), lanes.load(k + h));
        const Pack slope = cpu::multiply_add(-unit, unit, cpu::broadcast(1));
        const Pack part = lanes.load(v + h) * (grad * slope);
        lanes.store(sum_q + h, lanes.load(sum_q + h) + part);
        lanes.store(grad_v + h, cpu::multiply_add(grad, unit, lanes.load(grad_v + h)));
        if (grad_k != nullptr) put<assign>(lanes, grad_k + h, part);
      });
    }
    if (run.wants(0)) add_row(sum_q, grad_q, sizes.width);
  }

  // The gradients of the units [h, h + kPack) of one item.
  static void pull_pack(const OpRun& run, const Sizes& sizes, Place place, Form form) {
    Real* v = run.workspace[4].real() + place.h;
    Real* grad_v = v + padded(sizes.width);
    Real* grad_q = run.workspace[2].real();
    Real* grad_k = run.workspace[3].real();
    const additive::Rows rows{run.workspace[0].real() + place.h * sizes.queries,
                              run.workspace[1].real() + place.h * sizes.keys,
                              v,
                              sizes.queries,
                              sizes.keys,
                              kPack};
    const Real* g = run.grad_out[0].real() + place.item * sizes.queries * sizes.keys;
    clear(grad_k, sizes.keys * kPack);
    const Pack total = form == Form::kExponential ? additive::pull<additive::FromExponentials>(rows, g, grad_q, grad_k)
                                                  : additive::pull<additive::FromSums>(rows, g, grad_q, grad_k);
    cpu::store(grad_v, cpu::load(grad_v) + total);
    write(run, sizes, place, 0, grad_q);
    write(run, sizes, place, 1, grad_k);
  }

  // grad (+)= v * the packs of its rows
  static void write(const OpRun& run, const Sizes& sizes, Place place, std::size_t input, const Real* packs) {
    if (!run.wants(input)) return;
    const Extent count = input == 0 ? sizes.queries : sizes.keys;
    const Pack v = cpu::load(run.workspace[4].real() + place.h);
    Real* to = run.grad_in[input].real() + place.item * count * sizes.width + place.h;
    with_flag(run.assigns(input), [&](auto assign) {
      for (Extent row = 0; row < count; ++row, packs += kPack, to += sizes.width) {
        const Pack part = v * cpu::load(packs);
        if (place.h + kPack <= sizes.width) {
          put<assign>(WholePack{}, to, part);
        } else {
          put<assign>(PartPack{sizes.width - place.h}, to, part);
        }
      }
    });
  }
};

}  // namespace

OpPointer make_additive_score() { return std::make_shared<AdditiveScoreOp>(); }

}  // namespace fovea
