#pragma once

#include <memory>

#include "framework/core/real.h"

namespace fovea::cpu {

/// How products are rounded: kFull uses Real; kBf16 rounds the factors to bfloat16 and adds in float32 (AMX or
/// AVX512-BF16 where the machine has it). Every sum stays in Real. kBf16 is ignored in the double twin.
enum class Products : std::uint8_t { kFull, kBf16 };

/// C [m, n] = op(A) [m, k] op(B) [k, n], or C += ... where `accumulate`; all row-major.
/// A leading dimension of 0 means dense: the row length of the matrix as it is stored.
struct GemmSpec {
  Extent m = 0;
  Extent n = 0;
  Extent k = 0;
  bool transpose_a = false;  // A is stored [k, m]
  bool transpose_b = false;  // B is stored [n, k]
  bool accumulate = false;
  Extent lda = 0;
  Extent ldb = 0;
  Extent ldc = 0;
  Products products = Products::kFull;

  bool operator==(const GemmSpec&) const = default;
};

/// A product made ready for one shape: the library is chosen from the measured table, kernels and primitives are kept.
///
/// Runs on the calling thread; its bits depend on the spec alone, never on the number of threads. Safe to call from many
/// threads at once. k == 0 clears C (or leaves it, where `accumulate`); m == 0 or n == 0 does nothing.
/// Errors    negative extents and leading dimensions shorter than a row throw Error.
class Gemm {
 public:
  Gemm();
  explicit Gemm(const GemmSpec& spec);
  ~Gemm();
  Gemm(Gemm&&) noexcept;
  Gemm& operator=(Gemm&&) noexcept;

  void operator()(const Real* a, const Real* b, Real* c) const;

  const GemmSpec& spec() const;
  /// The library that was chosen: "onednn", "libxsmm", "eigen", or "direct" for our own loops on tiny shapes.
  const char* library() const;

  struct Kernel;

 private:
  std::unique_ptr<const Kernel> kernel_;
};

/// A product of a shape met once: looks a Gemm up in a table of the calling thread, or makes it.
void gemm(const GemmSpec& spec, const Real* a, const Real* b, Real* c);

}  // namespace fovea::cpu
