#include "framework/ops/op.h"

#include <cmath>
#include <string>

#include "framework/core/error.h"

namespace fovea {

namespace {
constexpr double kSurpriseUnits = 1048576;  // in a nat
}  // namespace

Counters& Counters::operator+=(const Counters& other) {
  scored_pairs += other.scored_pairs;
  gathered_rows += other.gathered_rows;
  gathered_rows_backward += other.gathered_rows_backward;
  draws += other.draws;
  surprise += other.surprise;
  return *this;
}

Counters Counters::operator-(const Counters& before) const {
  return {scored_pairs - before.scored_pairs, gathered_rows - before.gathered_rows,
          gathered_rows_backward - before.gathered_rows_backward, draws - before.draws, surprise - before.surprise};
}

void Counters::draw(double log_prob) {
  if (!std::isfinite(log_prob)) return;
  ++draws;
  surprise += std::llround(-log_prob * kSurpriseUnits);
}

std::optional<double> Counters::entropy() const {
  if (draws == 0) return std::nullopt;
  return static_cast<double>(surprise) / kSurpriseUnits / static_cast<double>(draws);
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
