#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "framework/core/arena.h"
#include "framework/core/rng.h"
#include "framework/ops/op.h"

namespace fovea::bench {

/// An op with its own memory, called without a plan.
class OpCall {
 public:
  /// How inputs and cotangents of kind Real are drawn from a normal distribution.
  struct Data {
    double deviation = 1;
    std::uint32_t row = 0;  // of the random numbers
  };

  OpCall(std::shared_ptr<const Op> op, const std::vector<Type>& inputs, Data data)
      : op_(std::move(op)), inputs_(inputs), data_(data) {
    in_ = tensors(inputs);
    grad_out_ = tensors(op_->infer(inputs));
    for (const Type& type : inputs) grad_in_.push_back({nullptr, type});
    for (std::size_t i = 0; i < in_.size(); ++i) fill(in_[i], static_cast<std::uint32_t>(i));
    for (std::size_t o = 0; o < grad_out_.size(); ++o) fill(grad_out_[o], static_cast<std::uint32_t>(100 + o));
  }

  OpCall(std::shared_ptr<const Op> op, const std::vector<Type>& inputs) : OpCall(std::move(op), inputs, Data()) {}
  /// Another op on the first of the inputs of `whole`, in its memory; its outputs are the first ones too.
  OpCall(std::shared_ptr<const Op> op, OpCall& whole, std::size_t inputs) : op_(std::move(op)) {
    whole.prepare();
    inputs_.assign(whole.inputs_.begin(), whole.inputs_.begin() + static_cast<std::ptrdiff_t>(inputs));
    in_ = whole.in_;
    grad_in_ = whole.grad_in_;
    out_ = whole.out_;
    grad_out_ = whole.grad_out_;
    in_.resize(inputs);
    grad_in_.resize(inputs);
    out_.resize(op_->infer(inputs_).size());
    grad_out_.resize(out_.size());
    scratch_ = whole.scratch_;
    workspace_ = whole.workspace_;
    prepared_ = op_->prepare(inputs_);
  }

  OpContext& context() { return context_; }
  Tensor input(std::size_t i) const { return in_[i]; }
  /// Replaces the memory of an input.
  void share(std::size_t i, const Tensor& tensor) { in_[i].data = tensor.data; }
  void want(std::size_t i) {
    if (!grad_in_[i]) grad_in_[i] = tensors({in_[i].type})[0];
  }
  void want_all() {
    for (std::size_t i = 0; i < in_.size(); ++i) want(i);
  }
  double multiply_adds() const { return op_->multiply_adds(inputs_); }

  /// The first call takes the memory of outputs, scratch and workspace.
  void forward(Counters* counters = nullptr) {
    prepare();
    op_->forward(call(counters));
  }
  /// Gradients are written where the op can, otherwise added to.
  void backward(Counters* counters = nullptr) {
    OpRun run = call(counters);
    run.grad_in = grad_in_;
    run.grad_out = grad_out_;
    for (std::size_t i = 0; i < in_.size(); ++i) run.assign |= op_->can_assign(i) ? 1U << i : 0;
    op_->backward(run);
  }

 private:
  void prepare() {
    if (!out_.empty()) return;
    out_ = tensors(op_->infer(inputs_));
    scratch_ = tensors(op_->scratch(inputs_));
    workspace_ = tensors(op_->workspace(inputs_));
    prepared_ = op_->prepare(inputs_);
  }

  OpRun call(Counters* counters) const {
    OpRun run;
    run.in = in_;
    run.out = out_;
    run.scratch = scratch_;
    run.workspace = workspace_;
    run.prepared = prepared_.get();
    run.context = &context_;
    run.counters = counters;
    return run;
  }

  void fill(const Tensor& tensor, std::uint32_t stream) const {
    if (tensor.type.kind != Kind::kReal) return;
    Rng({.seed = 1, .stream = stream, .row = data_.row})
        .fill_normal({tensor.real(), static_cast<std::size_t>(tensor.size())});
    for (Extent i = 0; i < tensor.size(); ++i) tensor.real()[i] *= static_cast<Real>(data_.deviation);
  }

  std::vector<Tensor> tensors(const std::vector<Type>& types) {
    std::vector<Tensor> made;
    for (const Type& type : types) {
      arenas_.emplace_back(std::max<std::size_t>(type.bytes(), 1));
      made.push_back({arenas_.back().data(), type});
    }
    return made;
  }

  std::shared_ptr<const Op> op_;
  std::vector<Type> inputs_;
  Data data_;
  std::shared_ptr<const Prepared> prepared_;
  OpContext context_;
  std::vector<Arena> arenas_;
  std::vector<Tensor> in_, out_, scratch_, workspace_, grad_in_, grad_out_;
};

}  // namespace fovea::bench
