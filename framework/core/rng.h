#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "framework/core/real.h"

namespace fovea {

/// A counter-based random generator (Philox4x32-10 of Random123), keyed by (seed, stream, step, row).
///
/// The same key gives the same numbers in any order, on any thread. A stream is a name hashed by `stream_of`.
/// Source    Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
class Rng {
 public:
  struct Key {
    std::uint64_t seed = 0;
    std::uint32_t stream = 0;
    std::uint32_t step = 0;
    std::uint32_t row = 0;
    std::uint32_t time = 0;  // the step of a loop; 0 outside one
  };

  Rng() : Rng(Key{}) {}
  explicit Rng(const Key& key);

  std::uint32_t bits() {
    if (used_ == block_.size()) refill();
    return block_[used_++];
  }
  /// Uniform in the open interval (0, 1): never 0, never 1, so that log and log1p are finite.
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  double normal();             // mean 0, deviation 1 (Box-Muller)
  Extent below(Extent bound);  // uniform in [0, bound), unbiased; bound >= 1
  Extent between(Extent low, Extent high) { return low + below(high - low + 1); }  // both ends included

  void fill_bits(std::span<std::uint32_t> out);  // the numbers that out.size() calls of bits() give, many at a time
  void fill_uniform(std::span<Real> out);        // (0, 1), from the upper 23 bits of one bits() each
  void fill_normal(std::span<Real> out);

  template <class T>
  void shuffle(std::span<T> items) {
    for (Extent i = static_cast<Extent>(items.size()) - 1; i > 0; --i) {
      std::swap(items[i], items[below(i + 1)]);
    }
  }

 private:
  void refill();

  std::array<std::uint32_t, 2> key_{};
  std::array<std::uint32_t, 4> counter_{};
  std::array<std::uint32_t, 4> block_{};
  std::size_t used_ = 4;
};

/// The stream of a name: the same on every machine and in every version.
std::uint32_t stream_of(std::string_view name);

}  // namespace fovea
