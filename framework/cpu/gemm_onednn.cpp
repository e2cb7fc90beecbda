#include "framework/cpu/gemm_kernel.h"

#if !defined(FOVEA_F64)

#include <oneapi/dnnl/dnnl.h>

#include "framework/core/error.h"
#include "framework/cpu/openmp.h"

namespace fovea::cpu {
namespace {

class OneDnnKernel : public Gemm::Kernel {
 public:
  explicit OneDnnKernel(const GemmSpec& wanted) : Kernel(wanted, "onednn") {}

  void run(const Real* a, const Real* b, Real* c) const override {
    use_one_openmp_thread();
    const float beta = spec.accumulate ? 1 : 0;
    const dnnl_status_t status = dnnl_sgemm(spec.transpose_a ? 'T' : 'N', spec.transpose_b ? 'T' : 'N', spec.m, spec.n,
                                            spec.k, 1, a, spec.lda, b, spec.ldb, beta, c, spec.ldc);
    if (status != dnnl_success) {
      throw Error("gemm", "oneDNN to multiply; its status was " + std::to_string(status) + "; report this shape.");
    }
  }
};

}  // namespace

KernelPointer make_onednn_kernel(const GemmSpec& spec) { return std::make_unique<OneDnnKernel>(spec); }

}  // namespace fovea::cpu

#else

namespace fovea::cpu {
KernelPointer make_onednn_kernel(const GemmSpec&) { return nullptr; }
}  // namespace fovea::cpu

#endif
