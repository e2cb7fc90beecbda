#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "framework/graph/plan.h"

namespace fovea::test {

/// The largest relative error of a gradient by central differences that is accepted in this precision.
inline constexpr double kGradientLimit = sizeof(Real) == 8 ? 1e-6 : 3e-2;

bool equal_bits(const Tensor& a, const Tensor& b);

/// A graph with its own parameters (drawn by their Init), compiled and run: for tests of whole graphs.
class ModelRun {
 public:
  explicit ModelRun(std::shared_ptr<const Graph> graph, const std::map<std::string, Type>& inputs = {},
                    const std::vector<std::string>& wanted = {});

  void bind(const std::string& input, const void* data) { execution_->bind(input, data); }
  void set(const std::string& parameter, const std::vector<Real>& values);
  OpContext context;

  /// forward; then backward with a random cotangent for each output named, keyed by its stream. Gradients are written.
  using Cotangents = std::map<std::string, std::uint32_t>;
  void run(const Cotangents& cotangents);
  Tensor output(const std::string& name) const { return execution_->output(name); }
  Tensor parameter(const std::string& path);
  Tensor gradient(const std::string& path);

  /// The largest error of any parameter's gradient against central differences of sum(output * cotangent), relative to the
  /// largest gradient of that parameter (at least 1).
  double gradient_error(const Cotangents& cotangents);

  Execution& execution() { return *execution_; }

 private:
  struct Memory {
    Shape shape;
    std::vector<Real> values;
    std::vector<Real> gradient;
  };
  double weighted_sum(const Cotangents& cotangents);

  std::shared_ptr<const Plan> plan_;
  std::map<std::string, Memory> memory_;
  std::unique_ptr<Execution> execution_;
};

}  // namespace fovea::test
