#include <algorithm>

#include "framework/cpu/gemm_kernel.h"

// Which library multiplies which shape, by measurement; bench/gemm_table.cpp prints the whole table. In float32, on one core
// with AVX-512 (138 GFLOP/s of multiply-adds), medians in ns of direct / libxsmm / oneDNN / Eigen:
//    1 x   20 x   20  A B       34 /     27 /    207 /     67     20 x   20 x  1    A'B     71 /    63 /   515 /    267
//    1 x   20 x   20  A B'      61 /    135 /    234 /    139     32 x   20 x   20  A B    371 /   322 /   812 /    913
//   32 x   20 x   20  A B'    2092 /    476 /   1010 /    961     64 x   64 x   64  A B   3928 /  3896 /  4645 /   5985
//   64 x   64 x   64  A B'   14968 /   4478 /   5616 /   6232      1 x  256 x  256  A B'  2945 / 18628 /  3695 /   3186
//    8 x 1024 x   64  A B'   28837 /  27762 /  16681 /  22547     64 x    2 x  256  A B'  2102 /  4972 /  6346 /   4706
//   64 x  128 x  128  A B    16318 /  15696 /  16504 /  21820     64 x  512 x  128  A B  75443 / 70973 / 65467 /  86280
//   64 x  128 x  128  A B'   39145 /  18987 /  20677 /  23159     64 x  512 x  128  A B' 185660 / 81737 / 74678 / 85138
namespace fovea::cpu {
namespace {

#if !defined(FOVEA_F64)
constexpr double kSmall = 1.1e6;  // multiply-adds; beyond it oneDNN's blocking pays

// libxsmm multiplies A B' through a transposed copy of B, which does not pay for few rows of A.
Library choose_transposed_b(const GemmSpec& spec, double work) {
  constexpr Extent kFew = 4;
  constexpr Extent kCopyPays = 16;
  constexpr Extent kLongRows = 8;  // inner products of this length and more fill registers
  if (std::min(spec.m, spec.n) < kFew && spec.k >= kLongRows) return Library::kDirect;
  if (spec.k >= 8 * std::max(spec.m, spec.n) && work <= kSmall) return Library::kDirect;
  if (spec.m < kCopyPays) return work <= 2e4 ? Library::kXsmm : Library::kOneDnn;
  return work <= kSmall ? Library::kXsmm : Library::kOneDnn;
}
#endif

}  // namespace

Library choose_library(const GemmSpec& spec) {
  const double work = static_cast<double>(spec.m) * static_cast<double>(spec.n) * static_cast<double>(spec.k);
#if defined(FOVEA_F64)
  return work <= 32768 ? Library::kDirect : Library::kEigen;
#else
  if (spec.transpose_a && spec.transpose_b) return Library::kOneDnn;
  if (spec.transpose_b) return choose_transposed_b(spec, work);
  return work <= kSmall ? Library::kXsmm : Library::kOneDnn;
#endif
}

KernelPointer make_kernel(Library library, const GemmSpec& spec) {
  switch (library) {
    case Library::kDirect: return make_direct_kernel(spec);
    case Library::kXsmm: return make_xsmm_kernel(spec);
    case Library::kOneDnn: return make_onednn_kernel(spec);
    case Library::kEigen: break;
  }
  return make_eigen_kernel(spec);
}

}  // namespace fovea::cpu
