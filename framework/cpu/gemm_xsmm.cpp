#include "framework/cpu/gemm_kernel.h"

#if !defined(FOVEA_F64)

#include <libxsmm.h>

#include <vector>

#include "framework/cpu/transpose.h"

namespace fovea::cpu {
namespace {

// libxsmm is column-major: our row-major C = A B is its C' = B' A', whose first factor must not be transposed.
class XsmmKernel : public Gemm::Kernel {
 public:
  XsmmKernel(const GemmSpec& wanted, libxsmm_smmfunction function) : Kernel(wanted, "libxsmm"), function_(function) {}
  void run(const Real* a, const Real* b, Real* c) const override { function_(b, a, c); }

 private:
  libxsmm_smmfunction function_;
};

// The same for A B', through a transposed copy of B [n, k].
class TransposingKernel : public Gemm::Kernel {
 public:
  TransposingKernel(const GemmSpec& wanted, libxsmm_smmfunction function) : Kernel(wanted, "libxsmm"), function_(function) {}

  void run(const Real* a, const Real* b, Real* c) const override {
    thread_local std::vector<Real> copy;
    const auto size = static_cast<std::size_t>(spec.k * spec.n);
    if (copy.size() < size) copy.resize(size);
    PackBlock block;
    for (Extent j = 0; j < spec.n; j += kPack) {
      for (Extent p = 0; p < spec.k; p += kPack) {
        read_block(b + j * spec.ldb + p, spec.ldb, spec.n - j, spec.k - p, block);
        transpose(block);
        write_block(block,
                    {.data = copy.data() + p * spec.n + j, .leading = spec.n, .rows = spec.k - p, .columns = spec.n - j});
      }
    }
    function_(copy.data(), a, c);
  }

 private:
  libxsmm_smmfunction function_;
};

}  // namespace

KernelPointer make_xsmm_kernel(const GemmSpec& spec) {
  constexpr Extent kLargest = 1 << 20;
  if (spec.transpose_a && spec.transpose_b) return nullptr;
  if (spec.k * spec.n > kLargest || spec.m * spec.n > kLargest || spec.k > kLargest) return nullptr;
  const auto m = static_cast<libxsmm_blasint>(spec.n);
  const auto n = static_cast<libxsmm_blasint>(spec.m);
  const auto k = static_cast<libxsmm_blasint>(spec.k);
  const auto lda = static_cast<libxsmm_blasint>(spec.transpose_b ? spec.n : spec.ldb);
  const auto ldb = static_cast<libxsmm_blasint>(spec.lda);
  const auto ldc = static_cast<libxsmm_blasint>(spec.ldc);
  const float alpha = 1;
  const float beta = spec.accumulate ? 1 : 0;
  const int flags = spec.transpose_a ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
  const int prefetch = LIBXSMM_PREFETCH_NONE;
  const libxsmm_smmfunction function = libxsmm_smmdispatch(m, n, k, &lda, &ldb, &ldc, &alpha, &beta, &flags, &prefetch);
  if (function == nullptr) return nullptr;
  if (spec.transpose_b) return std::make_unique<TransposingKernel>(spec, function);
  return std::make_unique<XsmmKernel>(spec, function);
}

}  // namespace fovea::cpu

#else

namespace fovea::cpu {
KernelPointer make_xsmm_kernel(const GemmSpec&) { return nullptr; }
}  // namespace fovea::cpu

#endif
