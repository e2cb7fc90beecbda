#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "tasks/algorithmic/word_machine.h"

namespace fovea::synthesis {

/// Random states of the registers, always the same, by which functions of them are distinguished.
class ProbeStates {
 public:
  static constexpr std::size_t kCount = 256;

  ProbeStates(Extent registers, Extent bits);

  void start();  // as they were drawn
  void execute(const Instruction& step);
  /// A hash of the words of each register, after what was done: different ones collide with a probability of 2^-64.
  std::uint64_t hash(Index number) const { return hashes_[number]; }
  /// A hash of registers in this order.
  std::uint64_t hash(std::span<const Index> order) const;

 private:
  using Column = std::array<Index, kCount>;  // of one register
  void update(std::size_t number);

  Index mask_;
  std::vector<Column> drawn_, columns_;
  std::vector<std::uint64_t> drawn_hashes_, hashes_;
};

}  // namespace fovea::synthesis
