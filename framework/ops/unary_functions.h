#pragma once

#include <string_view>

#include "framework/cpu/packs.h"
#include "framework/ops/op.h"

// Internal to kernels: the functions y = f(x) and their slopes dy/dx, with what a slope reads.
namespace fovea {

enum class SlopeReads : std::uint8_t { kInput, kOutput, kNothing };

struct TanhFunction {
  static constexpr std::string_view kName = "tanh";
  static constexpr SlopeReads kReads = SlopeReads::kOutput;
  static Pack value(Pack x) { return cpu::tanh_pack(x); }
  static Pack slope(Pack y) { return 1 - y * y; }
};

struct SigmoidFunction {
  static constexpr std::string_view kName = "sigmoid";
  static constexpr SlopeReads kReads = SlopeReads::kOutput;
  static Pack value(Pack x) { return cpu::sigmoid_pack(x); }
  static Pack slope(Pack y) { return y * (1 - y); }
};

struct ReluFunction {
  static constexpr std::string_view kName = "relu";
  static constexpr SlopeReads kReads = SlopeReads::kOutput;
  static Pack value(Pack x) { return x > Pack{} || x != x ? x : Pack{}; }  // NaN stays, so that a hunt finds it
  static Pack slope(Pack y) { return y > Pack{} ? cpu::broadcast(1) : Pack{}; }
};

// erf(x) = x P(x^2) / Q(x^2), fitted on |x| <= 4, relative error 2e-9; outside it is 1 to the last bit of a float.
inline Pack erf_pack(Pack x) {
#if defined(FOVEA_F64)
  return cpu::each_lane(x, [](Real v) { return std::erf(v); });
#else
  using cpu::broadcast;
  using cpu::multiply_add;
  const Pack bounded = cpu::larger(cpu::smaller(x, broadcast(4.0F)), broadcast(-4.0F));
  const Pack s = bounded * bounded;
  Pack p = broadcast(-1.32000978836e-8F);
  p = multiply_add(p, s, broadcast(4.684309745055e-6F));
  p = multiply_add(p, s, broadcast(3.795958884015e-4F));
  p = multiply_add(p, s, broadcast(3.849752272553e-3F));
  p = multiply_add(p, s, broadcast(5.431713948183e-2F));
  p = multiply_add(p, s, broadcast(1.852078106400e-1F));
  p = multiply_add(p, s, broadcast(1.128379169341F));
  Pack q = broadcast(6.310621841226e-5F);
  q = multiply_add(q, s, broadcast(1.307581530739e-3F));
  q = multiply_add(q, s, broadcast(1.546232321547e-2F));
  q = multiply_add(q, s, broadcast(1.139599761887e-1F));
  q = multiply_add(q, s, broadcast(4.974695618652e-1F));
  q = multiply_add(q, s, broadcast(1.0F));
  const Pack ratio = bounded * p / q;
  return x == x ? ratio : x;
#endif
}

/// gelu(x) = x F(x), F the distribution function of the standard normal (Hendrycks & Gimpel 2016, arXiv:1606.08415).
struct GeluFunction {
  static constexpr std::string_view kName = "gelu";
  static constexpr SlopeReads kReads = SlopeReads::kInput;
  static Pack distribution(Pack x) { return Real(0.5) * (1 + erf_pack(x * Real(0.70710678118654752))); }
  static Pack value(Pack x) { return x * distribution(x); }
  static Pack slope(Pack x) {
    const Pack density = cpu::exp_pack(Real(-0.5) * x * x) * Real(0.39894228040143268);
    return distribution(x) + x * density;
  }
};

struct SiluFunction {
  static constexpr std::string_view kName = "silu";
  static constexpr SlopeReads kReads = SlopeReads::kInput;
  static Pack value(Pack x) { return x * cpu::sigmoid_pack(x); }
  static Pack slope(Pack x) {
    const Pack s = cpu::sigmoid_pack(x);
    return s * (1 + x * (1 - s));
  }
};

struct SoftplusFunction {
  static constexpr std::string_view kName = "softplus";
  static constexpr SlopeReads kReads = SlopeReads::kInput;
  // max(x, 0) + log(1 + e), e = exp(-|x|); log(1 + e) = log(u) e / (u - 1) with u = 1 + e rounded (Kahan).
  static Pack value(Pack x) {
    const Pack e = cpu::exp_pack(x < Pack{} ? x : -x);
    const Pack u = 1 + e;
    const Pack rest = u - 1;
    const Pack log1p = rest > Pack{} ? cpu::log_pack(u) * e / (rest > Pack{} ? rest : cpu::broadcast(1)) : e;
    return (x > Pack{} ? x : Pack{}) + (x == x ? log1p : x);
  }
  static Pack slope(Pack x) { return cpu::sigmoid_pack(x); }
};

struct ExpFunction {
  static constexpr std::string_view kName = "exp";
  static constexpr SlopeReads kReads = SlopeReads::kOutput;
  static Pack value(Pack x) { return cpu::exp_pack(x); }
  static Pack slope(Pack y) { return y; }
};

struct LogFunction {
  static constexpr std::string_view kName = "log";
  static constexpr SlopeReads kReads = SlopeReads::kInput;
  static Pack value(Pack x) { return cpu::log_pack(x); }
  static Pack slope(Pack x) { return 1 / x; }
};

struct SqrtFunction {
  static constexpr std::string_view kName = "sqrt";
  static constexpr SlopeReads kReads = SlopeReads::kOutput;
  static Pack value(Pack x) {
    Real lanes[kPack];
    cpu::store(lanes, x);
    for (Extent i = 0; i < kPack; ++i) lanes[i] = std::sqrt(lanes[i]);
    return cpu::load(lanes);
  }
  static Pack slope(Pack y) { return Real(0.5) / y; }
};

struct SquareFunction {
  static constexpr std::string_view kName = "square";
  static constexpr SlopeReads kReads = SlopeReads::kInput;
  static Pack value(Pack x) { return x * x; }
  static Pack slope(Pack x) { return 2 * x; }
};

}  // namespace fovea
