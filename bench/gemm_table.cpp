// Measures every library on a set of product shapes and layouts, on one thread: the source of
// framework/cpu/gemm_table.cpp.
#include <cstdio>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "framework/cpu/gemm_kernel.h"

namespace fovea::bench {
namespace {

using cpu::GemmSpec;
using cpu::KernelPointer;
using cpu::Library;

constexpr Library kLibraries[] = {Library::kDirect, Library::kXsmm, Library::kOneDnn, Library::kEigen};
constexpr const char* kLibraryNames[] = {"direct", "libxsmm", "onednn", "eigen"};
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

// The libraries that have a kernel for a product, and last the peak of the core, measured in turn.
struct Measured {
  std::vector<KernelPointer> kernels;
  std::vector<Candidate> candidates;
};

Measured measure_shape(const GemmSpec& spec, int rounds) {
  const auto a = filled(spec.m * spec.k);
  const auto b = filled(spec.k * spec.n);
  auto c = filled(spec.m * spec.n);
  Measured measured;
  for (const Library library : kLibraries) {
    KernelPointer kernel = cpu::make_kernel(library, spec);
    if (kernel == nullptr) continue;
    measured.candidates.push_back({[&a, &b, &c, run = kernel.get()] { run->run(a.data(), b.data(), c.data()); }});
    measured.kernels.push_back(std::move(kernel));
  }
  measured.candidates.push_back({[] { fused_multiply_adds(); }});
  measure(measured.candidates, rounds, 1e-3);
  for (Candidate& candidate : measured.candidates) candidate.run = nullptr;  // the operands end here
  return measured;
}

double operations_of(const GemmSpec& spec) {
  return 2.0 * static_cast<double>(spec.m) * static_cast<double>(spec.n) * static_cast<double>(spec.k);
}

void print_row(const GemmSpec& spec, const char* layout, Measured measured) {
  std::printf("%5ld x %4ld x %4ld  %-4s", static_cast<long>(spec.m), static_cast<long>(spec.n), static_cast<long>(spec.k),
              layout);
  std::size_t next = 0;
  for (const char* library : kLibraryNames) {
    if (next == measured.kernels.size() || std::string(measured.kernels[next]->library) != library) {
      std::printf("         -         ");
      continue;
    }
    const double seconds = measured.candidates[next++].median();
    std::printf(" %6.1f %9.0f ns", 1e-9 * operations_of(spec) / seconds, 1e9 * seconds);
  }
  std::printf("   %6.1f  %s\n", 1e-9 * fused_multiply_adds() / measured.candidates.back().median(),
              cpu::Gemm(spec).library());
  std::fflush(stdout);
}

// A line for each library, and one named "gemm" for the library that the table chooses.
void print_lines(const GemmSpec& spec, const char* layout, Measured measured) {
  std::string config = std::to_string(spec.m) + "x" + std::to_string(spec.n) + "x" + std::to_string(spec.k) + ",threads=1";
  if (layout != kLayouts[0]) config += std::string(",layout=") + layout;
  const std::string chosen = cpu::Gemm(spec).library();
  for (std::size_t i = 0; i < measured.kernels.size(); ++i) {
    Candidate& candidate = measured.candidates[i];
    const std::string library = measured.kernels[i]->library;
    Line line{"gemm_" + library, config, candidate.median(), candidate.best(), 1e-9 * operations_of(spec), "GFLOP/s"};
    print_json(line);
    if (library != chosen) continue;
    line.name = "gemm";
    print_json(line);
  }
  Candidate& peak = measured.candidates.back();
  print_json({"peak_gemm", config, peak.median(), peak.best(), 1e-9 * fused_multiply_adds(), "GFLOP/s"});
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) {
  using fovea::cpu::GemmSpec;
  fovea::bench::Common common;
  fovea::bench::CommandLine line("bench_gemm_table", "Products of matrices by every library, in turn, on one thread.",
                                 "  bench_gemm_table            # the table, 15 rounds\n"
                                 "  bench_gemm_table 3 --json   # quickly, for bench/alternate.py\n",
                                 common);
  int rounds = 15;
  line.app().add_option("rounds", rounds, "samples of each, >= 1")->check(CLI::Range(1, 100000));
  return line.run(count, arguments, [&] {
    if (!common.json)
      std::printf("GFLOP/s and time    m x n x k, layout; direct, libxsmm, oneDNN, Eigen; peak of the core; chosen\n");
    for (const auto& shape : fovea::bench::kShapes) {
      for (int layout = 0; layout < 3; ++layout) {
        GemmSpec spec{.m = shape[0], .n = shape[1], .k = shape[2]};
        spec.transpose_b = layout == 1;
        spec.transpose_a = layout == 2;
        spec.lda = spec.transpose_a ? spec.m : spec.k;
        spec.ldb = spec.transpose_b ? spec.k : spec.n;
        spec.ldc = spec.n;
        const auto print = common.json ? fovea::bench::print_lines : fovea::bench::print_row;
        print(spec, fovea::bench::kLayouts[layout], fovea::bench::measure_shape(spec, rounds));
      }
    }
  });
}
