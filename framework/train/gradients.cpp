#include "framework/train/gradients.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "framework/core/rng.h"
#include "framework/cpu/parallel.h"
#include "framework/cpu/row_math.h"

namespace fovea {

namespace {

constexpr Extent kTile = 8192;  // elements; the tiles of all shards fit in the second cache

/// The sum of squares, in lanes of double that are added in a fixed tree.
double square_sum(std::span<const Real> values) {
  constexpr std::size_t kLanes = 16;
  double lanes[kLanes] = {};
  const std::size_t whole = values.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const auto value = static_cast<double>(values[i + lane]);
      lanes[lane] += value * value;
    }
  }
  for (std::size_t i = whole; i < values.size(); ++i) {
    lanes[i - whole] += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  }
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

double ordered_sum(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

std::size_t tiles_of(std::size_t size) {
  return (size + static_cast<std::size_t>(kTile) - 1) / static_cast<std::size_t>(kTile);
}

}  // namespace

GradientBlocks::GradientBlocks(Extent shards, std::size_t size, std::size_t optimized)
    : size_(size),
      optimized_(optimized),
      arena_(static_cast<std::size_t>(shards) * size * sizeof(Real)),
      squares_(tiles_of(size)) {}

std::span<Real> GradientBlocks::block(Extent shard) {
  return {reinterpret_cast<Real*>(arena_.data()) + static_cast<std::size_t>(shard) * size_, size_};
}

double GradientBlocks::sum(Extent shards) {
  const auto tile = [&](Extent begin, Extent end, Extent number) {
    const auto part = [&](Extent shard) { return block(shard).subspan(begin, end - begin); };
    for (Extent stride = 1; stride < shards; stride *= 2) {
      for (Extent shard = 0; shard + stride < shards; shard += 2 * stride) cpu::add(part(shard + stride), part(shard));
    }
    const auto counted = std::min(static_cast<std::size_t>(end), std::max(static_cast<std::size_t>(begin), optimized_));
    squares_[number] = square_sum(part(0).first(counted - static_cast<std::size_t>(begin)));
  };
  cpu::parallel_tiles(static_cast<Extent>(size_), kTile, std::ref(tile));
  return std::sqrt(ordered_sum(squares_));
}

double norm_of(std::span<const Real> block) {
  std::vector<double> squares(tiles_of(block.size()));
  const auto tile = [&](Extent begin, Extent end, Extent number) {
    squares[number] = square_sum(block.subspan(begin, end - begin));
  };
  cpu::parallel_tiles(static_cast<Extent>(block.size()), kTile, std::ref(tile));
  return std::sqrt(ordered_sum(squares));
}

void clip_norm(std::span<Real> block, double norm, double max_norm) {
  const double factor = max_norm / (norm + 1e-6);
  if (!(factor < 1)) return;
  const auto tile = [&](Extent begin, Extent end, Extent) {
    cpu::scale(static_cast<Real>(factor), block.subspan(begin, end - begin));
  };
  cpu::parallel_tiles(static_cast<Extent>(block.size()), kTile, std::ref(tile));
}

void GradientNoise::add(std::span<Real> block, const ParameterStore& store, Extent step) const {
  const double deviation = eta / std::pow(1.0 + static_cast<double>(step), 0.55);
  static const std::uint32_t stream = stream_of("gradient_noise");
  // By entry, since the padding between two parameters must stay 0.
  for (std::size_t number = 0; number < store.entries().size(); ++number) {
    const ParameterStore::Entry& entry = store.entries()[number];
    if (!entry.is_optimized()) continue;
    const auto tile = [&](Extent begin, Extent end, Extent tile_number) {
      Rng rng({seed, stream, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(number),
               static_cast<std::uint32_t>(tile_number)});
      Real* const gradient = block.data() + entry.offset;
      for (Extent i = begin; i < end; ++i) gradient[i] += static_cast<Real>(deviation * rng.normal());
    };
    cpu::parallel_tiles(entry.shape.size(), kTile, std::ref(tile));
  }
}

}  // namespace fovea
