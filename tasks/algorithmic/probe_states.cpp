#include "tasks/algorithmic/probe_states.h"

#include "framework/core/rng.h"

namespace fovea::synthesis {
namespace {

std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15U;
  return hash ^ hash >> 29U;
}

}  // namespace

ProbeStates::ProbeStates(Extent registers, Extent bits)
    : mask_(word_mask(bits)), columns_(static_cast<std::size_t>(registers)), hashes_(columns_.size()) {
  Rng rng({.seed = 1, .stream = stream_of("program_synthesis/probes")});
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    for (Index& word : columns_[i]) word = static_cast<Index>(rng.below(Extent{1} << bits));
    update(i);
  }
  drawn_ = columns_;
  drawn_hashes_ = hashes_;
}

void ProbeStates::start() {
  columns_ = drawn_;
  hashes_ = drawn_hashes_;
}

void ProbeStates::execute(const Instruction& step) {
  const auto to = static_cast<std::size_t>(step.destination);
  const Operation& operation = kOperations[step.operation];
  const Column& source = columns_[step.source < 0 ? to : static_cast<std::size_t>(step.source)];
  Column& destination = columns_[to];
  for (std::size_t i = 0; i < kCount; ++i) destination[i] = operation.apply(destination[i], source[i]) & mask_;
  update(to);
}

std::uint64_t ProbeStates::hash(std::span<const Index> order) const {
  std::uint64_t all = 0;
  for (const Index number : order) all = mixed(all, hash(number));
  return all;
}

void ProbeStates::update(std::size_t number) {
  std::uint64_t hash = 0;
  for (const Index word : columns_[number]) hash = mixed(hash, static_cast<std::uint64_t>(word));
  hashes_[number] = hash;
}

}  // namespace fovea::synthesis
