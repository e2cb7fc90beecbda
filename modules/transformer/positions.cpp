#include "modules/transformer/positions.h"

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

/// Values that depend only on the position, made once per plan.
struct Table final : Prepared {
  std::vector<Real> first;
  std::vector<Real> second;
};

std::size_t place(Extent index) { return static_cast<std::size_t>(index); }

class AddSinusoid final : public Op {
 public:
  std::string_view name() const override { return "add_sinusoid"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"x [B, T, D]"});
    return {in[0]};
  }

  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    auto table = std::make_shared<Table>();
    const Extent width = in[0].shape[2];
    for (Extent t = 0; t < in[0].shape[1]; ++t) {
      for (Extent d = 0; d < width; ++d) {
        const double part = static_cast<double>(d - d % 2) / static_cast<double>(width);
        const double angle = static_cast<double>(t) / std::pow(10000.0, part);
        table->first.push_back(static_cast<Real>(d % 2 == 0 ? std::sin(angle) : std::cos(angle)));
      }
    }
    return table;
  }

  void forward(const OpRun& run) const override {
    const std::vector<Real>& waves = static_cast<const Table*>(run.prepared)->first;
    const auto size = static_cast<Extent>(waves.size());
    for (Extent begin = 0; begin < run.in[0].size(); begin += size) {
      const Real* x = run.in[0].real() + begin;
      std::transform(x, x + size, waves.begin(), run.out[0].real() + begin, [](Real a, Real b) { return a + b; });
    }
  }

  void backward(const OpRun& run) const override {
    const auto size = place(run.grad_in[0].size());
    if (run.wants(0)) cpu::add({run.grad_out[0].real(), size}, {run.grad_in[0].real(), size});
  }
  BackwardReads backward_reads() const override { return {0, 0}; }
};

class AddPositions final : public Op {
 public:
  std::string_view name() const override { return "add_positions"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"x [B, T, D]", "table [L >= T, D]"});
    types.require(in[1].shape[0] >= types["T"]);
    return {in[0]};
  }

  void forward(const OpRun& run) const override {
    const Shape& x = run.in[0].shape();
    const auto size = place(x[1] * x[2]);
    std::copy_n(run.in[0].real(), run.in[0].size(), run.out[0].real());
    for (Extent b = 0; b < x[0]; ++b) {
      cpu::add({run.in[1].real(), size}, {run.out[0].real() + b * x[1] * x[2], size});
    }
  }

  void backward(const OpRun& run) const override {
    const Shape& x = run.in[0].shape();
    const auto size = place(x[1] * x[2]);
    for (Extent b = 0; b < x[0]; ++b) {
      const Extent begin = b * x[1] * x[2];
      const std::span<const Real> from{run.grad_out[0].real() + begin, size};
      if (run.wants(0)) cpu::add(from, {run.grad_in[0].real() + begin, size});
      if (run.wants(1)) cpu::add(from, {run.grad_in[1].real(), size});
    }
  }
  BackwardReads backward_reads() const override { return {0, 0}; }
};

class RotatePositions final : public Op {
 public:
  explicit RotatePositions(RotaryOptions options) : options_(options) {
    if (options.width >= 2 && options.width % 2 == 0) return;
    throw Error("rotate_positions", "an even width of a block was expected; " + std::to_string(options.width) +
                                        " came; choose heads of an even width.");
  }

  std::string_view name() const override { return "rotate_positions"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_real(name(), in[0], "x");
    if (in[0].shape.rank() != 3 || in[0].shape[2] % options_.width != 0) {
      reject(name(), "x [B, T, D] with D a multiple of " + std::to_string(options_.width) + " was expected; " +
                         describe("x", in[0]) + " came; give whole heads.");
    }
    return {in[0]};
  }

  // The cosine and the sine for each pair of [T, D].
  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    auto table = std::make_shared<Table>();
    for (Extent t = 0; t < in[0].shape[1]; ++t) {
      for (Extent d = 0; d < in[0].shape[2]; d += 2) {
        const double part = static_cast<double>(d % options_.width) / static_cast<double>(options_.width);
        const double angle = static_cast<double>(t) / std::pow(options_.base, part);
        table->first.push_back(static_cast<Real>(std::cos(angle)));
        table->second.push_back(static_cast<Real>(std::sin(angle)));
      }
    }
    return table;
  }

  void forward(const OpRun& run) const override {
    for_each_pair(run, [&](Extent i, Real cosine, Real sine) {
      const Real* x = run.in[0].real() + i;
      run.out[0].real()[i] = cosine * x[0] - sine * x[1];
      run.out[0].real()[i + 1] = sine * x[0] + cosine * x[1];
    });
  }

  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    for_each_pair(run, [&](Extent i, Real cosine, Real sine) {
      const Real* grad = run.grad_out[0].real() + i;
      run.grad_in[0].real()[i] += cosine * grad[0] + sine * grad[1];
      run.grad_in[0].real()[i + 1] += cosine * grad[1] - sine * grad[0];
    });
  }
  BackwardReads backward_reads() const override { return {0, 0}; }

 private:
  template <class Body>
  static void for_each_pair(const OpRun& run, const Body& body) {
    const auto& table = *static_cast<const Table*>(run.prepared);
    const std::size_t pairs = table.first.size();
    for (Extent pair = 0; pair < run.in[0].size() / 2; ++pair) {
      const std::size_t at = place(pair) % pairs;
      body(2 * pair, table.first[at], table.second[at]);
    }
  }

  RotaryOptions options_;
};

class RelativeBias final : public Op {
 public:
  std::string_view name() const override { return "relative_bias"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"table [2 R + 1]", "queries any [B, M, ...]", "items any [B, N, ...]"});
    types.require(in[0].shape[0] % 2 == 1);
    return {types.type("[M, N]")};
  }

  void forward(const OpRun& run) const override {
    for_each(run, [&](Extent pair, Extent entry) { run.out[0].real()[pair] = run.in[0].real()[entry]; });
  }

  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    for_each(run, [&](Extent pair, Extent entry) { run.grad_in[0].real()[entry] += run.grad_out[0].real()[pair]; });
  }
  BackwardReads backward_reads() const override { return {0, 0}; }

 private:
  /// Calls body(pair, entry of the table) for all pairs [M, N] in order.
  template <class Body>
  static void for_each(const OpRun& run, const Body& body) {
    const Extent reach = run.in[0].shape()[0] / 2;
    const Extent queries = run.in[1].shape()[1];
    const Extent items = run.in[2].shape()[1];
    for (Extent m = 0; m < queries; ++m) {
      for (Extent n = 0; n < items; ++n) body(m * items + n, reach + std::clamp(n - m, -reach, reach));
    }
  }
};

}  // namespace

Value add_sinusoid(Value x, At at) { return innermost({x}, at).add(std::make_shared<AddSinusoid>(), {x}, "", at); }

Value add_positions(Value x, Value table, At at) {
  return innermost({x, table}, at).add(std::make_shared<AddPositions>(), {x, table}, "", at);
}

Value rotate_positions(Value x, RotaryOptions options, At at) {
  return innermost({x}, at).add(std::make_shared<RotatePositions>(options), {x}, "", at);
}

Value relative_bias(Value table, Value queries, Value items, At at) {
  return innermost({table, queries, items}, at).add(std::make_shared<RelativeBias>(), {table, queries, items}, "", at);
}

}  // namespace fovea
