#include "framework/cpu/gemm_kernel.h"

// Which library multiplies which shape.
namespace fovea::cpu {

Library choose_library(const GemmSpec& spec) {
  const double work = static_cast<double>(spec.m) * static_cast<double>(spec.n) * static_cast<double>(spec.k);
#if defined(FOVEA_F64)
  return work <= 32768 ? Library::kDirect : Library::kEigen;
#else
  if (work <= 300000) return Library::kDirect;
  return Library::kOneDnn;
#endif
}

KernelPointer make_kernel(Library library, const GemmSpec& spec) {
  switch (library) {
    case Library::kDirect:
      return make_direct_kernel(spec);
    case Library::kXsmm:
      return make_xsmm_kernel(spec);
    case Library::kOneDnn:
      return make_onednn_kernel(spec);
    case Library::kEigen:
      break;
  }
  return make_eigen_kernel(spec);
}

}  // namespace fovea::cpu
