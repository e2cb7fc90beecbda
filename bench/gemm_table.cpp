// Measures every library on a set of product shapes and layouts, on one thread: the table behind
// framework/cpu/gemm_table.cpp. Usage: gemm_table [rounds]
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "bench/measure.h"
#include "framework/cpu/gemm_kernel.h"

namespace fovea::bench {
namespace {

using cpu::GemmSpec;
using cpu::KernelPointer;
using cpu::Library;

constexpr Library kLibraries[] = {Library::kDirect, Library::kXsmm, Library::kOneDnn, Library::kEigen};
constexpr const char* kLayouts[] = {"A B", "A B'", "A'B"};

constexpr Extent kShapes[][3] = {
    {1, 20, 20},     {20, 20, 1},     {8, 20, 20},     {32, 20, 20},    {32, 20, 180},   {32, 180, 20},    {1600, 20, 20},
    {20, 20, 1600},  {16, 64, 64},    {64, 64, 64},    {64, 16, 64},    {64, 64, 16},    {1, 64, 1024},    {8, 1024, 64},
    {1, 256, 256},   {64, 2, 256},    {64, 1024, 2},   {64, 128, 128},  {64, 512, 128},  {64, 128, 512},   {64, 256, 256},
    {64, 1024, 256}, {64, 256, 1024}, {128, 256, 256}, {640, 256, 256}, {256, 256, 640}, {512, 128, 3200}, {640, 1024, 256}};

std::vector<Real> filled(Extent count) {
  std::vector<Real> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<Real>(static_cast<int>(i * 7 % 13) - 6) / 8;
  return values;
}

void measure_shape(const GemmSpec& spec, const char* layout, int rounds) {
  const auto a = filled(spec.m * spec.k);
  const auto b = filled(spec.k * spec.n);
  auto c = filled(spec.m * spec.n);
  std::vector<KernelPointer> kernels;
  std::vector<Candidate> candidates;
  std::vector<int> column;
  for (const Library library : kLibraries) {
    KernelPointer kernel = cpu::make_kernel(library, spec);
    column.push_back(kernel == nullptr ? -1 : static_cast<int>(candidates.size()));
    if (kernel == nullptr) continue;
    candidates.push_back({[&a, &b, &c, run = kernel.get()] { run->run(a.data(), b.data(), c.data()); }});
    kernels.push_back(std::move(kernel));
  }
  candidates.push_back({[] { fused_multiply_adds(); }});
  measure(candidates, rounds, 1e-3);
  const double operations = 2.0 * static_cast<double>(spec.m) * static_cast<double>(spec.n) * static_cast<double>(spec.k);
  std::printf("%5ld x %4ld x %4ld  %-4s", static_cast<long>(spec.m), static_cast<long>(spec.n), static_cast<long>(spec.k),
              layout);
  for (const int index : column) {
    if (index < 0) {
      std::printf("         -         ");
      continue;
    }
    const double seconds = candidates[static_cast<std::size_t>(index)].median();
    std::printf(" %6.1f %9.0f ns", 1e-9 * operations / seconds, 1e9 * seconds);
  }
  std::printf("   %6.1f  %s\n", 1e-9 * fused_multiply_adds() / candidates.back().median(), cpu::Gemm(spec).library());
  std::fflush(stdout);
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) {
  using fovea::cpu::GemmSpec;
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  std::printf("GFLOP/s and time    m x n x k, layout; direct, libxsmm, oneDNN, Eigen; peak of the core; chosen\n");
  for (const auto& shape : fovea::bench::kShapes) {
    for (int layout = 0; layout < 3; ++layout) {
      GemmSpec spec{.m = shape[0], .n = shape[1], .k = shape[2]};
      spec.transpose_b = layout == 1;
      spec.transpose_a = layout == 2;
      spec.lda = spec.transpose_a ? spec.m : spec.k;
      spec.ldb = spec.transpose_b ? spec.k : spec.n;
      spec.ldc = spec.n;
      fovea::bench::measure_shape(spec, fovea::bench::kLayouts[layout], rounds);
    }
  }
}
