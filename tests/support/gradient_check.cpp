#include "tests/support/gradient_check.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "framework/core/rng.h"

namespace fovea::testing {
namespace {

constexpr Real kNaN = std::numeric_limits<Real>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kGuard = 64;
constexpr std::byte kGuardByte{0x5A};
constexpr double kStep = sizeof(Real) == 8 ? 1e-5 : 1e-2;

std::vector<Real> reals_of(const Tensor& tensor) { return {tensor.real(), tensor.real() + tensor.size()}; }

std::vector<std::vector<Real>> random_cotangents(const std::vector<Type>& types) {
  std::vector<std::vector<Real>> cotangents;
  for (const Type& type : types) {
    Rng rng({.seed = 99, .stream = static_cast<std::uint32_t>(cotangents.size())});
    std::vector<Real> values(type.kind == Kind::kReal ? static_cast<std::size_t>(type.shape.size()) : 0);
    for (Real& value : values) value = static_cast<Real>(rng.uniform(-1, 1));
    cotangents.push_back(values);
  }
  return cotangents;
}

double inner_product(const OpRunner& runner, const std::vector<std::vector<Real>>& cotangents) {
  double total = 0;
  for (std::size_t i = 0; i < cotangents.size(); ++i) {
    if (cotangents[i].empty()) continue;
    const std::vector<Real> out = runner.output(i);
    for (std::size_t j = 0; j < out.size(); ++j) {
      total += static_cast<double>(out[j]) * static_cast<double>(cotangents[i][j]);
    }
  }
  return total;
}

std::vector<Real> numeric_gradient(OpRunner& runner, std::size_t input, const std::vector<std::vector<Real>>& cotangents) {
  std::vector<Real> gradient;
  for (std::size_t i = 0; i < runner.inputs()[input].reals.size(); ++i) {
    Real& value = runner.inputs()[input].reals[i];
    const Real kept = value;
    value = kept + static_cast<Real>(kStep);
    const double above_by = static_cast<double>(value) - static_cast<double>(kept);
    runner.forward();
    const double above = inner_product(runner, cotangents);
    value = kept - static_cast<Real>(kStep);
    const double below_by = static_cast<double>(kept) - static_cast<double>(value);
    runner.forward();
    gradient.push_back(static_cast<Real>((above - inner_product(runner, cotangents)) / (above_by + below_by)));
    value = kept;
  }
  return gradient;
}

}  // namespace

Input random_input(const Shape& shape, std::uint64_t seed, double low, double high) {
  Rng rng({.seed = seed});
  Input input{{shape, Kind::kReal}, std::vector<Real>(static_cast<std::size_t>(shape.size())), {}};
  for (Real& value : input.reals) value = static_cast<Real>(rng.uniform(low, high));
  return input;
}

Input real_input(const Shape& shape, const std::vector<Real>& values) { return {{shape, Kind::kReal}, values, {}}; }

Input index_input(const Shape& shape, const std::vector<Index>& values) { return {{shape, Kind::kIndex}, {}, values}; }

void OpRunner::Buffer::reset(const Type& of) {
  type = of;
  bytes.assign(of.bytes() + 2 * kGuard, kGuardByte);
  const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
  data = bytes.data() + (kGuard - address % kGuard) % kGuard;
  if (of.kind == Kind::kReal) std::fill_n(reinterpret_cast<Real*>(data), of.shape.size(), kNaN);
}

bool OpRunner::Buffer::is_whole() const {
  const std::byte* end = bytes.data() + bytes.size();
  const std::byte* behind = data + type.bytes();
  return std::all_of(behind, end, [](std::byte b) { return b == kGuardByte; });
}

std::vector<Tensor> OpRunner::tensors(const std::vector<Buffer>& buffers) {
  std::vector<Tensor> tensors;
  for (const Buffer& buffer : buffers) tensors.push_back(buffer.tensor());
  return tensors;
}

OpRunner::OpRunner(std::shared_ptr<const Op> op, std::vector<Input> inputs, const OpContext& context)
    : op_(std::move(op)), inputs_(std::move(inputs)), context_(context) {
  std::vector<Type> types;
  for (const Input& input : inputs_) types.push_back(input.type);
  output_types_ = op_->infer(types);
  prepared_ = op_->prepare(types);
  const auto make = [](std::vector<Buffer>& buffers, const std::vector<Type>& of) {
    buffers.resize(of.size());
    for (std::size_t i = 0; i < of.size(); ++i) buffers[i].reset(of[i]);
  };
  make(in_, types);
  make(out_, output_types_);
  make(scratch_, op_->scratch(types));
  make(workspace_, op_->workspace(types));
  make(grad_in_, types);
  make(grad_out_, output_types_);
}

void OpRunner::forward() {
  for (std::size_t i = 0; i < in_.size(); ++i) {
    in_[i].reset(in_[i].type);
    const bool real = in_[i].type.kind == Kind::kReal;
    const void* from = real ? static_cast<const void*>(inputs_[i].reals.data()) : inputs_[i].indices.data();
    if (in_[i].type.bytes() > 0) std::memcpy(in_[i].data, from, in_[i].type.bytes());
  }
  for (auto* buffers : {&out_, &scratch_, &workspace_}) spoil(*buffers, 0);
  const auto in = tensors(in_);
  const auto out = tensors(out_);
  const auto scratch = tensors(scratch_);
  const auto workspace = tensors(workspace_);
  OpRun run{.in = in, .out = out, .scratch = scratch, .workspace = workspace, .grad_in = {}, .grad_out = {}};
  run.prepared = prepared_.get();
  run.context = &context_;
  op_->forward(run);
}

void OpRunner::spoil(std::vector<Buffer>& buffers, std::uint32_t kept) {
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (((kept >> i) & 1U) == 0) buffers[i].reset(buffers[i].type);
  }
}

