#include "modules/memory/large/slot_index.h"

#include <algorithm>
#include <cmath>

#include "framework/cpu/row_math.h"

namespace fovea {

template <>
Registry<SlotIndex>& Registry<SlotIndex>::instance() {
  static Registry<SlotIndex> registry;
  return registry;
}

void SlotIndex::fields(Options& /*options*/) {}

Real direction_score(const SlotIndex::Words& words, const Real* query, Index slot) {
  const auto width = static_cast<std::size_t>(words.width);
  const std::span<const Real> word{words.word(slot), width};
  return cpu::dot({query, width}, word) / std::max(std::sqrt(cpu::dot(word, word)), words.epsilon);
}

}  // namespace fovea
