#pragma once

#include <string_view>
#include <vector>

#include "framework/core/real.h"

namespace fovea::data {

/// Points with their order.
struct PointsItem {
  std::vector<Real> numbers;  // of the points, one after the other
  std::vector<Index> order;   // from 0; the way back to the first one is left out
};

struct PointsForm {
  Extent dimensions = 2;       // numbers of a point
  Extent longest = 200;        // points
  bool may_leave_out = false;  // an order need not name all points
};

enum class Order : std::uint8_t { kNeeded, kOptional };

/// Reads "x1 y1 x2 y2 ... output i1 i2 ...", points counted from 1.
///
/// Errors    LineError.
PointsItem points_of(std::string_view line, const PointsForm& form, Order order);

}  // namespace fovea::data
