#include "framework/graph/loop_ops.h"

#include <algorithm>
#include <cstring>

#include "framework/core/error.h"

namespace fovea::graph {
namespace {

class RunningFlags final : public Op {
 public:
  std::string_view name() const override { return "running_flags"; }
  std::vector<Type> infer(std::span<const Type> in) const override { return {{Shape{in[0].shape[0]}, Kind::kIndex}}; }
  void forward(const OpRun& run) const override { std::fill_n(run.out[0].index(), run.out[0].size(), 0); }
  bool is_differentiable() const override { return false; }
};

class Either final : public Op {
 public:
  std::string_view name() const override { return "either"; }
  std::vector<Type> infer(std::span<const Type> in) const override {
    if (!(in[1] == in[0])) {
      throw Error("the stop flag is Index " + in[0].shape.text() + "; " + in[1].shape.text() +
                  " came; give one flag (Index) per row.");
    }
    return {in[0]};
  }
  void forward(const OpRun& run) const override {
    for (Extent i = 0; i < run.out[0].size(); ++i) {
      run.out[0].index()[i] = run.in[0].index()[i] != 0 || run.in[1].index()[i] != 0 ? 1 : 0;
    }
  }
  bool is_differentiable() const override { return false; }
};

class KeepRows final : public Op {
 public:
  std::string_view name() const override { return "keep_rows"; }
  std::vector<Type> infer(std::span<const Type> in) const override {
    if (!(in[1] == in[2])) {
      throw Error("the next value has the shape of the carried one, " + in[1].shape.text() + "; " + in[2].shape.text() +
                  " came; make them equal.");
    }
    return {in[1]};
  }
  void forward(const OpRun& run) const override {
    const auto rows = static_cast<std::size_t>(run.in[0].size());
    const std::size_t bytes = rows == 0 ? 0 : run.out[0].bytes() / rows;
    for (std::size_t b = 0; b < rows; ++b) {
      const Tensor& source = run.in[run.in[0].index()[b] != 0 ? 1 : 2];
      std::memcpy(static_cast<std::byte*>(run.out[0].data) + b * bytes,
                  static_cast<const std::byte*>(source.data) + b * bytes, bytes);
    }
  }
  void backward(const OpRun& run) const override {
    const Extent rows = run.in[0].size();
    const Extent width = rows == 0 ? 0 : run.out[0].size() / rows;
    for (Extent b = 0; b < rows; ++b) {
      const std::size_t source = run.in[0].index()[b] != 0 ? 1 : 2;
      if (!run.wants(source)) continue;
      for (Extent i = b * width; i < (b + 1) * width; ++i) run.grad_in[source].real()[i] += run.grad_out[0].real()[i];
    }
  }
  BackwardReads backward_reads() const override { return {1U, 0U}; }
};

}  // namespace

std::shared_ptr<const Op> make_running_flags() { return std::make_shared<RunningFlags>(); }
std::shared_ptr<const Op> make_either() { return std::make_shared<Either>(); }
std::shared_ptr<const Op> make_keep_rows() { return std::make_shared<KeepRows>(); }

}  // namespace fovea::graph
