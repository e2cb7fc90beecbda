#pragma once

#include <string>

#include "framework/attention/site/site.h"
#include "modules/memory/sparse/write_items.h"

namespace fovea {

/// What a head that writes to few slots is given, for each row of the batch.
struct SparseWriteControls {
  Value key;          // [B, D], what to look for
  Value sharpness{};  // [B] > 0, of the search, or empty
  Value bias{};       // [B, N], added to the scores (where the head was, how long a slot was not used), or empty
  Value gate{};       // [B] in [0, 1], share of the write that is done, or empty
  Value erase;        // [B, D] in [0, 1]
  Value added;        // [B, D]
};

/// A head that writes to the slots which its site keeps, and to no other.
///
/// Solves    w = gate select(sharpness * score(key, memory) + bias) by the site; M_n = M_n (1 - w_n erase) + w_n added for
///           kept n. Any selector and estimator of the registry will do: argmax, sample, top_k.
/// Shapes    memory [B, N, D] -> the new memory [B, N, D].
/// Gradient  that of the site; exact elsewhere. An estimator that wants the gradient of every weight gets it, at a cost of
///           O(N^2) memory a row of the batch and O(N D) time a step; one of kept weights costs O(K D).
/// Errors    with WriteTo::kPlace a memory that is read after it was written, see framework/graph/overwrite.h.
/// Source    Rae et al. 2016, arXiv:1610.09027, section 3.2; a write is a separate site.
class SparseWrite {
 public:
  SparseWrite(Builder& builder, const std::string& name, Extent width, const std::string& site, WriteTo to = WriteTo::kCopy,
              At at = At::here());

  struct Written {
    Value memory;
    Attended where;
  };
  Written write(Value memory, const SparseWriteControls& controls, At at = At::here());

 private:
  Site site_;
  bool wants_every_weight_;
  WriteTo to_;
};

}  // namespace fovea
