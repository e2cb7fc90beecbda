#pragma once

#include <functional>

#include "framework/core/real.h"

namespace fovea::cpu {

/// Sets the number of threads for all parallel calls of the process, >= 1; 0 takes one per core.
void set_threads(int count);
int threads();

/// Runs body(i) for every i in [0, count), each call one task; returns when all are done. The first exception thrown
/// (of the lowest i) is rethrown. Which thread runs which i is not fixed: body may write only to what belongs to i.
void parallel_for(Extent count, const std::function<void(Extent)>& body);

/// Splits [0, extent) into tiles of `tile` elements (the last may be shorter) and runs body(begin, end, number) for each.
/// The tiles depend on the problem only, never on the number of threads, so a sum kept per tile has fixed bits.
void parallel_tiles(Extent extent, Extent tile, const std::function<void(Extent begin, Extent end, Extent number)>& body);

}  // namespace fovea::cpu
