#include "framework/cpu/gemm.h"

#include <string>
#include <unordered_map>

#include "framework/core/error.h"
#include "framework/cpu/gemm_kernel.h"

namespace fovea::cpu {
namespace {

Extent filled(Extent leading, Extent row, const char* name) {
  if (leading == 0) return row;
  if (leading < row) {
    throw Error("gemm", std::string("leading dimension ") + name + " of at least " + std::to_string(row) + "; " +
                            std::to_string(leading) + " came; give 0 for a dense matrix.");
  }
  return leading;
}

GemmSpec completed(GemmSpec spec) {
  if (spec.m < 0 || spec.n < 0 || spec.k < 0) {
    throw Error("gemm", "extents m, n, k >= 0; " + std::to_string(spec.m) + ", " + std::to_string(spec.n) + ", " +
                            std::to_string(spec.k) + " came; check the shapes of the factors.");
  }
  spec.lda = filled(spec.lda, spec.transpose_a ? spec.m : spec.k, "lda");
  spec.ldb = filled(spec.ldb, spec.transpose_b ? spec.k : spec.n, "ldb");
  spec.ldc = filled(spec.ldc, spec.n, "ldc");
  return spec;
}

// An empty sum: C = 0, or C as it was.
class EmptyKernel : public Gemm::Kernel {
 public:
  explicit EmptyKernel(const GemmSpec& wanted) : Kernel(wanted, "direct") {}
  void run(const Real*, const Real*, Real* c) const override {
    if (spec.accumulate) return;
    for (Extent i = 0; i < spec.m; ++i) {
      for (Extent j = 0; j < spec.n; ++j) c[i * spec.ldc + j] = 0;
    }
  }
};

KernelPointer best_kernel(const GemmSpec& spec) {
  if (spec.m == 0 || spec.n == 0 || spec.k == 0) return std::make_unique<EmptyKernel>(spec);
#if !defined(FOVEA_F64)
  if (spec.products == Products::kBf16) {
    if (KernelPointer kernel = make_onednn_bf16_kernel(spec)) return kernel;
  }
#endif
  if (KernelPointer kernel = make_kernel(choose_library(spec), spec)) return kernel;
  return make_eigen_kernel(spec);
}

struct SpecHash {
  std::size_t operator()(const GemmSpec& spec) const {
    std::size_t hash = 0;
    for (const Extent part : {spec.m, spec.n, spec.k, spec.lda, spec.ldb, spec.ldc}) {
      hash = (hash ^ static_cast<std::size_t>(part)) * 0x9E3779B97F4A7C15ULL;
      hash ^= hash >> 29U;
    }
    const unsigned flags = (spec.transpose_a ? 1U : 0U) | (spec.transpose_b ? 2U : 0U) | (spec.accumulate ? 4U : 0U) |
                           (static_cast<unsigned>(spec.products) << 3U);
    return hash ^ flags;
  }
};

}  // namespace

Gemm::Gemm() = default;
Gemm::Gemm(const GemmSpec& spec) : kernel_(best_kernel(completed(spec))) {}
Gemm::~Gemm() = default;
Gemm::Gemm(Gemm&&) noexcept = default;
Gemm& Gemm::operator=(Gemm&&) noexcept = default;

void Gemm::operator()(const Real* a, const Real* b, Real* c) const {
  FOVEA_ASSERT(kernel_ != nullptr);
  kernel_->run(a, b, c);
}

const GemmSpec& Gemm::spec() const { return kernel_->spec; }

const char* Gemm::library() const { return kernel_->library; }

void gemm(const GemmSpec& spec, const Real* a, const Real* b, Real* c) {
  thread_local std::unordered_map<GemmSpec, Gemm, SpecHash> known;
  auto found = known.find(spec);
  if (found == known.end()) found = known.emplace(spec, Gemm(spec)).first;
  found->second(a, b, c);
}

}  // namespace fovea::cpu
