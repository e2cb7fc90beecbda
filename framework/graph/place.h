#pragma once

#include <cstddef>
#include <vector>

namespace fovea::graph {

/// A piece of memory that must exist from time `first` to time `last`, both included.
struct Piece {
  std::size_t bytes = 0;
  int first = 0;
  int last = 0;
  std::size_t offset = 0;  // set by place()
};

/// Gives every piece an offset such that pieces that exist at the same time do not overlap; returns the bytes of the whole.
/// Greedy: the largest piece first, each at the lowest offset that is free for all of its time.
std::size_t place(std::vector<Piece*> pieces);

}  // namespace fovea::graph
