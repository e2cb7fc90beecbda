#pragma once

#include <span>

#include "framework/runs/text_table.h"
#include "framework/sweep/units.h"

namespace fovea {

/// The points of a sweep from the best to the worst: a row for each, or for each of its runs. What is finished stands before
/// what is not; the order is that of the mean over seeds of the main validation metric, or of the main metric where there is
/// no validation. At most `most` rows; a sentence says how many more there are.
TextTable ranking(const Definition& definition, std::span<const Unit> units, std::span<const UnitResults> results,
                  std::size_t most);

/// A row for each run: folder, settings, seed, state, step and figures with all digits. For programs: index.csv, which can
/// be made again from the files at any time.
TextTable index_table(const Definition& definition, std::span<const Unit> units, std::span<const UnitResults> results);

}  // namespace fovea
