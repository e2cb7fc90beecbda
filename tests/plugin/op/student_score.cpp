#include "student_score.h"

#include <algorithm>
#include <cmath>

#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

enum In : std::size_t { kQueries, kKeys, kPrecision };

class StudentScoreOp final : public Op {
 public:
  explicit StudentScoreOp(double freedom) : freedom_(static_cast<Real>(freedom)) {
    if (freedom > 0 && std::isfinite(freedom)) return;
    reject(name(), "degrees of freedom above 0 were expected; " + std::to_string(freedom) + " came; give 1, say.");
  }

  std::string_view name() const override { return "student_score"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 3);
    require_real(name(), in[kQueries], "queries");
    require_real(name(), in[kKeys], "keys");
    require_real(name(), in[kPrecision], "precision");
    const Shape& queries = in[kQueries].shape;
    const Shape& keys = in[kKeys].shape;
    if (queries.rank() != 3 || keys.rank() != 3 || queries[0] != keys[0] || queries[2] != keys[2]) {
      reject(name(), describe("queries", in[kQueries]) + " and " + describe("keys", in[kKeys]) +
                         " do not fit; give [B, M, H] and [B, N, H] of one width.");
    }
    if (in[kPrecision].shape != Shape{queries[2]}) {
      reject(name(), describe("precision", in[kPrecision]) + " does not fit " + describe("queries", in[kQueries]) +
                         "; give it [" + std::to_string(queries[2]) + "].");
    }
    return {Type{{queries[0], queries[1], keys[1]}}};
  }

  std::vector<Type> scratch(std::span<const Type> in) const override { return infer(in); }  // c [B, M, N]
  std::vector<Type> workspace(std::span<const Type> in) const override { return {Type{{in[kKeys].shape[1]}}}; }  // a row [N]

  // s_mn = -(v + 1) / 2 log(1 + d_mn / v), and for backward c_mn = (v + 1) / (v + d_mn)
  void forward(const OpRun& run) const override {
    const Extent keys = run.in[kKeys].shape()[1];
    Real* ratios = run.workspace[0].real();  // 1 + d / v [N]
    for (Extent row = 0; row < rows_of(run); ++row) {
      each_key(run, row, [&](Extent n, const Real* q, const Real* k, Extent width) {
        ratios[n] = 1 + distance(q, k, run.in[kPrecision].real(), width) / freedom_;
      });
      Real* factors = run.scratch[0].real() + row * keys;
      for (Extent n = 0; n < keys; ++n) factors[n] = (1 + 1 / freedom_) / ratios[n];
      const std::span<Real> scores = row_of(run.out[0], row, keys);
      cpu::log({ratios, scores.size()}, scores);
      cpu::scale(-(freedom_ + 1) / 2, scores);
    }
  }

  void backward(const OpRun& run) const override {
    const Extent keys = run.in[kKeys].shape()[1];
    Real* pulls = run.workspace[0].real();  // [N]
    for (Extent row = 0; row < rows_of(run); ++row) {
      // s_n = -(v + 1) / 2 log(1 + d_n / v)  =>  grad_d_n = -c_n / 2 grad_s_n; a pull is twice that
      const Real* factors = run.scratch[0].real() + row * keys;
      const Real* grad_scores = run.grad_out[0].real() + row * keys;
      for (Extent n = 0; n < keys; ++n) pulls[n] = -factors[n] * grad_scores[n];
      if (run.wants(kQueries)) pull_queries(run, row, pulls);
      if (run.wants(kKeys)) pull_keys(run, row, pulls);
      if (run.wants(kPrecision)) pull_precision(run, row, pulls);
    }
  }

  BackwardReads backward_reads() const override { return {.inputs = 0b111, .outputs = 0}; }

  double multiply_adds(std::span<const Type> in) const override {
    return 2 * static_cast<double>(in[kQueries].shape.size()) * static_cast<double>(in[kKeys].shape[1]);
  }

 private:
  static Extent rows_of(const OpRun& run) { return run.in[kQueries].shape()[0] * run.in[kQueries].shape()[1]; }

  static std::span<Real> row_of(const Tensor& tensor, Extent row, Extent width) {
    return {tensor.real() + row * width, static_cast<std::size_t>(width)};
  }

  /// body(n, q, k, width) for every key of query `row` of B M.
  template <class Body>
  static void each_key(const OpRun& run, Extent row, Body body) {
    const Shape& queries = run.in[kQueries].shape();
    const Extent keys = run.in[kKeys].shape()[1];
    const Extent width = queries[2];
    const Real* q = run.in[kQueries].real() + row * width;
    const Real* k = run.in[kKeys].real() + row / queries[1] * keys * width;
    for (Extent n = 0; n < keys; ++n, k += width) body(n, q, k, width);
  }

  static Real distance(const Real* q, const Real* k, const Real* precision, Extent width) {
    Real total = 0;
    for (Extent h = 0; h < width; ++h) total += precision[h] * (q[h] - k[h]) * (q[h] - k[h]);
    return total;
  }

  // d_n = sum over h of a_h (q_h - k_nh)^2  =>  grad_q_h += sum over n of pull_n a_h (q_h - k_nh)
  static void pull_queries(const OpRun& run, Extent row, const Real* pulls) {
    const Real* precision = run.in[kPrecision].real();
    each_key(run, row, [&](Extent n, const Real* q, const Real* k, Extent width) {
      Real* grad = run.grad_in[kQueries].real() + row * width;
      for (Extent h = 0; h < width; ++h) grad[h] += pulls[n] * precision[h] * (q[h] - k[h]);
    });
  }

  // the same d_n  =>  grad_k_nh -= pull_n a_h (q_h - k_nh), for every query of the batch element
  static void pull_keys(const OpRun& run, Extent row, const Real* pulls) {
    const Real* precision = run.in[kPrecision].real();
    each_key(run, row, [&](Extent n, const Real* q, const Real* k, Extent width) {
      Real* grad = run.grad_in[kKeys].real() + (k - run.in[kKeys].real());
      for (Extent h = 0; h < width; ++h) grad[h] -= pulls[n] * precision[h] * (q[h] - k[h]);
    });
  }

  // the same d_n  =>  grad_a_h += sum over all pairs of pull_n / 2 (q_h - k_nh)^2
  static void pull_precision(const OpRun& run, Extent row, const Real* pulls) {
    Real* grad = run.grad_in[kPrecision].real();
    each_key(run, row, [&](Extent n, const Real* q, const Real* k, Extent width) {
      for (Extent h = 0; h < width; ++h) grad[h] += pulls[n] / 2 * (q[h] - k[h]) * (q[h] - k[h]);
    });
  }

  Real freedom_;  // v
};

}  // namespace

OpPointer make_student_score(double freedom) { return std::make_shared<StudentScoreOp>(freedom); }

Value student_score(Value queries, Value keys, Value precision, double freedom, At at) {
  const std::vector<Value> inputs = {queries, keys, precision};
  return innermost(inputs, at).add(make_student_score(freedom), inputs, "", at);
}

}  // namespace fovea
