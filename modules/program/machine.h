#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "framework/graph/functions.h"

// A register machine as graph functions: exact arithmetic on Index tensors, which no gradient passes. Axis letters: B batch,
// P pairs of a problem, R registers, O operations, W bits of a word.
namespace fovea::program {

/// What a machine can do. Number O, after the operations, is halt.
struct InstructionSet {
  struct Operation {
    std::string name;
    int operands = 2;  // 1: it works on the destination alone; 2: with a source, which is another register
    std::function<Index(Index destination, Index source)> apply;
  };
  std::vector<Operation> operations;
  Extent registers = 4;
  Extent bits = 8;  // results are taken modulo 2^W

  Index halt() const { return static_cast<Index>(operations.size()); }
};
using Instructions = std::shared_ptr<const InstructionSet>;

/// An instruction for each row, Index [B]: destination = operation(destination, source).
struct Chosen {
  Value operation;    // in [-1, O]; O halts, -1 does nothing
  Value destination;  // a register; -1 for none
  Value source;
};

struct Executed {
  Value words;       // Index [B, P, R]
  Value has_halted;  // Index [B], also where the operation is -1
};
/// One instruction on the registers of all pairs: words Index [B, P, R].
/// Errors    an operation above O, a register that does not exist, when run.
Executed execute(const Instructions& set, Value words, const Chosen& chosen, At at = At::here());

/// Which operations can be chosen, Index [B, O + 1]: all, or none for a row that has halted.
Value legal_operations(const Instructions& set, Value has_halted, At at = At::here());
/// Which registers an operation can have as destination, Index [B, R]: all, or none for halt and -1.
Value legal_destinations(const Instructions& set, Value operation, At at = At::here());
/// Which registers it can have as source: all but the destination, or none where it has none.
Value legal_sources(const Instructions& set, Value operation, Value destination, At at = At::here());

/// How far the registers are from what is wanted, for each row: words Index [B, P, R], wanted Index [B, P, L], of the first
/// L registers.
struct Missed {
  Value bits;  // [B], the share of bits that are wrong, in [0, 1]
  Value any;   // [B], 1 where any is
};
Missed missed(const Instructions& set, Value words, Value wanted, At at = At::here());

/// What should be chosen while all choices before were those of the label: label Index [B], or -1 where `on_track` is 0.
Value label_on_track(Value on_track, Value label, At at = At::here());
/// Index [B]: 1 where a row is on track and has chosen its label.
Value stay_on_track(Value on_track, Value label, Value chosen, At at = At::here());

/// Noise that makes the best score a softmax sample (Gumbel 1954), and none in the first of every `copies` rows, which
/// chooses the best: legal Index [B copies, N] -> Real [B copies, 1, N].
Value sampling_noise(Value legal, Extent copies, At at = At::here());
/// The first of the lowest prices of every `copies` rows: programs Index [B copies, T, 3], prices [B copies] -> Index
/// [B, T, 3].
Value cheapest(Value programs, Value prices, Extent copies, At at = At::here());
/// Every row `copies` times: Index [B, ...] -> Index [B copies, ...].
Value repeated(Value rows, Extent copies, At at = At::here());

}  // namespace fovea::program
