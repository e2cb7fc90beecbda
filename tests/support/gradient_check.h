#pragma once

#include <memory>
#include <string>
#include <vector>

#include "framework/ops/op.h"

namespace fovea::testing {

/// An input of an op under test.
struct Input {
  Type type;
  std::vector<Real> reals;
  std::vector<Index> indices;
};

/// Reals drawn uniformly from [low, high), the same for the same seed.
Input random_input(const Shape& shape, std::uint64_t seed, double low = -1, double high = 1);
Input real_input(const Shape& shape, const std::vector<Real>& values);
Input index_input(const Shape& shape, const std::vector<Index>& values);

/// Runs an op alone, without a plan. Outputs, scratch and workspace start as NaN; every buffer has a guard after it.
class OpRunner {
 public:
  OpRunner(std::shared_ptr<const Op> op, std::vector<Input> inputs, const OpContext& context = {});

  void forward();
  /// Backward with the gradients of the inputs in `wanted` only. What Op::backward_reads excludes is overwritten first.
  /// `start`: what the gradients hold before; NaN asks the op to assign (only where it can).
  void backward(std::uint32_t wanted, const std::vector<std::vector<Real>>& cotangents, Real start);

  std::vector<Real> output(std::size_t i = 0) const;
  std::vector<Index> index_output(std::size_t i = 0) const;
  const std::vector<Type>& output_types() const { return output_types_; }
  std::vector<Real> gradient(std::size_t input) const;
  std::vector<Input>& inputs() { return inputs_; }
  const Op& op() const { return *op_; }
  /// False if anything was written past the end of a buffer.
  bool guards_are_whole() const;

 private:
  struct Buffer {
    Type type;
    std::vector<std::byte> bytes;
    std::byte* data = nullptr;
    void reset(const Type& of);
    Tensor tensor() const { return {data, type}; }
    bool is_whole() const;
  };
  static std::vector<Tensor> tensors(const std::vector<Buffer>& buffers);
  void spoil(std::vector<Buffer>& buffers, std::uint32_t kept);

  std::shared_ptr<const Op> op_;
  std::vector<Input> inputs_;
  OpContext context_;
  std::vector<Type> output_types_;
  std::shared_ptr<const Prepared> prepared_;
  std::vector<Buffer> in_, out_, scratch_, workspace_, grad_in_, grad_out_;
};

/// The largest error of backward against central differences of forward, with a random cotangent: relative to the
/// largest magnitude of the gradient of an input, at least 1. It covers gradients that are added to a non-zero start,
/// that are assigned, that are wanted together and alone; infinity where a guard was overwritten.
double gradient_error(std::shared_ptr<const Op> op, const std::vector<Input>& inputs, const OpContext& context = {});

/// What gradient_error stays below: 1e-6 in float64; in float32 the differences themselves are rough.
inline constexpr double kGradientLimit = sizeof(Real) == 8 ? 1e-6 : 5e-3;
/// The limit for a comparison with exact values, relative to magnitudes of 1.
inline constexpr double kValueLimit = sizeof(Real) == 8 ? 1e-12 : 2e-6;

/// The largest |a - b|, relative to the largest |b|, at least 1; infinity for unequal lengths or NaN.
double difference(const std::vector<Real>& a, const std::vector<Real>& b);

}  // namespace fovea::testing
