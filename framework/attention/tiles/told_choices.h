#pragma once

#include <vector>

#include "framework/ops/op.h"

namespace fovea {

/// The half of an op that chooses by place, whose choices no tensor holds: it tells that of any query, one at a time, while
/// its inputs are in their memory.
class ToldChoices {
 public:
  virtual ~ToldChoices() = default;

  struct Extents {
    Extent batch = 0;
    Extent heads = 1;
    Extent queries = 0;  // of a head
    Extent items = 0;
  };
  virtual Extents told_extents(const OpRun& run) const = 0;

  struct Place {
    Extent row = 0;  // of the batch
    Extent head = 0;
    Extent query = 0;
  };
  struct Told {
    std::vector<Index> kept;  // ascending
    std::vector<Real> weights;
  };
  /// Writes the items that a query reads, and their weights. Cost: O(N) and the scores of these items.
  virtual void tell(const OpRun& run, const Place& place, Told& told) const = 0;
  /// Of all queries of a head, by place alone: more than there are where some items are masked.
  virtual Extent told_pairs(const OpRun& run) const = 0;
};

}  // namespace fovea
