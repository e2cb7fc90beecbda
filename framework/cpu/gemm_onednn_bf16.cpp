#include "framework/cpu/gemm_kernel.h"

#if !defined(FOVEA_F64)

#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "framework/cpu/bfloat16.h"
#include "framework/cpu/openmp.h"

namespace fovea::cpu {
namespace {

using dnnl::memory;

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

// Buffers and stream of one thread; they only grow, so a steady state allocates nothing of size.
struct ThreadState {
  std::vector<Bfloat16> a;
  std::vector<Bfloat16> b;
  std::vector<char> scratchpad;
  std::vector<float> product;
  dnnl::stream stream{engine()};
};

ThreadState& thread_state() {
  thread_local ThreadState state;
  return state;
}

template <class Vector>
void grow(Vector& vector, std::size_t size) {
  if (vector.size() < size) vector.resize(size);
}

// The factors are rounded into dense matrices as they are stored; a transposed one is described by its strides.
memory::desc described(Extent rows, Extent columns, bool transposed) {
  const memory::dims strides = transposed ? memory::dims{1, rows} : memory::dims{columns, 1};
  return {{rows, columns}, memory::data_type::bf16, strides};
}

class OneDnnBf16Kernel : public Gemm::Kernel {
 public:
  explicit OneDnnBf16Kernel(const GemmSpec& wanted) : Kernel(wanted, "onednn") {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (spec.accumulate) {
      dnnl::post_ops sum;
      sum.append_sum(1);
      attributes.set_post_ops(sum);
    }
    const memory::desc c({spec.m, spec.n}, memory::data_type::f32, memory::dims{spec.ldc, 1});
    const dnnl::matmul::desc product(described(spec.m, spec.k, spec.transpose_a),
                                     described(spec.k, spec.n, spec.transpose_b), c);
    description_ = dnnl::matmul::primitive_desc(product, attributes, engine());
    primitive_ = dnnl::matmul(description_);
  }

  void run(const Real* a, const Real* b, Real* c) const override {
    use_one_openmp_thread();
    ThreadState& state = thread_state();
    round_factor(a, spec.transpose_a ? spec.k : spec.m, spec.transpose_a ? spec.m : spec.k, spec.lda, state.a);
    round_factor(b, spec.transpose_b ? spec.n : spec.k, spec.transpose_b ? spec.k : spec.n, spec.ldb, state.b);
    grow(state.scratchpad, description_.scratchpad_desc().get_size());
    primitive_.execute(state.stream,
                       {{DNNL_ARG_SRC, memory(description_.src_desc(), engine(), state.a.data())},
                        {DNNL_ARG_WEIGHTS, memory(description_.weights_desc(), engine(), state.b.data())},
                        {DNNL_ARG_DST, memory(description_.dst_desc(), engine(), c)},
                        {DNNL_ARG_SCRATCHPAD, memory(description_.scratchpad_desc(), engine(), state.scratchpad.data())}});
  }

 private:
  static void round_factor(const Real* from, Extent rows, Extent columns, Extent leading, std::vector<Bfloat16>& to) {
    grow(to, static_cast<std::size_t>(rows * columns));
    if (leading == columns) {
      round_to_bfloat16(from, rows * columns, to.data());
      return;
    }
    for (Extent i = 0; i < rows; ++i) round_to_bfloat16(from + i * leading, columns, to.data() + i * columns);
  }

  dnnl::matmul::primitive_desc description_;
  dnnl::matmul primitive_;
};

}  // namespace

KernelPointer make_onednn_bf16_kernel(const GemmSpec& spec) {
  try {
    return std::make_unique<OneDnnBf16Kernel>(spec);
  } catch (const dnnl::error&) {
    return nullptr;  // a machine without bfloat16: the product is then computed in full precision
  }
}

}  // namespace fovea::cpu

#endif
