#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "framework/task.h"
#include "tasks/algorithmic/word_machine.h"

namespace fovea::synthesis {

enum class Unseen : std::uint8_t {
  kProgram,  // no program of one split is a program of another
  kShape,    // nor is one that differs from it only by the names of the registers
};

/// What a table holds the programs of.
struct MachineSizes {
  Extent registers = 4;
  Extent live = 4;     // the first of them are compared in the end
  Extent longest = 3;  // instructions
  Extent bits = 8;
  Unseen unseen = Unseen::kProgram;

  auto operator<=>(const MachineSizes&) const = default;
};

/// Words of all registers before and after a program, for several pairs.
struct Examples {
  std::vector<std::vector<Index>> before;  // [P][R]
  std::vector<std::vector<Index>> after;   // [P][R]
};

/// All functions that programs of at most `longest` instructions compute in the live registers, each by its canonical
/// program, and divided into splits.
///
/// Two programs are the same function where they agree for 256 random states of the registers, drawn once. The canonical
/// program of a function is its shortest one, and of these the first by operation, destination and source, instruction after
/// instruction. Doing nothing is not a function of the table.
///
/// Errors    more than 2^22 programs to look at; a length with fewer than 3 functions, too few for three splits.
class ProgramTable {
 public:
  explicit ProgramTable(const MachineSizes& sizes);
  /// The same table for the same sizes, made once in a process.
  static std::shared_ptr<const ProgramTable> of(const MachineSizes& sizes);

  /// How many functions there are.
  Extent size() const;
  /// The canonical programs of a length that belong to a split, by number.
  std::span<const Extent> programs(Extent length, Split split) const;
  Program program(Extent number) const;
  /// True where no other function of at most as many instructions explains the examples.
  bool is_only(Extent number, const Examples& examples) const;

 private:
  /// A function of all registers, by its canonical program: that of the parent and one instruction.
  struct Node {
    Extent parent = -1;
    Extent first_child = 0;
    Extent children = 0;
    Instruction last{};
    std::uint64_t live_function = 0;
    bool is_canonical = false;  // no node before it does the same in the live registers
  };
  class Search;
  class Rivals;

  const Node& at(Extent number) const { return nodes_[number]; }
  Extent level_of(Extent number) const;
  bool explains(Extent number, const Examples& examples) const;
  std::vector<std::uint64_t> split_keys() const;
  void split_programs();

  MachineSizes sizes_;
  std::vector<Node> nodes_;                                                        // level by level; 0 does nothing
  std::array<Extent, kMostInstructions + 2> levels_{};                             // where each level begins
  std::array<std::array<std::vector<Extent>, kMostInstructions + 1>, 3> members_;  // [split][length]
};

}  // namespace fovea::synthesis
