#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/real.h"

// A register machine without branches, whose registers hold words: integers modulo 2^W.
namespace fovea::synthesis {

struct Operation {
  std::string_view name;
  int operands;  // 1: it works on the destination alone; 2: with a source
  Index (*apply)(Index destination, Index source);
};

/// In the order that makes a program canonical. `execute` cuts their results to the width of a word.
inline constexpr std::array<Operation, 9> kOperations{{
    {"not", 1, [](Index a, Index) { return ~a; }},
    {"shl", 1, [](Index a, Index) { return a << 1; }},
    {"shr", 1, [](Index a, Index) { return a >> 1; }},
    {"mov", 2, [](Index, Index b) { return b; }},
    {"and", 2, [](Index a, Index b) { return a & b; }},
    {"or", 2, [](Index a, Index b) { return a | b; }},
    {"xor", 2, [](Index a, Index b) { return a ^ b; }},
    {"add", 2, [](Index a, Index b) { return a + b; }},
    {"sub", 2, [](Index a, Index b) { return a - b; }},
}};
inline constexpr Index kHalt = static_cast<Index>(kOperations.size());
inline constexpr Index kNone = -1;  // in place of a register that does not exist

inline constexpr Extent kMostRegisters = 6;
inline constexpr Extent kMostInstructions = 4;

/// destination = operation(destination, source); registers are numbered from 0, and the two differ.
struct Instruction {
  Index operation = kHalt;
  Index destination = kNone;
  Index source = kNone;  // none where the operation has one operand

  auto operator<=>(const Instruction&) const = default;
};

/// Instructions, without the halt after them.
using Program = std::vector<Instruction>;

/// Words of W bits are numbers in [0, 2^W).
inline Index word_mask(Extent bits) { return static_cast<Index>((Extent{1} << bits) - 1); }

/// Does one instruction.
inline void execute(const Instruction& step, Index mask, Index* registers) {
  Index& destination = registers[step.destination];
  const Index source = step.source < 0 ? 0 : registers[step.source];
  destination = kOperations[step.operation].apply(destination, source) & mask;
}

/// Does all instructions of a program.
void run(const Program& program, Index mask, Index* registers);

/// All instructions of a machine in canonical order.
std::vector<Instruction> all_instructions(Extent registers);

/// True where every instruction is one of the machine.
bool can_run(const Program& program, Extent registers);

/// "xor r2 r0; shr r2", as people read it.
std::string program_text(const Program& program);

}  // namespace fovea::synthesis
