#pragma once

#include <memory>

#include "framework/cpu/gemm.h"

// Internal to cpu/gemm: one source per library makes kernels, gemm_table.cpp chooses among them.
namespace fovea::cpu {

struct Gemm::Kernel {
  Kernel(const GemmSpec& wanted, const char* name) : spec(wanted), library(name) {}
  virtual ~Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  virtual void run(const Real* a, const Real* b, Real* c) const = 0;

  GemmSpec spec;  // with leading dimensions filled in
  const char* library;
};

using KernelPointer = std::unique_ptr<const Gemm::Kernel>;

enum class Library : std::uint8_t { kDirect, kXsmm, kOneDnn, kEigen };

/// The library that the measured table names for a product; what the library cannot do is left to the maker.
Library choose_library(const GemmSpec& spec);

// Each maker returns null where its library has no kernel for the product.
KernelPointer make_direct_kernel(const GemmSpec& spec);
KernelPointer make_xsmm_kernel(const GemmSpec& spec);
KernelPointer make_onednn_kernel(const GemmSpec& spec);
KernelPointer make_onednn_bf16_kernel(const GemmSpec& spec);
KernelPointer make_eigen_kernel(const GemmSpec& spec);  // never null
KernelPointer make_kernel(Library library, const GemmSpec& spec);

}  // namespace fovea::cpu
