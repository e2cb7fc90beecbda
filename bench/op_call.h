#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "framework/core/arena.h"
#include "framework/core/rng.h"
#include "framework/ops/op.h"

namespace fovea::bench {

/// An op with memory of its own, called without a plan.
class OpCall {
 public:
  /// Inputs of kind Real are drawn from a normal distribution.
  OpCall(std::shared_ptr<const Op> op, const std::vector<Type>& inputs) : op_(std::move(op)) {
    in_ = tensors(inputs);
    out_ = tensors(op_->infer(inputs));
    grad_out_ = tensors(op_->infer(inputs));
    scratch_ = tensors(op_->scratch(inputs));
    workspace_ = tensors(op_->workspace(inputs));
    prepared_ = op_->prepare(inputs);
    for (std::size_t i = 0; i < in_.size(); ++i) grad_in_.push_back({nullptr, inputs[i]});
    for (std::size_t i = 0; i < in_.size(); ++i) fill(in_[i], static_cast<std::uint32_t>(i));
    for (std::size_t o = 0; o < out_.size(); ++o) fill(grad_out_[o], static_cast<std::uint32_t>(100 + o));
  }

  Tensor input(std::size_t i) const { return in_[i]; }
  Tensor output(std::size_t i) const { return out_[i]; }
  /// Another memory in the place of an input.
  void share(std::size_t i, const Tensor& tensor) { in_[i].data = tensor.data; }
  void want(std::size_t i) {
    if (!grad_in_[i]) grad_in_[i] = tensors({in_[i].type})[0];
  }

  void forward() const { op_->forward(call()); }
  void backward() const {
    OpRun run = call();
    run.grad_in = grad_in_;
    run.grad_out = grad_out_;
    op_->backward(run);
  }

  static void fill(const Tensor& tensor, std::uint32_t stream) {
    if (tensor.type.kind != Kind::kReal) return;
    Rng({.seed = 1, .stream = stream}).fill_normal({tensor.real(), static_cast<std::size_t>(tensor.size())});
  }

 private:
  OpRun call() const {
    OpRun run;
    run.in = in_;
    run.out = out_;
    run.scratch = scratch_;
    run.workspace = workspace_;
    run.prepared = prepared_.get();
    run.context = &context_;
    return run;
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
  std::shared_ptr<const Prepared> prepared_;
  OpContext context_;
  std::vector<Arena> arenas_;
  std::vector<Tensor> in_, out_, scratch_, workspace_, grad_in_, grad_out_;
};

}  // namespace fovea::bench
