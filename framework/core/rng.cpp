#include "framework/core/rng.h"

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace fovea {
namespace {

// FNV-1a: short, and the same everywhere; only names are hashed with it.
constexpr std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

// The finaliser of splitmix64: spreads the seed and the stream over both words of the key.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// Philox4x32-10 of 16 successive counters side by side, so that the compiler uses vector registers.
constexpr std::size_t kLanes = 16;
struct Blocks {
  alignas(64) std::uint32_t words[4][kLanes];
};

constexpr std::uint32_t high_product(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>((std::uint64_t{a} * b) >> 32);
}

void encrypt(Blocks& blocks, std::uint32_t key0, std::uint32_t key1) {
  auto& x = blocks.words;
  for (int round = 0; round < 10; ++round) {
#pragma omp simd
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::uint32_t word0 = x[0][lane];
      const std::uint32_t word2 = x[2][lane];
      x[0][lane] = high_product(0xCD9E8D57U, word2) ^ x[1][lane] ^ key0;
      x[1][lane] = 0xCD9E8D57U * word2;
      x[2][lane] = high_product(0xD2511F53U, word0) ^ x[3][lane] ^ key1;
      x[3][lane] = 0xD2511F53U * word0;
    }
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
}

}  // namespace

std::uint32_t stream_of(std::string_view name) {
  const std::uint64_t hash = fnv1a(name);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

Rng::Rng(const Key& key) {
  const std::uint64_t word = mix(mix(key.seed + 0x9e3779b97f4a7c15ULL) ^ key.stream);
  key_ = {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
  counter_ = {0, key.step, key.row, key.time};
}

void Rng::refill() {
  const r123::Philox4x32 generate;
  const r123::Philox4x32::ctr_type counter{{counter_[0], counter_[1], counter_[2], counter_[3]}};
  const r123::Philox4x32::key_type key{{key_[0], key_[1]}};
  const r123::Philox4x32::ctr_type block = generate(counter, key);
  for (std::size_t i = 0; i < block_.size(); ++i) block_[i] = block[i];
  ++counter_[0];
  used_ = 0;
}

double Rng::uniform() {
  const std::uint64_t high = bits();
  const std::uint64_t low = bits();
  // 52 bits and a half: the smallest value is 2^-53, the largest 1 - 2^-53.
  return (static_cast<double>(((high << 32) | low) >> 12) + 0.5) * 0x1p-52;
}

double Rng::normal() {
  const double radius = std::sqrt(-2.0 * std::log(uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

Extent Rng::below(Extent bound) {
  const auto range = static_cast<std::uint64_t>(bound);
  const std::uint64_t limit = ~std::uint64_t{0} - ~std::uint64_t{0} % range;  // a multiple of range: no bias
  std::uint64_t draw = 0;
  do {
    const std::uint64_t high = bits();
    draw = (high << 32) | bits();
  } while (draw >= limit);
  return static_cast<Extent>(draw % range);
}

void Rng::fill_bits(std::span<std::uint32_t> out) {
  std::size_t i = 0;
  while (i < out.size() && used_ < block_.size()) out[i++] = bits();
  for (; i + 4 * kLanes <= out.size(); i += 4 * kLanes) {
    Blocks blocks;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      blocks.words[0][lane] = counter_[0] + static_cast<std::uint32_t>(lane);
      for (std::size_t word = 1; word < 4; ++word) blocks.words[word][lane] = counter_[word];
    }
    encrypt(blocks, key_[0], key_[1]);
    counter_[0] += static_cast<std::uint32_t>(kLanes);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      for (std::size_t word = 0; word < 4; ++word) out[i + 4 * lane + word] = blocks.words[word][lane];
    }
  }
  while (i < out.size()) out[i++] = bits();
}

void Rng::fill_uniform(std::span<Real> out) {
  std::array<std::uint32_t, 256> draws;
  for (std::size_t begin = 0; begin < out.size(); begin += draws.size()) {
    const std::size_t count = std::min(draws.size(), out.size() - begin);
    fill_bits({draws.data(), count});
    // 23 bits and a half stay below 1 in float32 too, and nothing of this is rounded.
    for (std::size_t i = 0; i < count; ++i) {
      out[begin + i] = (static_cast<Real>(static_cast<std::int32_t>(draws[i] >> 9)) + Real(0.5)) * Real(0x1p-23);
    }
  }
}

void Rng::fill_normal(std::span<Real> out) {
  for (Real& value : out) value = static_cast<Real>(normal());
}

}  // namespace fovea