void OpRunner::backward(std::uint32_t wanted, const std::vector<std::vector<Real>>& cotangents, Real start) {
  spoil(in_, op_->backward_reads().inputs);
  spoil(out_, op_->backward_reads().outputs);
  spoil(workspace_, 0);
  spoil(grad_in_, 0);
  auto grad_in = tensors(grad_in_);
  std::uint32_t assign = 0;
  for (std::size_t i = 0; i < grad_in.size(); ++i) {
    const bool is_wanted = ((wanted >> i) & 1U) != 0 && in_[i].type.kind == Kind::kReal;
    if (!is_wanted) {
      grad_in[i].data = nullptr;
    } else if (!std::isnan(start) || !op_->can_assign(i)) {
      std::fill_n(grad_in[i].real(), grad_in[i].size(), std::isnan(start) ? Real(0) : start);
    } else {
      assign |= 1U << i;
    }
  }
  for (std::size_t i = 0; i < grad_out_.size(); ++i) {
    if (grad_out_[i].type.kind != Kind::kReal) continue;
    std::copy(cotangents[i].begin(), cotangents[i].end(), grad_out_[i].tensor().real());
  }
  auto grad_out = tensors(grad_out_);
  for (Tensor& tensor : grad_out) {
    if (tensor.type.kind == Kind::kIndex) tensor.data = nullptr;
  }
  const auto in = tensors(in_);
  const auto out = tensors(out_);
  const auto scratch = tensors(scratch_);
  const auto workspace = tensors(workspace_);
  OpRun run{.in = in, .out = out, .scratch = scratch, .workspace = workspace, .grad_in = grad_in, .grad_out = grad_out};
  run.assign = assign;
  run.prepared = prepared_.get();
  run.context = &context_;
  op_->backward(run);
}

std::vector<Real> OpRunner::output(std::size_t i) const { return reals_of(out_[i].tensor()); }

std::vector<Index> OpRunner::index_output(std::size_t i) const {
  const Tensor tensor = out_[i].tensor();
  return {tensor.index(), tensor.index() + tensor.size()};
}

std::vector<Real> OpRunner::gradient(std::size_t input) const { return reals_of(grad_in_[input].tensor()); }

bool OpRunner::guards_are_whole() const {
  for (const auto* buffers : {&in_, &out_, &scratch_, &workspace_, &grad_in_, &grad_out_}) {
    for (const Buffer& buffer : *buffers) {
      if (!buffer.is_whole()) return false;
    }
  }
  return true;
}

double difference(const std::vector<Real>& a, const std::vector<Real>& b) {
  if (a.size() != b.size()) return kInfinity;
  double largest = 1;
  for (const Real value : b) largest = std::max(largest, std::abs(static_cast<double>(value)));
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double error = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (std::isnan(error)) return kInfinity;
    worst = std::max(worst, error);
  }
  return worst / largest;
}

double gradient_error(std::shared_ptr<const Op> op, const std::vector<Input>& inputs, const OpContext& context) {
  OpRunner runner(std::move(op), inputs, context);
  const auto cotangents = random_cotangents(runner.output_types());
  double worst = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].type.kind == Kind::kIndex || !runner.op().is_differentiable()) continue;
    const std::vector<Real> numeric = numeric_gradient(runner, i, cotangents);
    constexpr Real kStart = 0.75;
    for (const Real start : {kStart, kNaN}) {
      for (const std::uint32_t wanted : {~0U, 1U << i}) {
        runner.forward();
        runner.backward(wanted, cotangents, start);
        std::vector<Real> gradient = runner.gradient(i);
        for (Real& value : gradient) value -= std::isnan(start) ? Real(0) : start;
        worst = std::max(worst, difference(gradient, numeric));
      }
    }
  }
  return runner.guards_are_whole() ? worst : kInfinity;
}

}  // namespace fovea::testing
