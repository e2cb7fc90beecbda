#include "framework/ops/op.h"

#include <string>

#include "framework/core/error.h"

namespace fovea {

Counters& Counters::operator+=(const Counters& other) {
  scored_pairs += other.scored_pairs;
  gathered_rows += other.gathered_rows;
  gathered_rows_backward += other.gathered_rows_backward;
  return *this;
}

std::vector<Type> Op::scratch(std::span<const Type> /*in*/) const { return {}; }

std::vector<Type> Op::workspace(std::span<const Type> /*in*/) const { return {}; }

std::shared_ptr<const Prepared> Op::prepare(std::span<const Type> /*in*/) const { return nullptr; }

std::shared_ptr<OpState> Op::make_state(std::span<const Type> /*in*/) const { return nullptr; }

void Op::backward(const OpRun& /*run*/) const {
  throw Error("op '" + std::string(name()) + "' has no derivative, and a gradient reached it; stop the gradient before it.");
}

void Op::restore(const OpRun& /*run*/) const {
  throw Error("op '" + std::string(name()) + "' overwrites an input and cannot put it back; define restore.");
}

bool Op::can_assign(std::size_t /*input*/) const { return false; }

double Op::multiply_adds(std::span<const Type> /*in*/) const { return 0; }

}  // namespace fovea
