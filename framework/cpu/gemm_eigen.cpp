// GCC 12 finds its own AVX-512 intrinsics uninitialised where Eigen inlines them (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <Eigen/Core>

#include "framework/cpu/gemm_kernel.h"

namespace fovea::cpu {
namespace {

using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Stride = Eigen::OuterStride<>;
using Factor = Eigen::Map<const Matrix, Eigen::Unaligned, Stride>;
using Product = Eigen::Map<Matrix, Eigen::Unaligned, Stride>;

Factor stored(const Real* data, Extent rows, Extent columns, Extent leading, bool transposed) {
  return transposed ? Factor(data, columns, rows, Stride(leading)) : Factor(data, rows, columns, Stride(leading));
}

class EigenKernel : public Gemm::Kernel {
 public:
  explicit EigenKernel(const GemmSpec& wanted) : Kernel(wanted, "eigen") {}

  void run(const Real* a_data, const Real* b_data, Real* c_data) const override {
    const Factor a = stored(a_data, spec.m, spec.k, spec.lda, spec.transpose_a);
    const Factor b = stored(b_data, spec.k, spec.n, spec.ldb, spec.transpose_b);
    Product c(c_data, spec.m, spec.n, Stride(spec.ldc));
    if (spec.transpose_a && spec.transpose_b) {
      put(a.transpose() * b.transpose(), c);
    } else if (spec.transpose_a) {
      put(a.transpose() * b, c);
    } else if (spec.transpose_b) {
      put(a * b.transpose(), c);
    } else {
      put(a * b, c);
    }
  }

 private:
  template <class Expression>
  void put(const Expression& product, Product& c) const {
    if (spec.accumulate) {
      c.noalias() += product;
    } else {
      c.noalias() = product;
    }
  }
};

}  // namespace

KernelPointer make_eigen_kernel(const GemmSpec& spec) { return std::make_unique<EigenKernel>(spec); }

}  // namespace fovea::cpu
