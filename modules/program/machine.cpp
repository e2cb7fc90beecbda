#include "modules/program/machine.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "modules/program/machine_op.h"

namespace fovea::program {

void require_wanted(std::string_view op, const Type& words, const Type& wanted) {
  require_index(op, wanted, "wanted");
  const bool has_axes = words.shape.rank() == 3 && wanted.shape.rank() == 3;
  if (has_axes && wanted.shape.with(2, words.shape[2]) == words.shape && wanted.shape[2] <= words.shape[2]) return;
  reject(op, "words [B, P, R] and wanted words of the first registers were expected; " + describe("words", words) + " and " +
                 describe("wanted", wanted) + " came; give both the same pairs.");
}

namespace {

class ExecuteOp final : public MachineOp {
 public:
  using MachineOp::MachineOp;
  std::string_view name() const override { return "execute"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_words(in[0]);
    const Type row{Shape{in[0].shape[0]}, Kind::kIndex};
    for (std::size_t i = 1; i < 4; ++i) {
      if (in[i] == row) continue;
      reject(name(), "an instruction for each row was expected; " + describe("words", in[0]) + " and " +
                         describe("a part of it", in[i]) + " came; give Index [B].");
    }
    return {in[0], row};
  }

  void forward(const OpRun& run) const override {
    const Shape& words = run.in[0].shape();
    std::copy_n(run.in[0].index(), run.in[0].size(), run.out[0].index());
    const Extent row = words[1] * words[2];
    for (Extent b = 0; b < words[0]; ++b) {
      const auto* done = operation(run.in[1].index()[b]);
      run.out[1].index()[b] = done == nullptr ? 1 : 0;
      if (done == nullptr) continue;
      const Index destination = run.in[2].index()[b];
      const Index source = done->operands == 1 ? destination : run.in[3].index()[b];
      for (const Index number : {destination, source}) {
        if (number < 0 || number >= set().registers) reject_index(name(), b, number, 0, set().registers);
      }
      const auto mask = static_cast<Index>((Extent{1} << set().bits) - 1);
      for (Index* of = run.out[0].index() + b * row; of < run.out[0].index() + (b + 1) * row; of += words[2]) {
        of[destination] = done->apply(of[destination], of[source]) & mask;
      }
    }
  }
};

class LegalOperations final : public MachineOp {
 public:
  using MachineOp::MachineOp;
  std::string_view name() const override { return "legal_operations"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_index(name(), in[0], "has_halted");
    return {{Shape{in[0].shape[0], set().halt() + 1}, Kind::kIndex}};
  }

  void forward(const OpRun& run) const override {
    const Extent width = set().halt() + 1;
    for (Extent b = 0; b < run.in[0].size(); ++b) {
      std::fill_n(run.out[0].index() + b * width, width, Index{run.in[0].index()[b] != 0 ? 0 : 1});
    }
  }
};

// Inputs: operation [B], and for sources the destination [B].
class LegalRegisters final : public MachineOp {
 public:
  using MachineOp::MachineOp;
  std::string_view name() const override { return "legal_registers"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    for (const Type& type : in) require_index(name(), type, "operation or destination");
    return {{Shape{in[0].shape[0], set().registers}, Kind::kIndex}};
  }

  void forward(const OpRun& run) const override {
    const bool is_source = run.in.size() == 2;
    for (Extent b = 0; b < run.in[0].size(); ++b) {
      const auto* chosen = operation(run.in[0].index()[b]);
      Index* out = run.out[0].index() + b * set().registers;
      const bool has_any = chosen != nullptr && (!is_source || chosen->operands == 2);
      std::fill_n(out, set().registers, Index{has_any ? 1 : 0});
      const Index destination = is_source ? run.in[1].index()[b] : -1;
      if (destination >= 0) out[destination] = 0;
    }
  }
};

// Inputs: words [B, P, R], wanted [B, P, L].
class MissedOp final : public MachineOp {
 public:
  using MachineOp::MachineOp;
  std::string_view name() const override { return "missed"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_words(in[0]);
    require_wanted(name(), in[0], in[1]);
    const Type row{Shape{in[0].shape[0]}, Kind::kReal};
    return {row, row};
  }

  void forward(const OpRun& run) const override {
    const Shape& words = run.in[0].shape();
    const Extent live = run.in[1].shape()[2];
    for (Extent b = 0; b < words[0]; ++b) {
      Extent wrong = 0;
      for (Extent pair = b * words[1]; pair < (b + 1) * words[1]; ++pair) {
        for (Extent r = 0; r < live; ++r) {
          const Index differ = run.in[0].index()[pair * words[2] + r] ^ run.in[1].index()[pair * live + r];
          wrong += std::popcount(static_cast<std::uint32_t>(differ));
        }
      }
      run.out[0].real()[b] = static_cast<Real>(wrong) / static_cast<Real>(words[1] * live * set().bits);
      run.out[1].real()[b] = wrong > 0 ? Real(1) : Real(0);
    }
  }
};

// Inputs: on_track [B], label [B], and for staying on it what was chosen [B].
class TrackOp final : public Op {
 public:
  std::string_view name() const override { return "track"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    for (const Type& type : in) {
      require_index(name(), type, "on_track, label or chosen");
      if (type == in[0]) continue;
      reject(name(), "equal shapes were expected; " + describe("on_track", in[0]) + " and " + describe("another", type) +
                         " came; give Index [B] each.");
    }
    return {in[0]};
  }

  void forward(const OpRun& run) const override {
    for (Extent b = 0; b < run.in[0].size(); ++b) {
      const bool is_on_track = run.in[0].index()[b] != 0;
      const Index label = run.in[1].index()[b];
      if (run.in.size() == 2) {
        run.out[0].index()[b] = is_on_track ? label : -1;
      } else {
        run.out[0].index()[b] = is_on_track && run.in[2].index()[b] == label ? 1 : 0;
      }
    }
  }
};

}  // namespace

Executed execute(const Instructions& set, Value words, const Chosen& chosen, At at) {
  const std::vector<Value> inputs{words, chosen.operation, chosen.destination, chosen.source};
  const auto out = innermost(inputs, at).add_all(std::make_shared<ExecuteOp>(set), inputs, "", at);
  return {out[0], out[1]};
}

Value legal_operations(const Instructions& set, Value has_halted, At at) {
  return innermost({has_halted}, at).add(std::make_shared<LegalOperations>(set), {has_halted}, "", at);
}

Value legal_destinations(const Instructions& set, Value operation, At at) {
  return innermost({operation}, at).add(std::make_shared<LegalRegisters>(set), {operation}, "", at);
}

Value legal_sources(const Instructions& set, Value operation, Value destination, At at) {
  const std::vector<Value> inputs{operation, destination};
  return innermost(inputs, at).add(std::make_shared<LegalRegisters>(set), inputs, "", at);
}

Missed missed(const Instructions& set, Value words, Value wanted, At at) {
  const auto out = innermost({words, wanted}, at).add_all(std::make_shared<MissedOp>(set), {words, wanted}, "", at);
  return {out[0], out[1]};
}

Value label_on_track(Value on_track, Value label, At at) {
  return innermost({on_track, label}, at).add(std::make_shared<TrackOp>(), {on_track, label}, "", at);
}

Value stay_on_track(Value on_track, Value label, Value chosen, At at) {
  const std::vector<Value> inputs{on_track, label, chosen};
  return innermost(inputs, at).add(std::make_shared<TrackOp>(), inputs, "", at);
}

}  // namespace fovea::program
